"""Where codes lead, for people: what was set of a product, lot, case or place, and the forms."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session, col, select

from api.context import Web
from api.deps import InWeb, ReadSession, SignedIn, hubs, owner
from api.language import reader_of
from api.linkrecords import Records
from api.pages.fields import Answers
from api.problems import sentence, status_of
from api.templating import page
from api.v1.links import saying
from api.words import link_types
from traceability import links
from traceability.database import reading_session, writing_session
from traceability.errors import TraceabilityError
from traceability.gs1.link import CANONICAL_STEM
from traceability.gs1.linktypes import short_of
from traceability.identified import OWN, path_named
from traceability.links import Wanted
from traceability.models import Site

router = APIRouter(include_in_schema=False)


class Said(BaseModel):
    """What the form of a link sends."""

    of: str
    type: str = "pip"
    target: str = ""
    title: str = ""
    language: str = ""
    media_type: str = ""
    context: str = ""
    is_default: str = ""
    with_lots: str = ""
    starts: str = ""
    ends: str = ""
    beside: str = ""
    why: str = ""


@router.get("/links")
def overview(request: Request, session: ReadSession, web: InWeb, of: str = "") -> Response:
    """All identities something was said of, or one of them."""
    if of.strip():
        try:
            anchor = path_named(session, of, hubs=hubs(web))
        except TraceabilityError as error:
            return _all(request, session, web, of=of, problem=error)
        return _one(request, session, web, anchor, Said(of=anchor))
    return _all(request, session, web)


@router.post("/links")
def set_link(
    request: Request, web: InWeb, viewer: SignedIn, said: Annotated[Said, Form()]
) -> Response:
    try:
        with writing_session(web.engine) as session:
            anchor = path_named(session, said.of, hubs=hubs(web))
            farm, why = owner(session, None), saying(web, viewer, said.why)
            wanted, beside = _wanted(session, said), bool(said.beside)
            links.set_link(session, farm, anchor, wanted, why, beside=beside, hubs=hubs(web))
    except TraceabilityError as error:
        return _refused(request, web, said, error)
    return _back(anchor)


@router.post("/links/{verb}")
def change(
    verb: str,
    request: Request,
    web: InWeb,
    viewer: SignedIn,
    of: Annotated[str, Form()],
    link: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    """End a link, or withdraw or restore the code itself."""
    try:
        with writing_session(web.engine) as session:
            anchor = path_named(session, of, hubs=hubs(web))
            farm, spoken = owner(session, None), saying(web, viewer, why)
            if verb == "end":
                links.end_link(session, anchor, link, spoken)
            elif verb == "withdraw":
                links.withdraw(session, farm, anchor, spoken)
            else:
                links.restore(session, farm, anchor, spoken)
    except TraceabilityError as error:
        return _refused(request, web, Said(of=of), error)
    return _back(anchor)


def _wanted(session: Session, said: Said) -> Wanted:
    answers = Answers(said.model_dump(), _zone(session))
    return Wanted(
        relation=said.type,
        href=said.target,
        title=answers.text("title"),
        language=answers.text("language"),
        media_type=answers.text("media_type"),
        context=answers.text("context"),
        is_default=bool(said.is_default),
        with_lots=bool(said.with_lots),
        starts=answers.moment("starts") if said.starts else None,
        ends=answers.moment("ends") if said.ends else None,
    )


def _all(
    request: Request,
    session: Session,
    web: Web,
    *,
    of: str = "",
    problem: TraceabilityError | None = None,
) -> Response:
    reader = reader_of(request)
    found = [links.of_anchor(session, one) for one in links.anchors(session, owner(session, None))]
    return page(
        request,
        "links.html",
        status=int(status_of(type(problem))) if problem else 200,
        found=found,
        of=of,
        at=web.now(),
        short_of=short_of,
        problem=sentence(reader, problem) if problem else "",
    )


def _one(
    request: Request,
    session: Session,
    web: Web,
    anchor: str,
    said: Said,
    *,
    problem: TraceabilityError | None = None,
) -> Response:
    reader, base = reader_of(request), web.settings.public_url.rstrip("/")
    stem = CANONICAL_STEM if anchor[1:2].isdigit() else OWN
    record = Records(session, base, lambda _: True, web.now(), reader).find(stem + anchor)
    facts: dict[str, Any] = {
        "anchor": anchor,
        "entered": links.of_anchor(session, anchor),
        "record": record,
        "is_item": anchor.startswith("/items/") or anchor.count("/") == 2,
        "base": base,
        "at": web.now(),
        "zone": _zone(session),
        "said": said,
        "types": link_types(reader),
        "short_of": short_of,
        "problem": sentence(reader, problem) if problem else "",
    }
    status = int(status_of(type(problem))) if problem else 200
    return page(request, "links_one.html", status=status, **facts)


def _refused(request: Request, web: Web, said: Said, error: TraceabilityError) -> Response:
    with reading_session(web.engine) as session:
        try:
            anchor = path_named(session, said.of, hubs=hubs(web))
        except TraceabilityError:
            return _all(request, session, web, of=said.of, problem=error)
        return _one(request, session, web, anchor, said, problem=error)


def _back(anchor: str) -> Response:
    return RedirectResponse(f"/links?of={quote(anchor, safe='')}", 303)


def _zone(session: Session) -> str:
    site = session.exec(select(Site).order_by(col(Site.code))).first()
    return site.time_zone if site else "UTC"
