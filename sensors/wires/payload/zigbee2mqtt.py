"""Zigbee2MQTT: one JSON object of all states a topic, `zigbee2mqtt/<name>`; a name may hold `/`.

The bridge repeats cached values whenever one of them changes and often keeps them retained, so
`last_seen` (where switched on) is the only time that belongs to the message.

Source: zigbee2mqtt.io, "MQTT topics and messages" and "Device availability".
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from sensors.wires.payload import scalars
from sensors.wires.payload.decoded import Decoded, Value
from sensors.wires.payload.fields import leaves, numbers
from sensors.wires.payload.names import KNOWN, Known, named
from sensors.wires.payload.states import state_of

# Commands to a device pass on the same tree; nothing in them was measured.
_COMMANDS = ("set", "get")
# Above this a `voltage` is a coin cell in mV; below, a plug or a panel in V.
_MILLIVOLT_FROM = 1000


def decode(
    topic: str, payload: bytes, *, received_at: datetime, retained: bool, base: str = "zigbee2mqtt"
) -> Decoded:
    """Read one message below `base`; the bridge's own housekeeping carries no values."""
    name = topic.removeprefix(f"{base}/")
    head, _, last = name.rpartition("/")
    if (head and last == "availability") or name == "bridge/state":
        return _availability(topic, head, payload, received_at)
    if name.startswith("bridge/") or last in _COMMANDS:
        return Decoded("zigbee2mqtt", name, received_at, is_new=False)
    content = scalars.load_json(topic, payload)
    if not isinstance(content, dict):
        name, content = _attribute(topic, head, last, content)
    return _states(topic, name, content, received_at, retained=retained)


def availability_of(source: str, payload: bytes) -> dict[str, str]:
    """Read `{"state":"online"}` or the bare word of older releases and of other firmware."""
    text = scalars.text_of(source, payload)
    state = scalars.load_json(source, payload) if text.startswith("{") else text.strip('"')
    word = state.get("state") if isinstance(state, dict) else state
    word = word.lower() if isinstance(word, str) else word
    if word not in ("online", "offline"):
        raise scalars.refusal(
            source,
            fault="availability",
            problem="unknown availability",
            expected="online or offline",
            got=word,
        )
    return {"availability": str(word)}


def _availability(topic: str, device: str, payload: bytes, received_at: datetime) -> Decoded:
    word = availability_of(topic, payload)["availability"]
    return Decoded(
        "zigbee2mqtt",
        device,
        received_at,
        availability="online" if word == "online" else "offline",
    )


def _attribute(topic: str, head: str, last: str, content: Any) -> tuple[str, dict[str, Any]]:
    """Read the `attribute` output setting: a topic per state, the bare value as payload."""
    is_known = last in KNOWN or state_of(last, content) is not None
    if head and is_known and not isinstance(content, list):
        return head, {last: content}
    raise scalars.refusal(
        topic, fault="not_an_object", problem="another shape", expected="an object", got=content
    )


def _states(
    topic: str, name: str, content: dict[str, Any], received_at: datetime, *, retained: bool
) -> Decoded:
    values, refused = numbers(topic, _measured(content))
    seen = scalars.instant(content.get("last_seen"))
    return Decoded(
        "zigbee2mqtt",
        name,
        seen[0] if seen else received_at,
        "device" if seen else "arrival",
        tuple(_voltage(value, content) for value in values),
        is_new=not retained,
        refused=refused,
    )


def _measured(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    position = content.get("position")
    for raw, got in leaves(content):
        if raw == "state" and isinstance(position, (int, float)):
            # A cover: how far it is open says more than that it is.
            yield "switch", position / 100
            continue
        # A firmware update's progress and the time are no measurements.
        if raw != "last_seen" and not raw.startswith("update"):
            # With both fields, the plain one is the chip's logarithmic count, not lux.
            is_count = raw == "illuminance" and "illuminance_lux" in content
            yield ("illuminance_raw" if is_count else raw), got


def _voltage(value: Value, content: dict[str, Any]) -> Value:
    if value.raw != "voltage":
        return value
    on_battery = "battery" in content or (value.value or 0) >= _MILLIVOLT_FROM
    known = (
        Known("voltage_mv", "battery_voltage", 0.001)
        if on_battery
        else Known("voltage_v", "voltage")
    )
    return replace(named("voltage", value.value, known), channel=value.channel)
