"""The line to the broker is gone, flaps each second, is half-open: all is stored once, by itself.

The broker lives, and so does whoever publishes; only our line is bad. Half-open has two kinds: no
byte passes either way, and only what we say is lost (the broker is heard until it waits for our
acknowledgements). Nobody closes such a line: the agent has to find out by listening.

Found out is after 75 s of silence in service (`edge.hearing`), here after one.
"""

import asyncio
import gc
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from unittest import mock

from edge.bus import Broker, Bus
from edge.collector import Collector
from tests.edge.conftest import until
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig import load
from tests.faults.rig.agent import agent
from tests.faults.rig.proxy import Proxy

SHORT, LONG = 1, 50
REFUSALS = 3  # tries of ours that meet a line that is gone
FLAP_S = 0.5  # up so long, down so long: it flaps each second
PATIENCE = {"QUIET_S": 0.6, "ANSWER_S": 0.4}


def run(size: int) -> Figures:
    """Break the line `size` times in each of its ways."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as patches:
        for constant, seconds in PATIENCE.items():
            patches.enter_context(mock.patch(f"edge.hearing.{constant}", seconds))
        patches.enter_context(mock.patch("edge.bus.LOOK_EVERY_S", 0.1))
        return asyncio.run(_broken(Path(name), size))


async def _broken(folder: Path, size: int) -> Figures:
    # asyncio's own words ("exception was never retrieved") in a journal tell nobody anything.
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, said: complaints.append(f"asyncio: {said['message']}")
    )
    async with _farm(folder) as farm:
        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "gone": farm.gone,
            "flapping": farm.flapping,
            "half-open": farm.half_open,
            "half-open, ours lost": farm.half_open_ours,
        }
        await farm.until_storing()
        descriptors = farm.descriptors()
        for number in range(size):
            for way in ways.values():
                await way()
                await farm.until_storing()
                if number == 0:
                    descriptors = max(descriptors, farm.descriptors())
        most = farm.descriptors()
        await farm.finish()
        stored = await load.settled(folder / "minori.db", farm.stream.sent)
    gc.collect()  # what nobody looked at is said when it is forgotten
    lost = [number for number in range(farm.stream.sent) if number not in stored]
    doubled = [number for number, times in stored.items() if times > 1]
    deaf = farm.collector.bus.deaf
    seen: tuple[tuple[str, float | str], ...] = (
        *((f"{way}: times", size) for way in ways),
        ("connections made", farm.collector.bus.connections),
        ("found out to be deaf", deaf),
        ("messages sent / stored", f"{farm.stream.sent:,} / {stored.total():,}"),
        ("lost / doubled", f"{len(lost)} / {len(doubled)}"),
        ("open files after one round / all", f"{descriptors} / {most}"),
    )
    wrong = sorted(set(complaints))
    if lost or doubled:
        wrong.append(f"{len(lost)} lost {lost[:5]}, {len(doubled)} doubled {doubled[:5]}")
    if deaf < 2 * size:
        wrong.append(f"only {deaf} of {2 * size} half-open lines were found out")
    if most > descriptors + size:
        wrong.append(f"open files grew from {descriptors} to {most}")
    return Figures("broken_line", seen, tuple(wrong))


@asynccontextmanager
async def _farm(folder: Path) -> AsyncIterator["_Farm"]:
    broker = Mosquitto(folder)
    broker.start()
    try:
        async with (
            Proxy(lambda: broker.port) as line,
            agent(folder, line.port) as collector,
            running(Bus(Broker("127.0.0.1", broker.port, "sender"))) as sender,
        ):
            yield _Farm(line, collector, load.Load(sender))
    finally:
        broker.kill()


class _Farm:
    """A line that can be broken, an agent behind it, and somebody who publishes all the while."""

    def __init__(self, line: Proxy, collector: Collector, stream: load.Load) -> None:
        self._line, self.collector, self.stream = line, collector, stream
        self._publishing = asyncio.create_task(stream.run())

    async def gone(self) -> None:
        """Nobody answers, for some tries of ours."""
        self._line.refuses, before = True, self._line.served
        self._line.cut()
        await until(lambda: self._line.served >= before + REFUSALS)
        await self._heal()

    async def flapping(self) -> None:
        """Good for half a second, gone for half a second, three times."""
        for _ in range(3):
            self._line.refuses = True
            self._line.cut()
            await asyncio.sleep(FLAP_S)
            self._line.heal()
            await asyncio.sleep(FLAP_S)
        await self._heal()

    async def half_open(self) -> None:
        await self._until_found_out(self._line.hold)

    async def half_open_ours(self) -> None:
        await self._until_found_out(self._line.hold_answers)

    async def _until_found_out(self, fault: Callable[[], None]) -> None:
        bus = self.collector.bus
        deaf = bus.deaf
        fault()
        await until(lambda: bus.deaf > deaf and not bus.is_connected)
        await self._heal()

    async def _heal(self) -> None:
        self._line.heal()
        await until(lambda: self.collector.bus.is_connected)

    async def until_storing(self) -> None:
        rows = self.collector.status.recorded.rows
        await until(lambda: self.collector.status.recorded.rows > rows)

    async def finish(self) -> None:
        self.stream.stop()
        await self._publishing

    def descriptors(self) -> int:
        return len(list(Path("/proc/self/fd").iterdir()))
