"""The composition root: settings become a store, agents and a web server, in one task group.

Roles: the agent collects, the web part serves, and one process may do both. They share nothing
but the database, so on a farm that grows the two can run on two machines.
"""

import asyncio
import faulthandler
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from sqlalchemy import Engine

from edge.agents.forecast import ForecastAgent
from edge.agents.upkeep import Upkeep
from edge.clock import Clock, SystemClock
from edge.collector import Collector
from edge.current import Current
from edge.groups import plain_errors
from edge.mending import leave_if_damaged
from edge.metrics import Sources
from edge.metrics_file import MetricsFile, file_of
from edge.process_metrics import process_metrics
from edge.reload import Reload
from edge.settings import Settings
from edge.store import open_store
from edge.store_metrics import StoreMetrics, losses_of
from edge.supervision import Supervision
from edge.systemd import Notifier

log = logging.getLogger(__name__)

# One thing that runs until cancelled.
Part = Callable[[], Awaitable[None]]


def run(settings: Settings, *, agent: bool, web: bool, clock: Clock | None = None) -> None:
    """Run the chosen parts until SIGTERM or SIGINT, then stop in order.

    Raises:
        Whatever a part ended with, if it has words for the user (`code`); else the group.
    """
    with plain_errors():
        asyncio.run(_run(settings, agent=agent, web=web, clock=clock or SystemClock()))


async def _run(settings: Settings, *, agent: bool, web: bool, clock: Clock) -> None:
    notifier = Notifier.of_environment()
    if notifier.watchdog_s is not None:
        # A watchdog ends us by SIGABRT: the journal then shows where every thread stood.
        faulthandler.enable()
    # After a power cut pages are looked at, and a damaged file is rescued: that may take minutes.
    with notifier.starting("opening the record"):
        engine = open_store(settings, create=True, mend=True)
    try:
        current, sources = Current(settings), Sources()
        store = (StoreMetrics(engine), partial(losses_of, engine))
        for source in (current.metrics, process_metrics, *store):
            sources.add(source)
        parts: list[Part] = [partial(leave_if_damaged, engine)]
        supervision = Supervision(notifier)
        started = None
        if web:
            # Imported late: a collecting board carries no web framework in its memory.
            from edge.webserver import WebServer  # noqa: PLC0415

            server = WebServer(settings, engine, clock, sources.text, current=current)
            parts.append(server.run)
            # Beside the pages, where forecasts are asked for; the fit is a process of its own.
            parts.append(ForecastAgent(engine, clock, lambda: current.settings.forecast).run)
        if agent:
            collector = Collector(settings, engine, clock, current=current, sources=sources)
            parts.append(collector.run)
            supervision = Supervision(
                notifier, status=collector.status.summary, stuck_s=collector.flow.stuck_s
            )
            started = collector.bus.wait_connected
        elif web:
            parts.append(_messenger(engine, current, sources, clock))
        upkeep = Upkeep(engine, clock, current)
        sources.add(upkeep.metrics)
        parts += [upkeep.run, *_watching(current, supervision)]
        file = file_of(settings, _role(agent=agent, web=web))
        if file is not None:
            parts.append(MetricsFile(file, sources.text).run)
        parts.append(partial(supervision.run, started))
        await until_stopped(parts, stopping=notifier.stopping)
    finally:
        await close(engine)


async def close(engine: Engine) -> None:
    """Give the store back, once no thread is left that looks something up in it.

    One that did so afterwards would open the file again: it would look as after a power cut.
    """
    await asyncio.get_running_loop().shutdown_default_executor()
    engine.dispose()


def _messenger(engine: Engine, current: Current, sources: Sources, clock: Clock) -> Part:
    """Tell what is recorded on pages, a recall at a hub say, where no collecting part runs.

    Where one does, in another process, both do: a claim keeps one message from going out twice.
    """
    # Imported late: the collecting part has its own.
    from edge.agents.notify import NotifyAgent, by_state  # noqa: PLC0415
    from edge.delivery.sending import Sender  # noqa: PLC0415

    def in_force() -> Settings:
        return current.settings

    sources.add(lambda: by_state(engine))
    sender = Sender(in_force, None)
    return NotifyAgent(engine, in_force, sender, clock, leaves_to_others=True).run


def _watching(current: Current, supervision: Supervision) -> list[Part]:
    """Return what follows the settings file; nothing where a program made the settings."""
    if current.settings.file is None:
        return []
    reload = Reload(current)
    _on_hangup(reload.ask)
    return [partial(reload.run, supervision.began_reload, supervision.ended_reload)]


def _role(*, agent: bool, web: bool) -> str:
    if agent and web:
        return "run"
    return "agent" if agent else "web"


def _on_hangup(ask: Callable[[], None]) -> None:
    """Have SIGHUP read the settings again; at a terminal it still means that the window closed."""
    if not sys.stdin.isatty():
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, ask)


async def until_stopped(parts: list[Part], stopping: Callable[[], None] = lambda: None) -> None:
    """Run parts side by side until a signal comes (then `stopping` is called) or one fails."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_part(part)) for part in parts]
        await stop.wait()
        log.info("stopping")
        stopping()
        for task in running:
            task.cancel()


async def _part(part: Part) -> None:
    # Cancelling is how a part is told to end; that it ended so is no failure of the group.
    with suppress(asyncio.CancelledError):
        await part()
