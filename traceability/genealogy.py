"""Where a lot came from and where it went: the graph of amounts, both ways, any depth.

One recursive query finds the lots, a second brings the edges between them. Voided acts do not
count (their history stays readable on the lot itself).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, String, bindparam
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from traceability.amounts import Amount
from traceability.models import Act, ActLine, Flow, Lot, Party
from traceability.projection import unvoided

Direction = Literal["back", "forward"]


@dataclass(frozen=True, slots=True)
class Edge:
    """How much of `source` went into `target`, by which act, and how many steps from the start."""

    source: Lot
    target: Lot
    kind: str
    at: datetime
    amount: Amount
    depth: int


@dataclass(frozen=True, slots=True)
class Consignment:
    """What of one lot was sent to whom."""

    lot: Lot
    party: Party
    at: datetime
    amount: Amount
    act_id: str


@dataclass(frozen=True, slots=True)
class Trace:
    """All a lot came from (`back`) or went into (`forward`): edges nearest first, and the lots."""

    start: Lot
    direction: Direction
    edges: Sequence[Edge]
    consignments: Sequence[Consignment]

    @property
    def lots(self) -> list[Lot]:
        """The start and every lot reached, nearest first, each once."""
        ends = [e.source if self.direction == "back" else e.target for e in self.edges]
        return list({lot.id: lot for lot in [self.start, *ends]}.values())


def trace(session: Session, lot: Lot, direction: Direction) -> Trace:
    """Follow a lot back to its seeds or forward to its recipients."""
    edges = _edges(session, lot, direction)
    ends = [e.source if direction == "back" else e.target for e in edges]
    reached = {item.id: item for item in [lot, *ends]}
    return Trace(lot, direction, edges, consignments(session, list(reached.values())))


def ancestors(session: Session, lot: Lot) -> list[Lot]:
    """Return the lot and every lot that went into it, nearest first."""
    edges = _edges(session, lot, "back")
    return list({item.id: item for item in [lot, *(e.source for e in edges)]}.values())


def consignments(session: Session, lots: Sequence[Lot]) -> list[Consignment]:
    """Return what was shipped of these lots, oldest first; voided shipments do not count."""
    by_id = {lot.id: lot for lot in lots}
    query = (
        select(Act, ActLine, Party)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Party, col(Party.id) == col(Act.to_party_id))
        .where(col(ActLine.lot_id).in_(by_id), ActLine.role == "input", unvoided(Act.id))
        .order_by(col(Act.happened_at), col(Act.sequence))
    )
    return [
        Consignment(
            by_id[line.lot_id],
            party,
            act.happened_at,
            Amount(line.pieces, line.weight_g),
            act.id,
        )
        for act, line, party in session.exec(query)
    ]


def _edges(session: Session, lot: Lot, direction: Direction) -> list[Edge]:
    flows = session.connection().execute(_FLOWS[direction], {"start": lot.id}).all()
    depth = _depths(lot.id, flows, direction)
    ids = {lot_id for flow in flows for lot_id in (flow.source_id, flow.target_id)}
    lots = {row.id: row for row in _lots(session, ids)}
    edges = [
        Edge(
            source=lots[flow.source_id],
            target=lots[flow.target_id],
            kind=flow.kind,
            at=flow.happened_at,
            amount=Amount(flow.pieces, flow.weight_g),
            depth=depth[flow.target_id if direction == "back" else flow.source_id] + 1,
        )
        for flow in flows
    ]
    return sorted(edges, key=lambda edge: (edge.depth, edge.at, edge.source.code))


def _depths(start: str, flows: Sequence[Row[Any]], direction: Direction) -> dict[str, int]:
    """Count the fewest steps from the start to each lot."""
    onward: dict[str, list[str]] = {}
    for flow in flows:
        ends = (flow.target_id, flow.source_id)
        near, far = ends if direction == "back" else ends[::-1]
        onward.setdefault(near, []).append(far)
    depth, edge_of_known = {start: 0}, [start]
    while edge_of_known:
        found = [f for near in edge_of_known for f in onward.get(near, ()) if f not in depth]
        step = depth[edge_of_known[0]] + 1
        depth.update(dict.fromkeys(found, step))
        edge_of_known = list(dict.fromkeys(found))
    return depth


def _flows(direction: Direction) -> Any:
    near, far = (
        (col(Flow.target_id), col(Flow.source_id))
        if direction == "back"
        else (col(Flow.source_id), col(Flow.target_id))
    )
    start = bindparam("start", type_=String)
    reach = core_select(start.label("id")).cte(recursive=True)
    # UNION, not UNION ALL: a lot reached by two ways is followed once, and a cycle would end.
    reach = reach.union(
        core_select(far).join(reach, reach.c.id == near).where(unvoided(Flow.act_id))
    )
    return (
        core_select(
            col(Flow.source_id),
            col(Flow.target_id),
            col(Flow.pieces),
            col(Flow.weight_g),
            col(Act.kind),
            col(Act.happened_at),
        )
        .join(reach, reach.c.id == near)
        .join(Act, col(Act.id) == col(Flow.act_id))
        .where(unvoided(Flow.act_id))
    )


# Built once: composing them anew for every trace cost more than running them.
_FLOWS = {"back": _flows("back"), "forward": _flows("forward")}

# SQLite takes at most 32,766 bound values in one statement.
_AT_ONCE = 10_000


def _lots(session: Session, ids: set[str]) -> list[Lot]:
    wanted = sorted(ids)
    chunks = [wanted[i : i + _AT_ONCE] for i in range(0, len(wanted), _AT_ONCE)]
    return [
        lot for chunk in chunks for lot in session.exec(select(Lot).where(col(Lot.id).in_(chunk)))
    ]
