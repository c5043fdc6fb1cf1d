"""UECS: hostile XML does nothing, the right sender is heard, and nobody is obeyed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import DamagedFrame
from sensors.quantities import convert
from sensors.wires import uecs
from sensors.wires.uecs import Ccm, CcmList, CcmScan, Data, Listener, Node, NodeScan, Place, Values

PLACES = st.builds(Place, st.integers(0, 127), st.integers(0, 127), st.integers(0, 30_000))
TYPES = st.sampled_from(["InAirTemp", "InAirTemp.mIC", "WAirHumid", "VenRoofWinopr.1.mC"])
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=10)
DATA = st.builds(
    Data,
    TYPES,
    PLACES,
    st.integers(0, 29),
    st.integers(-9999, 9999).map(lambda n: n / 10),
    st.just("192.168.1.64"),
)
CCM = st.builds(
    Ccm,
    st.integers(1, 99),
    TYPES,
    PLACES,
    st.integers(0, 29),
    st.integers(0, 3),
    TEXT,
    st.sampled_from(["S", "R"]),
    st.sampled_from(["A-10S-0", "S-1M-1", "B-0"]),
)


def wrapped(inside):
    return f'<?xml version="1.0"?><UECS ver="1.00-E10">{inside}</UECS>'.encode()


@given(
    st.one_of(
        st.lists(DATA, min_size=1, max_size=3).map(lambda data: Values(tuple(data))),
        st.just(NodeScan()),
        st.builds(CcmScan, st.integers(1, 99)),
        st.builds(uecs.NodeAnswer, st.builds(Node, TEXT, TEXT, TEXT, TEXT, TEXT)),
        st.builds(
            CcmList, st.integers(1, 9), st.integers(1, 9), st.lists(CCM, max_size=3).map(tuple)
        ),
    )
)
def test_every_message_survives_the_wire(message):
    assert uecs.from_bytes(message.to_bytes()) == message


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(wrapped)))
def test_arbitrary_datagrams_raise_only_the_typed_error(datagram):
    with contextlib.suppress(DamagedFrame):
        uecs.from_bytes(datagram)


@pytest.mark.parametrize(
    ("datagram", "fault"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "b">]><UECS/>', "dtd_forbidden"),
        (b'<!DOCTYPE x SYSTEM "http://example.invalid/x"><UECS/>', "dtd_forbidden"),
        (wrapped("<DATA"), "xml"),
        (wrapped("&a;"), "xml"),
        (b"", "xml"),
        (b"\xff\xfe", "xml"),
        (b"<OTHER/>", "root"),
        (wrapped("<data/>"), "unknown_element"),
        (wrapped("<DATA>1</DATA>"), "type"),
        (wrapped('<DATA type="InAirTemp" room="1" region="1" order="1">1</DATA>'), "attribute"),
        (
            wrapped('<DATA type="T" room="x" region="1" order="1" priority="1">1</DATA>'),
            "attribute",
        ),
        (wrapped('<DATA type="T" room="1" region="1" order="1" priority="1">on</DATA>'), "value"),
        (
            wrapped('<DATA type="T" room="1" region="1" order="1" priority="1">NaN</DATA>'),
            "not_finite",
        ),
        (wrapped("<A>" * 9 + "</A>" * 9), "too_deep"),
        (wrapped(" " * 9000), "too_large"),
    ],
)
def test_what_is_no_message_is_refused_by_name(datagram, fault):
    with pytest.raises(DamagedFrame) as caught:
        uecs.from_bytes(datagram)

    assert caught.value.facts["fault"] == fault


def test_a_place_of_zero_is_everywhere():
    assert Place(0, 1, 1).matches(Place(5, 1, 1))
    assert Place(5, 1, 1).matches(Place(0, 0, 0))
    assert not Place(1, 1, 1).matches(Place(2, 1, 1))


def data(value, *, ip="192.168.1.64", priority=29, place=None):
    return Data("InAirTemp", place or Place(1, 1, 1), priority, value, ip)


def listener():
    return Listener("InAirTemp", Place(1, 1, 1), uecs.life_s("A-10S-0"))


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        (data(20, priority=29), data(30, priority=15), 30),
        (data(20, ip="192.168.1.9"), data(25, ip="192.168.1.20"), 20),
        (data(20, ip="192.168.1.100"), data(25, ip="192.168.1.20"), 25),
        (data(20, place=Place(0, 1, 1), ip="10.0.0.1"), data(25, ip="10.0.0.9"), 25),
        (data(20, place=Place(0, 0, 0), priority=1), data(25, priority=29), 20),
        (data(20, place=Place(2, 1, 1), priority=1), data(25, priority=29), 25),
    ],
)
def test_who_is_heard(first, second, winner):
    one = listener()
    one.hear(first, at=0)
    one.hear(second, at=1)

    assert one.current(2).value == winner


@pytest.mark.parametrize(
    ("level", "seconds"),
    [("A-1S-0", 3), ("A_10S_1", 30), ("S-1M-0", 180), ("A-1M-1", 180), ("B-0", 180)],
)
def test_a_value_lives_three_periods(level, seconds):
    one = Listener("InAirTemp", Place(), uecs.life_s(level))
    one.hear(data(20), at=100)

    assert one.current(100 + seconds - 0.1).value == 20
    assert one.current(100 + seconds) is None


def test_when_the_winner_falls_silent_the_next_is_heard():
    one = listener()
    one.hear(data(30, ip="192.168.1.30", priority=15), at=0)
    one.hear(data(20), at=20)

    assert one.current(25).value == 30
    assert one.current(31).value == 20


def test_a_flood_of_senders_does_not_grow_the_memory():
    one = listener()
    for number in range(2000):
        one.hear(data(1, ip=f"10.0.{number // 256}.{number % 256}"), at=0)

    assert len(one._heard) <= 256


def test_scans_are_answered_page_by_page():
    node = Node("minori", "minori", "010000000000", "192.168.1.5", "02A2730B0002")
    ccms = tuple(
        Ccm(number, kind, Place(1, 1, 1), 29, 1, "C", "S", "A-10S-0")
        for number, kind in enumerate(["InAirTemp.mC", "InAirHumid.mC"], start=1)
    )

    assert uecs.from_bytes(uecs.answer_scan(NodeScan(), node, ccms)).node == node
    first = uecs.from_bytes(uecs.answer_scan(CcmScan(1), node, ccms))
    second = uecs.from_bytes(uecs.answer_scan(uecs.next_page(first), node, ccms))
    assert (first.ccms + second.ccms, uecs.next_page(second)) == (ccms, None)
    assert uecs.answer_scan(CcmScan(3), node, ccms) is None
    assert uecs.answer_scan(Values((data(1),)), node, ccms) is None


def test_what_we_send_is_what_the_consortium_prints():
    sent = Values((Data("InAirTemp", Place(1, 1, 1), 29, 23.0, "192.168.1.64"),)).to_bytes()

    assert sent == wrapped(
        '<DATA type="InAirTemp" room="1" region="1" order="1" priority="29">23.0</DATA>'
        "<IP>192.168.1.64</IP>"
    )


@pytest.mark.parametrize(("unit", "quantity", "channel"), uecs.TYPES.values())
def test_every_type_leads_into_the_vocabulary(unit, quantity, channel):
    assert convert(1.0, quantity, unit) is not None
