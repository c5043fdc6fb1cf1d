"""The serving part: pages and HTTP, on a socket we open ourselves so that trouble has words."""

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Callable, Generator
from typing import Any

import uvicorn
from sqlalchemy import Engine

from api.app import create_app
from api.auth import has_users
from api.context import Web
from api.settings import WebSettings
from edge.changes import Changes
from edge.clock import Clock
from edge.current import Commit, Current
from edge.errors import AddressTaken, SignInMissing
from edge.secret_files import read, signing_key
from edge.settings import Settings

log = logging.getLogger(__name__)

# Open pages keep a stream of live values; a stop waits this long for them.
GRACE_S = 3
# Edges speak every few seconds, and need not shake hands each time.
KEEP_ALIVE_S = 75


class WebServer:
    """One listening socket and the application behind it. Made once, run once."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        metrics: Callable[[], str] | None = None,
        *,
        current: Current | None = None,
    ) -> None:
        current = current or Current(settings)
        web = settings.web
        if not is_loopback(web.host) and not has_users(engine):
            raise SignInMissing(host=web.host, port=web.port)
        self._socket = _listening(web.host, web.port)
        self._secret = signing_key(settings)
        app = create_app(
            engine,
            settings=self._said(settings),
            clock=clock.now,
            metrics=metrics,
            notices=current.notices,
        )
        self._web: Web = app.state.web
        current.takes_part(self._prepare)
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._server = _Server(config)

    @property
    def url(self) -> str:
        """Where to point a browser."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    def _said(self, settings: Settings) -> WebSettings:
        web = settings.web
        return WebSettings(
            secret=self._secret,
            loopback=is_loopback(web.host),
            public_url=web.public_url.rstrip("/"),
            metrics_token=read(settings, "web.metrics_token_file", web.metrics_token_file),
            confidence=settings.forecast.confidence,
        )

    async def _prepare(self, changes: Changes) -> Commit:
        said = self._said(changes.new)

        async def change() -> None:
            self._web.settings = said

        return change

    async def run(self) -> None:
        """Serve until cancelled, then let open requests end."""
        log.info("open %s", self.url)
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="http")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self._server.should_exit = True
            await serving
            raise


class _Server(uvicorn.Server):
    """Signals are the service's: it stops the agents too."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address; a name other than localhost is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return _bound(found[0][0], found[0][4])
    except OSError as error:
        raise AddressTaken(
            what="the web server",
            address=f"{host}:{port}",
            next_step=f"change [web] host or port ({error.strerror})",
        ) from error


def _bound(family: int, address: tuple[Any, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    return listening
