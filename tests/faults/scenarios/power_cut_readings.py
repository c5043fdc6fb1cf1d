"""The power goes while the agent stores: what it acknowledged is on the disk, once.

Each time the disk is taken as it is at an instant, the agent killed, and what was taken mounted in
place of the old disk: the board gets its power back. The broker is another machine, and gives again
what it had no acknowledgement for. One cut in four comes while the agent is still starting.
"""

import asyncio
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from edge.bus import Broker, Bus
from tests.edge.conftest import until
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig import load
from tests.faults.rig.disk import Disk
from tests.faults.rig.process import AgentProcess
from tests.faults.rig.proxy import Proxy
from tests.faults.rig.wiretap import Wiretap

SHORT, LONG = 3, 100


def run(size: int) -> Figures:
    """Cut the power `size` times."""
    with tempfile.TemporaryDirectory() as name, Disk() as disk:
        return asyncio.run(_Farm(Path(name), disk).cut(size))


class _Farm:
    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder, self._disk = folder, disk
        self._heard = Wiretap()
        self._missing: set[int] = set()
        self._unsound: list[str] = []

    async def cut(self, cuts: int) -> Figures:
        broker = Mosquitto(self._folder)
        broker.start()
        try:
            async with (
                Proxy(lambda: broker.port, taps=self._heard.taps) as line,
                running(Bus(Broker("127.0.0.1", broker.port, "sender"))) as sender,
            ):
                self._agent = AgentProcess(self._folder, line.port, disk=self._disk.folder)
                return await self._run(cuts, line, load.Load(sender))
        finally:
            self._agent.kill()
            broker.kill()

    async def _run(self, cuts: int, line: Proxy, stream: load.Load) -> Figures:
        agent, chance = self._agent, random.Random(cuts)
        agent.start()
        await until(agent.is_connected)  # from here on the broker keeps a session for it
        publishing = asyncio.create_task(stream.run())
        for number in range(cuts):
            await (agent.until_starting if number % 4 == 3 else agent.until_storing)(chance)
            await self._power_cut(line)
        stream.stop()
        await publishing
        agent.start()
        stored = await load.settled(agent.database, stream.sent)
        agent.stop()
        doubled = sum(times > 1 for times in stored.values())
        lost = [number for number in range(stream.sent) if number not in stored]
        return Figures(
            "power_cut_readings",
            (
                ("power cuts", cuts),
                ("acknowledged to the sender by the broker", stream.sent),
                ("acknowledged by the agent and missing right after a cut", len(self._missing)),
                ("stored in the end", stored.total()),
                ("lost / doubled", f"{len(lost)} / {doubled}"),
            ),
            tuple(self._unsound)
            + ((f"{len(lost)} lost {lost[:5]}, {doubled} doubled",) if lost or doubled else ())
            + ((f"{len(self._missing)} were gone after a cut",) if self._missing else ()),
        )

    async def _power_cut(self, line: Proxy) -> None:
        # From here on nobody hears of what it stores: it would be acknowledged after the cut.
        line.hold_answers()
        acknowledged = set(self._heard.acknowledged)
        await asyncio.to_thread(self._disk.take)
        self._agent.kill()
        line.cut()
        await asyncio.to_thread(self._disk.come_back)
        self._missing |= acknowledged - load.stored(self._agent.database).keys()
        self._unsound += _faults(self._agent.database)
        line.heal()


def _faults(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return [] if said == ["ok"] else said
