"""Upkeep keeps the store in order by itself, and never in the way of the recorder."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, func, select
from sqlalchemy.exc import OperationalError

from edge.agents.upkeep import LOOK_EVERY_S, Upkeep
from edge.clock import ReplayClock
from sensors import Reading
from tests.edge.stores import new_store
from traceability import backfill, rollups
from traceability.models import backfill as backfill_rows
from traceability.models import rollup_hour, rollup_minute
from traceability.readings import Delivery, Recorder

NOON = datetime(2026, 11, 1, 3, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[Engine, Recorder]]:
    engine, site_id = new_store(tmp_path)
    yield engine, Recorder(engine, site_id)
    engine.dispose()


def append(recorder: Recorder, minutes: range) -> None:
    recorder.append(
        [Delivery([Reading("s8", "co2", 800.0, NOON + timedelta(minutes=m)) for m in minutes])]
    )


def count(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_one_round_makes_all_rollups_there_are(store: tuple[Engine, Recorder]) -> None:
    engine, recorder = store
    append(recorder, range(600))
    append(recorder, range(-60, 0))

    Upkeep(engine, ReplayClock(NOON)).work()

    assert count(engine, rollup_minute) == 600 + 60 - 1
    assert count(engine, rollup_hour) == 10


def test_rows_about_late_readings_go_when_all_know_them(store: tuple[Engine, Recorder]) -> None:
    """Nobody else prunes them; a farm whose probes send late would keep them for years."""
    engine, recorder = store
    upkeep = Upkeep(engine, ReplayClock(NOON))
    append(recorder, range(10, 20))
    upkeep.work()
    append(recorder, range(10))

    upkeep.work()

    with engine.connect() as connection:
        assert backfill.following(connection, rollups.CONSUMER) == []
        assert count(engine, backfill_rows) == 0


async def test_it_goes_on_after_the_database_was_away(
    store: tuple[Engine, Recorder],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine, recorder = store
    append(recorder, range(600))
    real, tries, done = rollups.step, iter([True]), asyncio.Event()
    loop = asyncio.get_running_loop()

    def step(connection: object) -> bool:
        if next(tries, False):
            raise _locked()
        loop.call_soon_threadsafe(done.set)
        return real(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(rollups, "step", step)
    task = asyncio.create_task(Upkeep(engine, ReplayClock(NOON)).run())

    async with asyncio.timeout(30):
        await done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert "upkeep wait for the database: database is locked" in caplog.text


def _locked() -> Exception:
    return OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))


async def test_cancelled_it_ends_after_the_step_it_is_in(
    store: tuple[Engine, Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop of the service must not wait for a backlog of hours."""
    engine, _ = store
    in_step, steps = threading.Event(), []
    upkeep = Upkeep(engine, ReplayClock(NOON))

    def step(_connection: object) -> bool:
        steps.append(1)
        in_step.set()
        upkeep.stopping.wait(30)
        return True

    monkeypatch.setattr(rollups, "is_behind", lambda _connection: True)
    monkeypatch.setattr(rollups, "step", step)
    task = asyncio.create_task(upkeep.run())
    async with asyncio.timeout(30):
        await asyncio.to_thread(in_step.wait, 30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert len(steps) == 1


def test_its_age_is_told(store: tuple[Engine, Recorder]) -> None:
    engine, recorder = store
    append(recorder, range(600))
    clock = ReplayClock(NOON)
    upkeep = Upkeep(engine, clock)
    upkeep.work()

    clock.set(NOON + timedelta(seconds=LOOK_EVERY_S))

    told = {metric.name: list(metric.samples) for metric in upkeep.metrics()}
    assert told["minori_upkeep_age_seconds"] == [({}, LOOK_EVERY_S)]
    assert told["minori_upkeep_steps_total"][0][1] > 0
