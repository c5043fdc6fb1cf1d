"""Real ports on pseudo-terminals: one dead probe or one pulled cable is nobody else's trouble."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.agents.intake import Intake
from edge.agents.poll import Health, poll
from edge.clock import SystemClock
from edge.settings_file import parse
from edge.wiring import WiredPort, wire
from sensors import BadProfile, Reading
from sensors.line import Line
from sensors.profile import load
from sensors.simulator import SimulatedBus, simulated
from tests.edge.conftest import until

VALUES = {"co2": 812.0, "air_temperature": 21.5, "relative_humidity": 63.0}


@pytest.fixture(autouse=True)
def _a_quick_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.agents.poll.REOPEN_S", 0.05)


def a_bus(folder: Path, name: str, *addresses: int, model: str = "xy_md02") -> SimulatedBus:
    bus = SimulatedBus(folder / name, Line(115200), pace=0)
    for address in addresses:
        bus.add(simulated(load(model), values=lambda: VALUES, address=address))
    return bus


def wired(folder: Path, *devices: dict[str, object]) -> list[WiredPort]:
    """Ports `a` and `b` with these devices; each is asked as often as its profile allows."""
    ports = [{"name": name, "device": str(folder / name), "baud": 115200} for name in "ab"]
    plain = {"model": "xy_md02", "interval_s": 0.1}
    settings = parse({"ports": ports, "devices": [{**plain, **device} for device in devices]})
    wiring = wire(settings, now=SystemClock().now)
    for port in wiring:
        for polled in port.polled:
            # The profile's own slowest pace would make these tests take minutes.
            object.__setattr__(polled.probe.profile, "ask_no_faster_than_s", 0.02)
            object.__setattr__(polled.probe.profile, "answers_within_s", 0.05)
            object.__setattr__(polled, "interval_s", 0.02)
    return wiring


@asynccontextmanager
async def polling(
    wiring: list[WiredPort],
) -> AsyncIterator[tuple[Callable[[], list[Reading]], Health]]:
    intake, health, got = Intake(), {}, []

    def readings() -> list[Reading]:
        got.extend(reading for item in intake.drain() for reading in item.delivery.readings)
        return got

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(poll(port, intake, SystemClock(), health)) for port in wiring]
        yield readings, health
        for task in running:
            task.cancel()


def answers(readings: list[Reading]) -> Counter[str]:
    return Counter(reading.device for reading in readings)


async def test_probes_on_two_ports_become_readings(tmp_path: Path) -> None:
    with a_bus(tmp_path, "a", 1), a_bus(tmp_path, "b", 254, model="senseair_s8"):
        wiring = wired(
            tmp_path,
            {"name": "climate", "port": "a"},
            {"name": "air", "port": "b", "model": "senseair_s8"},
        )
        async with polling(wiring) as (readings, _):
            await until(lambda: {"climate", "air"} <= set(answers(readings())))

    values = {reading.quantity: reading.value for reading in readings()}
    assert values == VALUES


async def test_one_silent_device_leaves_its_neighbours_their_pace(tmp_path: Path) -> None:
    with a_bus(tmp_path, "a", 1, 2, 3) as bus:
        bus.silence(2)
        wiring = wired(
            tmp_path,
            *({"name": f"p{n}", "port": "a", "address": n} for n in (1, 2, 3)),
        )
        async with polling(wiring) as (readings, health):
            await until(lambda: answers(readings())["p3"] >= 60)

            assert answers(readings())["p1"] >= 50
            # The silent one was asked once, and again after the back-off's first second.
            assert 1 <= health["p2"].faults["no_answer"] <= 10

            bus.restore(2)
            await until(lambda: answers(readings())["p2"] > 0)


async def test_a_pulled_cable_is_found_again_and_the_other_port_never_noticed(
    tmp_path: Path,
) -> None:
    with a_bus(tmp_path, "a", 1) as pulled, a_bus(tmp_path, "b", 1):
        wiring = wired(tmp_path, {"name": "on a", "port": "a"}, {"name": "on b", "port": "b"})
        async with polling(wiring) as (readings, health):
            await until(lambda: answers(readings())["on a"] >= 2)

            pulled.unplug()
            await until(lambda: health["on a"].faults["port_lost"] >= 2)
            before = answers(readings())
            await until(lambda: answers(readings())["on b"] >= before["on b"] + 20)
            assert answers(readings())["on a"] == before["on a"]

            pulled.plug()
            await until(lambda: answers(readings())["on a"] > before["on a"])
            assert not health["on b"].faults


def test_an_unknown_model_is_said_with_near_ones(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match="senseair_s8"):
        wired(tmp_path, {"name": "x", "port": "a", "model": "senseair_s9"})


def test_an_operators_own_profile_beside_the_settings_wins(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "sensors" / "models" / "xy_md02.toml"
    (tmp_path / "profiles").mkdir()
    shutil.copy(source, tmp_path / "profiles" / "my_probe.toml")
    settings = parse(
        {
            "ports": [{"name": "a", "device": "/dev/null", "parity": "E"}],
            "devices": [{"name": "x", "port": "a", "model": "my_probe"}],
        }
    ).inside(tmp_path)

    (port,) = wire(settings, now=SystemClock().now)

    assert port.polled[0].probe.profile.model == "my_probe"
    assert str(port.port.line) == "9600 8E1"


async def test_a_relay_board_is_filed_under_what_its_relays_are_of(tmp_path: Path) -> None:
    """Coils (function 01) over a real pseudo-terminal; what they switch only settings know."""
    states = {f"switch/{n}": float(n in (1, 4)) for n in range(1, 9)}
    board = SimulatedBus(tmp_path / "a", Line(115200), pace=0)
    board.add(simulated(load("waveshare_relay_8ch"), values=lambda: states, address=7))
    of = {"1": "lamp", "2": "pump", "3": "co2_valve"}
    relays = {"name": "relays", "model": "waveshare_relay_8ch", "port": "a", "state_of": of}
    with board:
        wiring = wired(tmp_path, {**relays, "address": "7"})
        async with polling(wiring) as (readings, _):
            await until(lambda: len(readings()) >= 8)
            found = {(r.quantity, r.channel): r.value for r in readings()[:8]}

    assert found[("lamp", "1")] == 1
    assert found[("pump", "2")] == found[("co2_valve", "3")] == 0
    assert found[("switch", "4")] == 1  # nobody said what it is of
