"""Which series stood in a zone, and when: its own, and of its water those of its tank.

What a bench gets is what its tank holds, so that a recipe's EC and pH are judged by the tank's
probes, wherever no probe in the room itself says them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from traceability.lived import Span
from traceability.models import Device, Feed, Placement, Series, Zone

# What is the same in the tank and at the roots.
OF_WATER = ("ph", "ec", "water_temperature", "dissolved_oxygen", "oxygen_saturation")


@dataclass(frozen=True, slots=True)
class Stood:
    """One series within a span, start <= time < end; `placed` is since when it stood there."""

    series: Series
    model: str
    span: Span
    start: datetime
    end: datetime
    placed: datetime


def of_span(session: Session, span: Span) -> Iterator[Stood]:
    """Give the series of the span's zone, then of its tanks what no probe of the zone says."""
    own = list(_of_zone(session, span.zone, span))
    yield from own
    said = {one.series.quantity for one in own}
    if said.issuperset(OF_WATER):
        return
    query = select(Feed, Zone).join(Zone, col(Zone.id) == col(Feed.tank_id))
    for feed, tank in session.exec(query.where(Feed.zone_id == span.zone.id, *_during(Feed, span))):
        start, end = max(span.start, feed.start), min(span.end, feed.end or span.end)
        for one in _of_zone(session, tank, Span(span.zone, start, end)):
            if one.series.quantity in OF_WATER and one.series.quantity not in said:
                yield Stood(one.series, one.model, span, one.start, one.end, one.placed)


def _of_zone(session: Session, zone: Zone, span: Span) -> Iterator[Stood]:
    query = (
        select(Series, Placement, Device.model)
        .join(Placement, col(Placement.device_id) == col(Series.device_id))
        .join(Device, col(Device.id) == col(Series.device_id))
        .where(Placement.zone_id == zone.id, *_during(Placement, span))
        .order_by(col(Series.id))
    )
    for series, placement, model in session.exec(query):
        start, end = max(span.start, placement.start), min(span.end, placement.end or span.end)
        yield Stood(series, model, span, start, end, placement.start)


def _during(row: Any, span: Span) -> tuple[Any, Any]:
    return row.start < span.end, or_(col(row.end).is_(None), col(row.end) > span.start)
