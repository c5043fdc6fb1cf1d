"""The disk fills up, below the floor or to the last byte, and is cleared: readings stop, lots go on.

Another program eats the room while messages come in. Readings are then left with the broker, lots are
recorded all the same (out of the ballast, where nothing else is left), and once there is room again
everything goes on by itself: nothing that was acknowledged is missing, nothing is there twice.
"""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from edge.bus import Broker, Bus
from edge.disk import BALLAST
from edge.settings_file import load as load_settings
from edge.store import ensure_place, open_store
from tests.edge.conftest import until
from tests.edge.hubs import Farm
from tests.edge.test_bus import running
from tests.edge.test_uplink import sow
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig import load
from tests.faults.rig.process import AgentProcess
from tests.faults.rig.small_disk import SmallDisk
from traceability import database
from traceability.errors import DatabaseFull

SHORT, LONG = 1, 50
# What is left each time [MB]: nothing at all, then less than the floor.
LEFT_MB = (0, 10)
LOTS = 5
SETTINGS = """
[site]
organisation = "aizu"
code = "main"
[disk]
floor_mb = 16
ballast_mb = 4
[[zones]]
code = "A"
"""
STOPPED, NO_BALLAST = "readings wait, lots go on", "ballast removed"
WAITING = "readings wait and are not acknowledged"


def run(size: int) -> Figures:
    """Fill the disk `size` times."""
    with tempfile.TemporaryDirectory() as name, SmallDisk(64 + 4 * size) as disk:
        return asyncio.run(_filled(Path(name), disk, size))


async def _filled(folder: Path, disk: SmallDisk, size: int) -> Figures:
    broker = Mosquitto(folder)
    broker.start()
    agent = AgentProcess(folder, broker.port, disk=disk.folder, settings=SETTINGS)
    site = _Site(agent, disk)
    try:
        agent.start()
        await until(agent.is_connected)
        async with running(Bus(Broker("127.0.0.1", broker.port, "sender"))) as sender:
            stream = load.Load(sender)
            publishing = asyncio.create_task(stream.run())
            for number in range(size):
                await site.fill(LEFT_MB[number % len(LEFT_MB)])
            stream.stop()
            await publishing
        stored = await load.settled(agent.database, stream.sent)
        await until((disk.folder / BALLAST).exists)
        assert agent.stop() == 0
    finally:
        agent.kill()
        broker.kill()
        site.farm.engine.dispose()
    lost = [number for number in range(stream.sent) if number not in stored]
    doubled = sum(times > 1 for times in stored.values())
    wrong = [*site.wrong]
    if lost or doubled:
        wrong.append(f"{len(lost)} lost {lost[:5]}, {doubled} doubled")
    if (lots := site.lots()) != site.sown:
        wrong.append(f"{site.sown} lots were recorded, and {lots} are there")
    seen = (
        ("times full: below the floor / no room at all", f"{size // 2} / {size - size // 2}"),
        ("readings stopped", agent.said(STOPPED)),
        ("ballast removed", agent.said(NO_BALLAST)),
        ("lots recorded while full", site.sown),
        ("of these said again until there was room", site.refused),
        ("messages sent / stored", f"{stream.sent:,} / {stored.total():,}"),
        ("lost / doubled", f"{len(lost)} / {doubled}"),
    )
    return Figures("full_disk", seen, tuple(wrong))


class _Site:
    def __init__(self, agent: AgentProcess, disk: SmallDisk) -> None:
        self._agent, self._disk = agent, disk
        settings = load_settings(agent.config)
        engine = open_store(settings, create=True)
        with database.writing_session(engine) as session:
            ensure_place(session, settings)
        self.farm = Farm(disk.folder, settings, engine)
        self.sown = self.refused = 0
        self.wrong: list[str] = []

    async def fill(self, left_mb: int) -> None:
        """Fill the disk while readings come in, record lots, clear it; wait until all goes on."""
        await self._until_stored()
        await until((self._disk.folder / BALLAST).exists)
        before = {words: self._agent.said(words) for words in (STOPPED, NO_BALLAST, WAITING)}
        await asyncio.to_thread(self._disk.fill, but_mb=left_mb)
        for words in (STOPPED, WAITING, *([] if left_mb else [NO_BALLAST])):
            await until(lambda words=words: self._agent.said(words) > before[words])
        stored = load.count(self._agent.database)
        for _ in range(LOTS):
            await asyncio.to_thread(self._sow)
        if (more := load.count(self._agent.database) - stored) > 0:
            self.wrong.append(f"{more} readings were stored below the floor")
        self._disk.clear()
        await self._until_stored()

    async def _until_stored(self) -> None:
        before = load.count(self._agent.database)
        await until(lambda: load.count(self._agent.database) > before)

    def _sow(self) -> None:
        while True:
            try:
                sow(self.farm, f"L{self.sown + 1}")
            except DatabaseFull:
                self.refused += 1
            else:
                self.sown += 1
                return

    def lots(self) -> int:
        with closing(sqlite3.connect(self._agent.database)) as connection:
            return int(connection.execute("SELECT count(*) FROM lot").fetchone()[0])
