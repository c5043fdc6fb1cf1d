"""What if more were sown, or the light were another: answered when asked, and kept nowhere."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.deps import InWeb, ReadSession
from api.problems import problems
from api.what_if import Asked, what_if
from traceability.catalogue import find
from traceability.errors import BadValue, NotFound
from traceability.models import Crop

router = APIRouter(
    prefix="/api/v1/scenarios", tags=["forecasts"], responses=problems(NotFound, BadValue)
)


class ChangedOut(BaseModel):
    """One week as it is expected and as it would be, in kg."""

    week: date
    p10: float
    p50: float
    p90: float
    p10_then: float
    p50_then: float
    p90_then: float


class ScenarioOut(BaseModel):
    """What was assumed, and what it would do. The response to light is not from this site."""

    sow_more: float
    sow_from: date | None
    usual_pieces: float = Field(description="sown in a usual week of the last eight")
    dli: float | None
    dli_now: float | None
    weeks: list[ChangedOut]


def _asked(
    sow_more: Annotated[float, Query(description="0.2: a fifth more than usual; -1: nothing")] = 0,
    sow_from: Annotated[date | None, Query(description="from then on; left out: today")] = None,
    dli: Annotated[
        float | None, Query(description="daily light of the scenario [mol/m2/d]")
    ] = None,
    dli_now: Annotated[float | None, Query(description="of today; left out: the probes'")] = None,
) -> Asked:
    return Asked(sow_more, sow_from, dli, dli_now)


@router.get("/{crop}")
def get_scenario(
    crop: str, asked: Annotated[Asked, Depends(_asked)], session: ReadSession, web: InWeb
) -> ScenarioOut:
    """Return each week of a crop's forecast beside what it would be."""
    what, changed = what_if(session, find(session, Crop, crop), asked, at=web.now())
    return ScenarioOut(
        sow_more=what.sow_more,
        sow_from=what.sow_from,
        usual_pieces=what.usual_pieces,
        dli=what.dli,
        dli_now=what.dli_now,
        weeks=[
            ChangedOut(
                week=one.before.ds,
                p10=one.before.p10,
                p50=one.before.p50,
                p90=one.before.p90,
                p10_then=one.after.p10,
                p50_then=one.after.p50,
                p90_then=one.after.p90,
            )
            for one in changed
        ],
    )
