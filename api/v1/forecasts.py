"""Stored forecasts, and the wish for a new one: the fit itself runs outside this process."""

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlmodel import Session

from api import forecast_diff
from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.errors import NotAllowed
from api.forecast_now import now_of
from api.forecast_subject import AskedOf
from api.problems import problems
from forecasting import Expected
from traceability import forecasts
from traceability.catalogue import find
from traceability.errors import BadValue, NotFound
from traceability.forecast_subject import Subject
from traceability.models import Crop, ForecastRecord

router = APIRouter(
    prefix="/api/v1", tags=["forecasts"], responses=problems(NotFound, BadValue, NotAllowed)
)


class StepOut(BaseModel):
    """One week, in kg."""

    ds: date
    p10: float
    p50: float
    p90: float
    naive: float
    open_days: float | None
    lots_share: float = Field(description="how much of p50 comes from lots already growing, 0 to 1")


class ExpectedOut(BaseModel):
    """One growing or planned lot."""

    lot: str
    harvest_p10: date
    harvest_p50: date
    harvest_p90: date
    kg_p10: float
    kg_p50: float
    kg_p90: float
    basis: str = Field(description="weighed; pooled: never weighed; prior: too few lots of ours")

    @classmethod
    def of(cls, lot: Expected) -> Self:
        days = dict(zip(("harvest_p10", "harvest_p50", "harvest_p90"), lot.harvest, strict=True))
        kg = dict(zip(("kg_p10", "kg_p50", "kg_p90"), lot.kg, strict=True))
        return cls(lot=lot.lot, basis=lot.basis, **days, **kg)


class ForecastOut(BaseModel):
    """A forecast as it was made, or why there is none: `refusal` is the code, `body` says it."""

    id: str
    crop: str
    item: str | None
    site: str | None
    partner: str | None
    made_at: datetime
    made_by: str
    horizon_weeks: int
    refusal: str | None
    error: float | None = Field(description="WAPE over past cutoffs of what is served")
    naive_error: float | None = Field(description="the same of the line it has to beat")
    given_digest: str | None = Field(description="SHA-256 of all that the fit was given")
    body: dict[str, Any] = Field(description="as it was made; never edited")
    steps: list[StepOut] = Field(description="what holds: near weeks from lots in the ground")
    lots_at: datetime | None = Field(description="when the lots were last weighed in")
    lots: list[ExpectedOut]
    lots_notes: list[str] = Field(description="what was not believed of the lots, and why")

    @classmethod
    def of(cls, session: Session, record: ForecastRecord, subject: Subject) -> Self:
        facts = record.model_dump(include=set(cls.model_fields) - {"body"})
        now = now_of(session, record)
        steps = now.made.steps if now.made else now.lots.steps if now.lots else ()
        return cls(
            **facts,
            **_codes(subject),
            body=json.loads(record.body),
            steps=[StepOut.model_validate(asdict(step)) for step in steps],
            lots_at=now.lots_at,
            lots=[ExpectedOut.of(lot) for lot in (now.lots.lots if now.lots else ())],
            lots_notes=[note.sentence for note in (now.lots.notes if now.lots else ())],
        )


class SubjectOut(BaseModel):
    """What a forecast was made of."""

    crop: str
    item: str | None
    site: str | None
    partner: str | None


def _codes(subject: Subject) -> dict[str, str | None]:
    rows = {"item": subject.item, "site": subject.site, "partner": subject.partner}
    codes = {name: None if row is None else row.code for name, row in rows.items()}
    return {"crop": subject.crop.code, **codes}


class JobOut(BaseModel):
    id: str
    requested_at: datetime
    requested_by: str


@router.get("/crops/{crop}/forecasts")
def list_forecasts(
    crop: str, narrowed: AskedOf, session: ReadSession, viewer: SignedIn
) -> list[ForecastOut]:
    """Return this and earlier forecasts, newest first: they are never edited."""
    subject = narrowed.of(session, crop, viewer)
    return [
        ForecastOut.of(session, record, subject) for record in forecasts.history(session, subject)
    ]


@router.get("/crops/{crop}/forecasts/subjects")
def list_subjects(crop: str, session: ReadSession, viewer: SignedIn) -> list[SubjectOut]:
    """Return what forecasts of a crop were made of: all of it, its items, sites and partners."""
    known = forecasts.known(session, find(session, Crop, crop))
    seen = [one for one in known if one.partner is None or viewer.may_write]
    return [SubjectOut.model_validate(_codes(one)) for one in seen]


class DiffRow(BaseModel):
    week: date
    older: float | None
    newer: float | None
    change: float | None
    came: float | None


class DiffOut(BaseModel):
    """P50 of two versions by week, in kg, and what they were made with where that differs."""

    older: str
    newer: str
    rows: list[DiffRow]
    facts: dict[str, list[str]]


@router.get("/crops/{crop}/forecasts/diff")
def get_diff(
    crop: str,
    older: str,
    newer: str,
    narrowed: AskedOf,
    session: ReadSession,
    viewer: SignedIn,
    web: InWeb,
) -> DiffOut:
    """Return what changed from one version of a forecast to another."""
    subject = narrowed.of(session, crop, viewer)
    records = [forecast_diff.find(session, subject, one) for one in (older, newer)]
    found = forecast_diff.diff(session, records[0], records[1], at=web.now())
    return DiffOut(
        older=older,
        newer=newer,
        rows=[DiffRow.model_validate({**asdict(row), "change": row.change}) for row in found.rows],
        facts={name: [old, new] for name, old, new in found.facts},
    )


@router.get("/crops/{crop}/forecast")
def get_forecast(
    crop: str, narrowed: AskedOf, session: ReadSession, viewer: SignedIn
) -> ForecastOut:
    """Return the forecast in force."""
    subject = narrowed.of(session, crop, viewer)
    record = forecasts.newest(session, subject)
    if record is None:
        raise NotFound(what="forecast", name=subject.label, next_step="ask for one with POST")
    return ForecastOut.of(session, record, subject)


@router.post("/crops/{crop}/forecast", status_code=202)
def request_forecast(
    crop: str, narrowed: AskedOf, session: WriteSession, viewer: SignedIn, web: InWeb
) -> JobOut:
    """Ask for a new forecast; asking again while one is waiting adds nothing."""
    subject = narrowed.of(session, crop, viewer)
    job = forecasts.request(session, subject, by=viewer.name or "somebody here", at=web.now())
    return JobOut(id=job.id, requested_at=job.requested_at, requested_by=job.requested_by)
