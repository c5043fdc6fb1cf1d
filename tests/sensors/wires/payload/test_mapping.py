"""Settings explain a grower's own topics and JSON: templates, paths, scales."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import BadPayload
from sensors.wires import payload
from sensors.wires.payload import Field, Mapping, Path, Template

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def test_only_the_device_may_hold_slashes():
    template = Template.parse("site/{site}/{device}/climate")

    assert template.match("site/a/gh1/bench 3/climate") == {"site": "a", "device": "gh1/bench 3"}
    assert template.match("site/a/climate") is None
    assert template.subscription == "site/+/#"


@pytest.mark.parametrize("text", ["", "a/+/{device}", "a/#", "{x}/{x}"])
def test_a_template_that_cannot_be_meant_is_refused(text):
    with pytest.raises(BadPayload):
        Template.parse(text)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ('$["odd.name"].x', ("odd.name", "x")),
        ("[2]", (2,)),
    ],
)
def test_paths_are_read(text, steps):
    assert Path.parse(text).steps == steps


@pytest.mark.parametrize("text", ["a..b", "a[", "a[x]", "a.", '["'])
def test_a_path_that_leads_nowhere_is_refused(text):
    with pytest.raises(BadPayload):
        Path.parse(text)


def test_a_mapping_names_the_quantity_the_time_and_the_key():
    mapping = Mapping(
        (Field(Path.parse("env.t[1]"), "air_temperature", 0.1, "top"),),
        time=Path.parse("ts"),
        key=Path.parse("id"),
    )
    body = b'{"env":{"t":[0,215]},"ts":"2026-02-01T11:59:00Z","id":7}'

    message = payload.decode_mapped(
        "x", body, mapping, device="p1", received_at=NOW, retained=False
    )

    (reading,) = message.readings()
    assert (reading.value, reading.channel, reading.device) == (21.5, "top", "p1")
    assert reading.at == datetime(2026, 2, 1, 11, 59, tzinfo=UTC)
    assert message.key == "7"


def test_a_mapping_that_finds_nothing_says_so():
    mapping = Mapping((Field(Path.parse("a.b"), "co2"),))

    with pytest.raises(BadPayload, match=r"a\.b"):
        payload.decode_mapped("x", b"{}", mapping, device="p", received_at=NOW, retained=False)


@given(
    st.sampled_from(
        [
            "zigbee2mqtt/x",
            "zigbee2mqtt/x/availability",
            "tele/n/SENSOR",
            "tele/n/LWT",
            "tele/n/RESULT",
            "v3/a@t/devices/d/up",
            "application/a/device/d/event/up",
            "site/x",
        ]
    ),
    st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["uplink_message", "StatusSNS", "Time", "temperature", "time"])
                    | st.sampled_from(["decoded_payload", "rxInfo", "deviceInfo", "ModbusReceived"])
                    | st.text(max_size=5),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_whatever_is_published_only_a_typed_error_comes_out(topic, body):
    try:
        message = payload.decode(topic, body, received_at=NOW)
    except BadPayload:
        return
    message.readings()
