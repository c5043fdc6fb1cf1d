"""Cases and pallets for people: what is in one, where it is, who has it, its label."""

from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session, col, select

from api.deps import InWeb, OwnerToRead, ReadSession
from api.print_run import FileKind, PrintRun
from api.templating import page
from api.unit_label import STOCK, printed_link, unit_label
from traceability import unit_past, units
from traceability.contents import of_unit
from traceability.errors import NotFound
from traceability.models import LogisticUnit, TradeItem

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
def list_units(request: Request, session: ReadSession, farm: OwnerToRead) -> Response:
    query = select(LogisticUnit).where(LogisticUnit.organisation_id == farm.id)
    newest = query.order_by(col(LogisticUnit.made_at).desc(), col(LogisticUnit.code).desc())
    found = session.exec(newest.limit(_MOST)).all()
    rows = [(unit, of_unit(session, unit)) for unit in found]
    return page(request, "units.html", rows=rows)


@router.get("/units/{unit_id}")
def show(unit_id: str, request: Request, session: ReadSession, web: InWeb) -> Response:
    unit = _unit(session, unit_id)
    where = unit_past.whereabouts(session, unit)
    items = {
        lot.id: session.get(TradeItem, lot.trade_item_id)
        for lot in where.lots
        if lot.trade_item_id is not None
    }
    return page(
        request,
        "unit.html",
        unit=unit,
        where=where,
        items=items,
        past=unit_past.acts_of(session, unit),
        link=printed_link(session, unit, base=web.settings.public_url),
        has_label=bool(web.settings.public_url)
        and (unit.is_sscc or web.settings.public_url.startswith("https://")),
    )


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


def _unit(session: Session, text: str) -> LogisticUnit:
    """The unit of an id, as our own pages link to it, or of a number somebody typed."""
    return session.get(LogisticUnit, text) or units.find_unit(session, text)
