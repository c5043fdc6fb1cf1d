"""fsync says EIO again and again while all parts of the agent work: nothing is lost or doubled.

Of the log at a commit, of the file when the log is copied into it, three times in a row (so that
verifying fails too), and so often that the agent gives up and its manager starts it anew. Beside the
readings it raises alarms, keeps rollups and sends to a hub, and another program records lots.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from edge.bus import Broker, Bus
from edge.settings_file import load as load_settings
from edge.store import ensure_place, open_store
from tests.edge.conftest import until
from tests.edge.hubs import Farm, Hub, all_readings, running_hub
from tests.edge.test_bus import running
from tests.edge.test_uplink import acts, is_level, sow
from tests.fakes.failing_disk import FailingDisk
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig import load
from tests.faults.rig.process import AgentProcess
from traceability import database

SHORT, LONG = 3, 200
VERIFIED = "closed, reopened and verified"
LOG, FILE = "minori.db-wal", "minori.db"
# What fails, how often in a row; at the last of them the agent gives up.
FAULTS = ((LOG, 1), (FILE, 1), (LOG, 3), (FILE, 2), (LOG, 2), (FILE, 3), (LOG, 1), (LOG, 9))
SETTINGS = """
[site]
organisation = "aizu"
code = "main"
[hub]
every_s = 0.2
whole_days = 3650
minutes_days = 3650
[[zones]]
code = "A"
[[devices]]
name = "p0"
zone = "A"
[[alarms]]
name = "bright"
kind = "threshold"
quantity = "illuminance"
high = 0.001
delay_min = 0
"""


def run(size: int) -> Figures:
    """Inflict `size` faults."""
    with (
        tempfile.TemporaryDirectory() as name,
        running_hub(f"sqlite:///{Path(name) / 'hub.db'}") as hub,
    ):
        return asyncio.run(_failing(Path(name), hub, size))


async def _failing(folder: Path, hub: Hub, size: int) -> Figures:
    async with _site(folder, hub) as site:
        for number in range(size):
            await site.fail(*FAULTS[number % len(FAULTS)])
        await site.finish()
        return site.figures(size)


@asynccontextmanager
async def _site(folder: Path, hub: Hub) -> AsyncIterator["_Site"]:
    broker, disk = Mosquitto(folder), FailingDisk(folder)
    broker.start()
    agent = AgentProcess(folder, broker.port, settings=SETTINGS, environment=disk.environment)
    try:
        farm = _farm(agent.config)
        farm.enrol(hub)
        agent.start()
        await until(agent.is_connected)
        async with running(Bus(Broker("127.0.0.1", broker.port, "sender"))) as sender:
            yield _Site(agent, disk, hub, farm, load.Load(sender))
        assert agent.stop() == 0
    finally:
        agent.kill()
        broker.kill()


def _farm(config: Path) -> Farm:
    settings = load_settings(config)
    engine = open_store(settings, create=True)
    with database.writing_session(engine) as session:
        ensure_place(session, settings)
    return Farm(config.parent, settings, engine)


class _Site:
    def __init__(
        self, agent: AgentProcess, disk: FailingDisk, hub: Hub, farm: Farm, stream: load.Load
    ) -> None:
        self._agent, self._disk, self._hub = agent, disk, hub
        self._farm, self._stream = farm, stream
        self._publishing = asyncio.create_task(stream.run())
        self._sown = self._starts = 0

    async def fail(self, ending: str, times: int) -> None:
        """Have so many fsyncs fail, and wait until the file was verified after it."""
        verified, starts = self._agent.said(VERIFIED), self._starts
        self._disk.fail(ending, times=times)
        await until(lambda: self._goes_on() and self._disk.left == 0)
        self._sown += 1
        await asyncio.to_thread(sow, self._farm, f"L{self._sown}")
        await until(
            lambda: (
                self._goes_on()
                and (
                    self._agent.said(VERIFIED) > verified
                    or (self._starts > starts and self._agent.is_connected())
                )
            )
        )

    def _goes_on(self) -> bool:
        if self._agent.has_ended():
            self._starts += 1
            self._agent.start()
        return True

    async def finish(self) -> None:
        self._stream.stop()
        await self._publishing
        self._stored = await load.settled(self._agent.database, self._stream.sent)
        await until(lambda: is_level(self._farm), limit_s=300)

    def figures(self, size: int) -> Figures:
        stored, sent = self._stored, self._stream.sent
        lost = [number for number in range(sent) if number not in stored]
        doubled = sum(times > 1 for times in stored.values())
        readings, at_hub = self._farm.readings(), all_readings(self._hub.engine)
        alarms = self._asked("SELECT count(*) FROM alarm")
        wrong = []
        if lost or doubled:
            wrong.append(f"{len(lost)} lost {lost[:5]}, {doubled} doubled")
        if at_hub != readings or acts(self._hub.engine) != acts(self._farm.engine):
            wrong.append("the hub has not what the site recorded")
        if self._agent.said("Traceback"):
            wrong.append("the agent said a traceback")
        seen = (
            ("faults", size),
            ("fsyncs that said EIO", sum(FAULTS[n % len(FAULTS)][1] for n in range(size))),
            ("verified", self._agent.said(VERIFIED)),
            ("times the agent gave up and was started anew", self._starts),
            ("messages sent / stored", f"{sent:,} / {stored.total():,}"),
            ("lost / doubled", f"{len(lost)} / {doubled}"),
            (
                "lots recorded meanwhile / at the hub",
                f"{self._sown} / {len(acts(self._hub.engine))}",
            ),
            ("readings at the hub", len(at_hub)),
            ("alarms raised", alarms),
        )
        return Figures("failing_sync", seen, tuple(wrong))

    def _asked(self, query: str) -> int:
        with closing(sqlite3.connect(self._agent.database)) as connection:
            return int(connection.execute(query).fetchone()[0])
