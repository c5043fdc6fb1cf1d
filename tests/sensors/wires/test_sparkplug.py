"""Sparkplug B: names from births, losses noticed, deaths that count and deaths that do not."""

import contextlib
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import BadPayload
from sensors.wires.sparkplug import (
    DataType,
    Host,
    Inbox,
    Metric,
    Payload,
    Topic,
    raw_of,
    rebirth,
    rebirth_command,
)

METRICS = st.builds(
    Metric,
    name=st.none() | st.text(max_size=8),
    alias=st.none() | st.integers(0, 2**64 - 1),
    timestamp=st.none() | st.integers(0, 2**53),
    datatype=st.none() | st.integers(0, 34),
    is_historical=st.booleans(),
    is_null=st.booleans(),
    quality=st.sampled_from([None, 0, 192, 500]),
    raw=st.one_of(
        st.none(),
        st.tuples(st.just(10), st.integers(0, 2**32 - 1)),
        st.tuples(st.just(11), st.integers(0, 2**64 - 1)),
        st.tuples(st.just(13), st.binary(min_size=8, max_size=8)),
        st.tuples(st.sampled_from([16, 17, 18]), st.binary(max_size=8)),
    ),
)


def metric(name, value, datatype=DataType.DOUBLE, **options):
    return Metric(name, datatype=datatype, raw=raw_of(value, datatype), **options)


def birth(*metrics, seq=0, bd_seq=7):
    return Payload(1, (metric("bdSeq", bd_seq, DataType.INT64), *metrics), seq).to_bytes()


def data(*metrics, seq=1, timestamp=2):
    return Payload(timestamp, metrics, seq).to_bytes()


def death(bd_seq=7):
    return Payload(3, (metric("bdSeq", bd_seq, DataType.INT64),)).to_bytes()


NBIRTH, NDATA, NDEATH = (f"spBv1.0/farm/{kind}/edge1" for kind in ("NBIRTH", "NDATA", "NDEATH"))
DBIRTH, DDATA, DDEATH = (f"spBv1.0/farm/{kind}/edge1/p" for kind in ("DBIRTH", "DDATA", "DDEATH"))


@pytest.fixture
def host():
    host = Host()
    host.hear(NBIRTH, birth(metric("t", 20.5, alias=1), metric("n", 5, DataType.INT32, alias=2)))
    return host


@given(
    st.builds(
        Payload,
        st.none() | st.integers(0, 2**53),
        st.lists(METRICS, max_size=4).map(tuple),
        st.none() | st.integers(0, 255),
    )
)
def test_every_payload_survives_the_wire(payload):
    assert Payload.from_bytes(payload.to_bytes()) == payload


@pytest.mark.parametrize(
    ("datatype", "low", "high"),
    [
        (DataType.INT8, -(2**7), 2**7 - 1),
        (DataType.INT16, -(2**15), 2**15 - 1),
        (DataType.INT32, -(2**31), 2**31 - 1),
        (DataType.INT64, -(2**63), 2**63 - 1),
        (DataType.UINT8, 0, 2**8 - 1),
        (DataType.UINT32, 0, 2**32 - 1),
        (DataType.UINT64, 0, 2**64 - 1),
    ],
)
def test_whole_numbers_keep_their_sign(datatype, low, high):
    for value in (low, high, 0):
        sent = Metric.from_bytes(metric("x", value, datatype).to_bytes())
        assert sent.value_as(None) == value


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        (DataType.FLOAT, 1.82),
        (DataType.DOUBLE, -3.25),
        (DataType.BOOLEAN, True),
        (DataType.STRING, "ほうれん草"),
    ],
)
def test_other_values_are_read_as_written(datatype, value):
    assert Metric.from_bytes(metric("x", value, datatype).to_bytes()).value_as(None) == value


def test_nan_is_no_value():
    assert metric("x", math.nan).value_as(None) is None


@given(
    st.binary(max_size=60),
    st.sampled_from([NBIRTH, NDATA, NDEATH, DBIRTH, DDATA, "spBv1.0/STATE/h"]),
)
def test_arbitrary_bytes_raise_only_the_typed_error(message, topic):
    with contextlib.suppress(BadPayload):
        Host().hear(topic, message)


@given(st.data())
def test_a_damaged_birth_raises_only_the_typed_error(draw):
    good = bytearray(birth(metric("t", 20.5, alias=1, quality=500)))
    good[draw.draw(st.integers(0, len(good) - 1))] = draw.draw(st.integers(0, 255))

    with contextlib.suppress(BadPayload):
        Host().hear(NBIRTH, bytes(good[: draw.draw(st.integers(0, len(good)))]))


def test_names_and_types_come_from_the_birth(host):
    heard = host.hear(NDATA, data(Metric(alias=2, raw=(10, 0xFFFFFFFB))))

    assert [(m.name, m.value, m.timestamp) for m in heard.metrics] == [("n", -5, 2)]
    assert not heard.wants_rebirth


def test_an_alias_nobody_was_born_with_is_refused(host):
    with pytest.raises(BadPayload) as caught:
        host.hear(NDATA, data(Metric(alias=9, raw=(10, 1))))

    assert caught.value.facts["fault"] == "unknown_alias"


def test_a_lost_message_asks_for_a_rebirth_once(host):
    assert not host.hear(NDATA, data(seq=1)).wants_rebirth
    assert host.hear(NDATA, data(seq=3)).wants_rebirth
    assert not host.hear(NDATA, data(seq=4)).wants_rebirth


def test_the_sequence_wraps_after_255(host):
    host.hear(NBIRTH, birth(seq=255))

    assert not host.hear(NDATA, data(seq=0)).wants_rebirth


def test_devices_share_the_nodes_sequence_and_aliases(host):
    host.hear(DBIRTH, data(metric("ph", 6.1, alias=3), seq=1))

    heard = host.hear(DDATA, data(Metric(alias=3, raw=raw_of(6.2, DataType.DOUBLE)), seq=2))

    assert [(m.name, m.value) for m in heard.metrics] == [("ph", 6.2)]
    assert not heard.wants_rebirth


def test_history_does_not_move_the_live_value(host):
    old = Metric(alias=1, is_historical=True, raw=raw_of(1.0, DataType.DOUBLE))

    host.hear(NDATA, data(old))

    assert host.live("farm", "edge1", "t").value == 20.5


def test_a_death_makes_all_values_stale(host):
    heard = host.hear(NDEATH, death())

    assert set(heard.died) == {"bdSeq", "t", "n"}
    assert host.live("farm", "edge1", "t").quality == "stale"
    with pytest.raises(BadPayload):
        host.hear(NDATA, data(Metric(alias=1, raw=(10, 1))))


def test_the_will_of_a_replaced_connection_is_ignored(host):
    heard = host.hear(NDEATH, death(bd_seq=6))

    assert heard.died == ()
    assert host.live("farm", "edge1", "t").quality == "good"


def test_one_device_can_die_alone(host):
    host.hear(DBIRTH, data(metric("ph", 6.1, alias=3), seq=1))

    assert host.hear(DDEATH, data(seq=2)).died == ("ph",)
    assert host.live("farm", "edge1", "t").quality == "good"


def test_quality_travels_with_the_value(host):
    heard = host.hear(NDATA, data(metric("ec", 1.8, quality=500), metric("ph", 6, quality=0)))

    assert [m.quality for m in heard.metrics] == ["stale", "bad"]


def test_a_template_is_stepped_over(host):
    template = Metric("motor", datatype=DataType.TEMPLATE, raw=(18, b"\x0a\x00"))

    heard = host.hear(NDATA, data(template, metric("t", 21.0)))

    assert heard.metrics[1].value == 21.0


def test_the_host_state_is_json():
    assert Host().hear("spBv1.0/STATE/h", b'{"online":true,"timestamp":1}').online is True


@pytest.mark.parametrize(
    "topic",
    ["", "spBv1.0/farm/NDATA", "spBv1.0/farm/NDATA/e/d", "spBv1.0/farm/DDATA/e", "x/farm/NDATA/e"],
)
def test_other_topics_are_refused(topic):
    with pytest.raises(BadPayload, match="topic"):
        Topic.parse(topic)


def test_the_rebirth_command_is_a_true_boolean():
    (wish,) = Payload.from_bytes(rebirth_command(5).to_bytes()).metrics

    assert (wish.name, wish.value_as(None)) == ("Node Control/Rebirth", True)


def test_messages_become_readings_with_their_own_times_and_quality():
    inbox = Inbox()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    at = round(moment.timestamp() * 1000)
    named = birth(
        metric("gh1/air_temperature", 20.5, alias=1, timestamp=at),
        metric("mode", "auto", DataType.STRING),
    )

    born = inbox.decode(NBIRTH, named, received_at=moment)
    late = data(
        Metric(
            alias=1, timestamp=at - 60_000, is_historical=True, raw=raw_of(19.5, DataType.DOUBLE)
        ),
        metric("gh1/humidity", 70.0, timestamp=at, quality=500),
        seq=2,
    )
    later = inbox.decode(NDATA, late, received_at=moment)

    (first,) = born.readings()
    assert (first.device, first.quantity, first.channel) == ("edge1", "air_temperature", "gh1")
    assert born.availability == "online"
    assert [(r.value, r.at, r.quality.name) for r in later.readings()] == [
        (19.5, moment - timedelta(minutes=1), "GOOD"),
        (70.0, moment, "STALE"),
    ]
    assert later.facts == {"rebirth": "spBv1.0/farm/NCMD/edge1"}
    assert inbox.decode(NDEATH, death(), received_at=moment).availability == "offline"
    assert Payload.from_bytes(rebirth(moment)).timestamp == at


def test_a_boolean_that_names_its_equipment_is_a_state():
    inbox = Inbox()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    named = birth(
        metric("bay 1/lamp", True, DataType.BOOLEAN),
        metric("bay 1/tamper", True, DataType.BOOLEAN),
    )

    (found,) = inbox.decode(NBIRTH, named, received_at=moment).readings()

    assert (found.quantity, found.channel, found.value) == ("lamp", "bay 1", 1.0)


def test_a_command_of_somebody_is_no_reading():
    inbox = Inbox()
    order = data(metric("valve", 1.0), seq=None)

    heard = inbox.decode("spBv1.0/farm/NCMD/edge1", order, received_at=datetime.now(UTC))

    assert heard.readings() == ()
