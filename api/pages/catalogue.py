"""What the farm grows and sells, where, and with whom: four lists."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import col, select

from api.deps import ReadSession
from api.templating import page
from traceability import recipes
from traceability.models import Crop, Party, Site, TradeItem, Zone

router = APIRouter(include_in_schema=False)


@router.get("/crops")
def crops(request: Request, session: ReadSession) -> Response:
    rows = session.exec(select(Crop).order_by(col(Crop.code))).all()
    newest = {crop.id: recipes.newest_of(session, crop) for crop in rows}
    documents = {crop: recipes.document_of(row) for crop, row in newest.items() if row}
    return page(request, "crops.html", crops=rows, recipes=newest, documents=documents)


@router.get("/items")
def items(request: Request, session: ReadSession) -> Response:
    query = select(TradeItem, Crop).join(Crop, col(Crop.id) == col(TradeItem.crop_id))
    rows = session.exec(query.order_by(col(TradeItem.code))).all()
    return page(request, "items.html", rows=rows)


@router.get("/places")
def places(request: Request, session: ReadSession) -> Response:
    query = select(Zone, Site).join(Site, col(Site.id) == col(Zone.site_id))
    rows = session.exec(query.order_by(col(Site.code), col(Zone.code))).all()
    return page(request, "places.html", rows=rows)


@router.get("/partners")
def partners(request: Request, session: ReadSession) -> Response:
    rows = session.exec(select(Party).order_by(col(Party.role), col(Party.code))).all()
    return page(request, "partners.html", parties=rows)


@router.get("/help")
def explain(request: Request) -> Response:
    return page(request, "help.html")
