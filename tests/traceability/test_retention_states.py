"""What was on, and what a meter counted, is told the same when single readings have gone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy import select as core_select

from sensors import to_ms
from tests.factories import START, a_farm
from tests.traceability.rollups.truth import catch_up
from tests.traceability.test_retention import DAY, NOW, Place, keeping
from traceability import buckets, energy, readings, states
from traceability.database import reading_session, writing_session
from traceability.lived import Span
from traceability.models import Series, reading
from traceability.resolutions import Resolution

MINUTE = timedelta(minutes=1)
DAYS = 6


def a_room(engine: Engine, **of: Callable[[datetime], float]) -> Place:
    """A room with a device that is asked each minute; it tells what it is for six days."""
    with writing_session(engine) as session:
        farm = a_farm(session)
        device = readings.ensure_device(session, farm.site.id, "relay", model="relay")
        readings.place_device(session, device, farm.room, since=START)
        series = {}
        for quantity, value in of.items():
            number = readings.ensure_series(session.connection(), farm.site.id, "relay", quantity)
            moments = [START + i * MINUTE for i in range(DAYS * 1440)]
            rows = [(number, to_ms(at), value(at), 0, 0) for at in moments]
            readings.insert_readings(session.connection(), rows)
            series[quantity] = number
        # Something newer, so that all of it is summed up.
        later = [(number, to_ms(NOW), 0.0, 0, 0) for number in series.values()]
        readings.insert_readings(session.connection(), later)
    catch_up(engine)
    return Place(engine, farm, series)


def lit(at: datetime) -> float:
    """Sixteen hours from 21:17 on, as a lamp is."""
    return float((at - timedelta(hours=21, minutes=17)).hour < 16)


def span(place: Place) -> Span:
    return Span(place.farm.room, START, START + DAYS * DAY)


def test_a_lamp_burns_as_long_as_before(engine: Engine) -> None:
    place = a_room(engine, lamp=lit)
    with reading_session(engine) as session:
        (before,) = states.of_spans(session, [span(place)])
    count = len(place.times("lamp"))

    place.expire(keeping(2, minute=2, hour=2))

    with reading_session(engine) as session:
        (after,) = states.of_spans(session, [span(place)])
    assert (after.runs, after.on, after.switched_on) == (before.runs, before.on, before.switched_on)
    assert len(place.times("lamp")) < count / 10


def test_a_minute_an_hour_a_day_say_for_how_long_it_was_on(engine: Engine) -> None:
    """A mean of what was told when it changed would say nothing of that."""
    place = a_room(engine, lamp=lit)
    for _ in range(2):
        with reading_session(engine) as session:
            series = session.get_one(Series, place.series["lamp"])
            ends = {"start": START + DAY, "end": START + 3 * DAY}
            days = list(buckets.of_series(session, series, Resolution.DAY, **ends))
            hours = list(buckets.of_series(session, series, Resolution.HOUR, **ends))
        assert days[0].on == pytest.approx(16 / 24, abs=0.001)
        assert days[0].mean is None
        assert {hour.on for hour in hours} >= {0.0, 1.0}
        place.expire(keeping(2))


def test_what_a_counter_ran_and_power_gave_is_close(engine: Engine) -> None:
    counted = a_room(engine, energy=lambda at: (at - START).total_seconds() / 3600 * 1.5)
    sampled = Place(counted.engine, counted.farm, counted.series)
    with reading_session(engine) as session:
        (before,) = energy.used(session, [span(counted)])

    sampled.expire(keeping(2, minute=3))

    with reading_session(engine) as session:
        (after,) = energy.used(session, [span(counted)])
    assert after.kwh == pytest.approx(before.kwh, rel=0.001)
    assert after.gap_h == 0


def test_power_by_the_hour_gives_the_same_energy(engine: Engine) -> None:
    place = a_room(engine, power=lambda at: 400.0 * lit(at))
    with reading_session(engine) as session:
        (before,) = energy.used(session, [span(place)])

    place.expire(keeping(2, minute=2))

    with reading_session(engine) as session:
        (after,) = energy.used(session, [span(place)])
    assert after.kwh == pytest.approx(before.kwh, rel=0.001)
    assert after.gap_h == pytest.approx(before.gap_h, abs=0.02)


# Minutes between two answers of a relay, and what it said.
_told = st.lists(
    st.tuples(st.sampled_from([1, 1, 1, 2, 10, 16, 29, 31, 90]), st.sampled_from([0.0, 1.0, None])),
    min_size=2,
    max_size=80,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
@given(told=_told)
def test_no_run_is_longer_or_shorter_than_it_was(
    engine: Engine, told: list[tuple[int, float | None]]
) -> None:
    """However often it was told, and however long it was silent."""
    with writing_session(engine) as session:
        farm = a_farm(session)
        code = f"relay-{_count(session.connection())}"
        device = readings.ensure_device(session, farm.site.id, code, model="relay")
        readings.place_device(session, device, farm.room, since=START)
        number = readings.ensure_series(session.connection(), farm.site.id, code, "lamp")
        at, rows = START, []
        for minutes, value in told:
            at += minutes * MINUTE
            rows.append((number, to_ms(at), value, 0 if value is not None else 2, 0))
        readings.insert_readings(session.connection(), [*rows, (number, to_ms(NOW), 0.0, 0, 0)])
    catch_up(engine)
    ends = (to_ms(START), to_ms(at + DAY))
    with reading_session(engine) as session:
        before = states.runs_of(session, number, *ends, hold_ms=30 * 60_000)

    Place(engine, farm, {}).expire(keeping(2))

    with reading_session(engine) as session:
        after = states.runs_of(session, number, *ends, hold_ms=30 * 60_000)
        left = session.connection().scalars(
            core_select(reading.c.at_ms).where(reading.c.series_id == number)
        )
        assert len(list(left)) <= len(told) + 1
    assert after == before
    assert all(a.end <= b.start for a, b in pairwise(after))


def _count(connection: object) -> int:
    return len(connection.execute(core_select(Series.id)).all())  # type: ignore[attr-defined]
