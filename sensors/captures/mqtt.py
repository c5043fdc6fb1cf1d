"""MQTT rows: a topic and a payload, as JSON or as text."""

import json
from datetime import UTC, datetime
from typing import Any

from sensors.captures.row import Outcome, Row, text_field
from sensors.wires import homeassistant, payload
from sensors.wires.payload import Decoded
from sensors.wires.payload.scalars import instant

# A capture that does not say when a message arrived is decoded as if it came at this moment.
_UNKNOWN_ARRIVAL = datetime(2000, 1, 1, tzinfo=UTC)


def read(row: Row) -> Outcome:
    """Decode one message."""
    if "payload_text" in row:
        body = text_field(row, "payload_text").encode()
    else:
        body = json.dumps(row.get("payload")).encode()
    topic = text_field(row, "topic")
    if homeassistant.is_discovery(topic):
        return _announced(homeassistant.read(topic, body))
    retained = row.get("retain") is True or row.get("retained") is True
    arrived = instant(row.get("received_at"))
    message = payload.decode(
        topic,
        body,
        received_at=arrived[0] if arrived else _UNKNOWN_ARRIVAL,
        retained=retained,
    )
    # What the broker kept shows how things were, not how they are.
    names = [value.name for value in message.values if value.value is not None] if retained else []
    return Outcome(_got(message), quality=dict.fromkeys(names, "stale"))


def _announced(announcement: homeassistant.Announcement) -> Outcome:
    """Show what a probe said of itself, under the long names of the configuration."""
    items = [
        {
            "unique_id": entity.unique_id,
            "name": entity.name,
            "state_topic": entity.state_topic,
            "path": entity.path.text.removeprefix("$").removeprefix("."),
            "unit_of_measurement": entity.unit,
            "unit": entity.unit,
            "device_class": entity.device_class,
            "state_class": entity.state_class,
            "quantity": entity.quantity,
            "expire_after": entity.expire_after_s,
            "availability_topics": list(entity.availability_topics),
            "device": entity.device,
        }
        for entity in announcement.entities
    ]
    first = items[0] if items else {}
    left_alone = dict(announcement.left_alone)
    got = {**first, "removed": announcement.removed, "left_alone": left_alone}
    return Outcome(got, listed=items)


def _got(message: Decoded) -> dict[str, Any]:
    got: dict[str, Any] = {
        "device": message.device,
        "dev_eui": message.device,
        "at": message.at.isoformat().replace("+00:00", "Z"),
        "time": "arrival" if message.at_source == "arrival" else message.at.isoformat(),
        "key": message.key,
        "deduplicationId": message.key,
        "new": message.is_new,
        **{name: value for name, value in message.facts.items() if value is not None},
    }
    # ChirpStack's own spelling of what The Things Stack writes with an underscore.
    for name, other in (("f_cnt", "fCnt"), ("f_port", "fPort")):
        if name in message.facts:
            got[other] = message.facts[name]
    if message.availability:
        got["availability"] = message.availability
    # The first of two values of one name is meant; the other is found by its channel.
    for value in reversed(message.values):
        got |= {value.raw: value.value, value.name: value.value}
        if value.channel:
            got[f"{value.channel}.{value.name}"] = value.value
            got[f"{value.channel}.{value.raw}"] = value.value
    return got
