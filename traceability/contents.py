"""What is in cases and on pallets now: folded from what acts put in and took out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, select

from traceability.amounts import Amount
from traceability.models import Act, LogisticUnit, Lot, UnitLine
from traceability.projection import unvoided


@dataclass(frozen=True, slots=True)
class Contents:
    """What a unit holds: lots with their amounts, and smaller units whole."""

    lots: Sequence[tuple[Lot, Amount]]
    units: Sequence[LogisticUnit]

    @property
    def is_nothing(self) -> bool:
        return not self.lots and not self.units


def inside_units(session: Session, lot: Lot) -> Amount:
    """Return how much of a lot is in cases and on pallets."""
    query = select(_net(UnitLine.pieces), _net(UnitLine.weight_g)).where(
        UnitLine.lot_id == lot.id, unvoided(UnitLine.act_id)
    )
    pieces, weight_g = session.exec(query).one()
    return Amount(max(0, pieces or 0), max(0, weight_g or 0))


def loose(session: Session, lot: Lot) -> Amount:
    """Return how much of a lot is in no case and on no pallet."""
    return Amount(lot.pieces, lot.weight_g).minus(inside_units(session, lot))


def of_unit(session: Session, unit: LogisticUnit) -> Contents:
    """Return what is directly in a unit now."""
    kept = (col(UnitLine.unit_id) == unit.id) & unvoided(UnitLine.act_id)
    lots = (
        select(Lot, _net(UnitLine.pieces), _net(UnitLine.weight_g))
        .join(UnitLine, col(UnitLine.lot_id) == col(Lot.id))
        .where(kept)
        .group_by(col(Lot.id))
        .order_by(col(Lot.code))
    )
    held = [(lot, Amount(pieces, weight_g)) for lot, pieces, weight_g in session.exec(lots)]
    return Contents(
        [(lot, amount) for lot, amount in held if amount.pieces or amount.weight_g],
        _inner(session, kept),
    )


def of_unit_in_all(session: Session, unit: LogisticUnit) -> list[tuple[LogisticUnit, Contents]]:
    """Return the unit and every unit within it, each with what is directly in it."""
    found = [(unit, of_unit(session, unit))]
    for _, inside in found:  # grows as it goes
        found.extend((inner, of_unit(session, inner)) for inner in inside.units)
    return found


def left_with(session: Session, unit: LogisticUnit) -> tuple[Act, Contents] | None:
    """Return the newest shipment a unit went with, and what was directly in it then."""
    query = (
        select(Act)
        .join(UnitLine, col(UnitLine.act_id) == col(Act.id))
        .where(UnitLine.unit_id == unit.id, Act.kind == "ship", unvoided(Act.id))
    )
    newest = query.order_by(col(Act.happened_at).desc(), col(Act.sequence).desc())
    act = session.exec(newest.limit(1)).first()
    if act is None:
        return None
    lines = session.exec(
        select(UnitLine).where(UnitLine.unit_id == unit.id, UnitLine.act_id == act.id)
    ).all()
    lots = [
        (session.get_one(Lot, line.lot_id), Amount(line.pieces, line.weight_g))
        for line in lines
        if line.lot_id is not None
    ]
    inner = [session.get_one(LogisticUnit, line.inner_id) for line in lines if line.inner_id]
    return act, Contents(lots, inner)


def packed_in(session: Session, unit: LogisticUnit) -> list[tuple[LogisticUnit, Contents]]:
    """Return a unit and those within it with what is in each: now, or when it last left."""
    if not of_unit(session, unit).is_nothing:
        return of_unit_in_all(session, unit)
    sent = left_with(session, unit)
    if sent is None:
        return [(unit, Contents([], []))]
    found = [(unit, sent[1])]
    for _, inside in found:  # grows as it goes
        for inner in inside.units:
            then = left_with(session, inner)
            found.append((inner, then[1] if then else Contents([], [])))
    return found


def holder_of(session: Session, unit: LogisticUnit) -> LogisticUnit | None:
    """Return the unit that this one is in now, or None."""
    query = (
        select(LogisticUnit)
        .join(UnitLine, col(UnitLine.unit_id) == col(LogisticUnit.id))
        .where(UnitLine.inner_id == unit.id, unvoided(UnitLine.act_id))
        .group_by(col(LogisticUnit.id))
        .having(_count() > 0)
    )
    return session.exec(query).first()


def units_of(session: Session, lot: Lot) -> list[tuple[LogisticUnit, Amount]]:
    """Return the units that hold some of a lot now, and how much."""
    query = (
        select(LogisticUnit, _net(UnitLine.pieces), _net(UnitLine.weight_g))
        .join(UnitLine, col(UnitLine.unit_id) == col(LogisticUnit.id))
        .where(UnitLine.lot_id == lot.id, unvoided(UnitLine.act_id))
        .group_by(col(LogisticUnit.id))
        .order_by(col(LogisticUnit.code))
    )
    held = [(unit, Amount(pieces, weight_g)) for unit, pieces, weight_g in session.exec(query)]
    return [(unit, amount) for unit, amount in held if amount.pieces or amount.weight_g]


def _inner(session: Session, kept: ColumnElement[bool]) -> list[LogisticUnit]:
    query = (
        select(LogisticUnit)
        .join(UnitLine, col(UnitLine.inner_id) == col(LogisticUnit.id))
        .where(kept)
        .group_by(col(LogisticUnit.id))
        .having(_count() > 0)
        .order_by(col(LogisticUnit.code))
    )
    return list(session.exec(query))


def _net(column: Any) -> Any:
    """In less out; both None stay None."""
    return func.sum(case((col(UnitLine.goes_in), col(column)), else_=-col(column)))


def _count() -> Any:
    return func.sum(case((col(UnitLine.goes_in), 1), else_=-1))
