"""Whether it is day or night in a zone: by the site's clock, its lamps, or its light.

At one moment for whoever steers or watches; by quarter hours for whoever looks back.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import select as core_select
from sqlmodel import Session, col, or_, select

from sensors import Quality, to_ms, utc_from_ms
from traceability.lived import Span
from traceability.local_days import time_zone_of
from traceability.models import Device, Placement, Series, Zone, reading
from traceability.quarters import QUARTER_MS, measured
from traceability.recipes.document import Light, Part
from traceability.states import Run, runs
from traceability.windows import Window, hold_ms_of

# (span, quarter since 1970) -> day, night, or None where nobody knows.
PartOf = Callable[[Span, int], Part | None]

OFF = 0.0


def part_at(session: Session, zone: Zone, light: Light | None, at: datetime) -> Part | None:
    """Return whether it is day or night there; None where the recipe or the probes do not say."""
    if light is None:
        return None
    match light.by:
        case "clock":
            return by_clock(light, at.astimezone(time_zone_of(session, zone)))
        case "lamp":
            return _by_value(_newest(session, zone, "lamp", at), OFF)
        case "ppfd":
            return _by_value(_newest(session, zone, "ppfd", at), light.threshold)
        case _:
            assert_never(light.by)


def parts_of(
    session: Session, windows: Sequence[Window], spans: Sequence[Span], light: Light | None
) -> PartOf:
    """Return what tells of any quarter hour of the spans whether it was day or night there.

    Args:
        windows: The probes that stood there, lamps and light among them.
    """
    if light is None:
        return lambda _span, _quarter: None
    if light.by == "clock":
        return _by_the_clock(session, spans, light)
    lit = _lamps(session, windows) if light.by == "lamp" else _lit(session, windows)
    above = OFF if light.by == "lamp" else light.threshold
    return lambda span, quarter: _by_value(lit.get((span.zone.id, quarter)), above)


def _by_the_clock(session: Session, spans: Sequence[Span], light: Light) -> PartOf:
    zones = {span.zone.id: time_zone_of(session, span.zone) for span in spans}

    @cache
    def part(zone: ZoneInfo, quarter: int) -> Part:
        return by_clock(light, utc_from_ms(quarter * QUARTER_MS).astimezone(zone))

    return lambda span, quarter: part(zones[span.zone.id], quarter)


def _lit(session: Session, windows: Sequence[Window]) -> dict[tuple[str, int], float]:
    """Return the mean light of each quarter, of the brightest probe of the zone."""
    found: dict[tuple[str, int], float] = {}
    for window in windows:
        if window.series.quantity == "ppfd":
            for heard in measured(session, window, ()).quarters:
                key = (window.span.zone.id, heard.quarter)
                found[key] = max(found.get(key, 0.0), heard.area / heard.held)
    return found


def _lamps(session: Session, windows: Sequence[Window]) -> dict[tuple[str, int], float]:
    """Return 1 for each quarter in which some lamp of the zone was on for more than half of the
    time that is known of it, else 0: of the running quarter the rest is not known yet."""
    lit: dict[tuple[str, int], float] = {}
    for window in windows:
        if window.series.quantity == "lamp":
            for quarter, share in _shares_on(runs(session, window)).items():
                key = (window.span.zone.id, quarter)
                lit[key] = max(lit.get(key, 0.0), float(share > 1 / 2))
    return lit


def _shares_on(found: Sequence[Run]) -> dict[int, float]:
    """Return for each quarter of the runs the share of what they cover that a lamp was on."""
    on, known = Counter[int](), Counter[int]()
    for run in found:
        start, end = to_ms(run.start), to_ms(run.end)
        for quarter in range(start // QUARTER_MS, -(-end // QUARTER_MS)):
            begin = quarter * QUARTER_MS
            length = min(end, begin + QUARTER_MS) - max(start, begin)
            known[quarter] += length
            on[quarter] += length if run.is_on else 0
    return {quarter: on[quarter] / length for quarter, length in known.items() if length}


def by_clock(light: Light, local: datetime) -> Part:
    """Tell by a site-local time: a timer goes by the clock on the wall, summer time and all."""
    assert light.on is not None
    assert light.hours is not None
    since = (local.hour - light.on.hour) * 60 + local.minute - light.on.minute
    return "day" if since % (24 * 60) < light.hours * 60 else "night"


def _by_value(value: float | None, above: float) -> Part | None:
    if value is None:
        return None
    return "day" if value > above else "night"


def _newest(session: Session, zone: Zone, quantity: str, at: datetime) -> float | None:
    """Return the highest of the newest values of every such series in the zone."""
    query = (
        select(Series.id, Device.model)
        .join(Device, col(Device.id) == col(Series.device_id))
        .join(Placement, col(Placement.device_id) == col(Series.device_id))
        .where(Series.quantity == quantity, Placement.zone_id == zone.id, Placement.start <= at)
        .where(or_(col(Placement.end).is_(None), col(Placement.end) > at))
    )
    newest = [
        _last_value(session, number, at, timedelta(milliseconds=hold_ms_of(quantity, model)))
        for number, model in session.exec(query)
    ]
    return max((value for value in newest if value is not None), default=None)


def _last_value(
    session: Session, series: int | None, at: datetime, holds: timedelta
) -> float | None:
    rows = (
        core_select(reading.c.value)
        .where(reading.c.series_id == series, reading.c.value.is_not(None))
        .where(reading.c.quality <= int(Quality.UNCERTAIN))
        .where(reading.c.at_ms <= to_ms(at), reading.c.at_ms > to_ms(at - holds))
    )
    return session.connection().scalar(rows.order_by(reading.c.at_ms.desc()).limit(1))
