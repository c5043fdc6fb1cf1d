"""What was announced to Home Assistant becomes settings that read it."""

import json
import tomllib
from datetime import UTC, datetime

import pytest

from edge import discovery
from edge.bus import Broker, Bus
from edge.errors import BrokerLost
from edge.settings_file import parse
from edge.topics import TopicTable
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto, free_port

ANNOUNCED = {
    "homeassistant/sensor/kitchen/temperature/config": {
        "unique_id": "kitchen_t",
        "state_topic": "esp/kitchen/state",
        "value_template": "{{ value_json.air.temp }}",
        "unit_of_measurement": "°C",
        "device_class": "temperature",
    },
    "homeassistant/sensor/kitchen/moon/config": {
        "unique_id": "kitchen_moon",
        "state_topic": "esp/kitchen/state",
        "value_template": "{{ value_json.moon }}",
        "device_class": "enum",
    },
}


async def test_printed_settings_read_what_was_announced(mosquitto: Mosquitto) -> None:
    """The retained configurations are found, and the lines printed decode the next message."""
    settings = parse({"mqtt": {"host": "127.0.0.1", "port": mosquitto.port}})
    async with running(Bus(Broker("127.0.0.1", mosquitto.port, "gateway"))) as gateway:
        for topic, content in ANNOUNCED.items():
            await gateway.publish(topic, json.dumps(content).encode(), retain=True)

        found = await discovery.listen(settings, 1.0)

    text = discovery.as_settings(found)
    table = TopicTable(parse(tomllib.loads(text)))
    decoded = table.decode(
        "esp/kitchen/state",
        b'{"air": {"temp": 21.5}, "moon": "full"}',
        received_at=datetime.now(UTC),
        retained=False,
    )
    assert [(value.quantity, value.value) for value in decoded.values] == [
        ("air_temperature", 21.5)
    ]
    assert "# left out: kitchen_moon" in text


async def test_a_broker_that_is_not_there_is_one_sentence() -> None:
    settings = parse({"mqtt": {"host": "127.0.0.1", "port": free_port()}})

    with pytest.raises(BrokerLost, match="no connection within"):
        await discovery.listen(settings, 0.3)
