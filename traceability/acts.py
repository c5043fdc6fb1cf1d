"""How an act is recorded: one transaction writes act, lots, graph edges, stays and outbox row.

A verb in `traceability.lots` says what an act means and returns a `Draft`; `recorded` turns the
verb into one that writes it. The same act id with the same request is a harmless repeat (an
offline phone sends twice); with another request it is refused. Nothing recorded is ever edited:
`void` is a later act that names the earlier one.

The caller commits: the lots and the act that explains them live or die together.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

import rfc8785
from sqlmodel import Session, col, select

from traceability import act_body, contents
from traceability.amounts import Amount, total
from traceability.drafts import Draft
from traceability.elsewhere import refuse_elsewhere
from traceability.errors import (
    ActConflict,
    BadValue,
    InUnits,
    LotCodeTaken,
    NotEnough,
    OutOfOrder,
)
from traceability.models import (
    Act,
    ActLine,
    Flow,
    Lot,
    Site,
    UnitLine,
)
from traceability.occasions import Occasion
from traceability.projection import project
from traceability.site_clock import clock_at

# What clocks of phones and site computers differ by.
AHEAD = timedelta(minutes=5)
# What a hub may say of a lot of another computer's site: it moves nothing and takes nothing.
_ANYWHERE = frozenset({"hold", "release", "inspect"})

_P = ParamSpec("_P")


_Verb = Callable[Concatenate[Session, Occasion, _P], Draft]
_Recorded = Callable[Concatenate[Session, Occasion, _P], Act]


def recorded(kind: str) -> Callable[[_Verb[_P]], _Recorded[_P]]:
    """Make of a verb that drafts an act one that records it and returns the act."""

    def wrap(verb: _Verb[_P]) -> _Recorded[_P]:
        @wraps(verb)
        def record_once(
            session: Session, occasion: Occasion, *args: _P.args, **kwargs: _P.kwargs
        ) -> Act:
            request = act_body.digest_of(
                {"kind": kind, "args": args, **act_body.when(occasion), **kwargs}
            )
            earlier = session.exec(select(Act).where(Act.id == occasion.act_id)).first()
            if earlier is not None:
                if earlier.request_digest != request:
                    raise ActConflict(act=occasion.act_id)
                return earlier
            draft = verb(session, occasion, *args, **kwargs)
            return _record(session, kind, occasion, draft, request)

        return cast("_Recorded[_P]", record_once)

    return wrap


def lines(session: Session, act: Act, role: str) -> list[tuple[Lot, Amount]]:
    """Return (lot, amount) of the act's lines of that role, in the order they were given."""
    query = (
        select(Lot, ActLine)
        .join(ActLine)
        .where(ActLine.act_id == act.id, ActLine.role == role)
        .order_by(ActLine.id)  # type: ignore[arg-type]
    )
    return [(lot, Amount(line.pieces, line.weight_g)) for lot, line in session.exec(query)]


def of_lot(session: Session, lot: Lot) -> Sequence[Act]:
    """Return every act that touched the lot, oldest first, voided ones included."""
    touching = select(ActLine.act_id).where(ActLine.lot_id == lot.id)
    query = select(Act).where(col(Act.id).in_(touching))
    return session.exec(query.order_by(col(Act.happened_at), col(Act.sequence))).all()


def touched(session: Session, act: Act) -> list[Lot]:
    """Return every lot of the act, each once."""
    query = select(Lot).join(ActLine).where(ActLine.act_id == act.id)
    rows = session.exec(query.order_by(ActLine.id)).all()  # type: ignore[arg-type]
    return list({lot.id: lot for lot in rows}.values())


def made(session: Session, act: Act) -> list[Lot]:
    """Return the lots the act brought into being."""
    return [lot for lot, _ in lines(session, act, "output")]


def _record(session: Session, kind: str, occasion: Occasion, draft: Draft, request: str) -> Act:
    _refuse_future(session, occasion, draft)
    _refuse_elsewhere(session, kind, draft)
    _check(session, kind, occasion, draft)
    act = _act(session, kind, occasion, draft, request)
    session.add_all([act, *draft.made, *draft.new_units])
    session.flush()
    session.add_all([*_act_lines(act, draft), *_act_flows(act, draft), *_unit_lines(act, draft)])
    if draft.inspection is not None:
        session.add(draft.inspection)
    project(session, *{lot.id: lot for lot in [*draft.made, *draft.touched]}.values())
    return act


def _refuse_elsewhere(session: Session, kind: str, draft: Draft) -> None:
    """On a hub, leave amounts and places to the site itself: nothing goes back from here to it."""
    what = draft.voids.kind if draft.voids else kind
    if what in _ANYWHERE:
        return
    for site_id in {draft.site_id, *(lot.site_id for lot in draft.touched)}:
        refuse_elsewhere(session, site_id, kind)


def _refuse_future(session: Session, occasion: Occasion, draft: Draft) -> None:
    if occasion.at > datetime.now(UTC) + AHEAD:
        raise BadValue(
            field="at",
            expected="a time that has come",
            got=clock_at(session, occasion.at, site_id=draft.site_id),
            next_step="record it once it is done; check the clock and the time zone",
        )


def _check(session: Session, kind: str, occasion: Occasion, draft: Draft) -> None:
    for lot in draft.made:
        _refuse_taken_code(session, lot)
    for lot, asked in draft.takes:
        _refuse_too_much(lot, asked)
        _refuse_in_units(session, lot, asked, draft)
    for lot in draft.touched:
        if occasion.at < lot.opened_at and draft.voids is None:
            raise OutOfOrder(
                kind=kind,
                lot=lot.code,
                at=clock_at(session, occasion.at, site_id=draft.site_id),
                earlier_kind="start",
                earlier_at=clock_at(session, lot.opened_at, site_id=draft.site_id),
            )


def _refuse_taken_code(session: Session, lot: Lot) -> None:
    same = select(Lot.id).where(
        Lot.organisation_id == lot.organisation_id, Lot.scope == lot.scope, Lot.code == lot.code
    )
    if session.exec(same).first() is not None:
        raise LotCodeTaken(lot=lot.code, scope=lot.scope)


def _refuse_too_much(lot: Lot, asked: Amount) -> None:
    by = Amount(lot.pieces, lot.weight_g).lacking(asked)
    if by is not None:
        has = Amount(lot.pieces, lot.weight_g)
        raise NotEnough(lot=lot.code, has=has, asked=asked, by=by)


def _refuse_in_units(session: Session, lot: Lot, asked: Amount, draft: Draft) -> None:
    """What is in a case stays in it until somebody takes it out, or the books lose the case."""
    inside = contents.inside_units(session, lot)
    if inside.is_nothing or draft.voids is not None:
        return
    coming_out = [m.amount for m in draft.unit_moves if m.content is lot and not m.goes_in]
    still = inside.minus(total([Amount(0, 0), *coming_out]))
    loose = Amount(lot.pieces, lot.weight_g).minus(still)
    if loose.lacking(asked) is not None:
        raise InUnits(lot=lot.code, inside=still, loose=loose, asked=asked)


def _act(session: Session, kind: str, occasion: Occasion, draft: Draft, request: str) -> Act:
    site = session.get_one(Site, draft.site_id)
    offset = occasion.at.astimezone(ZoneInfo(site.time_zone)).utcoffset()
    assert offset is not None
    offset_minutes = int(offset.total_seconds()) // 60
    body = rfc8785.dumps(act_body.body_of(kind, occasion, draft, site, offset_minutes))
    return Act(
        id=occasion.act_id,
        kind=kind,
        happened_at=occasion.at.astimezone(UTC),
        offset_minutes=offset_minutes,
        recorded_at=datetime.now(UTC),
        performer=occasion.by,
        recorder=occasion.recorder or occasion.by,
        site_id=draft.site_id,
        zone_id=draft.zone.id if draft.zone else None,
        from_party_id=draft.from_party.id if draft.from_party else None,
        to_party_id=draft.to_party.id if draft.to_party else None,
        voids_id=draft.voids.id if draft.voids else None,
        note=occasion.note,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        request_digest=request,
    )


def _act_lines(act: Act, draft: Draft) -> list[ActLine]:
    roles = [
        *(("input", lot, amount) for lot, amount in draft.takes),
        *(("output", lot, amount) for lot, amount in draft.makes),
        *(("subject", lot, Amount()) for lot in draft.subjects),
        *(("gain", lot, amount) for lot, amount in draft.gains),
        *(("count", lot, amount) for lot, amount in draft.counts),
    ]
    return [
        ActLine(
            act_id=act.id,
            lot_id=lot.id,
            role=role,
            pieces=amount.pieces,
            weight_g=amount.weight_g,
            closes=draft.closes and role == "input",
        )
        for role, lot, amount in roles
    ]


def _act_flows(act: Act, draft: Draft) -> list[Flow]:
    return [
        Flow(
            act_id=act.id,
            source_id=source.id,
            target_id=target.id,
            pieces=amount.pieces,
            weight_g=amount.weight_g,
        )
        for source, target, amount in draft.flows
    ]


def _unit_lines(act: Act, draft: Draft) -> list[UnitLine]:
    return [
        UnitLine(
            act_id=act.id,
            unit_id=move.unit.id,
            lot_id=move.content.id if isinstance(move.content, Lot) else None,
            inner_id=None if isinstance(move.content, Lot) else move.content.id,
            pieces=move.amount.pieces,
            weight_g=move.amount.weight_g,
            goes_in=move.goes_in,
        )
        for move in draft.unit_moves
    ]
