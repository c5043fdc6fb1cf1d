"""A series as rows to hand on: minutes, hours or local days, with how many of what quality.

Buckets that are not made yet are made of what is there; one whose own rows have expired is asked
for in vain, and said so.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session

from sensors import to_ms, utc_from_ms
from sensors.quantities import STATES
from traceability import calibrations, states
from traceability.errors import ReadingsExpired
from traceability.models import Device, Series, Site
from traceability.pieces import NO_MARK, Mark, marks_of, pieces_of, rows_of
from traceability.resolutions import HOUR_MS, MINUTE_MS, Resolution, floor, following
from traceability.windows import hold_ms_of

# Every time zone's midnight falls on a quarter hour.
_QUARTER_MS = HOUR_MS // 4


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one series said in start <= time < end; figures of its trusted values, calibrated.

    `good` and `trusted` are shares of all `count` readings; mean, low and high None: none of them
    could be trusted. Of a state, `on` is its share of the known time, and there is no mean: it is
    told when it changes.
    """

    start: datetime
    end: datetime
    count: int
    good: float
    trusted: float
    mean: float | None
    low: float | None
    high: float | None
    on: float | None = None


def of_series(
    session: Session, series: Series, resolution: Resolution, *, start: datetime, end: datetime
) -> Iterator[Bucket]:
    """Give the buckets that begin in start <= time < end and hold anything, oldest first.

    Raises:
        ReadingsExpired: some of them are not kept any more.
    """
    zone = _zone_of(session, series)
    mark = refuse_expired(session, series, resolution, start=start, end=end)
    start_ms, end_ms = floor(resolution, to_ms(start), zone), to_ms(end)
    if start_ms < to_ms(start):
        start_ms = following(resolution, start_ms, zone)
    if start_ms >= end_ms:
        return
    last_ms = floor(resolution, end_ms - 1, zone)
    span_ms = (start_ms, following(resolution, last_ms, zone))
    rows = _rows(session, series, resolution, span_ms, mark)
    grouped = groupby(rows, key=lambda row: floor(resolution, row.at_ms, zone))
    found = (_bucket(at, following(resolution, at, zone), list(of)) for at, of in grouped)
    yield from _states(session, series, span_ms, found) if series.quantity in STATES else found


def refuse_expired(
    session: Session, series: Series, resolution: Resolution, *, start: datetime, end: datetime
) -> Mark:
    """Return the marks of a series of which all that is asked for is still kept.

    Raises:
        ReadingsExpired: it is not; it names what there is.
    """
    number = _number(series)
    mark = marks_of(session.connection(), [number]).get(number, NO_MARK)
    start_ms, end_ms = to_ms(start), to_ms(end)
    is_gone = start_ms < mark.since[resolution]
    if resolution is Resolution.RAW:
        # Of states the turns stay, however old.
        is_gone = series.quantity not in STATES and mark.lacks_readings(start_ms, end_ms)
    if is_gone:
        ends = [until for begin, until in mark.thinned if begin < end_ms and start_ms < until]
        since_ms = max([mark.since[resolution], *(ends if resolution is Resolution.RAW else [])])
        raise ReadingsExpired(
            series=number,
            resolution=resolution.label,
            since=utc_from_ms(since_ms).isoformat(),
            kept=mark.finest(start_ms).label,
        )
    return mark


def _rows(
    session: Session, series: Series, resolution: Resolution, span_ms: tuple[int, int], mark: Mark
) -> Any:
    """Sum up within the database as far as buckets allow: by minutes, hours, or quarter hours."""
    number = _number(series)
    events = calibrations.of_series(session, [number]).get(number, ())
    pieces = pieces_of(session.connection(), number, span_ms, resolution, mark=mark, events=events)
    rows = rows_of(number, pieces, events)
    width_ms = {Resolution.MINUTE: MINUTE_MS, Resolution.HOUR: HOUR_MS}.get(resolution, _QUARTER_MS)
    at_ms = (rows.c.at_ms - rows.c.at_ms % width_ms).label("at_ms")
    counts = (func.sum(rows.c[name]).label(name) for name in ("good", "trusted", "bad"))
    figures = (
        func.sum(rows.c.total).label("total"),
        func.min(rows.c.low).label("low"),
        func.max(rows.c.high).label("high"),
    )
    query = select(at_ms, *counts, *figures).group_by(at_ms).order_by(at_ms)
    return session.connection().execute(query)


def _bucket(start_ms: int, end_ms: int, rows: list[Any]) -> Bucket:
    good, trusted, bad = (int(sum(getattr(r, n) for r in rows)) for n in ("good", "trusted", "bad"))
    count = trusted + bad
    known = [row for row in rows if row.trusted]
    return Bucket(
        utc_from_ms(start_ms),
        utc_from_ms(end_ms),
        count,
        good / count,
        trusted / count,
        sum(row.total for row in known) / trusted if trusted else None,
        min((row.low for row in known), default=None),
        max((row.high for row in known), default=None),
    )


def _states(
    session: Session, series: Series, span_ms: tuple[int, int], found: Iterable[Bucket]
) -> Iterator[Bucket]:
    hold_ms = hold_ms_of(series.quantity, session.get_one(Device, series.device_id).model)
    runs = deque(states.runs_of(session, _number(series), *span_ms, hold_ms=hold_ms))
    for bucket in found:
        while runs and runs[0].end <= bucket.start:
            runs.popleft()
        known = on = timedelta()
        for run in runs:
            if run.start >= bucket.end:
                break
            lasted = min(run.end, bucket.end) - max(run.start, bucket.start)
            known += lasted
            on += lasted * run.is_on
        yield replace(bucket, mean=None, on=on / known if known else None)


def _zone_of(session: Session, series: Series) -> ZoneInfo:
    device = session.get_one(Device, series.device_id)
    return ZoneInfo(session.get_one(Site, device.site_id).time_zone)


def _number(series: Series) -> int:
    assert series.id is not None
    return series.id
