"""The one door: who may, how much, and with which headers. Everything is refused unless listed.

One plain ASGI layer around all routes, so that a route added tomorrow is private until somebody
lists it here on purpose, and so that the hot public route pays microseconds for it.
"""

import hmac
import logging
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import auth, uplink
from api.auth import Viewer
from api.context import Web
from api.errors import ApiError, BodyTooLarge, ForeignOrigin, NotAllowed, OurFault, SignInNeeded
from api.problems import answer_error
from api.public import is_compressed
from traceability.gs1 import dictionary

log = logging.getLogger(__name__)

# What anybody may read. Exact paths, and beginnings of paths.
PUBLIC = frozenset(
    {
        "/healthz",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/problems",
        "/scan",
        "/.well-known/gs1resolver",
    }
)
# Where codes lead: every key of GS1 Digital Links, our own items and cases. Lists are not public.
PUBLIC_UNDER = (
    *(f"/{ai}/" for ai in dictionary.table() if dictionary.is_primary_key(ai)),
    "/items/",
    "/unit/",
    "/p/",
    "/static/",
)
# Own identifiers of lots of no item: /crops/lowk/10/L1. What else is under here is the farm's.
OWN_LOTS_UNDER = ("/crops/", "/materials/")
# Signing in cannot need being signed in.
SIGN_IN = frozenset({"/sign-in", "/api/v1/token", uplink.ENROL})
# What a retail partner who signed in may read beside the public pages.
# But not how a crop is grown.
SECRETS = ("/recipe", "/recipes")
PARTNER_UNDER = (
    *("/forecasts", "/api/v1/crops", "/api/v1/forecasts", "/help", "/sign-out"),
    *("/my/promises", "/api/v1/my/promises", "/my/sheets", "/api/v1/my/sheets"),
    *("/my/recalls", "/api/v1/my/recalls"),
)
# What it may say.
PARTNER_SAYS_UNDER = ("/my/recalls", "/api/v1/my/recalls")

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'self'; object-src 'none'; base-uri 'none'; "  # noqa: ISC004  one policy
        b"frame-ancestors 'none'; form-action 'self'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=()"),
)


class Gate:
    """Lets a request through, or answers it with a problem."""

    def __init__(self, app: ASGIApp, web: Web) -> None:
        self.app, self.web = app, web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _protected(message.get("headers", ()), scope)
            await send(message)

        try:
            await self._through(scope, receive, counted)
        finally:
            self.web.counters.answered(scope["method"], status, time.perf_counter() - started)

    async def _through(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] not in _SAFE:
                self._refuse_foreign(scope)
                receive = await _read_whole(receive, scope, self.web.settings.largest_body)
            if _path(scope).startswith(uplink.UNDER) and _path(scope) != uplink.ENROL:
                # Edges and people: neither's credential opens the other's door.
                credential = uplink.credential_of(self.web, Request(scope))
                scope.setdefault("state", {})["credential"] = credential
            elif not _is_public(scope["method"], _path(scope)):
                scope.setdefault("state", {})["viewer"] = self._admit(scope)
        except ApiError as error:
            await answer_error(Request(scope), error)(scope, receive, send)
            return
        _keep_escapes(scope)
        await self._answered(scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            # Our bug: the log has all of it, whoever asked gets no detail of our insides.
            log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            await answer_error(Request(scope), OurFault())(scope, receive, send)

    def _admit(self, scope: Scope) -> Viewer:
        viewer = auth.viewer_of(self.web, Request(scope))
        if viewer is None:
            raise SignInNeeded
        path = _path(scope)
        reads = scope["method"] in _SAFE
        if viewer.may_write or path == "/sign-out" or _under(path, PARTNER_SAYS_UNDER):
            return viewer
        if reads and (path == "/" or _under(path, PARTNER_UNDER)) and not path.endswith(SECRETS):
            return viewer
        raise NotAllowed(role=viewer.role)

    def _refuse_foreign(self, scope: Scope) -> None:
        """Refuse what another site's page makes a browser send (CSRF). Browsers always say the
        origin of such a request; programs say none, and carry no cookie by themselves."""
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None:
            if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
                return
            raise ForeignOrigin(origin="another site")
        own = {headers.get("host", ""), urlsplit(self.web.settings.public_url).netloc}
        if urlsplit(origin).netloc not in own - {""}:
            raise ForeignOrigin(origin=origin)


def may_read_metrics(web: Web, request: Request) -> bool:
    """This machine may, others with the token; a proxy on this machine is not this machine."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    expected = web.settings.metrics_token
    if expected and hmac.compare_digest(token.encode(), expected.encode()):
        return True
    proxied = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    host = request.client.host if request.client else ""
    return not proxied and (host == "::1" or host.startswith("127.") or host == "testclient")


def _is_public(method: str, path: str) -> bool:
    if path in SIGN_IN:
        return True
    own_lot = path.startswith(OWN_LOTS_UNDER) and "/10/" in path
    known = path in PUBLIC or path.startswith(PUBLIC_UNDER) or own_lot
    return method in _SAFE and (known or is_compressed(path))


def _under(path: str, beginnings: Iterable[str]) -> bool:
    return any(path == start or path.startswith(start + "/") for start in beginnings)


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


def _keep_escapes(scope: Scope) -> None:
    """Leave `%2F` in lot paths of the interface as it was sent: a lot code may hold a slash."""
    if _path(scope).startswith("/api/v1/lots/") and "raw_path" in scope:
        scope["path"] = scope["raw_path"].decode("ascii").partition("?")[0]


async def _read_whole(receive: Receive, scope: Scope, limit: int) -> Receive:
    """Read the body, which is small by rule, and hand it on as one message."""
    declared = Headers(scope=scope).get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge(limit=limit)
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return _once(message)
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
    return _once({"type": "http.request", "body": bytes(body), "more_body": False}, receive)


def _once(message: Message, then: Receive | None = None) -> Receive:
    waiting = [message]

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        return await then() if then else {"type": "http.disconnect"}

    return receive


def _protected(headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
    out = [*headers, *_HEADERS]
    if not any(name == b"cache-control" for name, _ in out):
        # What a signed-in person saw must not come back from a shared browser's store.
        out.append((b"cache-control", b"no-store"))
    if scope.get("scheme") == "https":
        out.append((b"strict-transport-security", b"max-age=31536000"))
    return out
