"""All links of a lot, for who asks for one by its type, or for the whole set.

`/01/{gtin}/10/{lot}?linkType=gs1:traceability` leads to one; `linkType=all`, or an Accept of
application/linkset+json, answers the link set of RFC 9264 in GS1's profile. How to choose is
`traceability.gs1.resolver`; this module says what is recorded and speaks HTTP.
"""

import json
from collections.abc import Callable
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import linked
from api.context import Web
from api.errors import NoSuchLink
from api.i18n import LANGUAGES
from traceability import catalogue, recalls
from traceability.database import reading_session
from traceability.errors import UnknownLot
from traceability.gs1 import Identity, identify
from traceability.gs1.link import CANONICAL_STEM
from traceability.gs1.negotiation import asks_for
from traceability.gs1.resolver import (
    LINKSET_TYPE,
    VOCABULARY,
    Asked,
    Link,
    Record,
    description,
    resolve,
)
from traceability.lookup import find_lots
from traceability.models import Lot, TradeItem

# Anybody's page may ask where a code leads: there is nothing here that a cookie opens.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language",
    "Access-Control-Expose-Headers": "Link, Location",
}


def asks_for_links(request: Request) -> bool:
    """Return whether a request wants more than the default link."""
    if b"linktype" in request.scope["query_string"].lower():
        return True
    accept = request.headers.get("accept", "")
    # Every scan passes here, and next to none names the type: look before weighing.
    return LINKSET_TYPE in accept.lower() and asks_for(accept, (LINKSET_TYPE,))


def answer(
    web: Web, request: Request, path: str, *, own: bool, may_show: Callable[[str], bool]
) -> Response:
    """Answer a request for the links of what a path names.

    Args:
        path: as it was sent, escapes and all.
        own: it is an identifier beneath our own address, not a GS1 key.
        may_show: whether this reader may see a lot of a stage.

    Raises:
        Gs1Error: it names nothing that could have links; says where it is wrong.
        UnknownLot, NoSuchLink: nothing is recorded, or no link of that type.
    """
    base = (web.settings.public_url or str(request.base_url)).rstrip("/")
    hubs = (base,) if own else ()
    asked = Asked(
        query=request.url.query,
        accept=request.headers.get("accept", ""),
        accept_language=request.headers.get("accept-language", ""),
    )
    with reading_session(web.engine) as session:
        identity = identify((base if own else CANONICAL_STEM) + path, hubs=hubs)

        def find(anchor: str) -> Record | None:
            lot = _lot(session, anchor, hubs)
            shown = lot is not None and may_show(lot.stage)
            return _record(session, anchor, lot, base) if lot is not None and shown else None

        found = resolve(identity, asked, find, now=web.now())
    if found.status == 404:
        raise _not_found(identity, asked, found.reason or "")
    body = json.dumps(found.body, ensure_ascii=False) if found.body is not None else ""
    headers = {**found.headers, **CORS, "Cache-Control": "no-cache"}
    return Response(body.encode(), found.status, headers)


def preflight() -> Response:
    """Answer OPTIONS: what may be asked, and that anybody may."""
    return Response(
        status_code=204, headers={**CORS, "Allow": CORS["Access-Control-Allow-Methods"]}
    )


def well_known(web: Web, request: Request) -> Response:
    """Answer `/.well-known/gs1resolver`: what this resolver can do."""
    root = web.settings.public_url or str(request.base_url)
    return JSONResponse(description(name="Minori", root=root), headers=CORS)


def link_header(path: str) -> str:
    """Return the Link header of a redirect: where all links of this identity are."""
    address = quote(path, safe="/%-._~!$&'()*+,;=:@")
    return f'<{address}?linkType=all>; rel="linkset"; type="{LINKSET_TYPE}"'


def _lot(session: Session, anchor: str, hubs: tuple[str, ...]) -> Lot | None:
    """Return the one lot of an identity; items and places have no page of their own yet."""
    if "/10/" not in anchor:
        return None
    lots = find_lots(session, anchor, hubs=hubs)
    return lots[0] if len(lots) == 1 else None


def _record(session: Session, anchor: str, lot: Lot, base: str) -> Record:
    """Return what is recorded for a lot: its page and its data."""
    name = _name(session, lot)
    page = Link(
        f"{VOCABULARY}traceability",
        f"{base}/p/{lot.id}",
        f"{name}, lot {lot.code}",
        media_type="text/html",
        languages=LANGUAGES,
        default=True,
        forward_query=False,
    )
    data = Link(
        f"{VOCABULARY}traceability",
        f"{base}/p/{lot.id}.jsonld",
        f"{name}, lot {lot.code}, as data",
        media_type=linked.MEDIA_TYPE,
        default=True,
        forward_query=False,
    )
    links = (page, data, *_recall_status(session, lot, base))
    return Record(anchor, f"{name}, lot {lot.code}", links)


def _recall_status(session: Session, lot: Lot, base: str) -> tuple[Link, ...]:
    if recalls.of_lot(session, lot.id) is None:
        return ()
    status = Link(
        f"{VOCABULARY}recallStatus",
        f"{base}/p/{lot.id}",
        f"lot {lot.code} was recalled",
        media_type="text/html",
        languages=LANGUAGES,
        default=False,
        forward_query=False,
    )
    return (status,)


def _name(session: Session, lot: Lot) -> str:
    item = session.get(TradeItem, lot.trade_item_id) if lot.trade_item_id else None
    return (item or catalogue.what_is(session, lot)).name


def _not_found(identity: Identity, asked: Asked, reason: str) -> Exception:
    if reason.startswith("no link of type"):
        return NoSuchLink(link_type=asked.link_type or "defaultLink", link=identity.canonical)
    return UnknownLot(name=identity.lot or identity.canonical)
