"""How fast the record grows is measured, and for how long the disk lasts is told in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from edge.agents.upkeep import Upkeep
from edge.alarms import system
from edge.alarms.engine import Side
from edge.clock import ReplayClock
from edge.current import Current
from edge.disk import Disk
from edge.growth import days_left
from edge.settings import Disk as Wanted
from edge.settings_file import parse
from tests.edge.stores import new_store
from traceability import growth
from traceability.database import reading_session, writing_session

NOON = datetime(2026, 11, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)
MB = 1_000_000


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine, _ = new_store(tmp_path)
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(text("CREATE TABLE much (day INTEGER, what BLOB)"))
    yield engine
    engine.dispose()


def day(engine: Engine, number: int, *, megabytes: float = 1.0) -> None:
    """Write so much, and note what is in use a day later than before."""
    with writing_session(engine) as session:
        size = int(megabytes * MB)
        session.execute(text(f"INSERT INTO much VALUES ({number}, zeroblob({size}))"))
    with writing_session(engine) as session:
        growth.note(session, NOON + number * DAY)


def of(engine: Engine, number: float) -> growth.Growth | None:
    with reading_session(engine) as session:
        return growth.of(session, NOON + number * DAY)


def test_growth_is_what_is_more_in_use_each_day(engine: Engine) -> None:
    for number in range(5):
        day(engine, number)

    found = of(engine, 4)

    assert found is not None
    assert found.bytes_a_day == pytest.approx(MB, rel=0.05)
    assert found.days_left(100 * MB) == pytest.approx(100, rel=0.05)


def test_what_was_deleted_is_filled_before_the_disk_is(engine: Engine) -> None:
    """Retention makes room inside the file; only beyond that the card fills."""
    for number in range(5):
        day(engine, number)
    with writing_session(engine) as session:
        session.execute(text("DELETE FROM much WHERE day < 3"))

    found = of(engine, 4)

    assert found is not None
    assert found.reusable_bytes == pytest.approx(3 * MB, rel=0.05)
    assert found.days_left(0) == pytest.approx(3, rel=0.1)


def test_what_does_not_grow_lasts_for_ever(engine: Engine) -> None:
    for number in range(3):
        with writing_session(engine) as session:
            growth.note(session, NOON + number * DAY)
        with writing_session(engine) as session:
            session.execute(text("DELETE FROM much"))

    found = of(engine, 2)

    assert found is not None
    assert found.days_left(0) is None


def test_of_some_hours_nothing_is_said(engine: Engine) -> None:
    day(engine, 0)
    assert of(engine, 0.5) is None


def test_a_clock_that_was_ahead_leaves_nothing_behind(engine: Engine) -> None:
    day(engine, 400)
    for number in range(3):
        day(engine, number)

    found = of(engine, 2)

    assert found is not None
    assert found.over == 2 * DAY


def test_the_service_notes_and_tells_it(engine: Engine, tmp_path: Path) -> None:
    clock = ReplayClock(NOON)
    current = Current(parse({"site": {"trust_clock": True}}).inside(tmp_path))
    upkeep = Upkeep(engine, clock, current)
    for number in range(3):
        clock.set(NOON + number * DAY)
        with writing_session(engine) as session:
            session.execute(text("INSERT INTO much VALUES (0, zeroblob(1000000))"))
        upkeep.work()

    told = {metric.name: next(iter(metric.samples))[1] for metric in upkeep.metrics()}

    assert told["minori_database_growth_bytes_per_day"] == pytest.approx(MB, rel=0.05)
    assert told["minori_disk_days_left"] > 0


@pytest.mark.parametrize(("megabytes_a_day", "side"), [(1.0, Side.BACK), (40.0, Side.OUT)])
def test_the_alarm_comes_two_weeks_before(
    engine: Engine, tmp_path: Path, megabytes_a_day: float, side: Side
) -> None:
    """While nothing waits yet, and somebody can still buy a card."""
    for number in range(3):
        day(engine, number, megabytes=megabytes_a_day)
    disk = Disk(tmp_path, Wanted(floor_mb=100), free=lambda _: 600 * MB)

    state = system.of_disk(disk, days_left(disk, of(engine, 2)))

    assert state.side is side
    days = state.facts["days_left"]
    assert days == pytest.approx(495 / megabytes_a_day, rel=0.1)
