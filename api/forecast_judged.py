"""Weeks that are over beside what was in force before they began: the forecast as people saw it."""

from collections.abc import Sequence
from datetime import date, datetime, time

from sqlmodel import Session, col, select

from forecasting import Forecast, ForecastingError, LotsNow, Step
from forecasting.watch import Judged
from traceability import forecasts, yields
from traceability.forecast_subject import Subject
from traceability.models import ForecastLots, ForecastRecord

WEEKS = 12
# Versions looked at: a new one a week, and some that somebody asked for between.
_VERSIONS = 100


def judged(session: Session, subject: Subject, *, at: datetime) -> Sequence[Judged]:
    """Return the last weeks that were forecast before they began, oldest first."""
    zone = yields.zone_of(session, subject.crop)
    versions = forecasts.history(session, subject, limit=_VERSIONS)
    found = []
    for week in yields.wanted(session, subject, until=at)[-WEEKS:]:
        begins = datetime.combine(week.monday, time(), zone)
        record = next((one for one in versions if one.made_at < begins), None)
        step = None if record is None else _step(session, record, week.monday, begins)
        if step is not None:
            kg = week.weight_g / 1000
            found.append(Judged(week.monday, step.p10, step.p50, step.p90, kg))
    return found


def _step(session: Session, record: ForecastRecord, monday: date, before: datetime) -> Step | None:
    """Return a week as a record had it, its lots as they last were weighed in before a moment."""
    if record.refusal:
        return None
    try:
        steps = Forecast.from_json(record.body).steps
    except ForecastingError:
        return None  # of a version this one does not know
    query = select(ForecastLots).where(
        ForecastLots.forecast_id == record.id, ForecastLots.made_at < before
    )
    row = session.exec(query.order_by(col(ForecastLots.made_at).desc()).limit(1)).first()
    anew = LotsNow.from_json(row.body).steps if row is not None else ()
    return next((step for step in (*anew, *steps) if step.ds == monday), None)
