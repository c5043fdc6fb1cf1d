"""Every doubt, from the wire to the page: each is produced by what really happens on a farm."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from sqlalchemy import Engine

from api.app import create_app
from api.settings import WebSettings
from edge.agents import doubts
from edge.agents.doubts import Doubts
from edge.agents.holding import Holding
from edge.agents.intake import Intake
from edge.agents.poll import DeviceHealth, ask
from edge.clock import ReplayClock
from edge.history import import_readings
from edge.registry import register
from edge.settings import Settings
from edge.settings_file import parse
from edge.table_map import load as load_map
from edge.timekeeping import is_clock_set
from edge.wiring import WiredPort, wire
from sensors import PortLost
from sensors.profile import load
from sensors.simulator import SimulatedBus, simulated
from tests.edge.stores import open_new
from tests.serving import serving
from traceability.readings import Recorder

START = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# Device, model, and what its probe measures at first. Each has a line of its own.
PROBES = {
    "climate": ("xy_md02", {"air_temperature": 21.5, "relative_humidity": 63.0}),
    "co2": ("senseair_s8", {"co2": 812.0}),
    "water": ("atlas_ezo_rtd", {"water_temperature": 19.0}),
    "ph": ("atlas_ezo_ph", {"ph": 6.0}),
}


@dataclass
class Farm:
    """Four simulated probes on pseudo-terminals, read and stored as the agent does it."""

    settings: Settings
    engine: Engine
    ports: list[WiredPort]
    clock: ReplayClock
    timesync: Path
    now: dict[str, dict[str, float | None]]
    health: DeviceHealth = field(default_factory=DeviceHealth)

    def __post_init__(self) -> None:
        site_id = register(self.engine, self.settings, since=START - timedelta(days=1))
        holding = Holding(
            Recorder(self.engine, site_id).append,
            self.engine,
            self.clock,
            boot="this boot",
            is_clock_set=lambda now: is_clock_set(now, self.timesync),
        )
        self.doubts = Doubts(holding.append, self.engine, self.settings)

    async def read(self, after: timedelta, **said: float | None) -> None:
        """Let time pass, measure what is said from now on, read every probe and store it."""
        self.clock.set(self.clock.now() + after)
        for values in self.now.values():
            values.update({name: value for name, value in said.items() if name in values})
        intake = Intake()
        for port in self.ports:
            for polled in port.polled:
                # A pseudo-terminal just given back by another program is taken for a moment.
                while isinstance(error := await ask(polled, intake, self.health), PortLost):
                    await asyncio.sleep(0.05)
                assert error is None, error
        self.doubts.append([item.delivery for item in intake.drain()])


@pytest.fixture
async def farm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Farm]:
    monkeypatch.setattr(doubts, "_LOOK_EVERY_S", 0.0)
    now: dict[str, dict[str, float | None]] = {name: dict(v) for name, (_, v) in PROBES.items()}
    ports, devices = [], []
    with ExitStack() as buses:
        for name, (model, _) in PROBES.items():
            bus = buses.enter_context(SimulatedBus(tmp_path / name, pace=0))
            bus.add(simulated(load(model), values=lambda name=name: now[name]))
            ports.append({"name": name, "device": str(tmp_path / name), "parity": "N"})
            devices.append({"name": name, "model": model, "port": name, "zone": "A"})
        devices[-1]["calibrate_every_days"] = 30
        said = {"zones": [{"code": "A", "name": "Room A"}], "ports": ports, "devices": devices}
        settings = parse(said).inside(tmp_path)
        engine, clock = open_new(settings), ReplayClock(START)
        farm = Farm(
            settings, engine, wire(settings, now=clock.now), clock, tmp_path / "timesync", now
        )
        yield farm
        for port in farm.ports:
            await port.port.close()
        engine.dispose()


@pytest.fixture
def client(farm: Farm) -> Iterator[Client]:
    web = WebSettings(b"0" * 32, public_url="https://hub.example")
    app = create_app(farm.engine, settings=web, clock=farm.clock.now)
    with serving(app) as url, Client(base_url=url, timeout=30) as client:
        yield client


def reasons(client: Client, device: str, quantity: str) -> list[str]:
    """Ask over HTTP how each reading of a series is doubted, oldest first."""
    series = next(
        one
        for one in client.get("/api/v1/series").json()
        if (one["device"], one["quantity"]) == (device, quantity)
    )
    span = {"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
    points = client.get(f"/api/v1/series/{series['id']}/readings", params=span).json()["points"]
    assert all((one["quality"] == "good") == (one["reason"] == "none") for one in points)
    return [one["reason"] for one in points]


def room(client: Client) -> str:
    """Return the page with every room on it, as a browser gets it."""
    return client.get("/", headers={"accept": "text/html"}).text


async def test_range_rate_stuck_warm_up_and_no_value(farm: Farm, client: Client) -> None:
    await farm.read(timedelta())
    await farm.read(2 * MINUTE, air_temperature=21.6, relative_humidity=103.0)
    await farm.read(MINUTE, air_temperature=45.0, relative_humidity=64.0)
    await farm.read(MINUTE, air_temperature=21.7, water_temperature=None)
    await farm.read(timedelta(hours=7), co2=900.0)
    await farm.read(timedelta(hours=3), air_temperature=70.0)

    assert reasons(client, "climate", "air_temperature") == [
        "none",
        "none",
        "rate",
        "none",
        "stuck",
        "range",
    ]
    assert reasons(client, "co2", "co2")[:2] == ["warm_up", "none"]
    assert reasons(client, "water", "water_temperature")[3:] == ["no_value"] * 3
    newest = {one["device"]: one for one in client.get("/api/v1/readings/latest").json()}
    assert (newest["water"]["value"], newest["water"]["quality"]) == (None, "bad")
    page = room(client)
    assert "outside what is believable" in page
    assert "the probe has no value" in page


async def test_calibration_due_until_somebody_calibrates(farm: Farm, client: Client) -> None:
    await farm.read(timedelta())
    said = {
        "site": "site",
        "device": "ph",
        "quantity": "ph",
        "at": "2026-06-01T00:00:30Z",
        "points": [[6.05, 6.0]],
        "why": "buffers",
    }
    assert "calibration is due" in room(client)

    answer = client.post("/api/v1/calibrations", json=said)
    refused = client.post("/api/v1/calibrations", json=said | {"factor": 1.0})
    await farm.read(2 * MINUTE)
    await farm.read(timedelta(days=29), ph=6.1)
    await farm.read(timedelta(days=2), ph=6.2)

    assert answer.status_code == 201, answer.text
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_calibration")
    assert reasons(client, "ph", "ph") == ["calibration_due", "none", "none", "calibration_due"]
    listed = client.get("/api/v1/calibrations", params={"device": "ph"}).json()
    assert [(one["kind"], one["voided_by"]) for one in listed] == [("one_point", None)]
    newest = {one["device"]: one for one in client.get("/api/v1/readings/latest").json()}
    assert newest["ph"]["value"] == pytest.approx(6.15)
    assert newest["ph"]["raw"] == pytest.approx(6.2)

    taken = client.post(
        f"/api/v1/calibrations/{listed[0]['id']}/void", json={"why": "the wrong bottle"}
    )
    assert taken.status_code == 201, taken.text
    newest = {one["device"]: one for one in client.get("/api/v1/readings/latest").json()}
    assert newest["ph"]["value"] == newest["ph"]["raw"]


async def test_readings_before_the_clock_is_set_wait_for_their_time(
    farm: Farm, client: Client
) -> None:
    """A board without a battery clock starts where it was switched off, and hears NTP later."""
    farm.timesync.mkdir()
    await farm.read(timedelta())
    assert reasons(client, "climate", "air_temperature") == []
    (farm.timesync / "synchronized").touch()
    await farm.read(2 * MINUTE)

    assert reasons(client, "climate", "air_temperature") == ["none", "none"]
    # What the probe itself doubts is graver.
    assert reasons(client, "co2", "co2") == ["warm_up", "none"]


def test_a_clock_at_its_beginning_is_never_believed(tmp_path: Path) -> None:
    assert not is_clock_set(datetime(1970, 1, 1, 0, 3, tzinfo=UTC), tmp_path / "none")
    assert is_clock_set(START, tmp_path / "none")
    assert not is_clock_set(START, tmp_path)


async def test_a_spike_of_the_past_is_named(farm: Farm, client: Client, tmp_path: Path) -> None:
    """Live, a jump is a jump; in history the next value is known, too."""
    table, map_file = tmp_path / "old.csv", tmp_path / "old.toml"
    values = (20.0, 20.1, 55.0, 20.2, 20.1)
    rows = [f"2026-05-01 00:0{i},{value}" for i, value in enumerate(values)]
    table.write_text("time,t\n" + "\n".join(rows) + "\n")
    map_file.write_text(
        '[time]\ncolumn = "time"\nformat = "%Y-%m-%d %H:%M"\ntime_zone = "UTC"\n'
        '[[devices]]\nname = "old"\n'
        '[[columns]]\ncolumn = "t"\ndevice = "old"\nquantity = "air_temperature"\nunit = "°C"\n'
    )

    import_readings(table, load_map(map_file), farm.settings, farm.engine)

    assert reasons(client, "old", "air_temperature") == ["none", "none", "spike", "none", "none"]


def test_every_reason_has_words_in_both_languages() -> None:
    from api import words
    from api.i18n import Reader
    from sensors import Reason

    names = {reason.name.lower() for reason in Reason} - {"none"}
    for language in ("en", "ja"):
        said: dict[str, Any] = words.reasons(Reader.of(language))
        assert set(said) == names
