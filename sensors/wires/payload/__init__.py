"""MQTT payloads to values: Zigbee2MQTT, Tasmota, The Things Stack, ChirpStack, plain numbers.

    message = payload.decode(topic, body, received_at=now, zone=ZoneInfo("Asia/Tokyo"))
    for reading in message.readings(): ...

Pure: no broker here. A refused message raises BadPayload with a `fault` word; a refused field
within a good message is listed in `Decoded.refused`, and its neighbours count.
"""

from datetime import datetime, tzinfo

from sensors.wires.payload import lorawan, plain, tasmota, zigbee2mqtt
from sensors.wires.payload.decoded import Decoded, Refused, Value
from sensors.wires.payload.paths import Path
from sensors.wires.payload.plain import Field, Mapping, decode_mapped
from sensors.wires.payload.scalars import refusal
from sensors.wires.payload.topics import Template

__all__ = [
    "Decoded",
    "Field",
    "Mapping",
    "Path",
    "Refused",
    "Template",
    "Value",
    "decode",
    "decode_mapped",
    "shape_of",
]


def shape_of(topic: str) -> str:
    """Return which sender's topic tree this is; `plain` where it is nobody's we know."""
    levels = topic.split("/")
    if levels[0] == "zigbee2mqtt" and len(levels) > 1:
        return "zigbee2mqtt"
    if levels[0] in ("tele", "stat") and len(levels) > 2:
        return "tasmota"
    if levels[0] == "v3" and levels[2:3] == ["devices"] and len(levels) >= 5:
        return "things_stack"
    if levels[0] == "application" and levels[2:3] == ["device"] and levels[4:5] == ["event"]:
        return "chirpstack"
    return "plain"


def decode(
    topic: str,
    payload: bytes,
    *,
    received_at: datetime,
    retained: bool = False,
    zone: tzinfo | None = None,
    shape: str | None = None,
) -> Decoded:
    """Turn one message into values.

    Args:
        received_at: Arrival, aware UTC; the time of the values where the message carries none.
        retained: The broker kept it from before: shows a state, is no new reading.
        zone: Where the device's clock lives, for senders that leave the zone out (Tasmota).
        shape: One of `shape_of`'s words, where settings know better than the topic.

    Raises:
        BadPayload: with fault `not_json`, `not_finite`, `decimal_comma`, `too_large`, ...
    """
    message = _decoded(
        shape or shape_of(topic), topic, payload, received_at, retained=retained, zone=zone
    )
    if message.refused and not message.values:
        first = message.refused[0]
        raise refusal(
            topic,
            fault=first.fault,
            problem=f"nothing usable in it ({first.raw})",
            expected="finite numbers with a decimal point",
            got=first.got,
        )
    return message


def _decoded(
    shape: str,
    topic: str,
    payload: bytes,
    received_at: datetime,
    *,
    retained: bool,
    zone: tzinfo | None,
) -> Decoded:
    match shape:
        case "zigbee2mqtt":
            return zigbee2mqtt.decode(topic, payload, received_at=received_at, retained=retained)
        case "tasmota":
            return tasmota.decode(
                topic, payload, received_at=received_at, retained=retained, zone=zone
            )
        case "things_stack":
            return lorawan.decode_things_stack(
                topic, payload, received_at=received_at, retained=retained
            )
        case "chirpstack":
            return lorawan.decode_chirpstack(
                topic, payload, received_at=received_at, retained=retained
            )
        case _:
            return plain.decode(topic, payload, received_at=received_at, retained=retained)
