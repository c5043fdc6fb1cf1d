"""Home Assistant discovery: read what probes announce, announce our rooms, run no program."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import BadPayload
from sensors.quantities import QUANTITIES
from sensors.wires import homeassistant, payload
from sensors.wires.homeassistant import Shown

NOW = datetime(2026, 2, 1, tzinfo=UTC)
TOPIC = "homeassistant/sensor/gh1/temperature/config"


def read(content, topic=TOPIC):
    return homeassistant.read(topic, json.dumps(content).encode())


def test_a_probe_that_announces_itself_is_read_without_settings():
    (entity,) = read(
        {
            "uniq_id": "gh1_t",
            "~": "zigbee2mqtt/gh1/climate",
            "stat_t": "~",
            "val_tpl": "{{ value_json.temperature | float | round(1) }}",
            "unit_of_meas": "°C",
            "dev_cla": "temperature",
            "stat_cla": "measurement",
            "exp_aft": 600,
            "avty": [{"t": "~/availability"}],
            "dev": {"ids": ["0x00158d"]},
        }
    ).entities

    assert (entity.state_topic, entity.expire_after_s) == ("zigbee2mqtt/gh1/climate", 600)
    assert entity.availability_topics == ("zigbee2mqtt/gh1/climate/availability",)
    message = payload.decode_mapped(
        entity.state_topic,
        b'{"temperature": 21.5}',
        entity.mapping(),
        device=entity.device,
        received_at=NOW,
        retained=False,
    )
    assert [(r.quantity, r.value, r.device) for r in message.readings()] == [
        ("air_temperature", 21.5, "0x00158d")
    ]


@pytest.mark.parametrize(
    ("template", "steps"),
    [
        ("{{ value_json.a.b }}", ("a", "b")),
        ("{{value_json['odd name'][0]}}", ("odd name", 0)),
        ('{{ value_json["a.b"] | int }}', ("a.b",)),
        ("{{ value | float(0) }}", ()),
        (None, ()),
    ],
)
def test_templates_that_point_are_read(template, steps):
    content = {"state_topic": "x"} | ({"value_template": template} if template else {})

    assert read(content).entities[0].path.steps == steps


@pytest.mark.parametrize(
    "template",
    ["{% if value > 3 %}1{% endif %}", "{{ value_json.a * 2 }}", "{{ states('x') }}", 5],
)
def test_templates_that_compute_are_left_alone(template):
    announced = read({"state_topic": "x", "value_template": template})

    assert announced.entities == ()
    assert announced.left_alone == (("temperature", "template"),)


def test_an_empty_payload_removes():
    assert homeassistant.read(TOPIC, b"").removed


def test_a_device_with_components_is_read():
    content = {
        "dev": {"ids": "abc"},
        "o": {"name": "x"},
        "state_topic": "x/state",
        "cmps": {
            "t": {"p": "sensor", "dev_cla": "temperature", "val_tpl": "{{ value_json.t }}"},
            "lamp": {"p": "switch", "cmd_t": "x/set", "val_tpl": "{{ value_json.s }}"},
            "heat": {"p": "climate", "cmd_t": "x/set"},
        },
    }

    announced = read(content, "homeassistant/device/abc/config")

    assert [(e.unique_id, e.state_topic, e.device) for e in announced.entities] == [
        ("t", "x/state", "abc"),
        ("lamp", "x/state", "abc"),
    ]
    assert announced.left_alone == (("heat", "platform"),)


@pytest.mark.parametrize(
    ("platform", "content", "quantity"),
    [
        ("binary_sensor", {"device_class": "door"}, "door"),
        ("binary_sensor", {"device_class": "window", "pl_on": True}, "vent"),
        ("switch", {}, "switch"),
        ("light", {"schema": "json"}, "lamp"),
        ("fan", {"payload_on": "on"}, "fan"),
        ("valve", {}, "water_valve"),
    ],
)
def test_what_is_on_or_off_is_read_as_a_state(platform, content, quantity):
    topic = f"homeassistant/{platform}/x/config"

    (entity,) = read({"uniq_id": "x", "stat_t": "x/state"} | content, topic).entities

    assert entity.quantity == quantity
    assert entity.path.text == ("$.state" if "schema" in content else "$")


def test_words_we_do_not_know_are_left_alone_with_the_reason():
    """`lit` may mean on; a guess that is wrong turns day into night."""
    content = {"uniq_id": "x", "stat_t": "x/state", "pl_on": "lit", "pl_off": "dark"}

    announced = read(content, "homeassistant/binary_sensor/x/config")

    assert announced.left_alone == (("x", "words"),)


def test_our_doors_are_shown_as_open_or_closed():
    shown = [Shown("door", "Door", "door", "", "minori/a/state", 90)]

    _, body = homeassistant.publish("room_a", "Room A", shown, version="0.1.0")

    component = json.loads(body)["components"]["door"]
    assert (component["platform"], component["device_class"]) == ("binary_sensor", "door")
    assert "unit_of_measurement" not in component


def test_our_rooms_can_be_read_back():
    shown = [
        Shown("air_temperature", "Air", "air_temperature", "°C", "minori/a/state", 90),
        Shown("dli", "DLI", "dli", "mol/m²/d", "minori/a/state", 90),
    ]

    topic, body = homeassistant.publish("room_a", "Room A", shown, version="0.1.0")

    first, second = homeassistant.read(topic, body).entities
    assert (first.unique_id, first.quantity) == ("minori_room_a_air_temperature", "air_temperature")
    assert (second.unit, second.quantity, second.state_class) == ("mol/m²/d", None, "measurement")
    assert first.path.find(json.loads(homeassistant.state({"air_temperature": None}))) == (
        True,
        None,
    )


def test_it_is_noticed_when_home_assistant_returns():
    assert homeassistant.is_birth("homeassistant/status", b"online")
    assert not homeassistant.is_birth("homeassistant/status", b"offline")


def test_every_class_leads_into_the_vocabulary():
    assert set(homeassistant.QUANTITIES.values()) <= set(QUANTITIES)


@given(
    st.sampled_from([TOPIC, "homeassistant/device/x/config", "homeassistant/x", "y"]),
    st.one_of(
        st.binary(max_size=30),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["cmps", "dev", "ids", "stat_t", "~", "val_tpl", "avty", "p"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_whatever_is_announced_only_the_typed_error_comes_out(topic, body):
    with contextlib.suppress(BadPayload):
        homeassistant.read(topic, body)
