"""A real hub on a free port, and a site that is enrolled there, for tests of the way between."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Engine
from sqlmodel import Session, select

from api.app import create_app
from api.settings import WebSettings
from edge import enrolment
from edge.agents.uplink import LONGEST_PAUSE_S, Uplink
from edge.clock import SystemClock
from edge.settings import Settings
from edge.settings_file import parse
from edge.store import ensure_place
from edge.uplink_health import UplinkHealth
from sensors import Quality, Reading, Reason
from tests.edge.stores import open_new
from traceability import database, edges
from traceability.models import Site
from traceability.readings import Delivery, Recorder

SECRET = b"0" * 32


@dataclass
class Hub:
    """A hub whose server can be stopped and started again on its port, over the same database."""

    url: str
    engine: Engine
    port: int = 0
    ssl: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    # Whether an answer, given after the commit, is lost on its way.
    loses_answer: Callable[[], bool] = lambda: False
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"{'https' if self.ssl else 'http'}://{self.host}:{self.port}"

    def start(self, listener: socket.socket | None = None) -> None:
        listener = listener or socket.create_server((self.host, self.port))
        self.port = listener.getsockname()[1]
        app = create_app(self.engine, settings=WebSettings(SECRET, loopback=False))
        config = uvicorn.Config(
            _Forgetful(app, self),
            log_level="critical",
            lifespan="off",
            ws="none",
            access_log=False,
            timeout_graceful_shutdown=1,
            **self.ssl,  # type: ignore[arg-type]
        )
        self._server = uvicorn.Server(config)
        sockets = {"sockets": [listener]}
        self._thread = threading.Thread(target=self._server.run, kwargs=sockets, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=30)
            for server in getattr(self._server, "servers", []):
                server.close()
        self._server = None

    def code(self, **said: Any) -> str:
        with database.writing_session(self.engine) as session:
            return edges.new_code(session, now=datetime.now(UTC), **said)

    def count(self, table: str) -> int:
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()


class _Forgetful:
    """The hub did what it was asked, and the line broke before its answer came through."""

    def __init__(self, app: Any, hub: Hub) -> None:
        self.app, self.hub = app, hub

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        said: list[Any] = []

        async def keep(message: Any) -> None:
            said.append(message)

        await self.app(scope, receive, keep)
        if self.hub.loses_answer():
            raise ConnectionError
        for message in said:
            await send(message)


@contextmanager
def running_hub(url: str, **ssl: str) -> Iterator[Hub]:
    database.upgrade(url)
    engine = database.open_database(url)
    hub = Hub(url, engine, ssl=ssl)
    hub.start()
    yield hub
    hub.stop()
    engine.dispose()


@dataclass
class Farm:
    """A site's computer: its folder with settings and database, and what it records."""

    folder: Path
    settings: Settings
    engine: Engine
    health: UplinkHealth = field(default_factory=UplinkHealth)

    @property
    def site_id(self) -> str:
        with Session(self.engine) as session:
            return session.exec(select(Site.id)).one()

    def enrol(self, hub: Hub, **code: Any) -> None:
        """As `minori enrol` does, without HTTP."""
        site = self.settings.site
        text = hub.code(**code)
        with database.writing_session(hub.engine) as session:
            _, credential = edges.enrol(
                session,
                text,
                organisation=site.organisation,
                site=site.code,
                now=datetime.now(UTC),
            )
        enrolment.save(self.settings, enrolment.Enrolment(hub.address, credential))

    def record(self, *rows: tuple[str, int, float]) -> None:
        """Store (device, ms, CO2 value), as the recorder does."""
        said = [
            Reading(
                device=device,
                quantity="co2",
                value=value,
                at=datetime.fromtimestamp(at_ms / 1000, UTC),
                quality=Quality.GOOD,
                reason=Reason.NONE,
            )
            for device, at_ms, value in rows
        ]
        Recorder(self.engine, self.site_id).append([Delivery(said)])

    def readings(self) -> list[tuple[Any, ...]]:
        return all_readings(self.engine)

    @asynccontextmanager
    async def sending(self, *, longest_pause_s: float = LONGEST_PAUSE_S) -> Any:
        """Run the agent while the block runs."""
        clock = SystemClock()
        agent = Uplink(
            self.engine, self.settings, clock, self.health, longest_pause_s=longest_pause_s
        )
        async with asyncio.TaskGroup() as tasks:
            # A fault of the agent ends the block at once, with its own words.
            task = tasks.create_task(agent.run())
            yield agent
            task.cancel()


def new_farm(folder: Path, *, organisation: str = "aizu", site: str = "main", **hub: Any) -> Farm:
    folder.mkdir(parents=True, exist_ok=True)
    settings = parse(
        {
            "site": {"organisation": organisation, "code": site},
            "zones": [{"code": "A"}],
            "hub": {"every_s": 0.1, **hub},
        }
    ).inside(folder)
    engine = open_new(settings)
    with database.writing_session(engine) as session:
        ensure_place(session, settings)
    return Farm(folder, settings, engine)


def all_readings(engine: Engine, devices: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Return every reading by the names of its series, in order."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT d.code, s.quantity, s.channel, r.at_ms, r.value, r.quality, r.reason "
            "FROM reading r JOIN series s ON s.id = r.series_id JOIN device d ON d.id = s.device_id "
            "ORDER BY d.code, s.quantity, s.channel, r.at_ms"
        )
        return [tuple(row) for row in rows if not devices or row[0] in devices]
