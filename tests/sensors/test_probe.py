"""Probes read over real pseudo-terminals, speaking their true frames."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sensors.errors import DeviceRefused, NoAnswer, PortLost
from sensors.port import SerialPort
from sensors.probe import Probe, probe_for
from sensors.profile import load
from sensors.reading import Quality, Reason
from sensors.simulator import SimulatedBus, simulated

START = datetime(2026, 2, 1, 3, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def _probe(model: str, port: SerialPort, clock: Clock, **where) -> Probe:
    # A busy machine must not look like a silent device; an answer is read as soon as it is there.
    profile = replace(load(model), answers_within_s=20)
    return probe_for(profile, device=model, port=port, now=clock, **where)


async def test_a_room_is_read_through_its_true_frames(bus: SimulatedBus) -> None:
    port, clock = SerialPort(bus.name), Clock()
    probes = [
        _probe("senseair_s8", port, clock),
        _probe("xy_md02", port, clock, address=2),
        _probe("apogee_sq522", port, clock, address=3),
    ]

    readings = [reading for probe in probes for reading in await probe.read()]

    values = {reading.quantity: reading.value for reading in readings}
    assert values == {"co2": 904, "air_temperature": 21.4, "relative_humidity": 68.2, "ppfd": 231.5}
    assert {reading.at for reading in readings} == {START}
    await port.close()


async def test_auto_baseline_is_switched_off_once_and_left_alone_after(bus: SimulatedBus) -> None:
    """An enriched house never sees fresh air; the register lives in memory that wears."""
    port, clock = SerialPort(bus.name), Clock()
    probe = _probe("senseair_s8", port, clock)

    await probe.read()
    first = [spoken.sent.hex() for spoken in probe.spoken]
    probe._prepared_at = None
    await probe.read()
    second = [spoken.sent.hex() for spoken in probe.spoken]

    assert first == ["fe03001f0001a1c3", "fe06001f0000ac03", "fe0400000004e5c6"]
    assert second == ["fe03001f0001a1c3", "fe0400000004e5c6"]
    await port.close()


async def test_a_scan_asks_and_never_writes(bus: SimulatedBus) -> None:
    port, clock = SerialPort(bus.name), Clock()
    probe = _probe("senseair_s8", port, clock, prepare=False)

    await probe.read()

    assert [spoken.sent[1] for spoken in probe.spoken] == [4]
    await port.close()


async def _silenced(bus: SimulatedBus, probe: Probe, times: int) -> None:
    """Ask a silent probe with its own short limit, so often."""
    patient, probe.profile = probe.profile, load("senseair_s8")
    bus.silence(254)
    for _ in range(times):
        with pytest.raises(NoAnswer, match="senseair_s8 did not answer"):
            await probe.read()
    bus.restore(254)
    probe.profile = patient


async def test_a_probe_that_was_long_silent_is_prepared_anew_and_warms_up(
    bus: SimulatedBus,
) -> None:
    port, clock = SerialPort(bus.name), Clock()
    probe = _probe("senseair_s8", port, clock)
    await probe.read()
    clock.pass_s(600)
    await _silenced(bus, probe, 3)

    readings = await probe.read()

    assert len(probe.spoken) == 2
    assert (readings[0].quality, readings[0].reason) == (Quality.UNCERTAIN, Reason.WARM_UP)
    await port.close()


async def test_one_lost_answer_is_no_power_cut(bus: SimulatedBus) -> None:
    """On a poor cable every tenth answer is lost; the rest must not be called warm-up."""
    port, clock = SerialPort(bus.name), Clock()
    probe = _probe("senseair_s8", port, clock)
    await probe.read()
    clock.pass_s(600)
    for _ in range(2):
        await _silenced(bus, probe, 2)

        readings = await probe.read()

        assert len(probe.spoken) == 1
        assert readings[0].quality is Quality.GOOD
    await port.close()


async def test_warm_up_ends(bus: SimulatedBus) -> None:
    port, clock = SerialPort(bus.name), Clock()
    probe = _probe("senseair_s8", port, clock)
    assert (await probe.read())[0].reason is Reason.WARM_UP

    clock.pass_s(60)

    assert (await probe.read())[0].quality is Quality.GOOD
    await port.close()


async def test_a_probe_that_has_no_value_refuses_and_its_neighbour_does_not(
    bus: SimulatedBus, room
) -> None:
    port, clock = SerialPort(bus.name), Clock()
    room["co2"] = None

    with pytest.raises(DeviceRefused, match="device failure"):
        await _probe("senseair_s8", port, clock).read()

    assert len(await _probe("xy_md02", port, clock).read()) == 2
    await port.close()


async def test_frost_is_below_zero(bus: SimulatedBus, room) -> None:
    port, clock = SerialPort(bus.name), Clock()
    room["air_temperature"] = -6.5

    readings = await _probe("xy_md02", port, clock).read()

    assert readings[0].value == -6.5
    await port.close()


async def test_unplugging_is_said_and_survived(bus: SimulatedBus) -> None:
    port, clock = SerialPort(bus.name), Clock()
    probe = _probe("xy_md02", port, clock)
    await probe.read()
    bus.unplug()
    with pytest.raises(PortLost):
        await probe.read()

    bus.plug()

    assert len(await probe.read()) == 2
    await port.close()


async def test_an_adapter_that_echoes_changes_nothing(tmp_path: Path, room) -> None:
    with SimulatedBus(tmp_path / "echo", pace=0, echo=True) as bus:
        bus.add(simulated(load("senseair_s8"), values=lambda: room))
        port, clock = SerialPort(bus.name, echo=True), Clock()
        probe = _probe("senseair_s8", port, clock)

        assert (await probe.read())[0].value == 904
        assert probe.not_prepared is None
        await port.close()


@pytest.mark.parametrize(
    ("model", "quantity", "value"), [("atlas_ezo_ph", "ph", 5.913), ("atlas_ezo_ec", "ec", 1.823)]
)
async def test_an_ezo_circuit_is_made_quiet_and_read(
    tmp_path: Path, room, model, quantity, value
) -> None:
    with SimulatedBus(tmp_path / "ezo", pace=0) as bus:
        bus.add(simulated(load(model), values=lambda: room))
        port, clock = SerialPort(bus.name), Clock()
        probe = _probe(model, port, clock)

        readings = await probe.read(temperature_c=19.5)

        assert [(r.quantity, r.value) for r in readings] == [(quantity, value)]
        assert [spoken.sent for spoken in probe.spoken] == [b"C,0\r", b"*OK,1\r", b"RT,19.5\r"]
        await port.close()


async def test_the_wire_takes_the_time_that_the_wire_takes(tmp_path: Path, room) -> None:
    """Paced: 8 bytes out and 9 back at 1,200 baud are 142 ms and never less."""
    from sensors.line import Line

    with SimulatedBus(tmp_path / "slow", Line(1200)) as bus:
        bus.add(simulated(load("xy_md02"), values=lambda: room))
        port, clock = SerialPort(bus.name, bus.line), Clock()
        probe = _probe("xy_md02", port, clock)

        await probe.read()

        assert probe.spoken[0].took_s >= bus.line.time_s(17)
        await port.close()


async def test_a_talker_that_nobody_reads_can_still_be_unplugged(tmp_path: Path, room) -> None:
    with SimulatedBus(tmp_path / "scale", pace=0) as bus:
        for _ in range(20):
            bus._say(b"1234.5\r" * 100)

        bus.unplug()

    assert not (tmp_path / "scale").exists()
