"""Somebody is told when what comes leaves the forecast twice running, or drifts from it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from api import alarm_words
from api.alarm_words import Told
from api.i18n import Reader
from edge.agents.alarms import AlarmAgent
from edge.alarms.engine import Side
from edge.alarms.forecasts import ForecastWatch
from edge.clock import ReplayClock
from edge.settings import Settings
from tests.factories import Farm, a_farm
from tests.filled import fill
from tests.world import a_forecast
from traceability import acts, database, lots
from traceability.models import Alarm, ForecastRecord, Site
from traceability.occasions import Occasion

# The forecast of tests.world: from Monday 20 July on, P10 30, 29, 28 … P50 42, 43, 44 … kg.
MONDAY = datetime(2026, 7, 20, 0, tzinfo=UTC)
NOW = MONDAY + timedelta(weeks=3)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'minori.db'}"
    fill(url)
    engine = database.open_database(url)
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        a_forecast(session, farm.lettuce)
        record = session.exec(select(ForecastRecord)).one()
        record.made_at = MONDAY - timedelta(days=1)
    yield engine
    engine.dispose()


def cut(session: Session, farm: Farm, week: int, weight_g: int) -> None:
    at = MONDAY + timedelta(weeks=week, days=2)
    sown = lots.sow(
        session,
        Occasion(at - timedelta(days=42), "Sato"),
        zone=farm.room,
        crop=farm.lettuce,
        code=f"W{week}",
        pieces=1000,
    )
    lots.harvest(
        session,
        Occasion(at, "Sato"),
        lot=acts.made(session, sown)[0],
        pieces=1000,
        weight_g=weight_g,
        zone=farm.packing,
        final=True,
    )


def cuts(engine: Engine, *kilograms: int, first: int = 0) -> None:
    with database.writing_session(engine) as session:
        for week, kg in enumerate(kilograms, first):
            cut(session, a_farm(session), week, kg * 1000)


@pytest.mark.parametrize(
    ("kilograms", "side"), [((20, 21, 20), Side.OUT), ((20, 44, 20), Side.BACK)]
)
def test_only_two_weeks_running_are_told(
    engine: Engine, kilograms: tuple[int, ...], side: Side
) -> None:
    cuts(engine, *kilograms)

    (state,) = ForecastWatch(engine, lambda: NOW)()

    assert (state.side, state.name) == (side, "interval/lowk")
    assert state.facts["came_kg"] == 20.0


def test_a_week_is_judged_by_what_was_in_force_before_it_began(engine: Engine) -> None:
    """A forecast made on Wednesday knows what Monday brought."""
    cuts(engine, 20, 21, 20)
    with database.writing_session(engine) as session:
        record = session.exec(select(ForecastRecord)).one()
        record.made_at = NOW

    assert list(ForecastWatch(engine, lambda: NOW)()) == []


def test_a_drift_within_the_interval_is_told_too(engine: Engine) -> None:
    cuts(engine, *(34 for _ in range(7)))

    interval, bias = ForecastWatch(engine, lambda: MONDAY + timedelta(weeks=7))()

    assert (interval.side, bias.side) == (Side.BACK, Side.OUT)
    assert bias.facts["bias_pct"] > 15


def test_nothing_is_looked_at_twice_within_the_hour(engine: Engine) -> None:
    now = [NOW]
    watch = ForecastWatch(engine, lambda: now[0])
    assert list(watch()) == []

    cuts(engine, 20, 21, 20)
    assert list(watch()) == []
    now[0] += timedelta(hours=1)
    assert len(list(watch())) == 1


def test_the_alarm_is_raised_and_said_in_both_languages_until_a_week_fits(
    engine: Engine, tmp_path: Path
) -> None:
    cuts(engine, 20, 21)
    with database.reading_session(engine) as session:
        site = session.exec(select(Site)).one()
    now = [MONDAY + timedelta(weeks=2)]
    clock = ReplayClock(now[0])
    settings = Settings().inside(tmp_path)
    watch = ForecastWatch(engine, lambda: now[0])
    agent = AlarmAgent(engine, site.id, lambda: settings, clock, sources=[watch])

    agent.look()
    agent.look()

    with database.reading_session(engine) as session:
        (alarm,) = session.exec(select(Alarm)).all()
    said = {one: alarm_words.title(Reader.of(one), Told(alarm, site, None)) for one in ("en", "ja")}
    assert said["en"] == (
        "Forecast of lowk: outside its range twice running, last 21.0 kg (29.0 to 57.0)"
    )
    assert "lowk" in said["ja"]
    assert said["ja"] != said["en"]

    cuts(engine, 44, first=2)
    now[0] += timedelta(weeks=1)
    assert {state.side for state in watch()} == {Side.BACK}
