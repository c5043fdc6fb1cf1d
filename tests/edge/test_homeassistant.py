"""Home Assistant sees our rooms: configurations retained, values fresh or unknown."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from edge.agents.homeassistant import FRESH, Showroom
from edge.bus import Broker, Bus
from edge.clock import SystemClock
from edge.registry import register
from edge.settings_file import parse
from sensors import Reading
from sensors.wires import homeassistant
from tests.edge.conftest import until
from tests.edge.stores import new_store
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto
from traceability.readings import Delivery, Recorder

SETTINGS = parse(
    {
        "zones": [{"code": "A", "name": "Room A"}],
        "devices": [{"name": "climate", "zone": "A"}, {"name": "tank", "zone": "A"}],
    }
)


def a_room(folder: Path) -> Engine:
    """A zone with a fresh temperature and an old pH."""
    engine, _ = new_store(folder)
    now = datetime.now(UTC)
    site_id = register(engine, SETTINGS, since=now - timedelta(days=1))
    Recorder(engine, site_id).append(
        [
            Delivery([Reading("climate", "air_temperature", 21.5, now)]),
            Delivery([Reading("tank", "ph", 6.1, now - FRESH)]),
        ]
    )
    return engine


async def test_rooms_are_shown_with_fresh_values_only(mosquitto: Mosquitto, tmp_path: Path) -> None:
    engine = a_room(tmp_path)
    heard: dict[str, bytes] = {}

    def receive(burst) -> None:
        for message in burst:
            heard[message.topic] = message.payload
            message.acknowledge()

    bus = Bus(Broker("127.0.0.1", mosquitto.port, "minori"))
    home = Bus(Broker("127.0.0.1", mosquitto.port, "home"))
    async with running(bus), asyncio.TaskGroup() as tasks:
        showroom = tasks.create_task(Showroom(bus, engine, SETTINGS, SystemClock()).run())
        # Home Assistant starts later and finds what was retained; then the next state comes.
        async with running(home, "homeassistant/#", receive=receive):
            await until(lambda: heard)
        showroom.cancel()

    ((topic, config),) = heard.items()
    entities = homeassistant.read(topic, config).entities
    assert [(e.unique_id, e.unit, e.device_class) for e in entities] == [
        ("minori_farm_site_A_air_temperature_climate", "°C", "temperature"),
        ("minori_farm_site_A_ph_tank", "", "ph"),
    ]
    assert {entity.state_topic for entity in entities} == {"minori/farm/site/A/state"}


async def test_an_old_value_is_unknown_and_not_the_last_good_one(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    engine = a_room(tmp_path)
    heard: list[bytes] = []

    def receive(burst) -> None:
        heard.extend(message.payload for message in burst)

    bus = Bus(Broker("127.0.0.1", mosquitto.port, "minori"))
    home = Bus(Broker("127.0.0.1", mosquitto.port, "home"))
    async with (
        running(home, "minori/#", receive=receive),
        running(bus),
        asyncio.TaskGroup() as tasks,
    ):
        # The subscription of `home` may come after the first round: begin again until it is heard.
        while not heard:
            showroom = tasks.create_task(Showroom(bus, engine, SETTINGS, SystemClock()).run())
            await asyncio.sleep(0.2)
            showroom.cancel()

    assert json.loads(heard[0]) == {"air_temperature_climate": 21.5, "ph_tank": None}
