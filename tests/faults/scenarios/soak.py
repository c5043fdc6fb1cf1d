"""A week passes in an hour: what the whole service takes of memory and open files stays as it is.

`minori run` with probes on a port and on MQTT, alarms, rollups and a page asked for now and then, in a
process that is told the time: whenever it waits for nothing but time, it has it at once. After a
warm-up of a quarter, memory and open files are measured 24 times and a line is laid through them; by
that line they may grow by no more than 8 MB and six files, in a week and in a short run alike.
"""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from edge.bus import Broker, Bus
from sensors.line import Line
from sensors.profile import load as load_profile
from sensors.simulator import SimulatedBus, simulated
from tests.edge.conftest import until
from tests.edge.test_bus import running
from tests.fakes.false_clock import FalseClock
from tests.fakes.mosquitto import Mosquitto, free_port
from tests.faults.figures import Figures
from tests.faults.rig import load
from tests.faults.rig.process import AgentProcess

# Simulated hours.
SHORT, LONG = 1, 168
HOUR_S = 3600.0
SAMPLES = 24
WARM_UP = 1 / 4
# Two requests that first meet after the warm-up have the pool open one connection more: two files, up
# to three by the line, and that twice at most. A leak is a file each time something is done: dozens.
MOST_MB, MOST_FILES = 8.0, 6.0
# It sleeps so long in truth before its time leaps: what answers at all has answered by then.
LEAP_AFTER_S = 0.001
SAYS_EVERY_S = 60.0
PROBES = 2
ROOM = {"air_temperature": 21.5, "relative_humidity": 63.0}
PORT = """
[[ports]]
name = "bus"
device = "{device}"
baud = 115200
[web]
port = {port}
[[zones]]
code = "A"
[[alarms]]
name = "warm"
kind = "threshold"
quantity = "air_temperature"
high = 21
"""
PROBE = """
[[devices]]
name = "s{address}"
model = "xy_md02"
port = "bus"
address = {address}
interval_s = 30
zone = "A"
"""


def run(size: int) -> Figures:
    """Let `size` hours pass."""
    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(_passing(Path(name), size))


async def _passing(folder: Path, hours: int) -> Figures:
    broker, clock, port = Mosquitto(folder), FalseClock(folder), free_port()
    broker.start()
    settings = PORT.format(device=folder / "bus", port=port)
    settings += "".join(PROBE.format(address=n) for n in range(1, PROBES + 1))
    agent = AgentProcess(
        folder, broker.port, settings=settings, environment=clock.environment, command="run"
    )
    began = time.monotonic()
    try:
        with SimulatedBus(folder / "bus", Line(115_200), pace=0) as bus:
            profile = load_profile("xy_md02")
            bus.add(
                *(simulated(profile, values=lambda: ROOM, address=n + 1) for n in range(PROBES))
            )
            agent.start()
            await until(agent.is_connected)
            async with (
                running(Bus(Broker("127.0.0.1", broker.port, "sender"))) as sender,
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as pages,
            ):
                service = _Service(agent, clock, pages)
                await until(lambda: load.count(agent.database) > 0)
                clock.leap(after_s=LEAP_AFTER_S)
                said = await service.live(sender, hours * HOUR_S)
                clock.leap(after_s=0)
        assert agent.stop() == 0
    finally:
        agent.kill()
        broker.kill()
    return service.figures(hours, said, load.count(agent.database), time.monotonic() - began)


@dataclass
class _Service:
    """What the service takes, measured while its time flies."""

    agent: AgentProcess
    clock: FalseClock
    pages: httpx.AsyncClient
    hours: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    async def live(self, sender: Bus, span_s: float) -> int:
        """Say something each simulated minute, ask for a page at each sample; return how often."""
        said, spoken_s, warm_s = 0, 0.0, span_s * WARM_UP
        every_s = (span_s - warm_s) / (SAMPLES - 1)
        while (passed_s := self.clock.passed_s) < span_s or len(self.files) < SAMPLES:
            if passed_s - spoken_s >= SAYS_EVERY_S:
                spoken_s = passed_s
                await sender.publish(f"bare/p{said % 7}", b"%.3f" % (said / 1000))
                said += 1
            if passed_s >= warm_s + len(self.files) * every_s and len(self.files) < SAMPLES:
                await self._sample(passed_s)
            await asyncio.sleep(LEAP_AFTER_S)
        return said

    async def _sample(self, passed_s: float) -> None:
        page = await self.pages.get("/")
        assert page.status_code < httpx.codes.INTERNAL_SERVER_ERROR, page.text
        process = Path(f"/proc/{self.agent.pid}")
        pages = int((process / "statm").read_text().split()[1])
        self.hours.append(passed_s / HOUR_S)
        self.memory_mb.append(pages * 4096 / 1e6)
        self.files.append(len(list((process / "fd").iterdir())))

    def figures(self, hours: int, said: int, stored: int, took_s: float) -> Figures:
        memory_mb, files = (self._grown(values) for values in (self.memory_mb, self.files))
        wrong = []
        if memory_mb > MOST_MB:
            wrong.append(f"memory grew by {memory_mb:.1f} MB after the warm-up")
        if files > MOST_FILES:
            wrong.append(f"open files grew by {files:.1f} after the warm-up")
        if self.agent.said("Traceback"):
            wrong.append("the service said a traceback")
        seen = (
            ("simulated hours", hours),
            ("so many times faster than time", round(hours * HOUR_S / took_s)),
            ("messages sent / readings stored", f"{said:,} / {stored:,}"),
            ("memory first / most / last [MB]", _span(self.memory_mb)),
            ("open files first / most / last", _span(self.files)),
            ("memory grew, by the line [MB]", memory_mb),
            ("open files grew, by the line", files),
        )
        return Figures("soak", seen, tuple(wrong))

    def _grown(self, values: list[float] | list[int]) -> float:
        slope, _ = statistics.linear_regression(self.hours, values)
        return slope * (self.hours[-1] - self.hours[0])


def _span(values: list[float] | list[int]) -> str:
    return " / ".join(f"{value:.0f}" for value in (values[0], max(values), values[-1]))
