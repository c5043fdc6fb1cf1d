"""Cases and pallets for people: filled, opened, shipped; where each is, who has it, its label."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from api.context import Web
from api.deps import FormSaid, InWeb, OwnerToRead, ReadSession, SignedIn, owner
from api.language import reader_of
from api.pages import unitforms
from api.pages.fields import Answers, local_input
from api.pages.lotfields import occasion_said
from api.print_run import FileKind, PrintRun
from api.problems import sentence, status_of
from api.templating import page
from api.unit_label import STOCK, printed_link, unit_label
from traceability import unit_past, units
from traceability.contents import of_unit
from traceability.database import reading_session, writing_session
from traceability.errors import NotFound, TraceabilityError
from traceability.models import LogisticUnit, Organisation, Site, TradeItem, new_id

router = APIRouter(include_in_schema=False)

# A page of units; the interface for programs has all.
_MOST = 100
_MEDIA = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "zpl": "application/octet-stream",
}


@router.get("/units")
def list_units(request: Request, session: ReadSession, farm: OwnerToRead, web: InWeb) -> Response:
    return _list_page(request, session, web, farm, {}, "", 200)


@router.post("/units")
def fill(
    request: Request, web: InWeb, viewer: SignedIn, said: FormSaid, organisation: str | None = None
) -> Response:
    """Make a case or pallet; what cannot be is said above the form, which keeps what was typed."""
    try:
        with writing_session(web.engine) as session:
            farm = owner(session, organisation)
            site = unitforms.site_said(session, farm, Answers(said, "UTC"))
            answers = Answers(said, site.time_zone)
            occasion = occasion_said(viewer, answers)
            unit_id = unitforms.fill(session, occasion, answers, site=site).id
    except TraceabilityError as error:
        problem, status = sentence(reader_of(request), error), status_of(type(error))
        with reading_session(web.engine) as session:
            farm = owner(session, organisation)
            return _list_page(request, session, web, farm, said, problem, status)
    return RedirectResponse(f"/units/{unit_id}?done=aggregate", 303)


@router.get("/units/{unit_id}")
def show(unit_id: str, request: Request, session: ReadSession, web: InWeb) -> Response:
    return _unit_page(request, session, web, _unit(session, unit_id), {}, "", 200)


@router.post("/units/{unit_id}/{kind}")
def record(
    unit_id: str, kind: str, request: Request, web: InWeb, viewer: SignedIn, said: FormSaid
) -> Response:
    """Open or ship a unit, or take back what was done with it."""
    try:
        with writing_session(web.engine) as session:
            unit = _unit(session, unit_id)
            answers = Answers(said, session.get_one(Site, unit.site_id).time_zone)
            act = unitforms.perform(session, kind, occasion_said(viewer, answers), unit, answers)
            done = act.kind
    except TraceabilityError as error:
        problem, status = sentence(reader_of(request), error), status_of(type(error))
        with reading_session(web.engine) as session:
            unit, said = _unit(session, unit_id), {**said, "_kind": kind}
            return _unit_page(request, session, web, unit, said, problem, status)
    return RedirectResponse(f"/units/{unit_id}?done={done}", 303)


@router.get("/units/{unit_id}/label.{kind}")
def label(unit_id: str, kind: str, session: ReadSession, web: InWeb) -> Response:
    """The unit's label: a picture, a sheet of A4 stock, or what a thermal printer takes."""
    if kind not in _MEDIA:
        raise NotFound(what="label", name=kind, next_step="ask for label.svg, png, pdf or zpl")
    unit = _unit(session, unit_id)
    run = PrintRun(unit.kind, stock=STOCK[unit.kind])
    public_url = web.settings.public_url
    _, drawn = unit_label(session, unit, run, public_url=public_url, kind=cast("FileKind", kind))
    headers = {}
    if kind in ("pdf", "zpl"):
        headers["Content-Disposition"] = f'attachment; filename="label-{unit.id[-12:]}.{kind}"'
    return Response(drawn, media_type=_MEDIA[kind], headers=headers)


def _list_page(
    request: Request,
    session: Session,
    web: Web,
    farm: Organisation,
    said: Mapping[str, str],
    problem: str,
    status: int,
) -> Response:
    query = select(LogisticUnit).where(LogisticUnit.organisation_id == farm.id)
    newest = query.order_by(col(LogisticUnit.made_at).desc(), col(LogisticUnit.code).desc())
    found = session.exec(newest.limit(_MOST)).all()
    zone = unitforms.site_said(session, farm, Answers({}, "UTC")).time_zone
    return page(
        request,
        "units.html",
        status=status,
        rows=[(unit, of_unit(session, unit)) for unit in found],
        forms=unitforms.to_fill(session, reader_of(request), farm),
        action=f"/units?organisation={quote(farm.code)}",
        said=said,
        problem=problem,
        at=local_input(web.now(), zone),
        new_id=new_id,
    )


def _unit_page(
    request: Request,
    session: Session,
    web: Web,
    unit: LogisticUnit,
    said: Mapping[str, str],
    problem: str,
    status: int,
) -> Response:
    where = unit_past.whereabouts(session, unit)
    items = {
        lot.id: session.get(TradeItem, lot.trade_item_id)
        for lot in where.lots
        if lot.trade_item_id is not None
    }
    return page(
        request,
        "unit.html",
        status=status,
        unit=unit,
        where=where,
        items=items,
        past=unit_past.acts_of(session, unit),
        forms=unitforms.of_unit(session, reader_of(request), unit, where),
        said=said,
        problem=problem,
        done=request.query_params.get("done", ""),
        at=local_input(web.now(), where.site.time_zone),
        new_id=new_id,
        link=printed_link(session, unit, base=web.settings.public_url),
        has_label=bool(web.settings.public_url)
        and (unit.is_sscc or web.settings.public_url.startswith("https://")),
    )


def _unit(session: Session, text: str) -> LogisticUnit:
    """The unit of an id, as our own pages link to it, or of a number somebody typed."""
    return session.get(LogisticUnit, text) or units.find_unit(session, text)
