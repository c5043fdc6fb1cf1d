"""Where a lot came from and where it went: the graph of amounts, both ways, any depth.

One statement walks the graph and brings the lots, their edges and what was sent to whom: the graph
is walked once, and no act recorded meanwhile is in half of the answer. Lots and edges are tuples
here: loading them as objects took five times as long as the database's own work, and even frozen
values twice as long as tuples. Voided acts do not count (their history stays readable on the lot).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import CTE, Row, String, and_, bindparam, literal_column, null, union_all
from sqlalchemy import select as core_select
from sqlmodel import Session, col

from traceability.amounts import Amount
from traceability.models import Act, ActLine, Flow, Lot, Party, Zone
from traceability.projection import unvoided
from traceability.reach import Direction, ends, reach


class TracedLot(NamedTuple):
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


class Edge(NamedTuple):
    """How much of `source` went into `target`, by which act, and how many steps from the start."""

    source: TracedLot
    target: TracedLot
    kind: str
    at: datetime
    pieces: int | None
    weight_g: int | None
    tank: str | None  # the one it went through: how much of it, nobody can say
    depth: int

    @property
    def amount(self) -> Amount:
        return Amount(self.pieces, self.weight_g)

    @property
    def is_contact(self) -> bool:
        """Whether the source is no part of the target's weight: seed, fertiliser, a bag."""
        return self.kind in _CONTACTS or self.source.material_id is not None


class TracedParty(NamedTuple):
    """Who received some."""

    id: str
    code: str
    name: str
    name_ja: str


@dataclass(frozen=True, slots=True)
class Consignment:
    """What of one lot was sent to whom."""

    lot: TracedLot
    party: TracedParty
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
    lots, onward, sent = {lot.id: start}, defaultdict(list), []
    for row in session.connection().execute(_TRACE[direction], {"start": lot.id}).all():
        if row[_SENT] is not None:
            sent.append(row)
            continue
        if row[0] not in lots:
            lots[row[0]] = TracedLot._make(row[:_N])
        if row[_N] is not None:
            onward[row[0]].append(row[_N:_SENT])
    return Trace(start, direction, _edges(lots, onward, direction), _sent(lots, sent))


def ancestors(session: Session, lot: Lot) -> list[TracedLot]:
    """Return the lot and every lot that went into it, nearest first."""
    return trace(session, lot, "back").lots


def _edges(
    lots: Mapping[str, TracedLot], onward: Mapping[str, list[Any]], direction: Direction
) -> list[Edge]:
    """Return the edges with the fewest steps from the start (the first of `lots`) to each."""
    near_first = [next(iter(lots))]
    depth = {near_first[0]: 0}
    edges = []
    for near in near_first:  # it grows while it is walked
        step = depth[near] + 1
        for far, kind, at, pieces, weight_g, tank in onward.get(near, ()):
            if far not in depth:
                depth[far] = step
                near_first.append(far)
            source, target = (far, near) if direction == "back" else (near, far)
            how = (kind, at, pieces, weight_g, tank)
            edges.append(Edge(lots[source], lots[target], *how, step))
    return sorted(edges, key=lambda edge: (edge.depth, edge.at, edge.source.code))


def _sent(lots: Mapping[str, TracedLot], rows: Sequence[Row[Any]]) -> list[Consignment]:
    return [
        Consignment(
            lots[row[0]],
            TracedParty._make(row[-len(TracedParty._fields) :]),
            row.happened_at,
            Amount(row.pieces, row.weight_g),
            row.act_id,
        )
        for row in sorted(rows, key=lambda row: (row.happened_at, row.sequence))
    ]


def _trace(direction: Direction) -> Any:
    start = bindparam("start", type_=String).label("id")
    way = reach(core_select(start), direction)
    return union_all(
        _lots_and_flows(way.lots, direction),
        _consignments(way.lots),
        # Last: of two columns that are null PostgreSQL makes text, and a third is a number.
        _through_tanks(way.drunk, direction),
    )


def _lots_and_flows(walk: CTE, direction: Direction) -> Any:
    """Each lot with its edges onward; with none, where the walk ends."""
    near, far = ends(direction)
    return (
        core_select(
            *_LOT,
            far.label("far"),
            *(col(column) for column in (Act.kind, Act.happened_at, Flow.pieces, Flow.weight_g)),
            null().label("tank"),
            null().label("act_id"),
            null().label("sequence"),
            *(null() for _ in _PARTY),
        )
        .select_from(walk)
        .join(Lot, col(Lot.id) == walk.c.id)
        .join(Flow, and_(near == walk.c.id, unvoided(Flow.act_id)), isouter=True)
        .join(Act, col(Act.id) == col(Flow.act_id), isouter=True)
    )


def _consignments(walk: CTE) -> Any:
    """What was sent of each lot, in the same columns."""
    sent = (Act.kind, Act.happened_at, ActLine.pieces, ActLine.weight_g)
    return (
        core_select(
            col(ActLine.lot_id),
            *(null() for _ in range(_N)),
            *(col(column) for column in sent),
            null(),
            col(Act.id),
            col(Act.sequence),
            *_PARTY,
        )
        .select_from(walk)
        .join(ActLine, col(ActLine.lot_id) == walk.c.id)
        .join(Act, col(Act.id) == col(ActLine.act_id))
        .join(Party, col(Party.id) == col(Act.to_party_id))
        .where(col(ActLine.role) == "input", unvoided(Act.id))
    )


def _through_tanks(drunk: CTE, direction: Direction) -> Any:
    """What was poured into a tank that fed a lot, in the same columns."""
    near, far = (drunk.c[column.key] for column in ends(direction))
    return (
        core_select(
            *_LOT,
            far,
            literal_column("'use'"),
            drunk.c.at,
            null(),
            null(),
            col(Zone.code),
            null(),
            null(),
            *(null() for _ in _PARTY),
        )
        .select_from(drunk)
        .join(Lot, col(Lot.id) == near)
        .join(Zone, col(Zone.id) == drunk.c.tank_id)
    )


_LOT = [getattr(Lot, name) for name in TracedLot._fields]
_PARTY = [getattr(Party, name) for name in TracedParty._fields]
# Where in a row its edge begins, and what was sent.
_N = len(_LOT)
_SENT = _N + 6
# Acts whose source is no part of what it went into.
_CONTACTS = ("sow", "use")
# Built once: composing it anew for every trace cost more than running it.
_WAYS: tuple[Direction, Direction] = ("back", "forward")
_TRACE = {way: _trace(way) for way in _WAYS}
