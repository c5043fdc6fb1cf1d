"""Five hundred MQTT devices that speak once a second: what the agent costs, and who comes late.

A reading is late when it reached the agent more than a second, its own period, after it was sent.
The values are the senders' own counters, so every message is told apart in the store.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt

from bench.agent import resident_mb
from bench.report import Row
from edge.settings_file import load
from edge.store import open_store
from tests.edge.processes import start
from tests.edge.stores import count, stored
from tests.fakes.mosquitto import Mosquitto

TITLE = "500 MQTT devices, once a second"
DEVICES, SECONDS = 500, 15
_SETTINGS = """
[mqtt]
host = "127.0.0.1"
port = {port}
[[mqtt.topics]]
topic = "bare/{{device}}"
shape = "plain"
quantity = "illuminance"
"""


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        sent, kept, late, cpu, idle_mb, loaded_mb = asyncio.run(_run(Path(folder)))
    yield Row("readings stored", kept, "sent", sent, "readings", "1.00")
    yield Row("on time", kept - late, "stored", kept, "readings", "1.00")
    yield Row("CPU of the agent", cpu * 100, "one core", 100, "%")
    yield Row("resident memory, loaded", loaded_mb, "idle", idle_mb, "MB", "below 1.25")


async def _run(folder: Path) -> tuple[int, int, int, float, float, float]:
    broker = Mosquitto(folder)
    broker.start()
    file = folder / "minori.toml"
    file.write_text(_SETTINGS.format(port=broker.port))
    engine = open_store(load(file), create=True)
    agent = start("agent", "--config", str(file), log=folder / "log")
    try:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            while not count(engine):  # the agent is up once it stores
                await client.publish("bare/first", "1", qos=1)
                await asyncio.sleep(0.2)
            idle_mb, before = resident_mb(agent.pid), _cpu_s(agent.pid)
            sent_at = await _publish(client)
            cpu = (_cpu_s(agent.pid) - before) / SECONDS
            loaded_mb = resident_mb(agent.pid)
        await asyncio.sleep(2)
        late, kept = _late(engine, sent_at)
        return len(sent_at), kept, late, cpu, idle_mb, loaded_mb
    finally:
        agent.terminate()
        agent.wait()
        engine.dispose()
        broker.kill()


async def _publish(client: aiomqtt.Client) -> dict[tuple[str, int], float]:
    """Send each device's counter once a second, spread over the second; return when each left."""
    sent_at = {}
    began = time.monotonic()
    for second in range(SECONDS):
        for number in range(DEVICES):
            due = began + second + number / DEVICES
            if number % 10 == 0 and (wait_s := due - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            sent_at[f"d{number}", second] = time.time()
            await client.publish(f"bare/d{number}", str(second), qos=0)
    return sent_at


def _late(engine: object, sent_at: dict[tuple[str, int], float]) -> tuple[int, int]:
    late = kept = 0
    for device, _, _, at_ms, value, *_ in stored(engine):
        left_at = sent_at.get((device, round(value)))
        if left_at is not None:
            kept += 1
            late += at_ms / 1000 - left_at > 1.0
    return late, kept


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
