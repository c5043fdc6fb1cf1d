"""What the partner who asks was promised, and nothing of what others were."""

from datetime import date, datetime
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlmodel import Session

from api.deps import InWeb, ReadSession, SignedIn
from api.errors import NotAllowed
from api.problems import problems
from api.promise_risk import with_risks
from traceability import promises
from traceability.models import Crop, Party, TradeItem
from traceability.promises import Outcome

router = APIRouter(prefix="/api/v1/my", tags=["promises"], responses=problems(NotAllowed))


class MyPromiseOut(BaseModel):
    """A promise as it was made, without the farm's supply and what is left of it."""

    crop: str
    item: str | None
    week: date = Field(description="the Monday it begins on")
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
    made_at: datetime
    shipped_g: int | None
    kept: bool | None

    @classmethod
    def of(cls, session: Session, outcome: Outcome, risk: float | None) -> Self:
        row = outcome.promise
        item = session.get_one(TradeItem, row.trade_item_id) if row.trade_item_id else None
        return cls(
            **row.model_dump(include=set(cls.model_fields)),
            crop=session.get_one(Crop, row.crop_id).code,
            item=item.code if item else None,
            shipped_g=outcome.shipped_g,
            kept=outcome.is_kept,
            shortfall_now=risk,
        )


@router.get("/promises")
def list_my_promises(session: ReadSession, viewer: SignedIn, web: InWeb) -> list[MyPromiseOut]:
    """Return what the signed-in partner was promised, newest week first."""
    if viewer.party_id is None:
        raise NotAllowed(role=viewer.role)
    party = session.get_one(Party, viewer.party_id)
    found = promises.of_partner(session, party, at=web.now())
    return [
        MyPromiseOut.of(session, one, risk)
        for one, risk in with_risks(session, found, at=web.now())
    ]
