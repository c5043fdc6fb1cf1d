"""On and off, open and closed: from whoever says it, as 1 and 0."""

import json
from datetime import UTC, datetime

import pytest

from sensors import BadPayload
from sensors.wires.payload import Field, Mapping, Path, decode, decode_mapped

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


def said(topic: str, body: object) -> dict[str, float | None]:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = decode(topic, payload, received_at=NOW).readings()
    return {f"{r.quantity}/{r.channel}".rstrip("/"): r.value for r in found}


@pytest.mark.parametrize(
    ("topic", "body", "states"),
    [
        ("zigbee2mqtt/plug", {"state": "ON"}, {"switch": 1}),
        ("zigbee2mqtt/plug", {"state": "OFF", "linkquality": 90}, {"switch": 0}),
        ("zigbee2mqtt/strip", {"state_l1": "ON", "state_l2": "OFF"}, {"switch/l1": 1, "switch/l2": 0}),
        ("zigbee2mqtt/wall", {"state_left": "ON"}, {"switch/left": 1}),
        ("zigbee2mqtt/door", {"contact": True, "battery": 90}, {"door": 0, "battery": 90}),
        ("zigbee2mqtt/door", {"contact": False}, {"door": 1}),
        ("zigbee2mqtt/vent", {"state": "OPEN", "position": 40}, {"switch": 0.4}),
        ("zigbee2mqtt/vent", {"state": "CLOSE", "position": 0}, {"switch": 0}),
        ("zigbee2mqtt/lock", {"state": "LOCK"}, {}),
        ("zigbee2mqtt/plug/state", b'"ON"', {"switch": 1}),
        ("tele/lamp/STATE", {"POWER": "ON", "Wifi": {"RSSI": 70}}, {"switch": 1}),
        ("tele/board/STATE", {"POWER1": "ON", "POWER2": "OFF"}, {"switch/1": 1, "switch/2": 0}),
        ("stat/lamp/RESULT", {"POWER": "OFF"}, {"switch": 0}),
        ("stat/lamp/RESULT", {"Dimmer": 40}, {}),
        ("stat/lamp/POWER", b"OFF", {}),
        ("tele/n/SENSOR", {"Switch1": "ON"}, {"switch/1": 1}),
        ("v3/a/devices/d/up", {"uplink_message": {"decoded_payload": {"DOOR_OPEN_STATUS": 1}}}, {"door": 1}),
        ("application/1/device/d/event/up", {"object": {"magnet_status": "close"}}, {"door": 0}),
        ("farm/tank", {"pump": True, "lamp": "off", "door": "OPEN"}, {"pump": 1, "lamp": 0, "door": 1}),
        ("farm/bay", {"vent": 0.4}, {"vent": 0.4}),
    ],
)  # fmt: skip
def test_a_state_is_one_or_zero(topic: str, body: object, states: dict[str, float]) -> None:
    assert said(topic, body) == states


@pytest.mark.parametrize("body", [{"pump": 740}, {"state": 3}, {"fan": "auto"}, {"contact": "?"}])
def test_what_may_be_something_else_is_no_state(body: dict[str, object]) -> None:
    """A pump's watts, a fan's program, a washing machine's step: none of them is on or off."""
    assert said("farm/x", body | {"co2": 800}) == {"co2": 800}


def test_a_power_of_watts_stays_a_power() -> None:
    assert said("zigbee2mqtt/plug", {"power": 41.5, "state": "ON"}) == {"power": 41.5, "switch": 1}


def test_settings_say_what_a_path_is_of_and_which_way_round() -> None:
    """A reed contact on a vent: it touches while the vent is closed."""
    fields = (Field(Path.parse("reed"), "vent", inverted=True), Field(Path.parse("p1"), "pump"))

    found = decode_mapped(
        "t",
        b'{"reed": true, "p1": 0}',
        Mapping(fields),
        device="d",
        received_at=NOW,
        retained=False,
    )

    assert [(r.quantity, r.value) for r in found.readings()] == [("vent", 0), ("pump", 0)]


@pytest.mark.parametrize(("bare", "value"), [(b"ON", 1), (b"closed", 0), (b"1", 1), (b"true", 1)])
def test_a_bare_word_is_a_state_where_settings_say_so(bare: bytes, value: float) -> None:
    mapping = Mapping((Field(Path.parse("$"), "door"),))

    found = decode_mapped("t", bare, mapping, device="d", received_at=NOW, retained=False)

    assert found.readings()[0].value == value


def test_a_word_that_is_no_state_is_refused_where_one_was_expected() -> None:
    mapping = Mapping((Field(Path.parse("$"), "door"),))

    with pytest.raises(BadPayload):
        decode_mapped("t", b"ajar", mapping, device="d", received_at=NOW, retained=False)


def test_what_the_broker_kept_is_no_new_state() -> None:
    """A retained ON may be a week old."""
    assert (
        decode("zigbee2mqtt/p", b'{"state": "ON"}', received_at=NOW, retained=True).readings() == ()
    )
