"""kill -9 of the broker under load: what the agent acknowledged is stored, once for each delivery.

A broker that dies loses what it has not written down, and may give again what it had given: that
is counted, but it is the broker's. Ours is judged by the bytes on our line. Half of the kills meet a
broker that keeps nothing, half one that writes its state down each second (`persistence`).
"""

import asyncio
import random
import tempfile
from collections import Counter
from pathlib import Path

from edge.bus import Broker, Bus
from edge.collector import Collector
from tests.edge.conftest import until
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig import load
from tests.faults.rig.agent import agent
from tests.faults.rig.proxy import Proxy
from tests.faults.rig.wiretap import Wiretap

SHORT, LONG = 20, 200


def run(size: int) -> Figures:
    """Kill `size` times."""
    seen, wrong = [], []
    for persistence in (False, True):
        with tempfile.TemporaryDirectory() as name:
            heard, stream, stored = asyncio.run(_killed(Path(name), size // 2, persistence))
        what = "broker with persistence" if persistence else "broker without persistence"
        lost = sorted(heard.acknowledged - stored.keys())
        doubled = [
            number for number, times in stored.items() if times > max(1, heard.presented[number])
        ]
        seen += [
            (f"{what}: kills", size // 2),
            (f"{what}: acknowledged by it to the sender", len(stream.acknowledged)),
            (f"{what}: of these forgotten by it", len(stream.acknowledged - stored.keys())),
            (f"{what}: acknowledged by us", len(heard.acknowledged)),
            (f"{what}: stored", stored.total()),
            (f"{what}: given to us twice as new", sum(n > 1 for n in heard.presented.values())),
            (f"{what}: lost / doubled by us", f"{len(lost)} / {len(doubled)}"),
        ]
        if lost or doubled:
            wrong.append(f"{what}: lost {lost[:5]}, doubled {doubled[:5]}")
    return Figures("kill_broker", tuple(seen), tuple(wrong))


async def _killed(
    folder: Path, kills: int, persistence: bool
) -> tuple[Wiretap, load.Load, Counter[int]]:
    broker = _Broker(folder, persistence)
    heard = Wiretap()
    try:
        async with (
            Proxy(lambda: broker.port) as theirs,
            Proxy(lambda: broker.port, taps=heard.taps) as ours,
            agent(folder, ours.port) as collector,
            running(Bus(Broker("127.0.0.1", theirs.port, "sender"))) as sender,
        ):
            stream = load.Load(sender)
            publishing = asyncio.create_task(stream.run())
            chance = random.Random(kills)
            for connections in range(1, kills + 1):
                await until(lambda n=connections: collector.bus.connections >= n)
                await _until_storing(collector)
                await asyncio.sleep(chance.uniform(0, 0.1))
                broker.kill()
                await asyncio.sleep(chance.uniform(0, 0.1))
                broker.start()
            await _until_storing(collector)
            stream.stop()
            await publishing
            stored = await load.settled(folder / "minori.db", patience_s=1)
    finally:
        broker.kill()
    return heard, stream, stored


async def _until_storing(collector: Collector) -> None:
    before = collector.status.recorded.rows
    await until(lambda: collector.status.recorded.rows > before)


class _Broker:
    """Mosquitto, each time on a fresh port: at once on the same one it may not get it."""

    def __init__(self, folder: Path, persistence: bool) -> None:
        self._folder, self._persistence = folder, persistence
        self.start()

    @property
    def port(self) -> int:
        return self._broker.port

    def start(self) -> None:
        extra = "autosave_on_changes true\nautosave_interval 1" if self._persistence else ""
        self._broker = Mosquitto(self._folder, persistence=self._persistence, extra=extra)
        self._broker.start()

    def kill(self) -> None:
        self._broker.kill()
