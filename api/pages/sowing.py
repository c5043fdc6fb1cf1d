"""Planning a sowing from a crop's forecast, and taking the plan back."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.deps import FormSaid, InWeb, SignedIn, WriteSession
from api.pages.fields import Answers
from api.v1.sowing_plans import plan_of, site_of
from traceability import growing
from traceability.catalogue import find
from traceability.forecast_subject import Subject
from traceability.models import Crop

router = APIRouter(include_in_schema=False)


@router.post("/forecasts/{crop}/plans")
def plan(
    crop: str, said: FormSaid, session: WriteSession, viewer: SignedIn, web: InWeb
) -> Response:
    """Keep what is meant to be sown; the forecast follows by itself."""
    row = find(session, Crop, crop)
    answers = Answers(said, "UTC")
    growing.plan(
        session,
        Subject(row, site=site_of(session, row, answers.text("site") or None)),
        sow_on=answers.day("sow_on"),
        pieces=answers.whole("pieces"),
        note=answers.text("note"),
        by=viewer.name or "somebody here",
        at=web.now(),
    )
    return RedirectResponse(f"/forecasts/{row.code}#ground", 303)


@router.post("/forecasts/{crop}/plans/{plan}/withdraw")
def withdraw(crop: str, plan: str, session: WriteSession, viewer: SignedIn, web: InWeb) -> Response:
    row = find(session, Crop, crop)
    found = plan_of(session, row, plan)
    growing.withdraw(session, found, by=viewer.name or "somebody here", at=web.now())
    return RedirectResponse(f"/forecasts/{row.code}#ground", 303)
