"""What waits for a hub that is away stays within bounds, and nothing is lost before it is thinned."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from sensors import Reading, to_ms
from traceability import catalogue, rollups, uplink, uplink_readings, uplink_thinning
from traceability.database import writing_session
from traceability.readings import Delivery, Recorder
from traceability.resolutions import HOUR_MS, MINUTE_MS
from traceability.uplink_thinning import READING_BYTES, Fill, Policy

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOON_MS = to_ms(NOON)
MUCH = 1_000_000_000
POLICY = Policy(timedelta(hours=10), MUCH, timedelta(days=1))


@pytest.fixture
def recorder(engine: Engine) -> Recorder:
    with writing_session(engine) as session:
        farm = catalogue.ensure_organisation(session, "farm", name="Farm")
        site = catalogue.ensure_site(session, farm, "main", name="Main", time_zone="Asia/Tokyo")
        uplink.belongs_to(session, "edge")
        site_id = site.id
    return Recorder(engine, site_id)


def record(recorder: Recorder, minutes: Iterable[int], device: str = "s8") -> None:
    moments = [NOON + timedelta(minutes=minute) for minute in minutes]
    recorder.append([Delivery([Reading(device, "co2", 800.0, moment) for moment in moments])])


def roll_up(engine: Engine) -> None:
    with writing_session(engine) as session:
        while rollups.step(session.connection()):
            pass


def look(engine: Engine) -> None:
    with writing_session(engine) as session:
        connection = session.connection()
        while news := uplink_readings.look(connection):
            uplink_readings.take_notice(connection, news)


def fill(engine: Engine, policy: Policy = POLICY) -> Fill:
    with engine.connect() as connection:
        return uplink_thinning.fill(connection, policy, now=NOON)


def thin(engine: Engine, whole_from_ms: int) -> int:
    with writing_session(engine) as session:
        return uplink_thinning.thin(session.connection(), whole_from_ms)


def gaps(engine: Engine) -> list[tuple[int, int, bool]]:
    """(first minute, last minute, is thinned), oldest first."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT start_ms, end_ms, is_thinned FROM uplink_gap ORDER BY start_ms, id"
        )
        return [
            ((start - NOON_MS) // MINUTE_MS, (end - NOON_MS) // MINUTE_MS, bool(thinned))
            for start, end, thinned in rows
        ]


def test_the_fill_grows_with_the_age_of_what_waits(engine: Engine, recorder: Recorder) -> None:
    assert fill(engine).share == 0

    record(recorder, range(-300, 0))
    look(engine)

    assert fill(engine) == Fill(NOON_MS - 10 * HOUR_MS, pytest.approx(0.5))


def test_the_fill_grows_with_the_bytes_that_wait(engine: Engine, recorder: Recorder) -> None:
    """500 probes fill a card in a week that ten do not fill in a year."""
    record(recorder, range(-300, 0))
    roll_up(engine)
    look(engine)

    half = fill(engine, Policy(timedelta(days=30), 600 * READING_BYTES, timedelta(days=60)))
    over = fill(engine, Policy(timedelta(days=30), 100 * READING_BYTES, timedelta(days=60)))

    assert half.share == pytest.approx(0.5, abs=0.1)
    assert (over.share > 1, over.whole_from_ms) == (True, NOON_MS - 2 * HOUR_MS)


def test_only_what_is_too_old_goes_by_the_minute(engine: Engine, recorder: Recorder) -> None:
    record(recorder, range(-300, 0))
    roll_up(engine)
    look(engine)

    assert thin(engine, NOON_MS - 100 * MINUTE_MS + 1234) == 1

    assert gaps(engine) == [(-300, -101, True), (-100, -11, False)]
    assert thin(engine, NOON_MS - 100 * MINUTE_MS) == 0


def test_what_is_not_rolled_up_yet_waits_whole(engine: Engine, recorder: Recorder) -> None:
    """A minute sent without its late readings would be a wrong one."""
    record(recorder, range(-300, -100))
    roll_up(engine)
    record(recorder, [-250, *range(-100, 0)], "late")
    record(recorder, range(-99, 0))
    look(engine)
    thin(engine, NOON_MS)
    assert gaps(engine)[0] == (-300, -102, True)

    roll_up(engine)
    thin(engine, NOON_MS)

    assert [thinned for *_, thinned in gaps(engine)] == [True] * len(gaps(engine))


def test_a_late_reading_holds_its_minute_back_until_it_is_in_it(
    engine: Engine, recorder: Recorder
) -> None:
    record(recorder, range(-300, 0, 2))
    roll_up(engine)
    look(engine)
    record(recorder, [-201])
    look(engine)

    thin(engine, NOON_MS)
    assert (-300, -202, True) in gaps(engine)
    roll_up(engine)
    thin(engine, NOON_MS)

    assert (-201, -201, True) in gaps(engine)


def test_minutes_are_given_up_at_last_oldest_first(engine: Engine, recorder: Recorder) -> None:
    record(recorder, range(-300, 0))
    roll_up(engine)
    look(engine)
    thin(engine, NOON_MS - 100 * MINUTE_MS)

    with writing_session(engine) as session:
        before_ms = NOON_MS - 250 * MINUTE_MS
        assert uplink_thinning.give_up(session.connection(), before_ms) == 50
        assert uplink_thinning.give_up(session.connection(), before_ms) == 0

    assert gaps(engine) == [(-250, -101, True), (-100, -11, False)]


def test_readings_that_go_by_the_minute_may_expire_and_their_minutes_not(
    engine: Engine, recorder: Recorder
) -> None:
    record(recorder, range(-300, 0))
    roll_up(engine)
    look(engine)
    thin(engine, NOON_MS - 100 * MINUTE_MS)

    with engine.connect() as connection:
        assert uplink_readings.owed_from_ms(connection) == {1: NOON_MS - 100 * MINUTE_MS}
        owed = uplink_thinning.minutes_owed_from_ms(connection)
        assert owed == {1: NOON_MS - 300 * MINUTE_MS}
