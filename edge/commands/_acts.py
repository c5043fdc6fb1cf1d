"""Acts in words: what one came to, and the acts that led to a lot."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from edge.commands import _text
from edge.commands._desk import Desk
from traceability import acts
from traceability.amounts import Amount
from traceability.lot_import import NOTE, PERFORMER
from traceability.models import Act, ActLine, LogisticUnit, Lot, Party, UnitLine, Zone
from traceability.models.base import HasId
from traceability.projection import unvoided


def recorded(desk: Desk, act: Act, *, is_repeat: bool) -> str:
    """Return what is said once an act is recorded: the act, and its lots as they are now."""
    if desk.as_json:
        from api.v1.shapes import Recorded

        return Recorded.of(desk.session, act).model_dump_json(indent=2)
    zone = desk.time_zone(act.site_id)
    state = "was recorded before, nothing was added" if is_repeat else "recorded"
    lines = [
        f"{act.kind} {state}: {_text.local_with_zone(act.happened_at, zone)}, by {act.performer}",
        f"act {act.id}",
    ]
    touched = {
        lot.id: lot
        for role in ("input", "subject", "output")
        for lot, _ in acts.lines(desk.session, act, role)
    }
    rows = [_state(desk.session, lot) for lot in touched.values()]
    table = _text.table(("",) * 4, rows)[1:]
    return "\n".join([*lines, *(f"  {line}" for line in table), *_units(desk.session, act)])


def _units(session: Session, act: Act) -> list[str]:
    """Name the cases and pallets an act filled or opened: their number goes onto a label."""
    query = select(LogisticUnit).join(UnitLine, col(UnitLine.unit_id) == col(LogisticUnit.id))
    query = query.where(UnitLine.act_id == act.id).order_by(col(LogisticUnit.code))
    return [f"  {unit.kind} {unit.code}" for unit in session.exec(query).unique()]


def journey(desk: Desk, lot: Lot, family: Sequence[HasId]) -> list[str]:
    """Return the lot's own acts and those that led to it, oldest first, as lines of a table.

    What was measured is told elsewhere, with its numbers.
    """
    found = _acts_of(desk.session, lot, family)
    zone = desk.time_zone(lot.site_id)
    voided = _voided(desk.session, [act for act, _, _ in found])
    rows = [
        (
            _when(act, zone),
            act.kind + (" (void)" if act.id in voided else ""),
            line_of.code,
            _said(desk.session, act, line),
        )
        for act, line, line_of in found
        if act.kind != "inspect"
    ]
    return _text.table((f"when ({zone.key})", "act", "lot", ""), rows)


def _state(session: Session, lot: Lot) -> tuple[str, str, str, str]:
    if not lot.is_open:
        return lot.code, lot.stage, "closed", "nothing left"
    place = session.get(Zone, lot.zone_id) if lot.zone_id else None
    where = f"in {place.code} ({_text.name_of(place)})" if place else ""
    if lot.held_since is not None:
        where = ", ".join(word for word in (where, f"on hold: {lot.hold_reason}") if word)
    return lot.code, lot.stage, _text.amount(Amount(lot.pieces, lot.weight_g)), where


def _acts_of(session: Session, lot: Lot, family: Sequence[HasId]) -> list[tuple[Act, ActLine, Lot]]:
    """Every act of the lot itself; of an ancestor only what made or touched it and still holds."""
    ancestors = [other.id for other in family if other.id != lot.id]
    led_here = col(ActLine.lot_id).in_(ancestors) & col(ActLine.role).in_(("output", "subject"))
    query = (
        select(Act, ActLine, Lot)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .where((col(ActLine.lot_id) == lot.id) | (led_here & unvoided(Act.id)))
        .order_by(col(Act.happened_at), col(Act.sequence))
    )
    return list(session.exec(query))


def _voided(session: Session, found: Sequence[Act]) -> set[str]:
    later = select(Act.voids_id).where(col(Act.voids_id).in_([act.id for act in found]))
    return {act_id for act_id in session.exec(later) if act_id is not None}


def _when(act: Act, zone: ZoneInfo) -> str:
    """Of an imported act nobody knows the hour."""
    at = _text.local(act.happened_at, zone)
    return at[:10] if act.note == NOTE else at


def _said(session: Session, act: Act, line: ActLine) -> str:
    """Say how much, where or with whom, and by whom."""
    amount = Amount(line.pieces, line.weight_g)
    sign = "less " if line.role == "input" else ""
    place = session.get(Zone, act.zone_id) if act.zone_id else None
    party_id = act.to_party_id or act.from_party_id
    party = session.get(Party, party_id) if party_id else None
    words = [
        f"{sign}{_text.amount(amount)}" if amount.is_known else "",
        f"in {_text.name_of(place)}" if place else "",
        f"{'to' if act.to_party_id else 'from'} {_text.name_of(party)}" if party else "",
        f"by {act.performer}" if act.performer != PERFORMER else "",
        "imported" if act.note == NOTE else act.note,
    ]
    return ", ".join(word for word in words if word)
