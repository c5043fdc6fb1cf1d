"""What if, and what changed: pages beside a crop's forecast."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import forecast_diff
from api.deps import InWeb, ReadSession, SignedIn
from api.forecast_subject import AskedOf, address_of
from api.language import reader_of
from api.pages.fields import Answers
from api.templating import page
from api.what_if import Asked, what_if
from traceability import yields
from traceability.catalogue import find
from traceability.errors import BadValue, TraceabilityError
from traceability.models import Crop

router = APIRouter(include_in_schema=False)


@router.get("/scenarios/{crop}")
def scenario(crop: str, request: Request, session: ReadSession, web: InWeb) -> Response:
    """Ask, and read the answer below the question; without a question only the form."""
    from api.problems import sentence, status_of  # noqa: PLC0415  problems draws pages itself

    row = find(session, Crop, crop)
    said = {name: str(value) for name, value in request.query_params.items()}
    what, changed, problem = None, [], None
    try:
        asked = _asked(Answers(said, "UTC"))
        if asked != Asked():
            what, found = what_if(session, row, asked, at=web.now())
            changed = list(found)
    except TraceabilityError as error:
        problem = error
    answer = page(
        request,
        "scenario.html",
        crop=row,
        said=said,
        what=what,
        changed=changed,
        problem=sentence(reader_of(request), problem) if problem else "",
    )
    answer.status_code = status_of(type(problem)) if problem else 200
    return answer


@router.get("/forecasts/{crop}/diff")
def diff(
    crop: str,
    older: str,
    newer: str,
    narrowed: AskedOf,
    request: Request,
    session: ReadSession,
    viewer: SignedIn,
    web: InWeb,
) -> Response:
    subject = narrowed.of(session, crop, viewer)
    records = [forecast_diff.find(session, subject, one) for one in (older, newer)]
    found = forecast_diff.diff(session, records[0], records[1], at=web.now())
    zone = str(yields.zone_of(session, subject.crop))
    return page(
        request,
        "forecast_diff.html",
        subject=subject,
        found=found,
        zone=zone,
        address_of=address_of,
    )


def _asked(answers: Answers) -> Asked:
    return Asked(
        sow_more=(_number(answers, "sow_more") or 0.0) / 100,
        sow_from=answers.day_or_none("sow_from"),
        dli=_number(answers, "dli"),
        dli_now=_number(answers, "dli_now"),
    )


def _number(answers: Answers, name: str) -> float | None:
    text = answers.text(name)
    try:
        return float(text) if text else None
    except ValueError as error:
        raise BadValue(
            field=name, expected="a number", got=text, next_step="mend the number"
        ) from error
