"""Who follows readings by time hears of every one that came in behind it, once and in order."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from sensors import Reading
from traceability import backfill, catalogue, readings
from traceability.backfill import Backfilled
from traceability.database import writing_session
from traceability.models import Site
from traceability.readings import Delivery, Recorder

NOON = datetime(2026, 11, 1, 3, tzinfo=UTC)
NOON_MS = 1_793_502_000_000
MINUTE_MS = 60_000


@pytest.fixture
def site(engine: Engine) -> Site:
    with writing_session(engine) as session:
        farm = catalogue.ensure_organisation(session, "farm", name="Farm")
        return catalogue.ensure_site(session, farm, "main", name="Main", time_zone="Asia/Tokyo")


@pytest.fixture
def recorder(engine: Engine, site: Site) -> Recorder:
    with writing_session(engine) as session:
        backfill.enlist(session.connection(), "hub")
    return Recorder(engine, site.id)


def batch(minutes: Iterable[int], device: str = "s8") -> list[Delivery]:
    return [Delivery([Reading(device, "co2", 800.0, NOON + timedelta(minutes=m))]) for m in minutes]


def told(engine: Engine, consumer: str = "hub") -> list[tuple[int, int, int]]:
    """The spans still to deal with, as (series, first minute, minute after the last)."""
    with engine.connect() as connection:
        return [_minutes(one) for one in backfill.following(connection, consumer)]


def _minutes(one: Backfilled) -> tuple[int, int, int]:
    first, last = one.start_ms - NOON_MS, one.end_ms - 1 - NOON_MS
    return one.series_id, first // MINUTE_MS, last // MINUTE_MS + 1


def test_readings_in_order_are_not_told(engine: Engine, recorder: Recorder) -> None:
    """The hot path of every farm: nothing is late, and nothing is written for it."""
    for minute in range(5):
        recorder.append(batch([minute], "s8") + batch([minute], "s9"))

    assert told(engine) == []


def test_disorder_within_one_batch_is_not_late(engine: Engine, recorder: Recorder) -> None:
    """It is committed at once, so nobody can have gone past the later ones."""
    recorder.append(batch([3, 1, 2]))

    assert told(engine) == []


def test_a_late_reading_is_told_with_its_span(engine: Engine, recorder: Recorder) -> None:
    recorder.append(batch([0, 10]))

    recorder.append(batch([3, 11, 7]))

    assert told(engine) == [(1, 3, 8)]


def test_a_batch_tells_each_series_once(engine: Engine, recorder: Recorder) -> None:
    """A history import makes few wide rows, not one a reading."""
    recorder.append(batch([100], "s8") + batch([50], "s9") + batch([0], "s10"))

    recorder.append([d for name in ("s8", "s9", "s10") for d in batch(range(60), name)])

    assert told(engine) == [(1, 0, 60), (2, 0, 50)]


def test_a_repeat_is_not_told_again(engine: Engine, recorder: Recorder) -> None:
    recorder.append(batch([0, 1, 2]))
    recorder.append(batch([0, 1, 2]))

    assert told(engine) == []


def test_only_what_was_new_is_told(engine: Engine, recorder: Recorder) -> None:
    """An import done again after ten new lines came into its middle."""
    recorder.append(batch([0, 1, 2, 5, 6]))

    assert recorder.append(batch(range(7))) == 2
    assert told(engine) == [(1, 3, 5)]


def test_late_readings_and_their_row_live_or_die_together(
    engine: Engine, recorder: Recorder
) -> None:
    recorder.append(batch([10]))
    broken = Reading("s8", "co2", 1.0, NOON, quality="no number")  # type: ignore[arg-type]

    with pytest.raises(Exception, match=r"no number|invalid"):
        recorder.append([*batch([5]), Delivery([broken])])

    assert told(engine) == []


def test_each_consumer_goes_at_its_own_pace(engine: Engine, recorder: Recorder) -> None:
    recorder.append(batch([10]))
    recorder.append(batch([1]))
    with engine.begin() as connection:
        backfill.enlist(connection, "rollups")
    recorder.append(batch([2]))
    with engine.begin() as connection:
        first = backfill.following(connection, "hub", limit=1)
        backfill.advance(connection, "hub", first[0].sequence)

        backfill.enlist(connection, "hub")

    assert told(engine, "hub") == told(engine, "rollups") == [(1, 2, 3)]


def test_rows_stay_until_all_have_passed_them(engine: Engine, recorder: Recorder) -> None:
    with engine.begin() as connection:
        backfill.enlist(connection, "rollups")
    recorder.append(batch([10]))
    recorder.append(batch([1]))
    recorder.append(batch([2]))
    with engine.begin() as connection:
        last = backfill.following(connection, "hub")[-1].sequence
        backfill.advance(connection, "hub", last)

        assert backfill.prune(connection) == 0
        backfill.advance(connection, "rollups", last)
        assert backfill.prune(connection) == 2

    recorder.append(batch([3]))
    with engine.connect() as connection:
        (fresh,) = backfill.following(connection, "hub")
    assert fresh.sequence > last, "an emptied table must not hand out passed numbers again"


def test_a_dismissed_consumer_holds_nothing(engine: Engine, recorder: Recorder) -> None:
    """A revoked hub must not let the table grow for years."""
    with engine.begin() as connection:
        backfill.enlist(connection, "rollups")
    recorder.append(batch([10]))
    recorder.append(batch([1]))
    with engine.begin() as connection:
        last = backfill.following(connection, "rollups")[-1].sequence
        backfill.advance(connection, "rollups", last)

        backfill.dismiss(connection, "hub")

        assert backfill.prune(connection) == 1
        with pytest.raises(LookupError):
            backfill.following(connection, "hub")


def test_two_writers_miss_nothing_of_each_other(engine: Engine, recorder: Recorder) -> None:
    """What one has not committed the other cannot see: it has to wait before it judges."""
    recorder.append(batch([0]))
    writer = engine.execution_options(write=True)
    with ThreadPoolExecutor(1) as thread, writer.begin() as connection:
        _insert(connection, minute=10)
        late = thread.submit(recorder.append, batch([5]))
        _wait_for_a_waiting_writer(engine)
        connection.commit()

        assert late.result(timeout=30) == 1
    assert told(engine) == [(1, 5, 6)]


def _insert(connection: Connection, *, minute: int) -> None:
    readings.insert_readings(connection, [(1, NOON_MS + minute * MINUTE_MS, 800.0, 0, 0)])


def _wait_for_a_waiting_writer(engine: Engine) -> None:
    """On PostgreSQL the waiting shows; on SQLite BEGIN IMMEDIATE waits, whenever it gets there."""
    if engine.dialect.name != "postgresql":
        return
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    deadline = datetime.now(UTC) + timedelta(seconds=30)
    with engine.connect() as connection:
        while not connection.scalar(waiting):
            assert datetime.now(UTC) < deadline, "the second writer did not wait"
            connection.rollback()
