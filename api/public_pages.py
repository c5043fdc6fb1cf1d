"""Public pages of what a code names beside a lot: /p/item/…, /p/unit/…, /p/place/…, and as data."""

import json
from collections.abc import Callable
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import linked, linksets
from api.context import Web
from api.errors import NoSuchPage
from api.linked_shown import document
from api.problems import answer_error
from api.templating import page
from traceability import shown
from traceability.database import reading_session
from traceability.identified import Named, anchor_of
from traceability.models import LogisticUnit, Party, Site, TradeItem
from traceability.shown import ItemShown, PlaceShown, UnitShown

_SUFFIX = ".jsonld"
_Shown = ItemShown | UnitShown | PlaceShown
_Find = Callable[[Session, str], tuple[Named, _Shown | None] | None]


def routes(web: Web) -> list[Route]:
    def item(session: Session, row_id: str) -> tuple[Named, _Shown | None] | None:
        row = session.get(TradeItem, row_id)
        return (row, shown.item(session, row, now=web.now())) if row else None

    def route(kind: str, find: _Find) -> Route:
        async def answer(request: Request) -> Response:
            return _answer(web, request, kind, find)

        return Route(f"/p/{kind}/{{name}}", answer, methods=["GET", "HEAD"])

    return [route("item", item), route("unit", _unit), route("place", _place)]


def _unit(session: Session, row_id: str) -> tuple[Named, _Shown | None] | None:
    row = session.get(LogisticUnit, row_id)
    return (row, shown.unit(session, row)) if row else None


def _place(session: Session, row_id: str) -> tuple[Named, _Shown | None] | None:
    row = session.get(Site, row_id) or session.get(Party, row_id)
    return (row, shown.place(session, row)) if row else None


def _answer(web: Web, request: Request, kind: str, find: _Find) -> Response:
    name = str(request.path_params["name"])
    base = web.settings.public_url.rstrip("/")
    with reading_session(web.engine) as session:
        found = find(session, name.removesuffix(_SUFFIX))
        if found is None or found[1] is None:
            return answer_error(request, NoSuchPage(path=request.url.path))
        row, facts = found[0], found[1]
        link = anchor_of(session, row, base=base) or f"{base}/p/{kind}/{row.id}"
        if name.endswith(_SUFFIX):
            return _data(document(facts, link=link, base=base))
        asked_lot = request.query_params.get("lot", "")
        answer = page(request, f"public_{kind}.html", shown=facts, link=link, asked_lot=asked_lot)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _data(facts: dict[str, Any]) -> Response:
    text = json.dumps(facts, ensure_ascii=False)
    headers = {"Cache-Control": "no-cache", **linksets.CORS}
    return Response(text.encode(), headers=headers, media_type=linked.MEDIA_TYPE)
