"""pH and EC are compensated with the water's temperature that another probe of the zone measures."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.agents.intake import Intake
from edge.agents.poll import DeviceHealth, ask
from edge.settings_file import parse
from edge.thermometer import Thermometer
from edge.wiring import wire
from sensors import Quality, Reading, Reason
from sensors.profile import load
from sensors.simulator import SimulatedBus, simulated

NOW = datetime(2026, 2, 1, tzinfo=UTC)
WATER = {"water_temperature": 19.5, "ph": 5.91}


def _reading(celsius: float, quality: Quality = Quality.GOOD) -> Reading:
    reason = Reason.NONE if quality is Quality.GOOD else Reason.RATE
    return Reading("rtd", "water_temperature", celsius, NOW, quality, reason)


def test_only_a_good_and_recent_temperature_counts() -> None:
    water = Thermometer()
    water.note([_reading(19.5), _reading(85.0, Quality.UNCERTAIN)])

    assert water.celsius(NOW) == 19.5
    assert water.celsius(NOW + timedelta(minutes=16)) is None
    assert Thermometer().celsius(NOW) is None


@pytest.mark.parametrize(("zone", "asked"), [("bay-1", b"RT,19.5\r"), ("", b"R\r")])
async def test_the_temperature_travels_to_the_ph_probe_of_the_same_zone(
    tmp_path: Path, zone: str, asked: bytes
) -> None:
    models = {"rtd": "atlas_ezo_rtd", "ph": "atlas_ezo_ph"}
    settings = parse(
        {
            "zones": [{"code": "bay-1"}],
            "ports": [{"name": name, "device": str(tmp_path / name)} for name in models],
            "devices": [
                {"name": name, "model": model, "port": name, "zone": zone}
                for name, model in models.items()
            ],
        }
    )
    wiring = wire(settings, now=lambda: NOW)
    with (
        SimulatedBus(tmp_path / "rtd", pace=0) as rtd_bus,
        SimulatedBus(tmp_path / "ph", pace=0) as ph_bus,
    ):
        rtd_bus.add(simulated(load("atlas_ezo_rtd"), values=lambda: WATER))
        ph_bus.add(simulated(load("atlas_ezo_ph"), values=lambda: WATER))
        for port in wiring:
            assert await ask(port.polled[0], Intake(), DeviceHealth()) is None
            await port.port.close()

    assert wiring[1].polled[0].probe.spoken[-1].sent == asked
