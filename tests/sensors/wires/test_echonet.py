"""ECHONET Lite: signed values, codes that are no values, maps in both forms, partial answers."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import DamagedFrame
from sensors.quantities import QUANTITIES
from sensors.reading import Quality
from sensors.wires import echonet
from sensors.wires.echonet import CLASSES, EnergyScale, Frame, Property, Service, explain
from sensors.wires.echonet.values import _QUANTITIES

METER = 0x028801
PROPERTIES = st.lists(
    st.builds(Property, st.integers(0x80, 0xFF), st.binary(max_size=20)), max_size=5
).map(tuple)


def report(eoj, *properties, service=Service.GET_RES):
    made = tuple(Property(epc, bytes.fromhex(edt)) for epc, edt in properties)
    return Frame(1, eoj, echonet.CONTROLLER, service, made)


def test_a_documented_meter_answer():
    frame = Frame.from_bytes(bytes.fromhex("1081000102880105FF017201E704000003A0"))

    assert frame == report(METER, (0xE7, "000003a0"))
    assert explain(frame.seoj, 0xE7, frame.properties[0].edt)[1].fields["watts"] == 928


@given(
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFF),
    st.integers(0, 0xFFFFFF),
    st.sampled_from(list(Service)),
    PROPERTIES,
    PROPERTIES,
)
def test_every_frame_survives_the_wire(tid, seoj, deoj, service, properties, got):
    frame = Frame(tid, seoj, deoj, service, properties, got if service.carries_two_lists else ())

    assert Frame.from_bytes(frame.to_bytes()) == frame


@given(st.one_of(st.binary(max_size=40), st.binary(max_size=30).map(lambda b: b"\x10\x81" + b)))
def test_arbitrary_bytes_raise_only_the_typed_error(datagram):
    with contextlib.suppress(DamagedFrame):
        frame = Frame.from_bytes(datagram)
        list(echonet.measured(frame, EnergyScale()))


@given(st.sampled_from(sorted(CLASSES)), st.integers(0x80, 0xFF), st.binary(max_size=20))
def test_any_content_of_any_property_is_explained_without_a_crash(group, epc, edt):
    name, meaning = explain(group << 8 | 1, epc, edt)

    assert name
    assert meaning.fields


@pytest.mark.parametrize("cut", range(12, 18))
def test_a_truncated_frame_is_not_half_believed(cut):
    with pytest.raises(DamagedFrame) as caught:
        Frame.from_bytes(bytes.fromhex("1081000102880105ff017201e704000003a0")[:cut])

    assert caught.value.facts["fault"] == "truncated"


def test_bytes_behind_the_last_property_are_refused():
    with pytest.raises(DamagedFrame, match="trailing"):
        Frame.from_bytes(bytes.fromhex("1081000102880105ff017201e704000003a000"))


@pytest.mark.parametrize(
    ("eoj", "epc", "edt", "name", "value"),
    [
        (0x001101, 0xE0, "ffce", "celsius", -5.0),
        (0x001101, 0xE0, "00eb", "celsius", 23.5),
        (0x001201, 0xE0, "48", "rh", 72),
        (0x001B01, 0xE0, "032c", "ppm", 812),
        (0x001F01, 0xE0, "0087", "m_s", 1.35),
        (0x001F01, 0xE1, "010e", "degrees", 270),
        (METER, 0xE7, "fffffe0c", "watts", -500),
        (METER, 0xE8, "00320028", "t_a", 4.0),
        (METER, 0xE1, "0a", "unit_kwh", 10),
        (METER, 0x97, "0d1e", "time", "13:30"),
        (METER, 0x98, "07ea0b17", "date", "2026-11-23"),
        (METER, 0x8D, "41423132" + "00" * 8, "text", "AB12"),
        (0x028701, 0xC8, "03ea03e8", "rs_v", 100.2),
        (0x028701, 0xB1, "08", "channels", 8),
        (0x028701, 0xB6, "0310", "count", 16),
        (0x0EF001, 0xD6, "02028801001101", "instances", ["0x028801", "0x001101"]),
        (0x0EF001, 0xD7, "0202880011", "classes", ["0x0288", "0x0011"]),
    ],
)
def test_what_properties_mean(eoj, epc, edt, name, value):
    assert explain(eoj, epc, bytes.fromhex(edt))[1].fields[name] == value


@pytest.mark.parametrize(
    ("eoj", "epc", "edt", "reason"),
    [
        (0x001101, 0xE0, "7fff", "overflow"),
        (0x001101, 0xE0, "8000", "underflow"),
        (0x001101, 0xE0, "7ffe", "no_value"),
        (0x001201, 0xE0, "ff", "overflow"),
        (0x001201, 0xE0, "fd", "no_value"),
        (0x001B01, 0xE0, "ffff", "overflow"),
        (METER, 0xE0, "fffffffe", "no_value"),
        (METER, 0xE7, "80000000", "underflow"),
        (METER, 0xE7, "7fffffff", "overflow"),
        (METER, 0xE7, "7ffffffe", "no_value"),
        (0x001101, 0xE0, "00", "size"),
    ],
)
def test_codes_are_not_taken_for_numbers(eoj, epc, edt, reason):
    """3276.6 °C on a winter night is how other decoders show "no value"."""
    meaning = explain(eoj, epc, bytes.fromhex(edt))[1]

    assert (meaning.fields["value"], meaning.reason) == (None, reason)


@given(st.sets(st.integers(0x80, 0xFF)))
def test_property_maps_are_read_in_both_forms(epcs):
    meaning = explain(METER, 0x9F, echonet.encode_property_map(epcs))[1]

    assert meaning.fields["epcs"] == [f"0x{epc:02X}" for epc in sorted(epcs)]
    assert meaning.reason is None


def test_the_appendixs_bitmap():
    """Sixteen properties, the first that need the bitmap: 80 to 8F fill bit 0 of each byte."""
    meaning = explain(METER, 0x9F, bytes([16] + [1] * 16))[1]

    assert meaning.fields["epcs"] == [f"0x{epc:02X}" for epc in range(0x80, 0x90)]


def test_channel_lists_name_their_first_channel():
    energy = explain(0x028701, 0xB3, bytes.fromhex("03020000000afffffffe"))[1]
    current = explain(0x028701, 0xB5, bytes.fromhex("010100327ffe"))[1]

    assert energy.fields == {"start": 3, "count": 2, "values": [10, None]}
    assert current.fields["values"] == [{"r_a": 5.0, "t_a": None}]
    assert explain(0x028701, 0xB7, bytes.fromhex("0102000003e8"))[1].reason == "size"


def test_a_days_history_has_48_half_hours():
    edt = bytes.fromhex("0001") + (123).to_bytes(4, "big") + b"\xff\xff\xff\xfe" * 47
    meaning = explain(METER, 0xE2, edt)[1]

    assert meaning.fields == {"day": 1, "values": [123] + [None] * 47}


def test_a_half_hour_total_carries_the_meters_time():
    edt = bytes.fromhex("07ea0b170d1e000001e240")

    assert explain(METER, 0xEA, edt)[1].fields["time"] == "2026-11-23T13:30:00"
    assert explain(METER, 0xEA, bytes(11))[1].fields["time"] is None


def test_energy_is_total_times_coefficient_times_unit():
    scale = EnergyScale()

    scale.learn(report(METER, (0xD3, "00000010"), (0xE1, "02")))
    assert scale.kwh(METER, 1000) == 160.0
    # A frame with the unit and without coefficient is from a meter that has none.
    scale.learn(report(METER, (0xE1, "0a")))
    assert scale.kwh(METER, 1000) == 10_000
    assert EnergyScale().kwh(METER, 1000) is None


def test_a_partial_answer_gives_what_came():
    frame = report(METER, (0xE7, "00000064"), (0xE8, ""), service=Service.GET_SNA)

    values = list(echonet.measured(frame, EnergyScale()))

    assert [(v.quantity, v.value) for v in values] == [("power", 100)]


def test_every_property_leads_into_the_vocabulary():
    named = {quantity for fields in _QUANTITIES.values() for quantity, _ in fields.values()}

    assert named <= set(QUANTITIES)


def test_a_missing_value_is_bad_and_not_zero():
    (value,) = echonet.measured(report(0x001101, (0xE0, "7ffe")), EnergyScale())

    assert (value.value, value.quality) == (None, Quality.BAD)


def test_a_question_measures_nothing():
    question = echonet.get(0x1234, METER, (0xE7, 0xE8))

    assert question.to_bytes().hex() == "1081123405ff010288016202e700e800"
    assert list(echonet.measured(question, EnergyScale())) == []


def test_an_answer_belongs_to_its_question():
    question = echonet.get(1, METER, (0xE7,))

    assert report(METER, (0xE7, "00000064")).answers(question)
    assert not report(0x028802, (0xE7, "00000064")).answers(question)
    assert not Frame(2, METER, echonet.CONTROLLER, Service.GET_RES, ()).answers(question)


def test_a_notification_that_asks_for_confirmation_gets_one():
    frame = report(METER, (0xEA, "07ea0b170d1e000001e240"), service=Service.INFC)

    assert echonet.confirmation(frame).to_bytes().hex() == "1081000105ff010288017a01ea00"
