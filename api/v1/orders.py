"""What partners order, and supply set against what they want, weeks ahead."""

from datetime import date
from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictInt

from api import balance_ahead
from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.problems import problems
from api.v1.shapes import Body, Code
from traceability import orders
from traceability.catalogue import find
from traceability.errors import BadValue, NotFound
from traceability.models import Crop, Party

router = APIRouter(
    prefix="/api/v1/orders", tags=["promises"], responses=problems(NotFound, BadValue)
)


class OrderIn(Body):
    partner: Code
    week: date = Field(description="a day of the week it is for")
    weight_g: StrictInt = Field(ge=0)
    reference: str = ""


class OrderOut(BaseModel):
    partner: str
    week: date
    weight_g: int


class WantedOut(BaseModel):
    partner: str
    p50: float
    p90: float
    basis: Literal["order", "forecast", "contract"]


class WeekOut(BaseModel):
    """One week, in kg; `shortfall` is the probability that more is wanted than comes."""

    week: date
    supply_p10: float
    supply_p50: float
    supply_p90: float
    wanted: list[WantedOut]
    wanted_kg: float
    short_kg: float
    shortfall: float

    @classmethod
    def of(cls, week: balance_ahead.Week) -> Self:
        return cls(
            week=week.monday,
            supply_p10=week.supply.p10,
            supply_p50=week.supply.p50,
            supply_p90=week.supply.p90,
            wanted=[WantedOut.model_validate(one, from_attributes=True) for one in week.wanted],
            wanted_kg=week.wanted_kg,
            short_kg=week.short_kg,
            shortfall=week.shortfall,
        )


@router.post("/{crop}", status_code=201)
def add_order(
    crop: str, body: OrderIn, session: WriteSession, viewer: SignedIn, web: InWeb
) -> OrderOut:
    """Keep what a partner ordered for a week; its forecast learns from it."""
    row = find(session, Crop, crop)
    partner = find(session, Party, body.partner, organisation_id=row.organisation_id)
    made = orders.order(
        *(session, row, partner),
        week=body.week,
        weight_g=body.weight_g,
        reference=body.reference,
        by=viewer.name or "somebody here",
        at=web.now(),
    )
    return OrderOut(partner=partner.code, week=made.week, weight_g=made.weight_g)


@router.get("/{crop}/ahead")
def get_ahead(crop: str, session: ReadSession, web: InWeb) -> list[WeekOut]:
    """Return each week's supply against what partners order, are forecast to take, or have a
    contract for."""
    found = balance_ahead.weeks_ahead(session, find(session, Crop, crop), at=web.now())
    return [WeekOut.of(week) for week in found]
