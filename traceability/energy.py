"""Electricity a zone used in a span: from a meter's counter where there is one, else from power.

What a counter ran between two readings counts for the span of the later one; what power was
between readings further apart than HOLD_MS is not known, and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from sensors import power, utc_from_ms
from traceability import readings
from traceability.lived import Span
from traceability.models import Device
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
    start, end = utc_from_ms(window.start_ms), utc_from_ms(window.end_ms)
    samples = readings.span(session, number_of(window.series), start=start, end=end)
    points = [(one.at, one.value) for one in samples if one.value is not None and one.quality <= 1]
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
