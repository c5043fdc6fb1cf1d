"""Whether it is day or night in a zone: by the site's clock, its lamps, or its light."""

from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import select as core_select
from sqlmodel import Session, col, or_, select

from sensors import Quality, to_ms
from traceability.models import Device, Placement, Series, Site, Zone, reading
from traceability.recipes.document import Light, Part
from traceability.windows import hold_ms_of

OFF = 0.0


def part_at(session: Session, zone: Zone, light: Light | None, at: datetime) -> Part | None:
    """Return whether it is day or night there; None where the recipe or the probes do not say."""
    if light is None:
        return None
    match light.by:
        case "clock":
            time_zone = ZoneInfo(session.get_one(Site, zone.site_id).time_zone)
            return by_clock(light, at.astimezone(time_zone))
        case "lamp":
            return _by_value(_newest(session, zone, "lamp", at), OFF)
        case "ppfd":
            return _by_value(_newest(session, zone, "ppfd", at), light.threshold)
        case _:
            assert_never(light.by)


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
