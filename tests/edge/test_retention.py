"""What is old goes by the settings; a clock that leaps takes nothing with it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from edge.agents.upkeep import Upkeep
from edge.current import Current
from edge.errors import SettingsInvalid
from edge.retention import PACE, Expiry
from edge.settings import Settings
from edge.settings_file import parse
from sensors import Reading
from tests.edge.console import Console, new_console
from tests.edge.stores import count, new_store
from tests.traceability.rollups.truth import catch_up
from traceability import readings
from traceability.database import open_database, writing_session
from traceability.models import Zone
from traceability.readings import Delivery, Recorder

DAY = timedelta(days=1)
NOW = datetime(2028, 3, 1, tzinfo=UTC)
YEAR = 365 * DAY


@dataclass
class TwoClocks:
    """The wall's, which may leap, and the one that does not."""

    wall: datetime = NOW
    since_start: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.since_start.total_seconds()

    def goes_on(self, span: timedelta) -> None:
        self.wall, self.since_start = self.wall + span, self.since_start + span

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    """A probe that has said a value each three hours for 400 days up to now."""
    engine, site_id = new_store(tmp_path)
    moments = [NOW - i * DAY / 8 for i in range(8 * 400)]
    recorder = Recorder(engine, site_id)
    recorder.append([Delivery([Reading("s8", "co2", 800.0, at) for at in reversed(moments)])])
    yield engine
    engine.dispose()


def current(days: int = 100, *, trust_clock: bool = True) -> Current:
    content = {"retention": {"raw_days": days}, "site": {"trust_clock": trust_clock}}
    return Current(parse(content))


def work(engine: Engine, clock: TwoClocks, days: int = 100) -> None:
    Upkeep(engine, clock, current(days)).work()


def expire(expiry: Expiry) -> None:
    while expiry.step():
        pass


def test_the_service_lets_go_what_is_old(store: Engine) -> None:
    upkeep = Upkeep(store, TwoClocks(), current(100))

    upkeep.work()

    assert 100 * 8 <= count(store) < 102 * 8
    gone = {m.name: m.samples for m in upkeep.metrics()}["minori_expired_rows_total"]
    assert {labels["resolution"]: n for labels, n in gone}["raw"] == 3200 - count(store)


def test_without_an_age_nothing_goes(store: Engine) -> None:
    work(store, TwoClocks(), days=0)

    assert count(store) == 3200


def test_a_clock_that_leaps_a_year_takes_hours_of_readings_not_a_year(store: Engine) -> None:
    """A wrong time server for an afternoon must not cost what a farm measured in a year."""
    work(store, clock := TwoClocks(), days=390)
    expiry = Expiry(store, clock, current(390))
    expire(expiry)
    before = count(store)

    clock.wall += YEAR
    for _ in range(4):
        clock.goes_on(timedelta(hours=1))
        expire(expiry)

    assert before - count(store) <= 8 * (PACE * 4 / 24 + 2)
    clock.wall -= YEAR
    expire(expiry)


def test_a_leap_while_the_service_was_off_is_no_other(store: Engine) -> None:
    work(store, TwoClocks(), days=390)
    before = count(store)

    work(store, TwoClocks(NOW + YEAR), days=390)

    assert before - count(store) <= 8 * 2


def test_after_a_season_off_it_comes_round(store: Engine) -> None:
    """It is a brake, not a stop."""
    work(store, clock := TwoClocks(), days=390)
    clock.wall += 60 * DAY
    expiry = Expiry(store, clock, current(390))

    for _ in range(8 * 24):
        clock.goes_on(timedelta(hours=1))
        expire(expiry)

    assert count(store) < 3200 - 8 * 70


def test_while_the_clock_is_not_set_nothing_goes(store: Engine) -> None:
    """A board without a battery clock starts anywhere."""
    work(store, TwoClocks(), days=0)
    clock = TwoClocks(datetime(1970, 1, 2, tzinfo=UTC))

    assert not Expiry(store, clock, current(7, trust_clock=False)).step()

    assert count(store) == 3200


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"raw_days": 3}, "retention.raw_days"),
        ({"raw_days": 400, "minute_days": 100}, "retention.minute_days"),
        ({"minute_days": 1000, "hour_days": 900}, "retention.hour_days"),
        ({"raw_days": -1}, "retention.raw_days"),
    ],
)
def test_ages_that_do_not_fit_are_refused_by_name(said: dict[str, int], wrong: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        parse({"retention": said})

    assert caught.value.facts["key"] == wrong


@pytest.mark.parametrize("said", [{}, {"raw_days": 0}, {"raw_days": 30, "minute_days": 0}])
def test_ages_that_do_fit_are_taken(said: dict[str, int]) -> None:
    assert isinstance(parse({"retention": said}), Settings)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    console = new_console(tmp_path)
    console.ok("catalogue", "crop", "add", "lowk", "--largest-head", "250g")
    return console


def test_the_command_says_what_would_go_and_what_is_held_by_which_lot(console: Console) -> None:
    """Somebody whose disk fills asks why nothing goes."""
    console.ok("lot", "sow", "L1", "--crop", "lowk", "--zone", "A", "--pieces", "9", *_at(450))
    _measure(console, days=500)

    said = console.ok("retention")

    assert "raw (readings)" in said.out
    assert "400 days" in said.out
    assert "they are of lots still open: L1" in " ".join(said.out.split())
    (raw, *_) = json.loads(console.ok("retention", "--json").out)
    assert raw["would_go"] > 0
    (held,) = raw["held_back"]
    assert (held["reason"], held["lots"], held["devices"]) == ("open_lot", ["L1"], ["A-air"])
    assert max(len(line) for line in said.lines) <= 80


def test_the_command_on_an_empty_record_says_so(console: Console) -> None:
    said = console.ok("retention")

    assert "none" in said.out
    assert "would" not in said.out.splitlines()[1]


def _at(days: int) -> tuple[str, str]:
    return "--at", f"{datetime.now(UTC) - days * DAY:%Y-%m-%dT%H:%M}"


def _measure(console: Console, days: int) -> None:
    """Lay a reading each six hours, in room A, and have them summed up."""

    engine = open_database(f"sqlite:///{console.folder / 'minori.db'}")
    now = datetime.now(UTC)
    with writing_session(engine) as session:
        room = session.exec(select(Zone).where(Zone.code == "A")).one()
        device = readings.ensure_device(session, room.site_id, "A-air")
        readings.place_device(session, device, room, since=now - days * DAY)
        recorder = Recorder(engine, room.site_id)
    moments = [now - days * DAY + i * DAY / 4 for i in range(4 * days)]
    recorder.append([Delivery([Reading("A-air", "co2", 700.0, at) for at in moments])])
    catch_up(engine)
    engine.dispose()
