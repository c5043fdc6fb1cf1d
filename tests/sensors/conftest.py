"""A simulated bus with the probes of one room, each test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sensors.profile import load
from sensors.simulator import SimulatedBus, simulated

ROOM = {
    "co2": 904.0,
    "air_temperature": 21.4,
    "relative_humidity": 68.2,
    "ppfd": 231.5,
    "ph": 5.913,
    "ec": 1.823,
}


@pytest.fixture
def room() -> dict[str, float | None]:
    """What the simulated probes measure; a test may change it."""
    return dict(ROOM)


@pytest.fixture
def bus(tmp_path: Path, room: dict[str, float | None]) -> Iterator[SimulatedBus]:
    """An S8 at 254, two XY-MD02 at 1 and 2, a quantum sensor at 3; answers at once."""
    with SimulatedBus(tmp_path / "bus", pace=0) as bus:
        bus.add(
            simulated(load("senseair_s8"), values=lambda: room),
            simulated(load("xy_md02"), values=lambda: room, address=1),
            simulated(load("xy_md02"), values=lambda: room, address=2),
            simulated(load("apogee_sq522"), values=lambda: room, address=3),
        )
        yield bus
