"""A USB adapter is pulled out in the middle of a frame, and comes back under another name.

Simulated probes on two pseudo-terminals behind links, as in /dev/serial/by-id; one is pulled while it
answers, and put back: the link leads to another tty. The agent goes on by itself, takes no half frame
for a value, and does not let the other port wait.
"""

import asyncio
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

from sensors.line import Line
from sensors.profile import load
from sensors.simulator import SimulatedBus, simulated
from tests.edge.conftest import until
from tests.fakes.mosquitto import free_port
from tests.faults.figures import Figures
from tests.faults.rig.process import AgentProcess

SHORT, LONG = 1, 100
LOST = "went away"
OF_DEVICE = (
    "SELECT value FROM reading JOIN series ON series.id = series_id "
    "JOIN device ON device.id = device_id WHERE device.code = ?"
)
# What the probes say; anything else in the store was made of a piece of a frame.
ROOM = {"air_temperature": 21.5, "relative_humidity": 63.0}
LINE = Line(115_200)
SETTINGS = """
[[ports]]
name = "{name}"
device = "{device}"
baud = 115200
[[devices]]
name = "{name}"
model = "xy_md02"
port = "{name}"
address = 1
interval_s = 1
"""


def run(size: int) -> Figures:
    """Pull the adapter `size` times."""
    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(_pulled(Path(name), size))


async def _pulled(folder: Path, size: int) -> Figures:
    ports = "".join(SETTINGS.format(name=n, device=folder / n) for n in ("pulled", "kept"))
    # No broker answers there, and the ports must not care.
    agent = AgentProcess(folder, free_port(), settings=ports)
    with _Adapter(folder / "pulled") as pulled, _Adapter(folder / "kept"):
        farm = _Farm(agent, pulled)
        agent.start()
        try:
            await farm.until_more()
            files = farm.open_files()
            for length in range(1, size + 1):
                await farm.pull(after=1 + length % 8)
            grown = farm.open_files() - files
            assert agent.stop() == 0
        finally:
            agent.kill()
    wrong = [
        f"{value} was stored, which no probe said" for value in farm.values() - {*ROOM.values()}
    ]
    if grown > 1:
        wrong.append(f"{grown} more files are open than at first")
    if farm.count("kept") < farm.count("pulled"):
        wrong.append("the port that was not touched has fewer readings than the one that was")
    if agent.said("Traceback"):
        wrong.append("the agent said a traceback")
    seen = (
        ("times pulled in the middle of an answer", size),
        ("came back under another name", farm.renamed),
        ("readings of the port that was pulled", farm.count("pulled")),
        ("readings of the port that was not", farm.count("kept")),
        ("values made of a piece of a frame", len(farm.values() - {*ROOM.values()})),
        ("more files open at the end", grown),
    )
    return Figures("unplugged", seen, tuple(wrong))


class _Adapter(SimulatedBus):
    """An adapter with a probe; it can stop in the middle of an answer, to be pulled out then."""

    def __init__(self, link: Path) -> None:
        super().__init__(link, LINE, pace=0)
        self.add(simulated(load("xy_md02"), values=lambda: ROOM, address=1))
        self._after: int | None = None
        self.is_torn = Event()

    def tear(self, *, after: int) -> None:
        """Say so many bytes of the next answer, and no more."""
        self.is_torn.clear()
        self._after = after

    def _say(self, data: bytes) -> None:
        if self._after is None or not data:
            super()._say(data)
            return
        os.write(self._master, data[: self._after])
        self._after, self._ending = None, True
        self.is_torn.set()


@contextmanager
def _taken(name: str) -> Iterator[None]:
    """Have somebody else hold the terminal of that name, so that the next one has another."""
    ends: list[int] = []
    while not ends or os.ttyname(ends[-1]) != name:
        ends += os.openpty()
    yield
    for end in ends:
        os.close(end)


class _Farm:
    def __init__(self, agent: AgentProcess, adapter: _Adapter) -> None:
        self._agent, self._adapter = agent, adapter
        self.renamed = 0

    async def pull(self, *, after: int) -> None:
        """Pull the adapter after so many bytes of an answer; put it back once that was noticed."""
        before, lost = str(Path(self._adapter.name).readlink()), self._agent.said(LOST)
        self._adapter.tear(after=after)
        await until(self._adapter.is_torn.is_set)
        self._adapter.unplug()
        await until(lambda: self._agent.said(LOST) > lost)
        with _taken(before):
            self._adapter.plug()
        self.renamed += str(Path(self._adapter.name).readlink()) != before
        await self.until_more()

    async def until_more(self) -> None:
        await until(self._agent.database.exists)
        before = self.count("pulled")
        await until(lambda: self.count("pulled") > before)

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self._agent.pid}/fd").iterdir()))

    def count(self, device: str) -> int:
        return len(self._rows(device))

    def values(self) -> set[float]:
        return {*self._rows("pulled"), *self._rows("kept")}

    def _rows(self, device: str) -> list[float]:
        try:
            with closing(sqlite3.connect(self._agent.database)) as connection:
                return [row[0] for row in connection.execute(OF_DEVICE, (device,))]
        except sqlite3.OperationalError:
            return []  # it is still being made
