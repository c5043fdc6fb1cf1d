"""Readings: the newest of every series; one over a span, singly or by the minute, hour, day."""

from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlmodel import Session, col, select

from api import readings_table, sheetfile
from api.deps import InWeb, ReadSession
from api.errors import SheetTooLong
from api.problems import problems
from api.sheetfile import Form
from sensors import QUANTITIES
from traceability import buckets, readings
from traceability.catalogue import find
from traceability.errors import NotFound, ReadingsExpired
from traceability.models import Device, Series, Site, Zone
from traceability.resolutions import BY_LABEL, Resolution

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


@router.get("/series/{series}/readings", responses=problems(ReadingsExpired))
def span(
    series: int,
    session: ReadSession,
    start: AwareDatetime,
    end: AwareDatetime,
    limit: Annotated[int, Query(ge=1, le=MOST_READINGS)] = MOST_READINGS,
) -> SpanOut:
    """Return one series' readings, start <= time < end, oldest first, calibrated."""
    found = _readings(session, series, start, end)
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


class BucketOut(BaseModel):
    """What was said in start <= time < end; figures are of the trusted (good, uncertain) values.

    `good` and `trusted` are shares of all `count` readings. All null: none could be trusted. Of
    what is switched on or opened, `on` is the share of the known time and `mean` is null: such a
    series speaks when it changes, and a mean of that means nothing.
    """

    model_config = ConfigDict(from_attributes=True)

    start: datetime
    end: datetime
    count: int
    good: float
    trusted: float
    mean: float | None
    low: float | None
    high: float | None
    on: float | None


class BucketsOut(BaseModel):
    """`complete` is false where the limit cut the span short: ask again from the last end on."""

    resolution: str
    unit: str
    buckets: list[BucketOut]
    complete: bool


class Width(StrEnum):
    """How long a bucket is: a minute, an hour, or a local day of the site."""

    MINUTE = "1min"
    HOUR = "1h"
    DAY = "1d"


@router.get("/series/{series}/rollups", responses=problems(ReadingsExpired))
def rolled_up(
    series: int,
    session: ReadSession,
    start: AwareDatetime,
    end: AwareDatetime,
    resolution: Width,
    limit: Annotated[int, Query(ge=1, le=MOST_READINGS)] = MOST_READINGS,
) -> BucketsOut:
    """Return one series by the minute, hour or local day, oldest first, calibrated."""
    row = _series(session, series)
    asked = BY_LABEL[resolution]
    found = list(islice(buckets.of_series(session, row, asked, start=start, end=end), limit + 1))
    return BucketsOut(
        resolution=resolution,
        unit=QUANTITIES[row.quantity].unit,
        buckets=[BucketOut.model_validate(one) for one in found[:limit]],
        complete=len(found) <= limit,
    )


@router.get("/series/{series}/readings.{kind}", responses=problems(ReadingsExpired, SheetTooLong))
def to_download(
    series: int,
    kind: Literal["csv", "xlsx"],
    session: ReadSession,
    start: AwareDatetime,
    end: AwareDatetime,
    resolution: Literal["raw", "1min", "1h", "1d"] = "raw",
) -> Response:
    """Return one series as a table: each reading, or each minute, hour or local day."""
    row = _series(session, series)
    if resolution == "raw":
        table = readings_table.of_readings(_readings(session, series, start, end))
    else:
        found = buckets.of_series(session, row, BY_LABEL[resolution], start=start, end=end)
        table = readings_table.of_buckets(found)
    device = session.get_one(Device, row.device_id).code
    name = readings_table.file_name(device, row.quantity, row.channel, resolution)
    return sheetfile.answer(sheetfile.made([table], Form(kind)), name)


def _series(session: Session, series: int) -> Series:
    row = session.get(Series, series)
    if row is None:
        raise NotFound(what="series", name=series, next_step="list them at /api/v1/series")
    return row


def _readings(
    session: Session, series: int, start: datetime, end: datetime
) -> list[readings.Sample]:
    row = _series(session, series)
    buckets.refuse_expired(session, row, Resolution.RAW, start=start, end=end)
    return readings.span(session, series, start=start, end=end)
