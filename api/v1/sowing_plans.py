"""What is meant to be sown: it moves the forecast the same minute, before it is in the ground."""

from datetime import date, datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt
from sqlmodel import Session, col, select

from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.problems import problems
from api.v1.shapes import Body, Code
from traceability import growing
from traceability.catalogue import find
from traceability.errors import BadValue, NotFound
from traceability.forecast_subject import Subject
from traceability.models import Crop, Site, SowingPlan

router = APIRouter(prefix="/api/v1", tags=["forecasts"], responses=problems(NotFound, BadValue))


class PlanIn(Body):
    sow_on: date
    pieces: StrictInt = Field(gt=0)
    site: Code | None = Field(None, description="left out: the first site there is")
    note: str = ""


class PlanOut(BaseModel):
    id: str
    sow_on: date
    pieces: int
    note: str
    planned_at: datetime
    planned_by: str
    withdrawn_at: datetime | None


@router.get("/sowing-plans/{crop}")
def list_plans(crop: str, session: ReadSession) -> list[PlanOut]:
    """Return what is planned of a crop, soonest first, without what was taken back."""
    rows = growing.plans(session, Subject(find(session, Crop, crop)))
    return [PlanOut.model_validate(row.model_dump()) for row in rows]


@router.post("/sowing-plans/{crop}", status_code=201)
def plan_sowing(
    crop: str, body: PlanIn, session: WriteSession, viewer: SignedIn, web: InWeb
) -> PlanOut:
    """Keep a sowing that is meant to be done."""
    row = find(session, Crop, crop)
    made = growing.plan(
        session,
        Subject(row, site=site_of(session, row, body.site)),
        sow_on=body.sow_on,
        pieces=body.pieces,
        note=body.note,
        by=viewer.name or "somebody here",
        at=web.now(),
    )
    return PlanOut.model_validate(made.model_dump())


@router.delete("/sowing-plans/{crop}/{plan}")
def withdraw_plan(
    crop: str, plan: str, session: WriteSession, viewer: SignedIn, web: InWeb
) -> PlanOut:
    """Take a plan back; that it was made stays known."""
    row = plan_of(session, find(session, Crop, crop), plan)
    growing.withdraw(session, row, by=viewer.name or "somebody here", at=web.now())
    return PlanOut.model_validate(row.model_dump())


def plan_of(session: Session, crop: Crop, plan: str) -> SowingPlan:
    """Return a crop's plan by its id."""
    row = growing.find_plan(session, plan)
    if row.crop_id != crop.id:
        step = "`minori forecast plans CROP` lists those there are"
        raise NotFound(what="sowing plan", name=plan, next_step=step)
    return row


def site_of(session: Session, crop: Crop, code: str | None) -> Site:
    """Return the site named, or the first of the crop's owner."""
    if code is not None:
        return find(session, Site, code, organisation_id=crop.organisation_id)
    sites = select(Site).where(Site.organisation_id == crop.organisation_id)
    return session.exec(sites.order_by(col(Site.code))).first() or find(session, Site, "")
