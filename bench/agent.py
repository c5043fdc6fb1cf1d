"""What a small board feels: from starting `minori agent` to its first stored reading, and memory.

Beside the bare interpreter importing what any such program needs: an MQTT client and SQLAlchemy.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt

from bench.report import Row
from edge.settings_file import load
from edge.store import open_store
from tests.edge.processes import start
from tests.edge.stores import count
from tests.fakes.mosquitto import Mosquitto

TITLE = "minori agent: start and memory"
BARE = "import aiomqtt, sqlalchemy, time; print('ready', flush=True); time.sleep(60)"


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        ours_s, ours_mb = asyncio.run(_agent(Path(name)))
    bare_s, bare_mb = _bare()
    rival = "python with aiomqtt and sqlalchemy"
    yield Row("start to first stored reading", ours_s, rival, bare_s, "s")
    yield Row("resident memory, idle", ours_mb, rival, bare_mb, "MB")


async def _agent(folder: Path) -> tuple[float, float]:
    at = Mosquitto(folder)
    at.start()
    file = folder / "minori.toml"
    file.write_text(f"[mqtt]\nhost = '127.0.0.1'\nport = {at.port}\n")
    engine = open_store(load(file), create=True)
    began = time.perf_counter()
    process = start("agent", "--config", str(file), log=folder / "log")
    try:
        async with aiomqtt.Client("127.0.0.1", at.port) as client:
            while not count(engine):
                payload = json.dumps({"temperature": 20.5}).encode()
                await client.publish("zigbee2mqtt/probe", payload, qos=1)
                await asyncio.sleep(0.01)
        took_s = time.perf_counter() - began
        return took_s, resident_mb(process.pid)
    finally:
        process.terminate()
        process.wait()
        engine.dispose()
        at.kill()


def _bare() -> tuple[float, float]:
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        took_s = time.perf_counter() - began
        held_mb = resident_mb(process.pid)
        process.kill()
    return took_s, held_mb


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
