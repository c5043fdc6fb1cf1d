"""Promises to partners, the contracts they are divided by, and an agronomist's word on a week."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, StrictInt
from sqlmodel import Session

from api import sheets
from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.i18n import Reader
from api.problems import problems
from api.promise_report import report_of
from api.promise_risk import with_risks
from api.promising import Asked, divided, promise, week_of
from api.v1.shapes import Body, Code
from traceability import contracts, forecasts, promises, remarks
from traceability.catalogue import find
from traceability.errors import BadValue, NotFound
from traceability.forecast_subject import Subject
from traceability.models import Crop, ForecastRemark, Party, Promise, TradeItem
from traceability.promises import Outcome

router = APIRouter(
    prefix="/api/v1/promises", tags=["promises"], responses=problems(NotFound, BadValue)
)


class PromiseIn(Body):
    partner: Code
    week: date = Field(description="the Monday it begins on")
    item: Code | None = Field(None, description="a trade item, for whole packs and cases")
    packs_per_case: StrictInt | None = Field(None, gt=0, description="else as last time")
    confidence: float | None = Field(None, gt=0, lt=1, description="else the farm's own")
    weight_g: StrictInt | None = Field(None, ge=0, description="else what the division gives")
    agreed_kg: float | None = Field(None, ge=0, description="the supply agreed to reckon with")
    note: str = ""


class ContractIn(Body):
    partner: Code
    weekly_g: StrictInt = Field(ge=0)
    priority: StrictInt = Field(1, ge=1, description="1 is served first")
    since: date
    until: date | None = None


class RemarkIn(Body):
    week: date
    weight_g: StrictInt | None = Field(None, ge=0, description="instead of P50; left out: a remark")
    withdraws: bool = Field(False, description="what was said before does not hold any more")
    excludes: bool = Field(False, description="a week that came and is not to be learnt from")
    reason: str = Field(min_length=1)


class PromiseOut(BaseModel):
    """A promise as it was made, with what became of it once its week is over."""

    id: str
    crop: str
    partner: str
    item: str | None
    week: date
    weight_g: int
    packs: int | None
    cases: int | None
    packs_per_case: int | None
    confidence: float
    shortfall: float = Field(
        description="probability, when it was made, that less comes than was promised in all"
    )
    shortfall_now: float | None = Field(
        description="the same as supply and promises stand now; none once the week is over"
    )
    remainder_g: int
    p10_g: int
    p50_g: int
    p90_g: int
    naive_g: int
    model_g: int
    agronomist_g: int | None
    agreed_g: int
    lots_share: float
    packing_share: float | None = Field(
        description="of the harvest, what packing was taken to leave; none of older promises"
    )
    forecast_id: str
    note: str
    made_at: datetime
    made_by: str
    shipped_g: int | None
    harvested_g: int | None
    kept: bool | None

    @classmethod
    def of(
        cls, session: Session, crop: Crop, outcome: Outcome, shortfall_now: float | None
    ) -> Self:
        row = outcome.promise
        item = session.get_one(TradeItem, row.trade_item_id) if row.trade_item_id else None
        return cls(
            **row.model_dump(include=set(cls.model_fields)),
            crop=crop.code,
            partner=session.get_one(Party, row.party_id).code,
            item=item.code if item else None,
            shipped_g=outcome.shipped_g,
            harvested_g=outcome.harvested_g,
            kept=outcome.is_kept,
            shortfall_now=shortfall_now,
        )

    @classmethod
    def new(cls, session: Session, crop: Crop, row: Promise) -> Self:
        return cls.of(session, crop, Outcome(row, None, None), row.shortfall)


class DivisionOut(BaseModel):
    """One week divided; grams, together exactly the total."""

    week: date
    confidence: float
    total_g: int
    by_partner: dict[str, int]
    promised: dict[str, int]
    remainder_g: int


class StepOut(BaseModel):
    step: str
    error: float = Field(description="WAPE over past weeks")
    added: float | None = Field(description="how much less than the step before")
    weeks: int


class ValueOut(BaseModel):
    hit_rate: float | None
    steps: list[StepOut]


class RemarkOut(BaseModel):
    id: str
    week: date
    weight_g: int | None
    withdraws: bool
    excludes: bool
    reason: str
    made_at: datetime
    made_by: str


@router.get("/{crop}")
def list_promises(crop: str, session: ReadSession, web: InWeb) -> list[PromiseOut]:
    """Return the promises that hold, newest week first, with what became of them."""
    row = find(session, Crop, crop)
    found = promises.outcomes(session, row, at=web.now())
    judged = with_risks(session, found, at=web.now())
    return [PromiseOut.of(session, row, one, risk) for one, risk in judged]


@router.post("/{crop}", status_code=201)
def make_promise(
    crop: str, body: PromiseIn, session: WriteSession, viewer: SignedIn, web: InWeb
) -> PromiseOut:
    """Promise a partner what it can count on; frozen once made, a later one takes its place."""
    row = find(session, Crop, crop)
    asked = asked_of(session, row, body.model_dump(), web.settings.confidence)
    made = promise(session, asked, by=viewer.name or "somebody here", at=web.now())
    return PromiseOut.new(session, row, made)


@router.get("/{crop}/division")
def get_division(
    crop: str,
    session: ReadSession,
    web: InWeb,
    week: date,
    confidence: Annotated[float | None, Query(gt=0, lt=1)] = None,
) -> DivisionOut:
    """Divide a week's supply among partners: contract, recent share, priority; to the gram."""
    row = find(session, Crop, crop)
    level = confidence or web.settings.confidence
    total_g = week_of(session, row, week).countable_g(level)
    shares, given = divided(session, row, week, total_g=total_g, at=web.now())
    return DivisionOut(
        week=week,
        confidence=level,
        total_g=total_g,
        by_partner=shares.by_name,
        promised=given,
        remainder_g=shares.remainder_g,
    )


@router.get("/{crop}/value")
def get_value(crop: str, session: ReadSession, web: InWeb) -> ValueOut:
    """Return how often promises were kept, and what each step of the forecast was worth."""
    found = promises.outcomes(session, find(session, Crop, crop), at=web.now())
    steps = [StepOut(**_plain(one)) for one in promises.value_added(found)]
    return ValueOut(hit_rate=promises.hit_rate(found), steps=steps)


@router.get("/{crop}/report.xlsx", response_class=Response)
def get_report(
    crop: str, session: ReadSession, web: InWeb, language: Literal["en", "ja"] = "en"
) -> Response:
    """Return everything about a crop's promises as a workbook."""
    row = find(session, Crop, crop)
    reader = Reader.of(language)
    report = report_of(session, reader, row, at=web.now(), confidence=web.settings.confidence)
    headers = {"Content-Disposition": f'attachment; filename="promises-{row.code}.xlsx"'}
    return Response(sheets.workbook(report.sheets), media_type=sheets.MEDIA_TYPE, headers=headers)


@router.post("/{crop}/contracts", status_code=201)
def add_contract(
    crop: str, body: ContractIn, session: WriteSession, viewer: SignedIn, web: InWeb
) -> dict[str, str]:
    """Keep what a partner has a right to each week; a later one takes its place."""
    row = find(session, Crop, crop)
    partner = find(session, Party, body.partner, organisation_id=row.organisation_id)
    made = contracts.agree(
        *(session, row, partner),
        **body.model_dump(exclude={"partner"}),
        by=viewer.name or "somebody here",
        at=web.now(),
    )
    return {"id": made.id}


@router.get("/{crop}/remarks")
def list_remarks(crop: str, session: ReadSession, since: date = date.min) -> list[RemarkOut]:
    """Return what an agronomist said about weeks of a crop, oldest first."""
    found = remarks.of_crop(session, find(session, Crop, crop), since=since)
    return [_remark(one) for one in found]


@router.post("/{crop}/remarks", status_code=201)
def add_remark(
    crop: str, body: RemarkIn, session: WriteSession, viewer: SignedIn, web: InWeb
) -> RemarkOut:
    """Give a week another weight, a remark, or leave it out; the record stays as it is.

    A week that is left out, or taken in again, asks for a new forecast at once.
    """
    row, by = find(session, Crop, crop), viewer.name or "somebody here"
    made = remarks.remark(*(session, row), **body.model_dump(), by=by, at=web.now())
    if made.excludes:
        forecasts.request(session, Subject(row), by=by, at=web.now())
    return _remark(made)


def asked_of(session: Session, crop: Crop, said: dict[str, Any], confidence: float) -> Asked:
    """Return what is asked for, its partner and item found by their codes."""
    within = {"organisation_id": crop.organisation_id}
    item = said.pop("item", None)
    partner = find(session, Party, said.pop("partner"), **within)
    return Asked(
        crop=crop,
        partner=partner,
        item=find(session, TradeItem, item, **within) if item else None,
        **said | {"confidence": said.get("confidence") or confidence},
    )


def _remark(row: ForecastRemark) -> RemarkOut:
    return RemarkOut.model_validate(row.model_dump())


def _plain(one: promises.Added) -> dict[str, Any]:
    return {"step": one.step, "error": one.error, "added": one.added, "weeks": one.weeks}
