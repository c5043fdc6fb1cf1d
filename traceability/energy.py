"""Electricity a zone used in a span: from a meter's counter where there is one, else from power.

What a counter ran between two readings counts for the span of the later one; what power was
between readings further apart than HOLD_MS is not known, and said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from sensors import power, utc_from_ms
from traceability.lived import Span
from traceability.models import Device
from traceability.pieces import rows_of
from traceability.windows import HOLD_MS, Window, number_of, windows_of


@dataclass(frozen=True, slots=True)
class EnergyUsed:
    """What one meter counted. `source` is the quantity it follows from; `gap_h` is not known."""

    device: str
    channel: str
    source: str
    kwh: float
    mean_kw: float | None
    gap_h: float


def used(session: Session, spans: Sequence[Span]) -> list[EnergyUsed]:
    """Return the energy of each meter that stood in the spans' zones."""
    windows = windows_of(session, spans)
    counted = [w for w in windows if w.series.quantity == "energy"]
    counters = {_meter(w) for w in counted}
    sampled = [w for w in windows if w.series.quantity == "power" and _meter(w) not in counters]
    found = [_used(session, window) for window in (*counted, *sampled)]
    return [one for one in found if one is not None]


def _meter(window: Window) -> tuple[str, str]:
    return window.series.device_id, window.series.channel


def _used(session: Session, window: Window) -> EnergyUsed | None:
    points = list(_points(session, window))
    if len(points) < 2:
        return None
    hours = (points[-1][0] - points[0][0]).total_seconds() / 3600
    if window.series.quantity == "energy":
        kwh, gap_s = power.energy_used(points), 0.0
    else:
        kwh, gap_s = power.energy_of(points, hold_s=HOLD_MS / 1000)
    known_h = hours - gap_s / 3600
    return EnergyUsed(
        device=session.get_one(Device, window.series.device_id).code,
        channel=window.series.channel,
        source=window.series.quantity,
        kwh=kwh,
        mean_kw=kwh / known_h if known_h else None,
        gap_h=gap_s / 3600,
    )


def _points(session: Session, window: Window) -> Iterator[tuple[datetime, float]]:
    """Give what is known of a meter, oldest first.

    Where readings have expired, a counter ran from the lowest to the highest value of a bucket,
    and power was its mean from end to end.
    """
    rows = rows_of(number_of(window.series), window.pieces, window.events)
    columns = (rows.c.at_ms, rows.c.width_ms, rows.c.total, rows.c.trusted, rows.c.low, rows.c.high)
    query = select(*columns).where(rows.c.trusted > 0).order_by(rows.c.at_ms)
    is_counter = window.series.quantity == "energy"
    for row in session.connection().execute(query):
        mean = row.total / row.trusted
        yield utc_from_ms(row.at_ms), row.low if is_counter else mean
        for at_ms in _within(row.at_ms, min(row.at_ms + row.width_ms, window.end_ms)):
            yield utc_from_ms(at_ms), row.high if is_counter else mean


def _within(start_ms: int, end_ms: int) -> Iterator[int]:
    """Give the last moment of a bucket, and those before it so near that a value holds for each."""
    yield from range(start_ms + HOLD_MS, end_ms - 1, HOLD_MS)
    if end_ms - 1 > start_ms:
        yield end_ms - 1
