"""The whole collecting part at once: what breaks on one wire is not felt on another."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from edge.bus import Broker, Bus
from edge.clock import SystemClock
from edge.collector import Collector
from edge.settings import Settings
from edge.settings_file import parse
from sensors.line import Line
from sensors.profile import load
from sensors.simulator import SimulatedBus, simulated
from tests.edge.conftest import until
from tests.edge.stores import open_new, stored
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto

ROOM = {"co2": 812.0, "air_temperature": 21.5, "relative_humidity": 63.0}


@pytest.fixture(autouse=True)
def _quick_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.agents.poll.REOPEN_S", 0.05)
    monkeypatch.setattr("edge.bus.wait_s", lambda failures: 0.05)


def room(folder: Path, name: str) -> SimulatedBus:
    bus = SimulatedBus(folder / name, Line(115200), pace=0)
    for address in (1, 2):
        bus.add(simulated(load("xy_md02"), values=lambda: ROOM, address=address))
    return bus


def farm(folder: Path, broker: Mosquitto) -> Settings:
    """Two ports with two probes each, and a broker."""
    ports = [{"name": name, "device": str(folder / name), "baud": 115200} for name in "ab"]
    probe = {"model": "xy_md02", "interval_s": 1}
    devices = [
        {**probe, "name": f"{name}{address}", "port": name, "address": address}
        for name in "ab"
        for address in (1, 2)
    ]
    mqtt = {"host": "127.0.0.1", "port": broker.port}
    return parse({"mqtt": mqtt, "ports": ports, "devices": devices}).inside(folder)


@asynccontextmanager
async def collecting(settings: Settings, engine: Engine) -> AsyncIterator[Collector]:
    collector = Collector(settings, engine, SystemClock())
    task = asyncio.create_task(collector.run())
    try:
        yield collector
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled(), task.exception()


async def test_a_dead_broker_a_pulled_cable_and_a_silent_probe_at_once(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    settings = farm(tmp_path, mosquitto)
    engine = open_new(settings)

    def heard() -> Counter[str]:
        return Counter(device for device, *_ in stored(engine))

    with room(tmp_path, "a") as pulled, room(tmp_path, "b") as quiet:
        async with collecting(settings, engine) as collector:
            await collector.bus.wait_connected()
            await until(lambda: {"a1", "a2", "b1", "b2"} <= set(heard()))

            mosquitto.kill()
            pulled.unplug()
            quiet.silence(2)
            faults = collector.status.devices
            await until(lambda: faults["a1"].faults["port_lost"] and not collector.bus.is_connected)
            await until(lambda: faults["b2"].faults["no_answer"])
            before = heard()
            await until(lambda: heard()["b1"] >= before["b1"] + 6)
            assert heard()["a1"] <= before["a1"] + 2

            mosquitto.start()
            pulled.plug()
            quiet.restore(2)
            await until(lambda: collector.bus.is_connected)
            async with running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender:
                await sender.publish("zigbee2mqtt/z", json.dumps({"temperature": 20}).encode())
            await until(lambda: heard()["z"])
            again = heard()
            await until(
                lambda: all(heard()[name] > again[name] for name in ("a1", "a2", "b1", "b2"))
            )
    engine.dispose()
