"""Where a lot came from and where it went: the graph of amounts, both ways, any depth.

One recursive query brings the edges with what is asked of the lots at both ends, a second what was
sent to whom. Lots are plain values here: loading them as objects took five times as long as the
database's own work. Voided acts do not count (their history stays readable on the lot itself).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from sqlalchemy import Row, String, Table, bindparam
from sqlalchemy import select as core_select
from sqlmodel import Session, SQLModel, col

from traceability.amounts import Amount
from traceability.models import Act, ActLine, Flow, Lot, Party
from traceability.projection import unvoided

Direction = Literal["back", "forward"]


@dataclass(frozen=True, slots=True)
class TracedLot:
    """What a trace says of a lot: how it is called, and what it is."""

    id: str
    code: str
    scope: str
    stage: str
    site_id: str
    material_id: str | None

    @classmethod
    def of(cls, lot: Lot) -> Self:
        return cls(lot.id, lot.code, lot.scope, lot.stage, lot.site_id, lot.material_id)


@dataclass(frozen=True, slots=True)
class Edge:
    """How much of `source` went into `target`, by which act, and how many steps from the start."""

    source: TracedLot
    target: TracedLot
    kind: str
    at: datetime
    amount: Amount
    depth: int

    @property
    def is_contact(self) -> bool:
        """Whether the source is no part of the target's weight: seed, fertiliser, a bag."""
        return self.kind in _CONTACTS or self.source.material_id is not None


@dataclass(frozen=True, slots=True)
class Consignment:
    """What of one lot was sent to whom."""

    lot: TracedLot
    party: Party
    at: datetime
    amount: Amount
    act_id: str


@dataclass(frozen=True, slots=True)
class Trace:
    """All a lot came from (`back`) or went into (`forward`): edges nearest first, and the lots."""

    start: TracedLot
    direction: Direction
    edges: Sequence[Edge]
    consignments: Sequence[Consignment]

    @property
    def lots(self) -> list[TracedLot]:
        """The start and every lot reached, nearest first, each once."""
        ends = [e.source if self.direction == "back" else e.target for e in self.edges]
        return list({lot.id: lot for lot in [self.start, *ends]}.values())


def trace(session: Session, lot: Lot, direction: Direction) -> Trace:
    """Follow a lot back to its seeds or forward to its recipients."""
    start = TracedLot.of(lot)
    edges = _edges(session, start, direction)
    reached = Trace(start, direction, edges, ()).lots
    sent = session.connection().execute(_SENT[direction], {"start": lot.id}).all()
    return Trace(start, direction, edges, _sent(session, reached, sent))


def ancestors(session: Session, lot: Lot) -> list[TracedLot]:
    """Return the lot and every lot that went into it, nearest first."""
    start = TracedLot.of(lot)
    return Trace(start, "back", _edges(session, start, "back"), ()).lots


def _sent(
    session: Session, lots: Iterable[TracedLot], rows: Sequence[Row[Any]]
) -> list[Consignment]:
    by_id = {lot.id: lot for lot in lots}
    return [
        Consignment(
            by_id[row.lot_id],
            session.get_one(Party, row.to_party_id),
            row.happened_at,
            Amount(row.pieces, row.weight_g),
            row.id,
        )
        for row in rows
    ]


def _edges(session: Session, start: TracedLot, direction: Direction) -> list[Edge]:
    rows = session.connection().execute(_FLOWS[direction], {"start": start.id}).all()
    if not rows:
        return []
    depth = _depths(start.id, rows, direction)
    lots: dict[str, TracedLot] = {start.id: start}
    near = 1 if direction == "back" else 0
    edges = []
    for row in rows:
        kind, at, pieces, weight_g, *ends = row
        source, target = (lots.get(end[0]) or _kept(lots, end) for end in (ends[:_N], ends[_N:]))
        nearer = target if near else source
        amount = Amount(pieces, weight_g)
        edges.append(Edge(source, target, kind, at, amount, depth[nearer.id] + 1))
    return sorted(edges, key=lambda edge: (edge.depth, edge.at, edge.source.code))


def _kept(lots: dict[str, TracedLot], columns: Sequence[Any]) -> TracedLot:
    lot = lots[columns[0]] = TracedLot(*columns)
    return lot


def _depths(start: str, rows: Sequence[Any], direction: Direction) -> dict[str, int]:
    """Count the fewest steps from the start to each lot."""
    onward: dict[str, list[str]] = {}
    for row in rows:
        ends = (row[4 + _N], row[4])
        near, far = ends if direction == "back" else ends[::-1]
        onward.setdefault(near, []).append(far)
    depth, edge_of_known = {start: 0}, [start]
    while edge_of_known:
        found = [f for near in edge_of_known for f in onward.get(near, ()) if f not in depth]
        step = depth[edge_of_known[0]] + 1
        depth.update(dict.fromkeys(found, step))
        edge_of_known = list(dict.fromkeys(found))
    return depth


def _reach(direction: Direction) -> Any:
    near, far = _ends(direction)
    start = bindparam("start", type_=String)
    reach = core_select(start.label("id")).cte(recursive=True)
    # UNION, not UNION ALL: a lot reached by two ways is followed once, and a cycle would end.
    return reach.union(
        core_select(far).join(reach, reach.c.id == near).where(unvoided(Flow.act_id))
    )


def _ends(direction: Direction) -> tuple[Any, Any]:
    ends = (col(Flow.target_id), col(Flow.source_id))
    return ends if direction == "back" else ends[::-1]


def _flows(direction: Direction) -> Any:
    reach = _reach(direction)
    source, target = (_LOT.alias(name) for name in ("source", "target"))
    return (
        core_select(
            col(Act.kind),
            col(Act.happened_at),
            col(Flow.pieces),
            col(Flow.weight_g),
            *_columns(source),
            *_columns(target),
        )
        .select_from(Flow)
        .join(reach, reach.c.id == _ends(direction)[0])
        .join(Act, col(Act.id) == col(Flow.act_id))
        .join(source, source.c.id == col(Flow.source_id))
        .join(target, target.c.id == col(Flow.target_id))
        .where(unvoided(Flow.act_id))
    )


def _columns(lot: Any) -> list[Any]:
    return [lot.c[name].label(f"{lot.name}_{name}") for name in TracedLot.__slots__]


def _sent_in(direction: Direction) -> Any:
    reach = _reach(direction)
    return _sending().join(reach, reach.c.id == col(ActLine.lot_id))


def _sending() -> Any:
    columns = (Act.id, Act.sequence, Act.happened_at, Act.to_party_id)
    line = (ActLine.lot_id, ActLine.pieces, ActLine.weight_g)
    return (
        core_select(*(col(column) for column in (*columns, *line)))
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .where(col(Act.to_party_id).is_not(None), col(ActLine.role) == "input", unvoided(Act.id))
        .order_by(col(Act.happened_at), col(Act.sequence))
    )


_LOT: Table = SQLModel.metadata.tables["lot"]
_N = len(TracedLot.__slots__)
# Acts whose source is no part of what it went into.
_CONTACTS = ("sow", "use")
# Built once: composing them anew for every trace cost more than running them.
_WAYS: tuple[Direction, Direction] = ("back", "forward")
_FLOWS = {way: _flows(way) for way in _WAYS}
_SENT = {way: _sent_in(way) for way in _WAYS}
