"""Answers as bad cables deliver them: typed errors, no wrong value, and the next good one read."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensors.errors import SensorError
from sensors.port import SerialPort
from sensors.probe import probe_for
from sensors.profile import load
from sensors.simulator import simulated
from sensors.wires import modbus
from sensors.wires.modbus import Answer, Function, Read
from tests.fakes import hostile
from tests.fakes.hostile import Delivery, HostileBus

NOW = datetime(2026, 2, 1, tzinfo=UTC)
ROOM = {
    "co2": 904.0,
    "air_temperature": -6.5,
    "relative_humidity": 68.2,
    "ppfd": 231.5,
    "ph": 5.913,
    "soil_moisture": 30.0,
    "soil_temperature": 18.5,
    "soil_ec": 1.25,
    "weight": 12.34,
}
HARMLESS = [hostile.byte_by_byte, hostile.noise_after, hostile.doubled]
HARMFUL = [hostile.truncated, hostile.stalled, hostile.nothing]


async def _readings(
    tmp_path: Path, model: str, deliveries: list[Delivery]
) -> list[dict[str, float | None] | str]:
    """What each read gave until the line is good again: values, or the code of a typed error."""
    # What can be read is read at once, however slow the machine; only what cannot be read waits.
    harmless = all(delivery in (*HARMLESS, hostile.noise_before) for delivery in deliveries)
    profile = replace(load(model), answers_within_s=10 if harmless else 0.06)
    with HostileBus(tmp_path / "line", list(deliveries)) as bus:
        bus.add(simulated(profile, values=lambda: ROOM))
        port = SerialPort(bus.name)
        probe = probe_for(profile, device=model, port=port, now=lambda: NOW, prepare=False)
        seen: list[dict[str, float | None] | str] = []
        faults: list[str] = []
        while bus.deliveries or not seen or isinstance(seen[-1], str):
            assert len(seen) < 300, faults[-9:]
            try:
                seen.append({r.quantity: r.value and round(r.value, 3) for r in await probe.read()})
            except SensorError as error:
                seen.append(error.code)
                faults.append(str(error))
        await port.close()
    return seen


def _truth(model: str) -> dict[str, float]:
    return {value.quantity: ROOM[value.quantity] for value in load(model).values}


MODBUS = ["senseair_s8", "xy_md02", "apogee_sq522"]


@pytest.mark.parametrize("model", MODBUS)
@pytest.mark.parametrize("delivery", [*HARMLESS, hostile.noise_before])
async def test_what_can_be_read_is_read(tmp_path: Path, model: str, delivery: Delivery) -> None:
    assert await _readings(tmp_path, model, [delivery] * 2) == [_truth(model)] * 2


@pytest.mark.parametrize("model", MODBUS)
@pytest.mark.parametrize("delivery", HARMFUL)
async def test_what_cannot_be_read_is_an_error_and_the_next_answer_counts(
    tmp_path: Path, model: str, delivery: Delivery
) -> None:
    *bad, good = await _readings(tmp_path, model, [delivery] * 2)

    # A stalled answer may still make it on a slow machine; the others never can.
    assert bad or delivery is hostile.stalled
    assert set(bad) <= {"damaged_frame", "no_answer"}
    assert good == _truth(model)


async def test_with_a_tenth_of_all_bytes_lost_no_value_is_ever_wrong(tmp_path: Path) -> None:
    for model in MODBUS:
        seen = await _readings(tmp_path, model, [hostile.tenth_lost] * 6)
        assert all(one == _truth(model) for one in seen if isinstance(one, dict))


async def test_a_week_of_everything_at_once(tmp_path: Path) -> None:
    mixed = [*HARMFUL, *HARMLESS, hostile.noise_before, hostile.tenth_lost] * 2

    seen = await _readings(tmp_path, "xy_md02", mixed)

    assert all(one == _truth("xy_md02") for one in seen if isinstance(one, dict))
    assert seen[-1] == _truth("xy_md02")


@pytest.mark.parametrize("delivery", [*HARMLESS, *HARMFUL, hostile.tenth_lost])
async def test_an_ezo_circuit_is_read_again_after_any_mishap(
    tmp_path: Path, delivery: Delivery
) -> None:
    """Its lines have no checksum: what is lost inside a number cannot be seen, only outlived."""
    seen = await _readings(tmp_path, "atlas_ezo_ph", [delivery] * 2)

    assert all(
        one in ("damaged_frame", "no_answer", "device_refused")
        for one in seen
        if isinstance(one, str)
    )
    assert isinstance(seen[-1], dict)
    if delivery in HARMLESS:
        assert seen == [{"ph": 5.913}] * 2


# What each of these wires has against damage: a sum, a CRC, three tries, an end of line.
OTHER_WIRES = ["winsen_mhz19c", "meter_teros12", "and_scale"]


@pytest.mark.parametrize("model", OTHER_WIRES)
@pytest.mark.parametrize("delivery", HARMLESS)
async def test_other_wires_read_what_can_be_read(
    tmp_path: Path, model: str, delivery: Delivery
) -> None:
    seen = await _readings(tmp_path, model, [delivery] * 2)

    # An SDI-12 reading takes two answers, the others one.
    assert seen == [_truth(model)] * len(seen)


@pytest.mark.parametrize("model", OTHER_WIRES)
@pytest.mark.parametrize("delivery", [*HARMFUL, hostile.tenth_lost])
async def test_other_wires_outlive_what_cannot_be_read(
    tmp_path: Path, model: str, delivery: Delivery
) -> None:
    seen = await _readings(tmp_path, model, [delivery] * 2)

    assert all(one in ("damaged_frame", "no_answer") for one in seen if isinstance(one, str))
    assert seen[-1] == _truth(model)


REQUEST = Read(7, Function.READ_HOLDING, 0, 3)
STREAM = modbus.tcp(9, 7, Answer(REQUEST, (1, 2, 3)).pdu)


def test_a_tcp_answer_is_complete_with_its_last_byte_and_not_before() -> None:
    for length in range(len(STREAM)):
        assert not modbus.is_complete_tcp(REQUEST, STREAM[:length], transaction=9)
    assert modbus.is_complete_tcp(REQUEST, STREAM, transaction=9)


@pytest.mark.parametrize(
    "stream",
    [
        STREAM[:-1],
        STREAM[:5],
        b"",
        b"\0\x09\0\0\0\x03\x07\x03\x02",
        STREAM.replace(b"\x03\x06", b"\x04\x06"),
    ],
)
def test_a_tcp_stream_without_the_answer_is_refused_with_a_reason(stream: bytes) -> None:
    with pytest.raises(SensorError) as refused:
        modbus.answer_to_tcp(REQUEST, stream, transaction=9)

    assert refused.value.code == "damaged_frame"


def test_a_tcp_exception_is_a_refusal() -> None:
    with pytest.raises(SensorError, match="busy") as refused:
        modbus.answer_to_tcp(REQUEST, modbus.tcp(9, 7, b"\x83\x06"), transaction=9)

    assert refused.value.code == "device_refused"
