"""kill -9 of the agent under load: what was published is stored once, whatever the moment."""

import asyncio
import json
import random
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import OperationalError

from edge.bus import Broker, Bus
from tests.edge.conftest import until
from tests.edge.processes import start
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto
from traceability.models import reading

KILLS = 3
SETTINGS = """
[mqtt]
host = "127.0.0.1"
port = {port}
version = "{version}"
[[mqtt.topics]]
topic = "timed/{{device}}"
shape = "zigbee2mqtt"
[[mqtt.topics]]
topic = "bare/{{device}}"
shape = "plain"
quantity = "air_temperature"
"""


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_no_acknowledged_reading_is_missing_and_none_is_doubled(
    mosquitto: Mosquitto, tmp_path: Path, version: str
) -> None:
    """Half the messages carry their own time; the others are known again only by their key."""
    config = tmp_path / "minori.toml"
    config.write_text(SETTINGS.format(port=mosquitto.port, version=version))
    database = f"sqlite:///{tmp_path / 'minori.db'}"
    log = tmp_path / "log"
    chance = random.Random(version)
    sent = 0
    enough = asyncio.Event()

    async def publish(sender: Bus) -> None:
        nonlocal sent
        while not enough.is_set():
            timed = {"temperature": 20.0, "last_seen": 1_780_000_000_000 + sent}
            await sender.publish(f"timed/p{sent % 7}", json.dumps(timed).encode())
            await sender.publish(f"bare/p{sent % 7}", b"20.5")
            sent += 1

    agent = start("agent", "--config", str(config), log=log)
    try:
        await until(lambda: b"connected to MQTT" in log.read_bytes())
        async with running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender:
            publishing = asyncio.create_task(publish(sender))
            for _ in range(KILLS):
                before = _stored(database)
                await until(lambda b=before: _stored(database) > b + 50)
                await asyncio.sleep(chance.uniform(0, 0.05))  # any moment of a batch
                agent.kill()
                agent.wait()
                agent = start("agent", "--config", str(config), log=log)
            enough.set()
            await publishing
        await until(lambda: _stored(database) >= 2 * sent, limit_s=300)
        agent.terminate()
        assert agent.wait(30) == 0
    finally:
        agent.kill()
        agent.wait()

    assert _stored(database) == 2 * sent


def _stored(database: str) -> int:
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(reading)) or 0
    except OperationalError:
        return 0  # not made yet
    finally:
        engine.dispose()
