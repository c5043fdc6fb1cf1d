"""What a lot's page shows of its past: every act with its amounts, and the graph as a tree."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sqlalchemy import or_
from sqlmodel import Session, col, select

from traceability import genealogy
from traceability.amounts import Amount, total
from traceability.genealogy import Consignment, Trace, TracedLot, TracedParty
from traceability.models import (
    Act,
    ActLine,
    Inspection,
    LogisticUnit,
    Lot,
    Party,
    UnitLine,
    Zone,
)
from traceability.reach import Direction

_Row = TypeVar("_Row", Zone, Party)

# More than this nobody reads on a page; the JSON interface has all of it.
MOST_ACTS, MOST_NODES = 200, 120


@dataclass(frozen=True, slots=True)
class Line:
    lot: Lot
    role: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class Entry:
    """One act in a lot's history."""

    act: Act
    own: Amount  # this lot's part in it
    role: str
    others: Sequence[Line]
    zone: Zone | None
    party: Party | None
    inspection: Inspection | None
    is_voided: bool
    reason: str  # why something was thrown away
    units: Sequence[LogisticUnit]  # cases and pallets it went into, out of or away with


@dataclass(frozen=True, slots=True)
class Recipient:
    """All that one party received of a lot, in whatever packs; None: not everything was counted."""

    party: TracedParty
    amount: Amount
    lots: int


@dataclass(slots=True)
class Node:
    """A lot in the tree, with how much came from or went to it."""

    lot: TracedLot
    amount: Amount | None
    kind: str
    tank: str | None = None
    sent: Sequence[Consignment] = ()
    under: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tree:
    root: Node
    left_out: int  # lots beyond MOST_NODES
    recipients: Sequence[Recipient] = ()  # of all lots, those left out too


def history(session: Session, lot: Lot) -> list[Entry]:
    """Return everything done with the lot, newest first; voided acts stay readable."""
    found = _acts(session, lot)
    ids = [act.id for act in found]
    lines = _lines(session, ids)
    zones = _by_id(session, Zone, [act.zone_id for act in found])
    parties = _by_id(session, Party, [act.to_party_id or act.from_party_id for act in found])
    inspected = {
        row.act_id: row
        for row in session.exec(select(Inspection).where(col(Inspection.act_id).in_(ids)))
    }
    voided = set(session.exec(select(Act.voids_id).where(col(Act.voids_id).in_(ids))))
    packed = _units(session, lot, ids)
    return [
        replace(
            _entry(act, lot, lines.get(act.id, []), zones, parties, inspected, act.id in voided),
            units=packed.get(act.id, []),
        )
        for act in found
    ]


def tree(session: Session, lot: Lot, direction: Direction) -> Tree:
    """Return what a lot came from, or went into, as a tree; a lot met twice is shown once."""
    trace = genealogy.trace(session, lot, direction)
    sent: dict[str, list[Consignment]] = {}
    for consignment in trace.consignments if direction == "forward" else ():
        sent.setdefault(consignment.lot.id, []).append(consignment)
    nodes = {lot.id: Node(trace.start, None, "", None, sent.get(lot.id, []))}
    left_out = 0
    for near, far, edge in _steps(trace):
        if far.id in nodes or near.id not in nodes:
            continue
        if len(nodes) >= MOST_NODES:
            left_out += 1
            continue
        nodes[far.id] = Node(far, edge.amount, edge.kind, edge.tank, sent.get(far.id, []))
        nodes[near.id].under.append(nodes[far.id])
    recipients = _recipients(trace.consignments) if direction == "forward" else []
    return Tree(nodes[lot.id], left_out, recipients)


def _recipients(sent: Sequence[Consignment]) -> list[Recipient]:
    """Add up what each party received: whom to call in a recall."""
    by_party: dict[str, list[Consignment]] = {}
    for one in sent:
        by_party.setdefault(one.party.id, []).append(one)
    return [
        Recipient(
            party=found[0].party,
            amount=total([one.amount for one in found]),
            lots=len({one.lot.id for one in found}),
        )
        for found in by_party.values()
    ]


def _steps(trace: Trace) -> list[tuple[TracedLot, TracedLot, genealogy.Edge]]:
    """Return (nearer lot, farther lot, edge), nearest first."""
    if trace.direction == "back":
        return [(edge.target, edge.source, edge) for edge in trace.edges]
    return [(edge.source, edge.target, edge) for edge in trace.edges]


def _acts(session: Session, lot: Lot) -> Sequence[Act]:
    touching = select(ActLine.act_id).where(ActLine.lot_id == lot.id)
    query = select(Act).where(col(Act.id).in_(touching))
    newest = query.order_by(col(Act.happened_at).desc(), col(Act.sequence).desc())
    return session.exec(newest.limit(MOST_ACTS)).all()


def _lines(session: Session, act_ids: Sequence[str]) -> dict[str, list[Line]]:
    query = select(ActLine, Lot).join(Lot, col(Lot.id) == col(ActLine.lot_id))
    found: dict[str, list[Line]] = {}
    for line, lot in session.exec(query.where(col(ActLine.act_id).in_(act_ids))):
        said = Line(lot, line.role, Amount(line.pieces, line.weight_g))
        found.setdefault(line.act_id, []).append(said)
    return found


def _units(session: Session, lot: Lot, act_ids: Sequence[str]) -> dict[str, list[LogisticUnit]]:
    # A pallet of cases holds no lot itself.
    own = or_(col(UnitLine.lot_id) == lot.id, col(UnitLine.inner_id).is_not(None))
    query = (
        select(UnitLine.act_id, LogisticUnit)
        .join(LogisticUnit, col(LogisticUnit.id) == col(UnitLine.unit_id))
        .where(own, col(UnitLine.act_id).in_(act_ids))
        .order_by(col(LogisticUnit.code))
        .distinct()
    )
    found: dict[str, list[LogisticUnit]] = {}
    for act_id, unit in session.exec(query):
        found.setdefault(act_id, []).append(unit)
    return found


def _by_id(session: Session, model: type[_Row], ids: Sequence[str | None]) -> dict[str, _Row]:
    wanted = {one for one in ids if one}
    query = select(model).where(col(model.id).in_(wanted))
    return {row.id: row for row in session.exec(query)}


def _entry(
    act: Act,
    lot: Lot,
    lines: Sequence[Line],
    zones: Mapping[str, Zone],
    parties: Mapping[str, Party],
    inspected: Mapping[str, Inspection],
    is_voided: bool,
) -> Entry:
    own = next((line for line in lines if line.lot.id == lot.id), None)
    return Entry(
        act=act,
        own=own.amount if own else Amount(),
        role=own.role if own else "subject",
        others=[line for line in lines if line.lot.id != lot.id],
        zone=zones.get(act.zone_id or ""),
        party=parties.get(act.to_party_id or act.from_party_id or ""),
        inspection=inspected.get(act.id),
        is_voided=is_voided,
        reason=str(json.loads(act.body)["facts"].get("reason", "")),
        units=[],
    )
