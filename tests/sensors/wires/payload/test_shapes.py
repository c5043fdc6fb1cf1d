"""What networked probes publish becomes values with a time, a key and no guesses."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sensors.errors import BadPayload
from sensors.quantities import QUANTITIES
from sensors.reading import Quality, Reason
from sensors.wires import payload
from sensors.wires.payload.names import KNOWN

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


def decode(topic, body, **options):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return payload.decode(topic, content, received_at=NOW, **options)


def by_name(message):
    return {value.name: value.value for value in message.values}


def test_a_zigbee_name_may_hold_slashes():
    message = decode("zigbee2mqtt/gh1/bench 3/climate", {"temperature": 21.5})

    assert message.device == "gh1/bench 3/climate"
    assert [reading.quantity for reading in message.readings()] == ["air_temperature"]


def test_null_is_no_value_and_not_zero():
    message = decode("zigbee2mqtt/x", {"temperature": None, "humidity": 50})

    missing, present = message.readings()
    assert (missing.value, missing.quality, missing.reason) == (
        None,
        Quality.BAD,
        Reason.NO_VALUE,
    )
    assert present.value == 50


def test_a_retained_message_is_not_a_new_reading():
    message = decode("zigbee2mqtt/x", {"temperature": 21.5}, retained=True)

    assert by_name(message) == {"temperature": 21.5}
    assert message.readings() == ()


@pytest.mark.parametrize(
    ("seen", "at"),
    [
        ("2020-05-29T19:47:19+00:00", datetime(2020, 5, 29, 19, 47, 19, tzinfo=UTC)),
        ("2020-05-29T21:47:19+02:00", datetime(2020, 5, 29, 19, 47, 19, tzinfo=UTC)),
        ("2020-05-29T19:47:19.500Z", datetime(2020, 5, 29, 19, 47, 19, 500_000, tzinfo=UTC)),
        (1590781639000, datetime(2020, 5, 29, 19, 47, 19, tzinfo=UTC)),
        ("1970-01-01T00:00:07Z", NOW),
        ("yesterday", NOW),
        (1e300, NOW),
        (None, NOW),
    ],
)
def test_last_seen_is_read_in_every_setting_and_a_clock_never_set_is_not_believed(seen, at):
    assert decode("zigbee2mqtt/x", {"temperature": 1, "last_seen": seen}).at == at


def test_coin_cells_speak_millivolts_and_plugs_volts():
    cell = decode("zigbee2mqtt/x", {"battery": 90, "voltage": 2900})
    plug = decode("zigbee2mqtt/x", {"voltage": 101.5, "power": 12})

    assert by_name(cell)["voltage_mv"] == 2900
    assert by_name(plug)["voltage_v"] == 101.5


def test_a_second_probe_of_one_device_is_its_own_channel():
    message = decode("zigbee2mqtt/x", {"temperature_l1": 20, "temperature_calibration": -1})

    assert [(r.value, r.channel) for r in message.readings()] == [(20, "l1")]


def test_attribute_output_names_the_state_in_the_topic():
    message = decode("zigbee2mqtt/gh1/climate/temperature", b"21.5")

    assert (message.device, by_name(message)) == ("gh1/climate", {"temperature": 21.5})


@pytest.mark.parametrize("topic", ["zigbee2mqtt/bridge/devices", "zigbee2mqtt/x/set"])
def test_housekeeping_and_commands_measure_nothing(topic):
    assert decode(topic, {"temperature": 99}).readings() == ()


def test_one_bad_field_does_not_silence_its_neighbours():
    message = decode("zigbee2mqtt/x", {"temperature": "21,5", "humidity": 60, "state": "ON"})

    assert by_name(message) == {"humidity": 60, "switch": 1}
    assert [(r.raw, r.fault) for r in message.refused] == [("temperature", "decimal_comma")]


def test_tasmota_time_is_local_to_the_device():
    body = {"Time": "2026-02-01T20:59:30", "SCD40": {"CarbonDioxide": 812, "Temperature": 22.4}}

    with_zone = decode("tele/n/SENSOR", body, zone=TOKYO)
    without = decode("tele/n/SENSOR", body)

    assert with_zone.at == datetime(2026, 2, 1, 11, 59, 30, tzinfo=UTC)
    assert (without.at, without.at_source) == (NOW, "arrival")
    assert {r.channel for r in with_zone.readings()} == {"SCD40"}


def test_the_hour_that_happens_twice_is_the_one_nearer_to_arrival():
    body = json.dumps({"Time": "2026-10-25T02:30:00", "AM2301": {"Temperature": 9}}).encode()
    arrived = datetime(2026, 10, 25, 1, 30, 2, tzinfo=UTC)

    message = payload.decode(
        "tele/n/SENSOR", body, received_at=arrived, zone=ZoneInfo("Europe/Amsterdam")
    )

    assert message.at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_the_processors_own_heat_is_not_the_rooms():
    message = decode("tele/n/SENSOR", {"ESP32": {"Temperature": 53.3}, "TempUnit": "C"})

    assert by_name(message) == {"temperature": 53.3}
    assert message.readings() == ()


@pytest.mark.parametrize(
    ("unit", "sent", "hpa"),
    [("hPa", 988.6, 988.6), ("mmHg", 750, 999.9179055), ("inHg", 30, 1015.9166)],
)
def test_tasmota_pressure_is_converted_by_the_unit_beside_it(unit, sent, hpa):
    message = decode("tele/n/SENSOR", {"BME280": {"Pressure": sent}, "PressureUnit": unit})

    assert by_name(message)["pressure_hpa"] == pytest.approx(hpa)


def test_an_unknown_unit_is_refused_rather_than_assumed():
    with pytest.raises(BadPayload, match="TempUnit"):
        decode("tele/n/SENSOR", {"AM2301": {"Temperature": 290}, "TempUnit": "X"})


def test_a_chirpstack_uplink_is_recognised_when_it_comes_twice():
    body = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2022-07-18T09:34:15.775023242+00:00",
        "deviceInfo": {"devEui": "0101010101010101"},
        "object": {"temperature": "-3.5", "air": {"humidity": 80}},
        "rxInfo": [{"rssi": -110}, {"rssi": -36, "snr": 10.5}],
    }

    message = decode("application/a/device/0101010101010101/event/up", body)

    assert message.key == "3ac7e3c4-4401-4b8d-9386-a5c902f9202d"
    assert message.facts["time_ns"] == 1658136855775023242
    assert (message.facts["f_cnt"], message.facts["rssi"]) == (0, -36)
    assert by_name(message) == {"temperature": -3.5, "air.humidity": 80}


def test_a_things_stack_key_needs_the_session():
    body = {
        "end_device_ids": {"device_id": "soil1"},
        "received_at": "2020-02-12T15:15:46.001Z",
        "uplink_message": {"session_key_id": "AXA=", "decoded_payload": {"conduct_SOIL": 28200}},
    }

    message = decode("v3/app1@ttn/devices/soil1/up", body)

    assert message.key == "soil1:AXA=:0"
    assert message.at_source == "network"
    body["simulated"] = True
    assert not decode("v3/app1@ttn/devices/soil1/up", body).is_new


def test_a_join_carries_no_values():
    assert decode("v3/a@t/devices/d/join", {"join_accept": {}}).readings() == ()
    assert decode("application/a/device/d/event/join", {"devAddr": "00"}).readings() == ()


def test_the_normalised_payload_is_read_where_there_is_no_other():
    body = {"uplink_message": {"normalized_payload": [{"air": {"temperature": 20.1}}]}}

    assert by_name(decode("v3/a@t/devices/d/up", body)) == {"temperature": 20.1}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"nan", "not_finite"),
        (b"-Infinity", "not_finite"),
        (b"1e400", "not_finite"),
        (b"9" * 5000, "not_finite"),
        (b'"21,5"', "decimal_comma"),
        (b"21,5", "decimal_comma"),
        (b"true", "not_a_number"),
        (b"ON", "not_a_number"),
        (b"0x1A", "not_a_number"),
        (b"1_000", "not_a_number"),
        ("２１".encode(), "not_a_number"),
        (b"", "empty"),
        (b"\xff\xfe", "not_utf8"),
        (b"{", "not_json"),
        (b'{"a": NaN}', "not_finite"),
        (b"[" * 100_000, "not_json"),
        (b" " * 300_000, "too_large"),
    ],
)
def test_what_is_no_number_is_refused_with_a_word_that_can_be_counted(body, fault):
    with pytest.raises(BadPayload) as caught:
        decode("site/a/gh1/temp", body)

    assert caught.value.facts["fault"] == fault
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("body", [b"21.5", b'"21.5"', b" 21.5\n", b"+2.15e1"])
def test_a_bare_number_is_read(body):
    assert by_name(decode("site/a/gh1/temp", body)) == {"value": 21.5}


def test_every_known_name_leads_into_the_vocabulary():
    assert {known.quantity for known in KNOWN.values() if known.quantity} <= set(QUANTITIES)


def test_a_metering_plug_counts_kilowatt_hours():
    message = decode("tele/n/SENSOR", {"ENERGY": {"Total": 3.185, "Power": 8, "Voltage": 101}})

    assert [(r.quantity, r.value) for r in message.readings()] == [
        ("energy", 3.185),
        ("power", 8),
        ("voltage", 101),
    ]


def test_a_message_with_nothing_but_refused_fields_is_refused():
    with pytest.raises(BadPayload) as caught:
        decode("zigbee2mqtt/x", {"temperature": "21,5"})

    assert caught.value.facts["fault"] == "decimal_comma"
