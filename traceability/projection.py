"""What is left of a lot, where it is and whether it is closed: computed from its acts, never kept
by hand, so that it can be rebuilt at any time and a voided act simply stops counting."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists
from sqlmodel import Session, SQLModel, col, select

from traceability.amounts import Amount
from traceability.models import Act, ActLine, Lot, Stay

# An act of these kinds says where its lots are from then on.
_MOVES = ("transplant", "move")
_HOLDS = ("hold", "release")
ALSO = "; "  # between the reasons of a lot that is held for several


_LATER = SQLModel.metadata.tables["act"].alias("later")


@dataclass
class _State:
    amount: Amount = field(default_factory=Amount)
    stays: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    closed_at: datetime | None = None
    exists: bool = False
    held_since: datetime | None = None
    hold_reason: str = ""

    def enter(self, zone_id: str | None, at: datetime) -> None:
        self.leave(at)
        if zone_id is not None:
            self.stays.append((zone_id, at, None))

    def leave(self, at: datetime) -> None:
        if self.stays and self.stays[-1][2] is None:
            zone_id, start, _ = self.stays[-1]
            self.stays[-1] = (zone_id, start, at)


def project(session: Session, *lots: Lot) -> None:
    """Recompute the lots' amounts, stays and status from their acts that were not voided."""
    # Written before and after, not before every look-up between: half of an act's time was that.
    session.flush()
    with session.no_autoflush:
        for lot in lots:
            _project(session, lot)
    session.flush()


def _project(session: Session, lot: Lot) -> None:
    state = _State()
    for act, line in _history(session, lot):
        _apply(state, act, line)
    lot.pieces, lot.weight_g = state.amount.pieces, state.amount.weight_g
    if not state.exists:
        # The act that made it was voided: the code stays taken, nothing is left.
        lot.pieces, lot.weight_g, state.closed_at = 0, 0, lot.opened_at
    lot.closed_at = state.closed_at
    lot.held_since, lot.hold_reason = state.held_since, state.hold_reason
    open_stays = [zone_id for zone_id, _, end in state.stays if end is None]
    lot.zone_id = open_stays[-1] if open_stays else None
    session.add(lot)
    _write_stays(session, lot, state)


def short_without(session: Session, lot: Lot, act: Act) -> Amount | None:
    """Return by how much later acts would take more than the lot holds, were that act not there;
    None where everything still fits."""
    state = _State()
    for other, line in _history(session, lot):
        if other.id == act.id:
            continue
        lacking = state.amount.lacking(Amount(line.pieces, line.weight_g))
        if line.role == "input" and lacking is not None:
            return lacking
        _apply(state, other, line)
    return None


def before(session: Session, lot: Lot, act: Act) -> Amount:
    """Return what the lot was believed to hold just before an act of its own."""
    state = _State()
    for other, line in _history(session, lot):
        if other.id == act.id:
            break
        _apply(state, other, line)
    return state.amount


def _history(session: Session, lot: Lot) -> Iterator[tuple[Act, ActLine]]:
    yield from session.execute(_HISTORY, {"lot_id": lot.id})


def unvoided(act_id: Any) -> ColumnElement[bool]:
    """Return the SQL condition that no later act takes that one back."""
    return ~exists().where(_LATER.c.voids_id == act_id)


def _apply(state: _State, act: Act, line: ActLine) -> None:
    state.amount = amount_after(state.amount, line.role, Amount(line.pieces, line.weight_g))
    if line.role == "output":
        state.exists = True
        state.enter(act.zone_id, act.happened_at)
    elif act.kind in _MOVES and line.role == "subject":
        state.enter(act.zone_id, act.happened_at)
    elif act.kind in _HOLDS and line.role == "subject":
        _hold(state, act)
    elif line.role == "gain":
        state.closed_at = None
        state.enter(act.zone_id, act.happened_at)
    elif line.role in ("count", "input"):
        _close_if_empty(state, act, line)


def amount_after(held: Amount, role: str, said: Amount) -> Amount:
    """Return what a lot holds after a line of an act, by the line's role."""
    match role:
        case "output":
            return said
        case "gain":
            return held.plus(said)
        case "input":
            return held.minus(said)
        case "count":
            return _counted(held, said)
        case _:
            return held


def _close_if_empty(state: _State, act: Act, line: ActLine) -> None:
    if state.amount.is_nothing or line.closes:
        state.closed_at = act.happened_at
        state.leave(act.happened_at)
    elif line.role == "count" and state.closed_at is not None:
        # A count found some of what was believed to be gone.
        state.closed_at = None
        state.enter(act.zone_id, act.happened_at)


def _hold(state: _State, act: Act) -> None:
    if act.kind == "release":
        state.held_since, state.hold_reason = None, ""
        return
    reason = str(json.loads(act.body)["facts"]["reason"])
    known = [] if state.held_since is None else state.hold_reason.split(ALSO)
    state.held_since = state.held_since or act.happened_at
    # Whoever releases it for one of them must see the others.
    state.hold_reason = ALSO.join(dict.fromkeys([*known, reason]))


def _counted(believed: Amount, counted: Amount) -> Amount:
    """What was counted is the truth; a dimension nobody counted changes in proportion to it."""
    return Amount(
        _in_step(counted.pieces, believed.pieces, counted.weight_g, believed.weight_g),
        _in_step(counted.weight_g, believed.weight_g, counted.pieces, believed.pieces),
    )


def _in_step(
    counted: int | None, believed: int | None, other: int | None, other_believed: int | None
) -> int | None:
    if counted is not None or believed is None or other is None or not other_believed:
        return believed if counted is None else counted
    return believed * other // other_believed


def _write_stays(session: Session, lot: Lot, state: _State) -> None:
    written = session.exec(select(Stay).where(Stay.lot_id == lot.id).order_by(col(Stay.id))).all()
    if [(stay.zone_id, stay.start, stay.end) for stay in written] != state.stays:
        for stay in written:
            session.delete(stay)
        session.add_all(
            Stay(lot_id=lot.id, zone_id=zone_id, start=start, end=end)
            for zone_id, start, end in state.stays
        )


# Built once: composing it anew for every lot cost more than running it.
_HISTORY = (
    select(Act, ActLine)
    .join(ActLine, col(ActLine.act_id) == col(Act.id))
    .where(col(ActLine.lot_id) == bindparam("lot_id"), unvoided(Act.id))
    .order_by(col(Act.happened_at), col(Act.sequence), col(ActLine.id))
)
