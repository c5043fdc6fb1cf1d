"""Recalls of what a partner received, for that partner: what it has of them, and its answer."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session, col, select

from api.auth import Viewer
from api.deps import InWeb, ReadSession, SignedIn, WriteSession
from api.language import reader_of
from api.pages.fields import Answers
from api.templating import page
from api.v1.my_recalls import answered, received_of
from traceability import recalls
from traceability.errors import TraceabilityError
from traceability.models import Party, Site

router = APIRouter(include_in_schema=False)

# Lots told on the page; the interface for programs has all of them.
_MOST = 200


class Said(BaseModel):
    answer: str = ""
    returned: str = ""
    destroyed: str = ""


@router.get("/my/recalls")
def mine(request: Request, session: ReadSession, viewer: SignedIn) -> Response:
    return _page(request, session, viewer)


@router.post("/my/recalls/{recall}/answer")
def answer(
    recall: str,
    request: Request,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
    said: Annotated[Said, Form()],
) -> Response:
    """Keep the answer; a wrong one comes back with its form and its reason."""
    given = Answers(said.model_dump(), "UTC")
    try:
        amounts = {f"{name}_g": given.grams_or_none(name) for name in ("returned", "destroyed")}
        answered(session, viewer, recall, given.text("answer"), at=web.now(), **amounts)
    except TraceabilityError as error:
        return _page(request, session, viewer, said=(recall, said), problem=error)
    return RedirectResponse(f"/my/recalls#{recall}", 303)


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    *,
    said: tuple[str, Said] = ("", Said()),
    problem: TraceabilityError | None = None,
) -> Response:
    from api.problems import sentence, status_of  # noqa: PLC0415  problems draws pages itself

    party = session.get(Party, viewer.party_id) if viewer.party_id else None
    found = recalls.of_party(session, party) if party else []
    of_farm = Site.organisation_id == (party.organisation_id if party else "")
    site = session.exec(select(Site).where(of_farm).order_by(col(Site.code))).first()
    rows = [
        (recall, notice, list(received_of(recall, notice.party_id))) for recall, notice in found
    ]
    return page(
        request,
        "my_recalls.html",
        status=int(status_of(type(problem))) if problem else 200,
        party=party,
        rows=rows,
        most=_MOST,
        zone=site.time_zone if site else "UTC",
        said=said,
        problem=sentence(reader_of(request), problem) if problem else "",
    )
