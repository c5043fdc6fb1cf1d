"""Readings: the newest of every series, and one series over a span."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel
from sqlmodel import col, select

from api.deps import InWeb, ReadSession
from api.problems import problems
from sensors import QUANTITIES
from traceability import readings
from traceability.catalogue import find
from traceability.errors import NotFound
from traceability.models import Device, Series, Site, Zone

router = APIRouter(prefix="/api/v1", tags=["readings"], responses=problems(NotFound))

# A day of a probe every ten seconds fits with room; more is asked for in pieces.
MOST_READINGS = 20_000


class ReadingOut(BaseModel):
    series: int  # as /api/v1/series numbers them; device names may repeat between sites
    device: str
    quantity: str
    unit: str
    channel: str
    zone: str | None
    at: datetime
    value: float | None
    raw: float | None  # before calibration: what the device itself said
    quality: str
    reason: str


class SeriesOut(BaseModel):
    id: int
    device: str
    quantity: str
    unit: str
    channel: str


class PointOut(BaseModel):
    at: datetime
    value: float | None
    raw: float | None
    quality: str
    reason: str


class SpanOut(BaseModel):
    """`complete` is false where the limit cut the span short: ask again from the last time on."""

    points: list[PointOut]
    complete: bool


@router.get("/readings/latest")
def latest(
    session: ReadSession,
    response: Response,
    web: InWeb,
    site: str | None = None,
    zone: str | None = None,
) -> list[ReadingOut]:
    """Return the newest reading of every series; old ones too, so look at their time.

    The header X-Minori-Now says the service's own time, for those who show ages.
    """
    response.headers["X-Minori-Now"] = web.now().isoformat()
    zone_id = None
    if zone is not None:
        within = {"site_id": find(session, Site, site).id} if site else {}
        zone_id = find(session, Zone, zone, **within).id
    return [
        ReadingOut(
            series=one.series_id,
            device=one.device,
            quantity=one.quantity,
            unit=QUANTITIES[one.quantity].unit,
            channel=one.channel,
            zone=one.zone,
            at=one.at,
            value=one.value,
            raw=one.raw,
            quality=one.quality.name.lower(),
            reason=one.reason.name.lower(),
        )
        for one in readings.latest(session, zone_id=zone_id)
    ]


@router.get("/series")
def list_series(session: ReadSession) -> list[SeriesOut]:
    """List every quantity of every device."""
    query = select(Series, Device).join(Device, col(Device.id) == col(Series.device_id))
    return [
        SeriesOut(
            id=series.id or 0,
            device=device.code,
            quantity=series.quantity,
            unit=QUANTITIES[series.quantity].unit,
            channel=series.channel,
        )
        for series, device in session.exec(query.order_by(col(Series.id)))
    ]


@router.get("/series/{series}/readings")
def span(
    series: int,
    session: ReadSession,
    start: AwareDatetime,
    end: AwareDatetime,
    limit: Annotated[int, Query(ge=1, le=MOST_READINGS)] = MOST_READINGS,
) -> SpanOut:
    """Return one series' readings, start <= time < end, oldest first, calibrated."""
    if session.get(Series, series) is None:
        raise NotFound(what="series", name=series, next_step="list them at /api/v1/series")
    found = readings.span(session, series, start=start, end=end)
    points = [
        PointOut(
            at=one.at,
            value=one.value,
            raw=one.raw,
            quality=one.quality.name.lower(),
            reason=one.reason.name.lower(),
        )
        for one in found[:limit]
    ]
    return SpanOut(points=points, complete=len(found) <= limit)
