"""Recalls for people: open one from what is known, see who has what, note answers, sign it off."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlmodel import Session, col, select

from api.deps import FormSaid, InWeb, OwnerToRead, ReadSession, SignedIn, WriteSession, owner
from api.language import reader_of
from api.pages.fields import Answers
from api.recall_report import report_of
from api.templating import page
from api.v1.recalls import Open, report_file, start_of
from traceability import recalls
from traceability.errors import TraceabilityError
from traceability.models import Device, Party, Recall, Site, Zone
from traceability.occasions import Occasion

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form()]


class Said(BaseModel):
    """What the form sends: one of the names beside `start` is what it starts from."""

    kind: Literal["exercise", "real"] = "exercise"
    reason: str = ""
    start: Literal["lot", "tank", "probe", "worker", "place"] = "lot"
    lot: str = ""
    tank: str = ""
    probe: str = ""
    worker: str = ""
    place: str = ""
    begins: str = ""
    ends: str = ""


@router.get("/recalls")
def overview(request: Request, session: ReadSession, farm: OwnerToRead) -> Response:
    found = recalls.newest(session, farm)
    facts = {"found": found, "said": Said(), "problem": "", **_choices(session)}
    return page(request, "recalls.html", **facts)


@router.post("/recalls")
def open_one(
    request: Request,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
    said: Annotated[Said, Form()],
) -> Response:
    """Open a recall from the form; a wrong answer comes back with its form and its reason."""
    site = _first_site(session)
    answers = Answers(said.model_dump(), site.time_zone if site else "UTC")
    try:
        wanted = Open(
            kind=said.kind,
            reason=said.reason,
            start=said.start,
            name=answers.text(said.start),
            site=site.code if site else None,
            begins=min(answers.moments("begins")) if said.begins else None,
            # Of an hour that the clock showed twice, all that it may be: better one lot too many.
            ends=max(answers.moments("ends")) if said.ends else None,
        )
        made = recalls.open_recall(
            session,
            owner(session, None),
            start_of(session, web, wanted),
            kind=wanted.kind,
            reason=wanted.reason,
            occasion=Occasion(web.now(), viewer.name or "somebody here"),
        )
    except TraceabilityError as error:
        return _refused(request, session, said, error)
    return RedirectResponse(f"/recalls/{made.id}", 303)


@router.get("/recalls/{recall}")
def one(recall: str, request: Request, session: ReadSession) -> Response:
    found = recalls.find(session, recall)
    return _one(request, session, found)


@router.get("/recalls/{recall}/report.{kind}")
def download(
    recall: str, kind: Literal["xlsx", "pdf"], request: Request, session: ReadSession
) -> Response:
    return report_file(session, recalls.find(session, recall), reader_of(request), kind)


@router.post("/recalls/{recall}/answer")
def answer(
    recall: str,
    request: Request,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
    said: FormSaid,
) -> Response:
    found = recalls.find(session, recall)
    given = Answers(said, "UTC")
    try:
        recalls.answer(
            session,
            found,
            given.row(session, Party, "party"),
            text=given.text("answer"),
            by=viewer.name or "somebody here",
            at=web.now(),
            returned_g=given.grams_or_none("returned"),
            destroyed_g=given.grams_or_none("destroyed"),
        )
    except TraceabilityError as error:
        return _one(request, session, found, problem=error)
    return RedirectResponse(f"/recalls/{found.id}", 303)


@router.post("/recalls/{recall}/close")
def close(
    recall: str,
    request: Request,
    session: WriteSession,
    viewer: SignedIn,
    web: InWeb,
    findings: Text = "",
) -> Response:
    found = recalls.find(session, recall)
    try:
        by = viewer.name or "somebody here"
        recalls.close(session, found, by=by, findings=findings, at=web.now())
    except TraceabilityError as error:
        return _one(request, session, found, problem=error)
    return RedirectResponse(f"/recalls/{found.id}", 303)


def _one(
    request: Request, session: Session, found: Recall, *, problem: TraceabilityError | None = None
) -> Response:
    from api.problems import sentence, status_of  # noqa: PLC0415  problems draws pages itself

    reader = reader_of(request)
    site = session.exec(
        select(Site).where(Site.organisation_id == found.organisation_id).order_by(col(Site.code))
    ).first()
    zone = site.time_zone if site else "UTC"
    facts = {
        "recall": found,
        "report": report_of(session, reader, found, zone=zone),
        "answered": recalls.notices(session, found),
        "problem": sentence(reader, problem) if problem else "",
    }
    status = status_of(type(problem)) if problem else 200
    return page(request, "recall.html", status=int(status), **facts)


def _refused(request: Request, session: Session, said: Said, error: TraceabilityError) -> Response:
    from api.problems import sentence, status_of  # noqa: PLC0415  problems draws pages itself

    facts: dict[str, Any] = {
        "found": recalls.newest(session, owner(session, None)),
        "said": said,
        "problem": sentence(reader_of(request), error),
        **_choices(session),
    }
    return page(request, "recalls.html", status=int(status_of(type(error))), **facts)


def _first_site(session: Session) -> Site | None:
    return session.exec(select(Site).order_by(col(Site.code))).first()


def _choices(session: Session) -> dict[str, Any]:
    site = _first_site(session)
    zones = session.exec(select(Zone).order_by(col(Zone.code))).all()
    return {
        "zone": site.time_zone if site else "UTC",
        "tanks": [zone for zone in zones if zone.kind == "tank"],
        "places": [zone for zone in zones if zone.kind != "tank"],
        "probes": session.exec(select(Device).order_by(col(Device.code))).all(),
    }
