"""Rollups are what every reading says, whatever the order readings come in."""

from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from tests.traceability.rollups import truth
from tests.traceability.rollups.stores import START_MS, ZONES, Row, Store, batches, examples
from traceability import rollups
from traceability.database import writing_session
from traceability.models import Site, reading, rollup_due, rollup_mark
from traceability.resolutions import HOUR_MS, MINUTE_MS, ROLLED_UP, Resolution, floor


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store.on(engine)


def wrong(connection: Connection, series_id: int, zone: str) -> list[str]:
    """Name the resolutions at which the made buckets differ from the readings."""
    mark = connection.execute(
        select(rollup_mark).where(rollup_mark.c.series_id == series_id)
    ).one_or_none()
    if mark is None:
        return []
    until = {
        Resolution.MINUTE: mark.minute_ms,
        Resolution.HOUR: mark.hour_ms,
        Resolution.DAY: mark.day_ms,
    }
    rows = truth.raw(connection, series_id)
    return [
        resolution.label
        for resolution in ROLLED_UP
        if not truth.is_close(
            truth.stored(connection, series_id, resolution),
            {
                start: figures
                for start, figures in truth.of_readings(rows, resolution, ZoneInfo(zone)).items()
                if start < until[resolution]
            },
        )
    ]


@examples
@given(
    batches=batches,
    zone=st.sampled_from(ZONES),
    budget=st.sampled_from([5, 60, 20_000]),
    looks=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_any_order_of_arrival_gives_the_same_rollups(
    store: Store, batches: list[list[Row]], zone: str, budget: int, looks: list[bool]
) -> None:
    """Late, early, doubled, without a value, across clock changes, with upkeep at any moment."""
    series_id = store.series(zone)
    for batch, look in zip(batches, looks, strict=False):
        store.insert(series_id, batch)
        if look:
            with store.engine.execution_options(write=True).begin() as connection:
                rollups.step(connection, budget=budget)

    truth.catch_up(store.engine, budget=budget)

    with store.engine.connect() as connection:
        assert wrong(connection, series_id, zone) == []
        assert connection.execute(select(rollup_due)).all() == []
        assert not rollups.is_behind(connection)


def steady(store: Store, zone: str = "Asia/Tokyo", *, hours: int = 60) -> int:
    """A value each ten minutes, 20.0 and 26.0 in turn."""
    series_id = store.series(zone)
    rows = [(START_MS + i * 600_000, 26.0 if i % 2 else 20.0, 0) for i in range(hours * 6)]
    store.insert(series_id, rows)
    truth.catch_up(store.engine)
    return series_id


def test_nothing_new_costs_no_writing(store: Store) -> None:
    steady(store)

    with store.engine.connect() as connection:
        assert not rollups.is_behind(connection)


def test_a_bucket_is_made_when_its_series_went_past_it(store: Store) -> None:
    """The last minute may still get readings; whoever asks for it is told from those."""
    series_id = steady(store)

    with store.engine.connect() as connection:
        made = truth.stored(connection, series_id, Resolution.MINUTE)

    newest = START_MS + (60 * 6 - 1) * 600_000
    assert max(made) == floor(Resolution.MINUTE, newest, ZoneInfo("UTC")) - 600_000


def test_a_failure_halfway_leaves_rows_and_marks_as_they_were(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    series_id = steady(store)
    store.insert(series_id, [(START_MS + 90 * HOUR_MS, 20.0, 0), (START_MS + 5_000, 99.0, 0)])
    with store.engine.connect() as connection:
        before = _everything(connection)

    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(rollups, "marks_written", fail)
        with pytest.raises(RuntimeError):
            truth.catch_up(store.engine)

    with store.engine.connect() as connection:
        assert _everything(connection) == before
    truth.catch_up(store.engine)
    with store.engine.connect() as connection:
        assert wrong(connection, series_id, "Asia/Tokyo") == []


def _everything(connection: Connection) -> list[object]:
    tables = (rollup_mark, rollup_due, *(resolution.table for resolution in ROLLED_UP))
    return [sorted(map(tuple, connection.execute(select(table)))) for table in tables]


def test_two_at_once_make_each_bucket_once(store: Store) -> None:
    """A hub and its agent may both be at it."""
    series_id = store.series("Asia/Tokyo")
    rows = [(START_MS + i * 20_000, float(i % 7), 0) for i in range(5_000)]
    store.insert(series_id, rows)

    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(truth.catch_up, store.engine, budget=300) for _ in range(2)]
        assert sum(one.result(timeout=60) for one in both) >= 5_000 / 300

    with store.engine.connect() as connection:
        assert wrong(connection, series_id, "Asia/Tokyo") == []


def test_what_expired_keeps_its_rollups(store: Store) -> None:
    """A straggler of a year ago must not turn an hour of 360 readings into an hour of one."""
    series_id = steady(store)
    with store.engine.begin() as connection:
        whole = truth.stored(connection, series_id, Resolution.HOUR)
        connection.execute(reading.delete().where(reading.c.at_ms < START_MS + 30 * HOUR_MS))

    store.insert(series_id, [(START_MS + 5_000, 99.0, 0)])
    truth.catch_up(store.engine)

    with store.engine.connect() as connection:
        assert truth.stored(connection, series_id, Resolution.HOUR) == whole


def test_history_from_before_all_is_rolled_up_whole(store: Store) -> None:
    """An import of last year beside live readings, in its batches, newest first."""
    series_id = steady(store)
    old = [(START_MS - (i + 1) * MINUTE_MS, 5.0, 1) for i in range(20_000)]
    for at in range(0, len(old), 1_000):
        store.insert(series_id, old[at : at + 1_000])

    truth.catch_up(store.engine, budget=3_000)

    with store.engine.connect() as connection:
        assert wrong(connection, series_id, "Asia/Tokyo") == []


def test_a_corrected_time_zone_moves_the_days(store: Store) -> None:
    series_id = steady(store, "Europe/Berlin")
    with writing_session(store.engine) as session:
        session.get_one(Site, store.sites["Europe/Berlin"]).time_zone = "America/New_York"

    truth.catch_up(store.engine)

    with store.engine.connect() as connection:
        assert wrong(connection, series_id, "America/New_York") == []


def test_what_is_due_twice_is_counted_once(store: Store) -> None:
    series_id = steady(store)
    with store.engine.execution_options(write=True).begin() as connection:
        for start_ms in (START_MS, START_MS + HOUR_MS):
            due = rollups.Stretch(series_id, start_ms, START_MS + 30 * HOUR_MS)
            rollups.make_again(connection, [due])

    truth.catch_up(store.engine)

    with store.engine.connect() as connection:
        assert wrong(connection, series_id, "Asia/Tokyo") == []
