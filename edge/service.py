"""The composition root: settings become a store, agents and a web server, in one task group.

Roles: the agent collects, the web part serves, and one process may do both. They share nothing
but the database, so on a farm that grows the two can run on two machines.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from edge.agents.forecast import ForecastAgent
from edge.clock import Clock, SystemClock
from edge.collector import Collector
from edge.current import Current
from edge.groups import plain_errors
from edge.metrics import Sources
from edge.reload import Reload
from edge.settings import Settings
from edge.store import open_store

log = logging.getLogger(__name__)


def run(settings: Settings, *, agent: bool, web: bool, clock: Clock | None = None) -> None:
    """Run the chosen parts until SIGTERM or SIGINT, then stop in order.

    Raises:
        Whatever a part ended with, if it has words for the user (`code`); else the group.
    """
    with plain_errors():
        asyncio.run(_run(settings, agent=agent, web=web, clock=clock or SystemClock()))


async def _run(settings: Settings, *, agent: bool, web: bool, clock: Clock) -> None:
    engine = open_store(settings, create=True)
    try:
        current, sources = Current(settings), Sources()
        sources.add(current.metrics)
        parts: list[Callable[[], Awaitable[None]]] = []
        if web:
            # Imported late: a collecting board carries no web framework in its memory.
            from edge.webserver import WebServer  # noqa: PLC0415

            server = WebServer(settings, engine, clock, sources.text, current=current)
            parts.append(server.run)
            # Beside the pages, where forecasts are asked for; the fit is a process of its own.
            parts.append(ForecastAgent(engine, clock).run)
        if agent:
            parts.append(Collector(settings, engine, clock, current=current, sources=sources).run)
        if settings.file is not None:
            reload = Reload(current)
            _on_hangup(reload.ask)
            parts.append(reload.run)
        await until_stopped(parts)
    finally:
        engine.dispose()


def _on_hangup(ask: Callable[[], None]) -> None:
    """Have SIGHUP read the settings again; at a terminal it still means that the window closed."""
    if not sys.stdin.isatty():
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, ask)


async def until_stopped(parts: list[Callable[[], Awaitable[None]]]) -> None:
    """Run parts side by side until a signal comes or one of them fails."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_part(part)) for part in parts]
        await stop.wait()
        log.info("stopping")
        for task in running:
            task.cancel()


async def _part(part: Callable[[], Awaitable[None]]) -> None:
    # Cancelling is how a part is told to end; that it ended so is no failure of the group.
    with suppress(asyncio.CancelledError):
        await part()
