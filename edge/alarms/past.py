"""What a series did lately, for rules that ask: how it changed, whether it moved at all."""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import Session

from edge.alarms.values import Past
from sensors import Quality, to_ms
from traceability import readings
from traceability.models import reading
from traceability.newest import Newest

# A change is measured over at least half of what was asked for: less is noise.
_LEAST_SHARE = 0.5
# So few values in all that time say nothing about being stuck.
_LEAST_VALUES = 3


def past_of(session: Session, now: datetime) -> Past:
    """Return the past of a site's series, looked up when it is asked for."""
    return Past(
        change=lambda one, hours: _change(session, one, hours, now),
        is_same=lambda one, seconds: _is_same(session, one, seconds, now),
    )


def _change(
    session: Session, one: Newest, hours: float, now: datetime
) -> tuple[float, float] | None:
    """Return (change, hours between) from the oldest trusted value in that time to the newest."""
    start = now - timedelta(hours=hours)
    samples = readings.span(session, one.series[0], start=start, end=now + timedelta(seconds=1))
    heard = [s for s in samples if s.value is not None and s.quality <= Quality.UNCERTAIN]
    if len(heard) < 2:
        return None
    first, last = heard[0], heard[-1]
    between = (last.at - first.at) / timedelta(hours=1)
    if between < hours * _LEAST_SHARE or first.value is None or last.value is None:
        return None
    return last.value - first.value, between


def _is_same(session: Session, one: Newest, seconds: float, now: datetime) -> bool | None:
    """Return whether all trusted values of that time are the same; None where there are few, or
    it has not been listened to for so long."""
    start_ms = to_ms(now - timedelta(seconds=seconds))
    trusted = (
        (reading.c.series_id == one.series[0])
        & reading.c.value.is_not(None)
        & (reading.c.quality <= int(Quality.UNCERTAIN))
        & (reading.c.at_ms <= to_ms(now))
    )
    query = core_select(func.count(), func.min(reading.c.value), func.max(reading.c.value)).where(
        trusted & (reading.c.at_ms >= start_ms)
    )
    count, low, high = session.connection().execute(query).one()
    if count and low != high:
        return False
    earlier = core_select(reading.c.at_ms).where(trusted & (reading.c.at_ms < start_ms)).limit(1)
    if count < _LEAST_VALUES or session.connection().scalar(earlier) is None:
        return None
    return True
