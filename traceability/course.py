"""How a quantity went over time: buckets for a chart, of rollups where those are enough."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session

from sensors import to_ms, utc_from_ms
from sensors.derived import OF_AIR
from traceability import derived
from traceability.derived import Bucket
from traceability.lived import Point, Span
from traceability.pieces import rows_of
from traceability.resolutions import Resolution
from traceability.windows import Window, number_of, windows_of

# A bucket of a chart holds at least so many of what it is made of, or its edges would show.
_PARTS = 4


class _Grid(NamedTuple):
    start_ms: int
    width_ms: int
    resolution: Resolution


def chart(
    session: Session, spans: Sequence[Span], quantity: str, *, points: int = 160
) -> list[Point]:
    """Return about so many buckets from the first span's start to the last one's end.

    A quantity of the air that no probe says is computed (`traceability.derived`).
    """
    if not spans:
        return []
    start_ms, end_ms = to_ms(spans[0].start), to_ms(max(span.end for span in spans))
    grid = _grid(start_ms, max(1, -(-(end_ms - start_ms) // points)))
    buckets: dict[int, list[Bucket]] = {}
    for bucket in _course(session, spans, quantity, grid):
        buckets.setdefault(bucket.start_ms, []).append(bucket)
    starts = range(grid.start_ms, end_ms, grid.width_ms)
    return [_point(utc_from_ms(at_ms), buckets.get(at_ms, [])) for at_ms in starts]


def of_quantity(windows: Sequence[Window], quantity: str) -> list[Window]:
    return [window for window in windows if window.series.quantity == quantity]


def bucketed(session: Session, window: Window, start_ms: int, width_ms: int) -> Iterator[Bucket]:
    """Return the window's trusted values in stretches of `width_ms` from `start_ms`."""
    rows = rows_of(number_of(window.series), window.pieces, window.events)
    bucket = (rows.c.at_ms - start_ms) // literal(width_ms)
    count, total = func.sum(rows.c.trusted), func.sum(rows.c.total)
    query = core_select(bucket, total / count, func.min(rows.c.low), func.max(rows.c.high))
    wanted = query.where(rows.c.trusted > 0).group_by(bucket)
    for number, mean, low, high in session.connection().execute(wanted):
        yield Bucket(start_ms + number * width_ms, mean, low, high)


def _grid(start_ms: int, width_ms: int) -> _Grid:
    """Return buckets at least so wide: of whole hours or minutes, where those are enough."""
    for resolution in (Resolution.HOUR, Resolution.MINUTE):
        part_ms = resolution.width_ms
        if width_ms >= _PARTS * part_ms:
            # None of them lies in two buckets.
            whole_ms = -(-width_ms // part_ms) * part_ms
            return _Grid(start_ms - start_ms % part_ms, whole_ms, resolution)
    return _Grid(start_ms, width_ms, Resolution.RAW)


def _course(
    session: Session, spans: Sequence[Span], quantity: str, grid: _Grid
) -> Iterator[Bucket]:
    windows = windows_of(session, spans, grid.resolution)
    measured = of_quantity(windows, quantity)
    for window in measured:
        yield from bucketed(session, window, grid.start_ms, grid.width_ms)
    if not measured and quantity in OF_AIR:
        yield from derived.course(
            session, windows, quantity, start_ms=grid.start_ms, width_ms=grid.width_ms
        )


def _point(at: datetime, values: Sequence[Bucket]) -> Point:
    if not values:
        return Point(at, None, None, None)
    mean = sum(value.mean for value in values) / len(values)
    return Point(at, mean, min(v.low for v in values), max(v.high for v in values))
