"""Tasmota: `tele/<topic>/SENSOR` every 300 s, one object a chip, units beside the values; relays
in `tele/<topic>/STATE` as often, and in `stat/<topic>/RESULT` when they are switched.

`Time` is the device's local time without a zone, and ambiguous for an hour each autumn where
clocks change; of two candidates the one nearer to the arrival is meant.

Source: Tasmota documentation, "JSON status responses", "Modbus bridge", "MQTT" (LWT).
"""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from msgspec.structs import replace

from sensors.errors import UnknownQuantity
from sensors.quantities import convert
from sensors.wires.payload import scalars
from sensors.wires.payload.decoded import Decoded, Refused, Value
from sensors.wires.payload.fields import leaves, numbers
from sensors.wires.payload.names import Known, named
from sensors.wires.payload.states import state_of
from sensors.wires.payload.zigbee2mqtt import availability_of

# The processor's own heat, not the room's.
_OWN_CHIP = "ESP32"
_SENSORS = ("SENSOR", "STATUS8", "STATUS10")
_RELAYS = ("STATE", "RESULT")
_PLUG = {"Total": Known("energy_kwh", "energy"), "Voltage": Known("voltage_v", "voltage")}
# name of a value -> where its unit stands, and which one it is where nothing stands
_UNITS = {
    "temperature": ("TempUnit", "C"),
    "dew_point": ("TempUnit", "C"),
    "pressure_hpa": ("PressureUnit", "hPa"),
    "wind_speed": ("SpeedUnit", "m/s"),
}


def decode(
    topic: str,
    payload: bytes,
    *,
    received_at: datetime,
    retained: bool,
    zone: tzinfo | None,
) -> Decoded:
    """Read one `tele/` or `stat/` message; `zone` is where the device's clock lives."""
    _, _, rest = topic.partition("/")
    device, _, kind = rest.rpartition("/")
    if kind == "LWT":
        word = availability_of(topic, payload)["availability"]
        state: Any = "online" if word == "online" else "offline"
        return Decoded("tasmota", device, received_at, availability=state)
    is_known = kind in (*_SENSORS, *_RELAYS)
    if not is_known and not payload.lstrip().startswith(b"{"):
        # Among them `stat/<topic>/POWER`, which repeats RESULT as a bare word.
        return Decoded("tasmota", device, received_at, is_new=False)
    content = scalars.load_object(topic, payload)
    if "ModbusReceived" in content:
        return _modbus(topic, device, content, received_at)
    if not is_known:
        return Decoded("tasmota", device, received_at, is_new=False)
    if kind in _RELAYS:
        return _relays(device, content, received_at, retained, zone)
    # `Status 8` and `Status 10` answer a question with the same object, one level down.
    return _sensor(topic, device, content.get("StatusSNS", content), received_at, retained, zone)


def _sensor(
    topic: str,
    device: str,
    content: Any,
    received_at: datetime,
    retained: bool,
    zone: tzinfo | None,
) -> Decoded:
    if not isinstance(content, dict):
        raise scalars.refusal(
            topic, fault="not_an_object", problem="StatusSNS", expected="an object", got=content
        )
    at = _moment(content.get("Time"), received_at, zone)
    contacts = _states(content, "switch")
    chips = [(chip, fields) for chip, fields in content.items() if isinstance(fields, dict)]
    parts = [_chip(topic, chip, fields, content) for chip, fields in chips]
    return Decoded(
        "tasmota",
        device,
        at or received_at,
        "device" if at else "arrival",
        (*contacts, *(value for values, _ in parts for value in values)),
        is_new=not retained,
        refused=tuple(fault for _, faults in parts for fault in faults),
    )


def _relays(
    device: str,
    content: dict[str, Any],
    received_at: datetime,
    retained: bool,
    zone: tzinfo | None,
) -> Decoded:
    at = _moment(content.get("Time"), received_at, zone)
    states = _states(content, "power")
    source: Any = "device" if at else "arrival"
    is_new = bool(states) and not retained
    return Decoded("tasmota", device, at or received_at, source, states, is_new=is_new)


def _states(content: dict[str, Any], name: str) -> tuple[Value, ...]:
    """Read `POWER`, `POWER2`, `Switch1` at the top of a message."""
    found = (state_of(raw, got) for raw, got in content.items() if raw.lower().startswith(name))
    return tuple(value for value in found if value is not None)


def _chip(
    topic: str, chip: str, fields: dict[str, Any], units: dict[str, Any]
) -> tuple[list[Value], list[Refused]]:
    values, refused = numbers(topic, _measured(fields))
    values = tuple(map(_plug, values)) if chip == "ENERGY" else values
    made = [_in_unit(topic, replace(value, channel=chip), units) for value in values]
    if chip == _OWN_CHIP:
        made = [replace(value, quantity=None, canonical=None) for value in made]
    return made, [dataclasses.replace(fault, raw=f"{chip}.{fault.raw}") for fault in refused]


def _measured(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for raw, got in leaves(fields):
        # An identifier may consist of digits only and is still no measurement.
        if raw not in ("Id", "Model", "Address", "TotalStartTime"):
            yield raw, got


def _plug(value: Value) -> Value:
    """Name what only a metering plug sends; `Total` counts kWh since `TotalStartTime`."""
    known = _PLUG.get(value.raw)
    return named(value.raw, value.value, known) if known else value


def _in_unit(topic: str, value: Value, units: dict[str, Any]) -> Value:
    """Convert by the unit that travels beside the chips (`TempUnit`, `PressureUnit`, …)."""
    beside, usual = _UNITS.get(value.name, ("", ""))
    if value.value is None or value.quantity is None or not beside:
        return value
    unit = units.get(beside, usual)
    try:
        converted = convert(value.value, value.quantity, str(unit))
    except UnknownQuantity as error:
        raise scalars.refusal(
            topic, fault="unit", problem=f"unknown {beside}", expected=usual, got=unit
        ) from error
    rounded = float(f"{converted:.10g}")
    return replace(value, value=rounded, canonical=rounded)


def _moment(value: object, received_at: datetime, zone: tzinfo | None) -> datetime | None:
    with_zone = scalars.instant(value) if isinstance(value, str) else None
    if with_zone:
        return with_zone[0]
    local = scalars.local_instant(value)
    if local is None or zone is None:
        return None
    candidates = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(candidates, key=lambda moment: abs(moment - received_at))


def _modbus(topic: str, device: str, content: dict[str, Any], received_at: datetime) -> Decoded:
    """Hand over registers read through the Modbus bridge; a device profile gives them meaning."""
    answer = content["ModbusReceived"]
    registers = answer.get("Values") if isinstance(answer, dict) else None
    if not isinstance(registers, list) or not all(_is_register(value) for value in registers):
        raise scalars.refusal(
            topic,
            fault="registers",
            problem="ModbusReceived without registers",
            expected="Values of 0..65535",
            got=answer,
        )
    facts = {
        "registers": registers,
        "unit": answer.get("DeviceAddress"),
        "function": answer.get("FunctionCode"),
        "start": answer.get("StartAddress"),
    }
    return Decoded("tasmota", device, received_at, facts=facts)


def _is_register(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFF
