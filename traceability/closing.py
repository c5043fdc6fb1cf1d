"""Closed lots get a record of what they lived through, so that their readings may expire.

Made soon after the closing, and once more a day later, when readings that came late are in; from
then on it stays, until the lot is opened again or its past is corrected. An act never waits for
it: what is missing is looked for here.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, and_, func, or_, update
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from traceability import by_stage, conditions, life, lot_conditions
from traceability.database import reading_session, writing_session
from traceability.lived import Conditions, Span
from traceability.lot_conditions import Body, StageOf, Whole, stretches
from traceability.models import Act, ActLine, Crop, EdgeSite, Flow, Lot, LotConditions, StoreFact
from traceability.pieces import rows_of
from traceability.windows import Window, number_of, windows_of

# Whoever stores and forwards has done so by then.
SETTLES = timedelta(days=1)
_LOOKED_AT = "lot_conditions_acts"
_ACTS_AT_ONCE = 500


class _Basis(NamedTuple):
    """How many readings there were, and how many of them were good."""

    readings: int
    good: int


def due(session: Session, *, now: datetime, without: Collection[str] = ()) -> Lot | None:
    """Return a closed lot whose record is missing, of another closing or not settled yet.

    On a hub, the lots of sites that send their own records are left to them.
    """
    row = LotConditions
    is_other = col(row.closed_at) != col(Lot.closed_at)
    is_unsettled = and_(col(row.settled_at).is_(None), col(Lot.closed_at) <= now - SETTLES)
    query = (
        select(Lot)
        .join(row, col(row.lot_id) == col(Lot.id), isouter=True)
        .where(col(Lot.closed_at).is_not(None), col(Lot.id).not_in(without))
        .where(col(Lot.site_id).not_in(select(EdgeSite.site_id)))
        .where(or_(col(row.lot_id).is_(None), is_other, is_unsettled))
    )
    return session.exec(query.order_by(col(Lot.closed_at)).limit(1)).first()


def keep(engine: Engine, lot_id: str, *, now: datetime) -> None:
    """Make a lot's record and store it; the long part, the reading, holds no writer's lock."""
    with reading_session(engine) as session:
        lot = session.get_one(Lot, lot_id)
        if lot.closed_at is None:
            return
        row = made(session, lot, now=now)
    with writing_session(engine) as session:
        if lot_conditions.is_of_now(row, session.get_one(Lot, lot_id)):
            session.merge(row)


def notice_corrections(engine: Engine) -> bool:
    """Have records made again where an act said something of the time before their closing.

    Returns whether there may be more to look at.
    """
    with reading_session(engine) as session:
        if _looked_at(session) == _newest(session):
            return False
    with writing_session(engine) as session:
        seen = _looked_at(session)
        query = select(Act).where(col(Act.sequence) > seen).order_by(col(Act.sequence))
        acts = session.exec(query.limit(_ACTS_AT_ONCE)).all()
        for act in acts:
            _notice(session, act)
        session.merge(StoreFact(key=_LOOKED_AT, value=str(acts[-1].sequence if acts else seen)))
    return bool(acts)


def made(session: Session, lot: Lot, *, now: datetime) -> LotConditions:
    """Return the record of a closed lot as its readings say now; not stored yet."""
    assert lot.closed_at is not None
    spans = _asked_of(session, lot, now)
    stages = by_stage.of_lot(session, lot, now=now)
    crop = session.get(Crop, lot.crop_id) if lot.crop_id else None
    base_c = crop.degree_day_base_c if crop else None
    wholes = [
        _whole(one, conditions.lived_through(session, one, base_c=base_c)) for one in spans if one
    ]
    told = [
        StageOf(
            one.code,
            one.recipe.version if one.recipe else None,
            stretches(one.spans),
            one.conditions,
            one.light,
        )
        for one in stages
    ]
    windows = windows_of(session, [span for one in stages for span in one.spans])
    basis = _basis(session, windows)
    gaps = {(g.zone, g.start) for one in stages for c in one.conditions for g in c.gaps}
    return LotConditions(
        lot_id=lot.id,
        closed_at=lot.closed_at,
        made_at=now,
        settled_at=now if now >= lot.closed_at + SETTLES else None,
        resolution=lot_conditions.coarsest(windows).label,
        readings=basis.readings,
        good=basis.good / basis.readings if basis.readings else None,
        gaps=len(gaps),
        body=Body(wholes, told).as_json(),
    )


def _asked_of(session: Session, lot: Lot, now: datetime) -> list[Sequence[Span]]:
    """Return the spans that pages ask of: while it grew, since, and the lot's own; each once."""
    past = life.of_lot(session, lot, now=now)
    asked: list[Sequence[Span]] = []
    for spans in (past.growing, past.since, conditions.spans_of(session, [lot], now=now)):
        if spans and spans not in asked:
            asked.append(spans)
    return asked


def _whole(spans: Sequence[Span], lived: Conditions) -> Whole:
    return Whole(stretches(spans), lived.quantities, lived.daily_light, lived.degree_days)


def _basis(session: Session, windows: Sequence[Window]) -> _Basis:
    readings = good = 0
    for window in windows:
        rows = rows_of(number_of(window.series), window.pieces)
        said = core_select(
            func.coalesce(func.sum(rows.c.trusted + rows.c.bad), 0),
            func.coalesce(func.sum(rows.c.good), 0),
        )
        found = session.connection().execute(said).one()
        readings, good = readings + int(found[0]), good + int(found[1])
    return _Basis(readings, good)


def _looked_at(session: Session) -> int:
    fact = session.get(StoreFact, _LOOKED_AT)
    return int(fact.value) if fact else 0


def _newest(session: Session) -> int:
    return session.scalar(core_select(func.coalesce(func.max(col(Act.sequence)), 0))) or 0


def _notice(session: Session, act: Act) -> None:
    at = act.happened_at
    if act.voids_id is not None:
        at = session.exec(select(Act.happened_at).where(Act.id == act.voids_id)).one()
    is_older = col(LotConditions.closed_at) > at
    # Nearly every act is newer than all closings.
    if session.exec(select(LotConditions.lot_id).where(is_older).limit(1)).first() is None:
        return
    touched = (
        core_select(col(ActLine.lot_id).label("id"))
        .where(col(ActLine.act_id) == act.id)
        .cte("touched", recursive=True)
    )
    followed = core_select(col(Flow.target_id)).join(touched, col(Flow.source_id) == touched.c.id)
    family = touched.union(followed)
    wanted = update(LotConditions).where(is_older)
    of_family: ColumnElement[bool] = col(LotConditions.lot_id).in_(core_select(family.c.id))
    session.execute(wanted.where(of_family).values(settled_at=None))
