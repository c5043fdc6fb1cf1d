"""What a scanned code leads to: a GS1 Digital Link answers 307 to the lot's page or its JSON-LD.

    /01/{gtin}/10/{lot}                          any of the 82 characters; a slash as %2F
    /01/{gtin}, /00/{sscc}, /414/{gln}, ...      any key; `api.linksets` knows what to do
    /{compressed}                                the same, compressed
    /items/{code}/10/{lot}, /crops/{code}/10/{lot}   lots without a GTIN
    /unit/{code}                                 a case or pallet without an SSCC
    /p/{id}, /p/{id}.jsonld                      page and data

A program that asks for JSON-LD (q-values count) gets the data, everybody else the page; see
`api.accept`. These routes are asynchronous, read inline and send bytes (DESIGN 19).
"""

import json
import re
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from sqlalchemy import Engine
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import accept, auth, figures, linked, linksets
from api.context import Web
from api.documents import Document, Documents
from api.errors import ApiError, NoSuchPage
from api.i18n import LANGUAGES
from api.language import language_of, reader_of
from api.problems import answer_error
from api.templating import render
from traceability import provenance
from traceability.database import reading_session
from traceability.errors import TraceabilityError
from traceability.gs1 import Gs1Error, dictionary
from traceability.gs1.compression import decompress
from traceability.gs1.link import CANONICAL_STEM, escape
from traceability.lookup import link_of
from traceability.models import Lot
from traceability.shown import PUBLIC_STAGES

# A digital link of a lot as our own labels carry it; anything else takes the careful way.
_PLAIN_LINK = re.compile(rb"/01/(\d{14})/10/([^/?]+)")
_COMPRESSED = re.compile(r"/[A-Za-z0-9_-]{8,}/?")
_SUFFIX = ".jsonld"
_RESOLVER_METHODS = ["GET", "HEAD", "OPTIONS"]
OWN_KINDS = ("items", "crops", "materials", "unit")
_HTML = "text/html; charset=utf-8"
NEWEST_ACT = "SELECT max(sequence) FROM act"
RECALLS = "SELECT count(*) FROM recall WHERE kind = 'real'"


def routes(web: Web) -> list[Route]:
    """Return the public routes over one service's parts, the busiest first."""
    public = _Public(web)
    keys = [ai for ai in dictionary.table() if dictionary.is_primary_key(ai)]
    return [
        _under("01", public.resolve),
        Route("/p/{name}", public.show, methods=["GET", "HEAD"]),
        *(_under(ai, public.resolve) for ai in keys if ai != "01"),
        *(_under(kind, public.resolve_own) for kind in OWN_KINDS),
        Route("/.well-known/gs1resolver", public.describe, methods=_RESOLVER_METHODS),
    ]


def last_routes(web: Web) -> list[Route]:
    """Return what is tried when no other address is meant: a compressed link is any word."""
    public = _Public(web)
    return [Route("/{compressed}", public.resolve_compressed, methods=_RESOLVER_METHODS)]


def is_compressed(path: str) -> bool:
    """Return whether a path is a GS1 Digital Link in its compressed form, check digits and all."""
    # None of our pages is named in capitals, and nobody pays for decoding who asked for one.
    if not _COMPRESSED.fullmatch(path) or path == path.lower():
        return False
    try:
        decompress(CANONICAL_STEM + path)
    except Gs1Error:
        return False
    return True


def _under(first: str, answer: Any) -> Route:
    return Route(f"/{first}/{{rest:path}}", answer, methods=_RESOLVER_METHODS)


class _Public:
    def __init__(self, web: Web) -> None:
        self.web = web
        self.documents = Documents()
        self.queries = _Queries(web.engine)

    async def resolve(self, request: Request) -> Response:
        """Lead from a Digital Link to what it names."""
        if request.method == "OPTIONS":
            return linksets.preflight()
        raw = _raw_path(request)
        plain = _PLAIN_LINK.fullmatch(raw)
        if plain and not linksets.asks_for_links(request):
            code = unquote(plain[2].decode("ascii"))
            found = self.queries.lots_of(plain[1].decode(), code)
            if len(found) == 1 and not found[0].is_set and self._may_see(request, found[0].stage):
                return _lead_to(request, found[0].id)
        return self._carefully(request, raw, own=False)

    async def resolve_own(self, request: Request) -> Response:
        """Lead from an identifier of our own to what it names."""
        if request.method == "OPTIONS":
            return linksets.preflight()
        return self._carefully(request, _raw_path(request), own=True)

    async def resolve_compressed(self, request: Request) -> Response:
        """Lead from a compressed link to what it names; any other word is no page of ours."""
        raw = _raw_path(request)
        if not is_compressed(raw.decode("ascii")):
            return answer_error(request, NoSuchPage(path=request.url.path))
        if request.method == "OPTIONS":
            return linksets.preflight()
        return self._carefully(request, raw, own=False)

    async def describe(self, request: Request) -> Response:
        """Say what this resolver can do."""
        if request.method == "OPTIONS":
            return linksets.preflight()
        return linksets.well_known(self.web, request)

    def _carefully(self, request: Request, raw: bytes, *, own: bool) -> Response:
        """Read the link by all of GS1's rules: it leads somewhere, or says why not."""

        def may_show(stage: str) -> bool:
            return self._may_see(request, stage)

        # A slash at the end says nothing; one of a lot code is written %2F.
        path = raw.decode("ascii").rstrip("/")
        try:
            return linksets.answer(self.web, request, path, own=own, may_show=may_show)
        except (TraceabilityError, ApiError) as error:
            refused = answer_error(request, error)
            # A script of another site may read why, too.
            refused.headers.update(linksets.CORS)
            return refused

    async def show(self, request: Request) -> Response:
        """Answer the page or the data of a lot, from memory where that is still true."""
        name = request.path_params["name"]
        lot_id, is_data = name.removesuffix(_SUFFIX), name.endswith(_SUFFIX)
        found = self.queries.stage_of(lot_id)
        if found is None or not self._may_see(request, found[0]):
            return answer_error(request, NoSuchPage(path=request.url.path))
        kind, language = ("data", "") if is_data else ("page", language_of(request))
        newest_act, now = found[1] or 0, self.web.now()

        def make() -> Document:
            return (
                self._data(request, lot_id, newest_act, now)
                if is_data
                else self._page(request, lot_id, newest_act, now)
            )

        document = await self.documents.get(
            (lot_id, kind, language), make, newest_act=newest_act, now=now
        )
        answer = _answer(request, document)
        if is_data and found[0] in PUBLIC_STAGES:
            # Whoever was led here by a script of another site.
            answer.headers.update(linksets.CORS)
        return answer

    def _may_see(self, request: Request, stage: str) -> bool:
        return stage in PUBLIC_STAGES or auth.viewer_of(self.web, request) is not None

    def _page(self, request: Request, lot_id: str, newest_act: int, now: datetime) -> Document:
        story, link = self._story(request, lot_id, now)
        other = next(one for one in LANGUAGES if one != language_of(request))
        facts = {"story": story, "link": link, "lot_id": lot_id, "charted": _charts(request, story)}
        text = render(request, "provenance.html", other_language=f"?lang={other}", **facts)
        return Document.of(text, _HTML, newest_act=newest_act, made_at=now)

    def _data(self, request: Request, lot_id: str, newest_act: int, now: datetime) -> Document:
        story, link = self._story(request, lot_id, now)
        text = json.dumps(linked.document(story, link=link), ensure_ascii=False)
        return Document.of(text, linked.MEDIA_TYPE, newest_act=newest_act, made_at=now)

    def _story(
        self, request: Request, lot_id: str, now: datetime
    ) -> tuple[provenance.Provenance, str]:
        # Never the Host header: what is kept for everybody must not be decided by one reader.
        base = self.web.settings.public_url
        with reading_session(self.web.engine) as session:
            lot = session.exec(select(Lot).where(Lot.id == lot_id)).one()
            return self.web.stories.of(session, lot, now=now), link_of(session, lot, base=base)


class _Lot(NamedTuple):
    id: str
    stage: str
    is_set: bool


class _Queries:
    """The two look-ups of the hot path, on a plain connection: no session, no rows as objects."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"
        self._lots_of = (
            f"SELECT id, stage, EXISTS (SELECT 1 FROM link_event WHERE anchor IN ({mark}, {mark})) "  # noqa: S608
            f"FROM lot WHERE code = {mark} AND scope = {mark} LIMIT 2"
        )
        # A recall changes pages as an act does, and need not come with one.
        version = f"coalesce(({NEWEST_ACT}), 0) + ({RECALLS})"
        self._stage_of = f"SELECT stage, {version} FROM lot WHERE id = {mark}"  # noqa: S608

    def lots_of(self, gtin: str, code: str) -> list[_Lot]:
        """Return the lots of that code, each with whether anything was set about its links."""
        item = f"/01/{gtin}"
        anchors = (item, f"{item}/10/{escape(code)}")
        return [_Lot(*row) for row in self._rows(self._lots_of, *anchors, code, f"GTIN {gtin}")]

    def stage_of(self, lot_id: str) -> tuple[str, int | None] | None:
        """Return the lot's stage and the number of the newest act of all, or None."""
        rows = self._rows(self._stage_of, lot_id)
        return rows[0] if rows else None

    def _rows(self, statement: str, *values: str) -> list[Any]:
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(statement, values)
            return list(cursor.fetchall())
        finally:
            connection.close()


def _charts(request: Request, story: provenance.Provenance) -> list[figures.Figure]:
    return figures.of_lot(reader_of(request), story)


def _raw_path(request: Request) -> bytes:
    """Return the path as it was sent, escapes and all, without the service's own prefix."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.partition(b"?")[0].removeprefix(request.scope.get("root_path", "").encode())


def _lead_to(request: Request, lot_id: str) -> Response:
    data = accept.wants_data(request.headers.get("accept", ""))
    address = f"/p/{lot_id}{_SUFFIX if data else ''}"
    language = request.query_params.get("lang") if request.scope["query_string"] else None
    if language and not data:
        address += f"?lang={language}" if language in ("en", "ja") else ""
    headers = {
        "Location": address,
        "Vary": "Accept",
        "Cache-Control": "no-cache",
        "Link": linksets.link_header(_raw_path(request).decode("ascii")),
        **linksets.CORS,
    }
    return Response(status_code=307, headers=headers)


def _answer(request: Request, document: Document) -> Response:
    headers = {
        "ETag": document.etag,
        # Kept copies are asked about each time: a correction must show at once.
        "Cache-Control": "no-cache",
        "Vary": "Accept-Language, Cookie",
    }
    if document.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers=headers, media_type=document.media_type)
