"""A site's own days: its midnight in UTC, and which share of which day a span lasted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from traceability.lived import Span
from traceability.models import Site, Zone


def time_zone_of(session: Session, zone: Zone) -> ZoneInfo:
    return ZoneInfo(session.get_one(Site, zone.site_id).time_zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment a local day begins, in UTC: a day of a clock change is not 24 hours."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def days_of(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, timedelta]]:
    """Give each local day of start <= t < end, and how much of it lies in that."""
    day = start.astimezone(zone).date()
    while (begin := midnight(day, zone)) < end:
        day_ends = midnight(day + timedelta(days=1), zone)
        yield day, min(end, day_ends) - max(start, begin)
        day += timedelta(days=1)


def shares_of(span: Span, zone: ZoneInfo) -> Iterator[tuple[date, float]]:
    """Give each local day of a span, and the share of that day it lasted."""
    for day, inside in days_of(span.start, span.end, zone):
        yield day, inside / (midnight(day + timedelta(days=1), zone) - midnight(day, zone))


def time_there(session: Session, spans: Sequence[Span]) -> dict[date, timedelta]:
    """Return how much of each local day the spans cover; where they overlap, counted once."""
    found: dict[date, timedelta] = {}
    until: datetime | None = None
    for span in sorted(spans, key=lambda span: span.start):
        start = span.start if until is None else max(span.start, until)
        if start < span.end:
            for day, inside in days_of(start, span.end, time_zone_of(session, span.zone)):
                found[day] = found.get(day, timedelta()) + inside
        until = span.end if until is None else max(until, span.end)
    return found
