"""Stored forecasts, and the wish for a new one: the fit itself runs outside this process."""

import json
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.problems import problems
from traceability import forecasts
from traceability.catalogue import find
from traceability.errors import NotFound
from traceability.models import Crop, ForecastRecord

router = APIRouter(prefix="/api/v1", tags=["forecasts"], responses=problems(NotFound))


class ForecastOut(BaseModel):
    """A forecast as it was made, or why there is none: `refusal` is the code, `body` says it."""

    id: str
    crop: str
    made_at: datetime
    made_by: str
    horizon_weeks: int
    refusal: str | None
    body: dict[str, Any]

    @classmethod
    def of(cls, record: ForecastRecord, crop: Crop) -> Self:
        return cls(
            id=record.id,
            crop=crop.code,
            made_at=record.made_at,
            made_by=record.made_by,
            horizon_weeks=record.horizon_weeks,
            refusal=record.refusal,
            body=json.loads(record.body),
        )


class JobOut(BaseModel):
    id: str
    requested_at: datetime
    requested_by: str


@router.get("/crops/{crop}/forecasts")
def list_forecasts(crop: str, session: ReadSession) -> list[ForecastOut]:
    """Return this and earlier forecasts of a crop, newest first: they are never edited."""
    row = find(session, Crop, crop)
    return [ForecastOut.of(record, row) for record in forecasts.history(session, row)]


@router.get("/crops/{crop}/forecast")
def get_forecast(crop: str, session: ReadSession) -> ForecastOut:
    """Return the forecast in force."""
    row = find(session, Crop, crop)
    record = forecasts.newest(session, row)
    if record is None:
        raise NotFound(what="forecast", name=crop, next_step="ask for one with POST")
    return ForecastOut.of(record, row)


@router.post("/crops/{crop}/forecast", status_code=202)
def request_forecast(crop: str, session: WriteSession, viewer: SignedIn, web: InWeb) -> JobOut:
    """Ask for a new forecast; asking again while one is waiting adds nothing."""
    row = find(session, Crop, crop)
    job = forecasts.request(session, row, by=viewer.name or "somebody here", at=web.now())
    return JobOut(id=job.id, requested_at=job.requested_at, requested_by=job.requested_by)
