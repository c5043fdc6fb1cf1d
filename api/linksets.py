"""Where a code leads, by the rules of a GS1-conformant resolver, for every code but a plain lot's.

`/01/{gtin}/10/{lot}?linkType=gs1:traceability` leads to one link; `linkType=linkset`, or an Accept
of application/linkset+json or application/json, answers the link set of RFC 9264 in GS1's profile;
a browser reads it as a page.
A lot that is not known leads to its item, a serial to its lot. How to choose is
`traceability.gs1.resolver`, what is recorded is `linkrecords`; this module speaks HTTP.
"""

import json
from collections.abc import Callable
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import words
from api.context import Web
from api.errors import Gone, KeyNotKept, NoSuchLink
from api.language import reader_of
from api.linkrecords import ITEM_PAGE, Records, path_of
from api.problems import wants_page
from api.templating import page
from traceability import links
from traceability.database import reading_session
from traceability.errors import UnknownIdentity, UnknownLot
from traceability.gs1 import DigitalLink, Identity, dictionary, identify
from traceability.gs1.link import CANONICAL_STEM
from traceability.gs1.linktypes import short_of
from traceability.gs1.negotiation import asks_for
from traceability.gs1.resolver import (
    LINKSET_TYPE,
    LINKSET_TYPES,
    VOCABULARY,
    Answer,
    Asked,
    description,
    resolve,
)
from traceability.identified import KEPT_KEYS, OWN
from traceability.site_clock import clock_at

# Anybody's page may ask where a code leads: there is nothing here that a cookie opens.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language",
    "Access-Control-Expose-Headers": "Link, Location",
}
_LANGUAGES = ("en", "ja")
_HTML = "text/html; charset=utf-8"


def asks_for_links(request: Request) -> bool:
    """Return whether a request wants more than the default link."""
    if b"linktype" in request.scope["query_string"].lower():
        return True
    accept = request.headers.get("accept", "")
    # Every scan passes here, and next to none names the type: look before weighing.
    return "json" in accept.lower() and asks_for(accept, LINKSET_TYPES)


def answer(
    web: Web, request: Request, path: str, *, own: bool, may_show: Callable[[str], bool]
) -> Response:
    """Answer a request for what a path names.

    Args:
        path: as it was sent, escapes and all.
        own: it is an identifier beneath our own address, not a GS1 key.
        may_show: whether this reader may see a lot of a stage.

    Raises:
        Gs1Error: it names nothing that could have links; says where it is wrong.
        UnknownLot, UnknownIdentity, KeyNotKept, NoSuchLink: nothing is recorded, such things are
            not kept here, or there is no link of that type.
        Gone: it was withdrawn on purpose.
    """
    base = (web.settings.public_url or str(request.base_url)).rstrip("/")
    asked = Asked(
        query=request.url.query,
        accept=request.headers.get("accept", ""),
        accept_language=request.headers.get("accept-language", ""),
    )
    with reading_session(web.engine) as session:
        identity = identify((OWN if own else CANONICAL_STEM) + path, hubs=(OWN,) if own else ())
        records = Records(session, base, may_show, web.now(), reader_of(request))
        found = resolve(identity, asked, records.find, now=web.now())
        if found.status == 410:
            raise _withdrawn(session, found.reason or "", base)
    if found.status == 404:
        raise _not_found(identity, asked, found.reason or "", base)
    headers = {
        **found.headers,
        **CORS,
        "Cache-Control": "no-cache",
        "Link": link_header(path),
    }
    if found.records and _wants_page(request):
        return _links_page(request, path, found, base, headers)
    body = json.dumps(found.body, ensure_ascii=False) if found.body is not None else ""
    if found.location is not None:
        headers["Location"] = _location(request, identity, found, base)
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
    return f'<{address}?linkType=linkset>; rel="linkset"; type="{LINKSET_TYPE}"'


def _wants_page(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return wants_page(request) and not asks_for(accept, LINKSET_TYPES)


def _links_page(
    request: Request, path: str, found: Answer, base: str, headers: dict[str, str]
) -> Response:
    answer = page(
        request,
        "public_links.html",
        link=base + path,
        records=found.records,
        types=words.link_types(reader_of(request)),
        short_of=short_of,
        vocabulary=VOCABULARY,
    )
    answer.headers.update({**headers, "Content-Type": _HTML, "Vary": f"{headers['Vary']}, Cookie"})
    return answer


def _location(request: Request, identity: Identity, found: Answer, base: str) -> str:
    """Return where to: our own pages by their path, with what they need to know of the request."""
    address = found.location or ""
    if not address.startswith(f"{base}/p/"):
        return address
    address = address.removeprefix(base)
    said = {}
    if address.startswith(ITEM_PAGE) and identity.lot is not None:
        said["lot"] = identity.lot  # it is not known here, and the item's page says so
    if request.query_params.get("lang") in _LANGUAGES and not address.endswith(".jsonld"):
        said["lang"] = request.query_params["lang"]
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items())
    return address + (f"?{query}" if query else "")


def _withdrawn(session: Session, anchor: str, base: str) -> Gone:
    said = links.of_anchor(session, path_of(anchor.replace(base, "", 1))).withdrawn
    assert said is not None
    day, _, _clock = clock_at(session, said.said_at).partition(" ")
    return Gone(link=anchor, since=day, reason=said.reason)


def _not_found(identity: Identity, asked: Asked, reason: str, base: str) -> Exception:
    link = str(identity.canonical).replace(OWN, base, 1)
    if reason.startswith("no link of type"):
        return NoSuchLink(link_type=asked.link_type or "defaultLink", link=link)
    if identity.syntax != "own" and identity.canonical is not None:
        key, _ = DigitalLink.parse(identity.canonical).path[0]
        if key not in KEPT_KEYS:
            return KeyNotKept(ai=key, title=dictionary.table()[key].title)
    if identity.lot is not None:
        return UnknownLot(name=identity.lot)
    return UnknownIdentity(name=link)
