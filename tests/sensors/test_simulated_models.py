"""Every model of the package, simulated from its profile and read over a real pseudo-terminal."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensors.errors import DamagedFrame, DeviceRefused, NoAnswer
from sensors.port import SerialPort
from sensors.probe import probe_for
from sensors.profile import Profile, available, load
from sensors.quantities import QUANTITIES
from sensors.simulator import SimulatedBus, simulated
from sensors.simulator.probes import KINDS

NOW = datetime(2026, 2, 1, tzinfo=UTC)
# Networks heard by UDP have their own tests; these are the lines.
MODELS = [model for model in sorted(available()) if load(model).wire in KINDS]


def _believable(profile: Profile) -> dict[str, float]:
    """For each value something the device can measure and the vocabulary believes."""
    middle = {}
    for value in profile.values:
        row = QUANTITIES[value.quantity]
        low = max(row.low, value.canonical(value.low) if value.low is not None else row.low)
        high = min(row.high, value.canonical(value.high) if value.high is not None else row.high)
        middle[value.key] = low + (high - low) * 0.4
    return middle


@pytest.mark.parametrize("model", MODELS)
async def test_what_a_simulated_device_measures_is_what_is_read(tmp_path: Path, model: str) -> None:
    # A busy machine must not look like a silent device.
    profile = replace(load(model), answers_within_s=20)
    truth = _believable(profile)
    with SimulatedBus(tmp_path / "line", pace=0) as bus:
        bus.add(simulated(profile, values=lambda: truth))
        port = SerialPort(bus.name)
        # An MH-Z19 obeys its preparation without a word, which would cost the whole patience.
        probe = probe_for(profile, device=model, port=port, now=lambda: NOW, prepare=False)
        readings = await probe.read()
        await port.close()

    for value, reading in zip(profile.values, readings, strict=True):
        step = max(value.step, abs(truth[value.key]) * 1e-6)
        assert reading.value == pytest.approx(truth[value.key], abs=step), value.key


@pytest.mark.parametrize("model", MODELS)
async def test_a_device_without_a_value_never_invents_one(tmp_path: Path, model: str) -> None:
    profile = load(model)
    with SimulatedBus(tmp_path / "line", pace=0) as bus:
        bus.add(simulated(profile, values=dict))
        port = SerialPort(bus.name)
        # A talker without a value is silent; how long we listen is not what is tested.
        probe = probe_for(profile, device=model, port=port, now=lambda: NOW, prepare=False)
        values = [None]
        with contextlib.suppress(DeviceRefused, NoAnswer, DamagedFrame):
            values = [reading.value for reading in await probe.read()]
        await port.close()

    assert set(values) == {None}
