"""Lots: the list, one lot with everything about it, and the forms that record what was done."""

from collections.abc import Mapping
from typing import Literal, cast

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from api import csvtable, figures
from api.context import Web
from api.deps import FormSaid, InWeb, ReadSession, SignedIn
from api.language import reader_of
from api.lot_label import label_of
from api.lotlist import Wanted, every_row, page_of, rows_of
from api.pages import newlot, stageviews
from api.pages.actforms import forms_for, perform
from api.pages.fields import Answers, local_input
from api.pages.lotfields import occasion_said
from api.pages.lotviews import history, tree
from api.problems import sentence, status_of
from api.sheetfile import Encoding
from api.templating import page
from traceability import acts, by_minute, by_stage, contents, recalls
from traceability.database import reading_session, writing_session
from traceability.errors import NotFound, TraceabilityError
from traceability.lookup import link_of, one_lot
from traceability.models import STAGES, Crop, Lot, Site, new_id

router = APIRouter(include_in_schema=False)


@router.get("/lots")
def list_lots(
    request: Request,
    session: ReadSession,
    stage: str = "",
    crop: str = "",
    text: str = "",
    state: str = "",
    after: str | None = None,
) -> Response:
    wanted = _wanted(stage, crop, text, state)
    found = page_of(session, wanted, after=after)
    return page(
        request,
        "lots.html",
        found=found,
        wanted=wanted,
        state=state,
        crops=session.exec(select(Crop).order_by(col(Crop.code))).all(),
    )


@router.get("/lots.csv")
def export_lots(
    session: ReadSession,
    stage: str = "",
    crop: str = "",
    text: str = "",
    state: str = "",
    encoding: Encoding = "utf-8",
) -> Response:
    """The same list as a table for a spreadsheet, with the filters of the page."""
    rows = every_row(session, _wanted(stage, crop, text, state))
    return csvtable.answer(rows, encoding)


@router.get("/lots/new")
def ask_new(request: Request, session: ReadSession, web: InWeb, kind: str = "sow") -> Response:
    return _new_page(request, session, web, kind, {}, "", 200)


@router.post("/lots/new")
def make_new(request: Request, web: InWeb, viewer: SignedIn, said: FormSaid) -> Response:
    kind = said.get("kind", "sow")
    try:
        with writing_session(web.engine) as session:
            answers = Answers(said, newlot.time_zone(session, said))
            act = newlot.perform(session, kind, occasion_said(viewer, answers), answers)
            lot_id = acts.made(session, act)[0].id
    except TraceabilityError as error:
        problem, status = sentence(reader_of(request), error), status_of(type(error))
        with reading_session(web.engine) as session:
            return _new_page(request, session, web, kind, said, problem, status)
    return RedirectResponse(f"/lots/{lot_id}", 303)


@router.get("/lots/{lot_id}")
def show(lot_id: str, request: Request, session: ReadSession, web: InWeb) -> Response:
    return _lot_page(request, session, web, _lot(session, lot_id), {}, "", 200)


@router.get("/lots/{lot_id}/conditions")
def lived_through(lot_id: str, request: Request, session: ReadSession, web: InWeb) -> Response:
    """What the lot lived through. A page of its own: it reads every measurement."""
    lot = _lot(session, lot_id)
    story = web.stories.of(session, lot, now=web.now())
    reader, zone = reader_of(request), story.farm.time_zone
    stages = stageviews.views_of(reader, by_stage.of_lot(session, lot, now=web.now()), zone)
    found = figures.of_lot(reader, story)
    return page(
        request,
        "lot_conditions.html",
        lot=lot,
        story=story,
        figures=found,
        stages=stages,
        thinned=by_minute.within(session, story.growing.spans),
    )


@router.post("/lots/{lot_id}/{kind}")
def record(
    lot_id: str, kind: str, request: Request, web: InWeb, viewer: SignedIn, said: FormSaid
) -> Response:
    """Record an act; what cannot be is said on the form, which keeps what was typed."""
    try:
        with writing_session(web.engine) as session:
            lot = _lot(session, lot_id)
            answers = Answers(said, session.get_one(Site, lot.site_id).time_zone)
            act = perform(session, kind, occasion_said(viewer, answers), lot, answers)
            made = acts.made(session, act)
    except TraceabilityError as error:
        problem, status = sentence(reader_of(request), error), status_of(type(error))
        with reading_session(web.engine) as session:
            lot = _lot(session, lot_id)
            return _lot_page(request, session, web, lot, {**said, "_kind": kind}, problem, status)
    target = made[0].id if len(made) == 1 else lot_id
    return RedirectResponse(f"/lots/{target}?done={kind}", 303)


@router.get("/lots/{lot_id}/label.{kind}")
def label(lot_id: str, kind: str, session: ReadSession, web: InWeb) -> Response:
    """The lot's label as a picture: SVG with words, or PNG of the code alone."""
    if kind not in ("svg", "png"):
        raise NotFound(what="label", name=kind, next_step="ask for label.svg or label.png")
    drawn = cast("Literal['svg', 'png']", kind)
    lot, public_url = _lot(session, lot_id), web.settings.public_url
    _, drawing = label_of(session, lot, public_url=public_url, kind=drawn)
    return Response(drawing, media_type="image/svg+xml" if kind == "svg" else "image/png")


def _lot_page(
    request: Request,
    session: Session,
    web: Web,
    lot: Lot,
    said: Mapping[str, str],
    problem: str,
    status: int,
) -> Response:
    reader, now = reader_of(request), web.now()
    row = rows_of(session, [lot])[0]
    return page(
        request,
        "lot.html",
        status=status,
        row=row,
        history=history(session, lot),
        recall=recalls.of_lot(session, lot.id),
        in_units=contents.units_of(session, lot),
        back=tree(session, lot, "back"),
        forward=tree(session, lot, "forward"),
        forms=forms_for(session, reader, lot),
        said=said,
        problem=problem,
        done=request.query_params.get("done", ""),
        at=local_input(now, row.site.time_zone),
        new_id=new_id,
        link=link_of(session, lot, base=web.settings.public_url),
        has_label=bool(web.settings.public_url),
    )


def _new_page(
    request: Request,
    session: Session,
    web: Web,
    kind: str,
    said: Mapping[str, str],
    problem: str,
    status: int,
) -> Response:
    reader, now = reader_of(request), web.now()
    forms = newlot.forms(session, reader, now)
    zone = newlot.time_zone(session, said)
    return page(
        request,
        "new_lot.html",
        status=status,
        forms=forms,
        open_kind=kind if kind in newlot.KINDS else "sow",
        said=said,
        problem=problem,
        at=local_input(now, zone),
        new_id=new_id,
    )


def _lot(session: Session, lot_id: str) -> Lot:
    """The lot of an id, as our own pages link to it, or of a code that somebody typed."""
    return session.get(Lot, lot_id) or one_lot(session, lot_id)


def _wanted(stage: str, crop: str, text: str, state: str) -> Wanted:
    is_open = {"open": True, "closed": False}.get(state)
    return Wanted(stage if stage in STAGES else "", crop, text.strip(), is_open)
