"""What is old goes; what something needs, and what nothing coarser counts, never does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, insert
from sqlalchemy import select as core_select
from sqlmodel import col, select

from sensors import to_ms, utc_from_ms
from tests.factories import START, Farm, a_farm, on_day
from tests.traceability.rollups.truth import catch_up
from traceability import (
    acts,
    backfill,
    catalogue,
    closing,
    conditions,
    lots,
    obligations,
    readings,
    retention,
)
from traceability.database import reading_session, writing_session
from traceability.lived import Span
from traceability.models import (
    Lot,
    Stay,
    Zone,
    reading,
    rollup_day,
    rollup_hour,
    rollup_mark,
    rollup_minute,
)
from traceability.obligations import Why
from traceability.resolutions import Resolution
from traceability.retention import Policy

DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)
DAYS = 30
NOW = START + DAYS * DAY
DAY_MS = 86_400_000


def keeping(raw: int | None = None, *, hub: timedelta | None = None, **days: int) -> Policy:
    given = {"raw": raw, "minute": None, "hour": None, "day": None, **days}
    ages = [None if age is None else age * DAY for age in given.values()]
    return Policy(dict(zip(Resolution, ages, strict=True)), hub=hub)


@dataclass
class Place:
    engine: Engine
    farm: Farm
    series: dict[str, int]  # by the code of the zone

    def expire(self, policy: Policy, now: datetime = NOW) -> int:
        steps = 0
        while retention.step(self.engine, policy, now=now):
            steps += 1
            assert steps < 1000
        return steps

    def keep_records(self, now: datetime = NOW) -> None:
        while True:
            with reading_session(self.engine) as session:
                lot = closing.due(session, now=now)
            if lot is None:
                return
            closing.keep(self.engine, lot.id, now=now)

    def times(self, zone: str = "A") -> list[datetime]:
        of_series = reading.c.series_id == self.series[zone]
        with self.engine.connect() as connection:
            found = connection.scalars(core_select(reading.c.at_ms).where(of_series))
            return sorted(utc_from_ms(at) for at in found)

    def sow(self, code: str, day: float, zone: Zone | None = None) -> None:
        with writing_session(self.engine) as session:
            at = zone or self.farm.room
            lots.sow(session, on_day(day), zone=at, crop=self.farm.lettuce, code=code, pieces=9)

    def discard(self, code: str, day: float) -> None:
        with writing_session(self.engine) as session:
            lot = session.exec(select(Lot).where(Lot.code == code)).one()
            lots.discard(session, on_day(day), lot=lot, reason="mould")

    def insert(self, zone: str, moments: Sequence[datetime]) -> None:
        with writing_session(self.engine) as session:
            rows = [(self.series[zone], to_ms(at), 20.0, 0, 0) for at in moments]
            readings.insert_readings(session.connection(), rows)


def a_place(engine: Engine, *, every: timedelta = HALF_HOUR) -> Place:
    """A room and a cold store, each with a probe that speaks for thirty days."""
    with writing_session(engine) as session:
        farm = a_farm(session)
        series = {}
        for zone in (farm.room, farm.store):
            device = readings.ensure_device(session, farm.site.id, f"{zone.code}-air")
            readings.place_device(session, device, zone, since=START)
            series[zone.code] = readings.ensure_series(
                session.connection(), farm.site.id, device.code, "air_temperature"
            )
            moments = [START + i * every for i in range(int(DAYS * DAY / every))]
            rows = [(series[zone.code], to_ms(at), 20.0 + at.hour, 0, 0) for at in moments]
            readings.insert_readings(session.connection(), rows)
    catch_up(engine)
    return Place(engine, farm, series)


@pytest.fixture
def place(engine: Engine) -> Place:
    return a_place(engine)


def test_readings_go_by_whole_local_days(place: Place) -> None:
    place.expire(keeping(10))

    assert place.times()[0] == datetime.fromisoformat("2026-06-20T15:00Z")  # midnight in Japan
    assert place.times()[-1] == NOW - HALF_HOUR


def test_for_ever_is_for_ever(place: Place) -> None:
    before = place.times()

    assert place.expire(keeping(None, minute=7, hour=7, day=7)) == 0

    assert place.times() == before


def test_coarser_rows_stay_until_finer_ones_have_gone(place: Place) -> None:
    """Whoever reads rollups where readings are must find them there."""
    place.sow("L", 2)

    place.expire(keeping(10, minute=10, hour=10, day=10))

    first = place.times()[0]
    with place.engine.connect() as connection:
        for table in (rollup_minute, rollup_hour, rollup_day):
            of_series = table.c.series_id == place.series["A"]
            at = connection.scalar(core_select(func.min(table.c.start_ms)).where(of_series))
            assert at is not None
            assert utc_from_ms(at) <= first


def test_what_an_open_lot_lived_through_stays(place: Place) -> None:
    """A lot in its thirtieth day in a house that keeps readings for ten."""
    place.sow("L", 3)

    place.expire(keeping(10))

    assert place.times("A")[0] <= START + 3 * DAY
    assert place.times("C")[0] > START + 3 * DAY


def test_a_closed_lot_holds_until_its_record_is_settled(place: Place) -> None:
    place.sow("L", 3)
    place.discard("L", 12)

    place.expire(keeping(10))
    assert place.times("A")[0] <= START + 3 * DAY
    place.keep_records()
    place.expire(keeping(10))

    assert place.times("A")[0] > START + 12 * DAY


def test_a_packed_lot_holds_where_its_heads_grew(place: Place) -> None:
    with writing_session(place.engine) as session:
        farm = place.farm
        sown = lots.sow(session, on_day(1), zone=farm.room, crop=farm.lettuce, code="L", pieces=9)
        cut = {"pieces": 9, "weight_g": 800, "zone": farm.packing, "final": True}
        done = lots.harvest(session, on_day(9), lot=acts.made(session, sown)[0], **cut)
        inputs = [(acts.made(session, done)[0], 800)]
        pack = {"item": farm.bag, "code": "P", "packs": 10, "zone": farm.store}
        lots.pack(session, on_day(9), inputs=inputs, **pack)
    place.keep_records()

    place.expire(keeping(10))

    assert place.times("A")[0] <= START + 1 * DAY


def test_a_tank_holds_for_the_room_it_feeds(engine: Engine) -> None:
    with writing_session(engine) as session:
        farm = a_farm(session)
        tank = catalogue.ensure_zone(session, farm.site, "T", name="Tank", kind="tank")
        catalogue.ensure_feed(session, farm.room, tank, since=START)
        device = readings.ensure_device(session, farm.site.id, "T-ec")
        readings.place_device(session, device, tank, since=START)
        number = readings.ensure_series(session.connection(), farm.site.id, "T-ec", "ec")
    place = Place(engine, farm, {"T": number})
    place.insert("T", [START + i * HALF_HOUR for i in range(DAYS * 48)])
    catch_up(engine)
    place.sow("L", 3)

    place.expire(keeping(10))

    assert place.times("T")[0] <= START + 3 * DAY


def test_what_is_not_rolled_up_stays(place: Place) -> None:
    """The service was off for long, and its first minutes go to what is old."""
    place.insert("A", [NOW + i * DAY for i in range(40)])

    place.expire(keeping(10), NOW + 60 * DAY)
    before = place.times("A")
    catch_up(place.engine)
    place.expire(keeping(10), NOW + 60 * DAY)

    assert before[-40:] == [NOW + i * DAY for i in range(40)]
    assert place.times("A") == [NOW + 39 * DAY]  # the newest of a series stays


def test_a_late_reading_is_counted_before_it_goes(place: Place) -> None:
    late = START + timedelta(minutes=7)
    place.insert("A", [late])

    place.expire(keeping(10))
    assert late in place.times("A")
    catch_up(place.engine)
    place.expire(keeping(10))

    assert late not in place.times("A")
    assert counted(place, rollup_minute) == DAYS * 48 + 1 - 1  # the newest minute is not made yet


def counted(place: Place, table: Any) -> int:
    good = table.c.good
    of_series = table.c.series_id == place.series["A"]
    with place.engine.connect() as connection:
        return int(connection.scalar(core_select(func.sum(good)).where(of_series)) or 0)


def test_what_its_rollups_do_not_count_stays_until_they_do(place: Place) -> None:
    """A row of minutes that some other hand deleted would be all that is left of its readings."""
    with writing_session(place.engine) as session:
        session.execute(rollup_minute.delete().where(rollup_minute.c.start_ms < to_ms(START + DAY)))

    place.expire(keeping(10))
    assert place.times("A")[0] == START
    catch_up(place.engine)
    place.expire(keeping(10))

    assert place.times("A")[0] > START + 19 * DAY
    assert counted(place, rollup_minute) == DAYS * 48 - 1


def test_what_the_hub_has_not_receipted_stays(place: Place) -> None:
    policy = keeping(10, hub=365 * DAY)
    place.expire(policy)
    assert place.times("A")[0] == START  # never sent anything
    with writing_session(place.engine) as session:
        connection = session.connection()
        backfill.enlist(connection, "uplink")
        mark = {"series_id": place.series["A"], "at_ms": to_ms(START + 5 * DAY)}
        connection.execute(insert(_table("uplink_mark")), mark)

    place.expire(policy)

    assert START + 4 * DAY < place.times("A")[0] <= START + 5 * DAY
    assert place.times("C")[0] == START


def test_what_the_way_to_the_hub_gives_up_is_not_owed(place: Place) -> None:
    """A hub that was away for a year gets minutes, and the card does not fill up for it."""
    place.expire(keeping(10, hub=20 * DAY))

    assert START + 9 * DAY < place.times("A")[0] <= START + 10 * DAY


def _table(name: str) -> Any:
    return reading.metadata.tables[name]


def test_why_is_said(place: Place) -> None:
    place.sow("L", 3)

    with reading_session(place.engine) as session:
        until = retention.bounds(session, keeping(10), Resolution.RAW, now=NOW)
        holding = obligations.lots_that_hold(session, place.series["A"], to_ms(NOW - 10 * DAY))
        held = retention.held(session, keeping(10), now=NOW)

    assert until[place.series["A"]].why is Why.OPEN_LOT
    assert until[place.series["C"]].why is None
    assert [lot.code for lot in holding] == ["L"]
    assert held["open_lot"] == 1


def test_conditions_go_on_to_be_told_from_what_is_left(place: Place) -> None:
    """A hole where readings expired would be a lie, and a zero a worse one."""
    span = Span(place.farm.room, START + DAY, START + 5 * DAY)
    with reading_session(place.engine) as session:
        (before,) = conditions.summaries(session, [span], ["air_temperature"])

    place.expire(keeping(10, minute=20))

    with reading_session(place.engine) as session:
        (after,) = conditions.summaries(session, [span], ["air_temperature"])
        points = conditions.chart(session, [span], "air_temperature", points=20)
    assert after.mean == pytest.approx(before.mean, abs=0.05)
    assert (after.low, after.high) == (before.low, before.high)
    assert after.gaps == []
    assert all(point.mean is not None for point in points)


def test_a_step_is_small(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorder waits for it."""
    monkeypatch.setattr(retention, "ROWS", 100)

    gone = retention.step(place.engine, keeping(10), now=NOW)

    assert 0 < gone[Resolution.RAW] <= 102


# One database for all examples of an engine is not enough: what is kept depends on all lots.
_plans = st.lists(
    st.tuples(
        st.integers(0, DAYS - 2),  # sown
        st.one_of(st.none(), st.integers(1, DAYS)),  # moved to the store after so many days
        st.one_of(st.none(), st.integers(1, DAYS)),  # thrown away after so many days
    ),
    max_size=4,
)
_ages = st.lists(st.one_of(st.none(), st.integers(1, DAYS)), min_size=4, max_size=4)
_late = st.lists(st.integers(0, DAYS * 24 * 60 - 1), max_size=8)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
    print_blob=True,
)
@given(plan=_plans, ages=_ages, late=_late, is_kept=st.booleans(), looks=st.integers(1, 3))
def test_nothing_of_an_open_lot_goes_and_no_day_changes(
    place: Place,
    plan: list[tuple[int, int | None, int | None]],
    ages: list[int | None],
    late: list[int],
    is_kept: bool,
    looks: int,
) -> None:
    """Whatever is done, in whatever order, and whatever the settings say."""
    _start_anew(place)
    for number, (sown, moved, thrown) in enumerate(plan):
        _live(place, f"L{number}", sown, moved, thrown)
    for look in range(looks):
        now = NOW + look * DAY
        place.insert("A", [START + minute * timedelta(minutes=1) for minute in late[look::looks]])
        before = _all(place)
        if is_kept:
            place.keep_records(now)
        catch_up(place.engine)
        days = _days(place)
        place.expire(keeping(*ages[:1], **_coarser(ages)), now)

        assert _days(place) == days or ages[3] is not None
        assert _needed(place, before) <= _all(place)
        assert _newer(place, before) <= _all(place)


def _coarser(ages: list[int | None]) -> dict[str, int]:
    names = ("minute", "hour", "day")
    return {name: age for name, age in zip(names, ages[1:], strict=True) if age is not None}


def _start_anew(place: Place) -> None:
    """Take everything of the example before away but the places."""
    with writing_session(place.engine) as session:
        for name in [
            "lot_conditions",
            "stay",
            "flow",
            "act_line",
            "inspection",
            "outbox",
            "act",
            "lot",
            "reading",
            "rollup_minute",
            "rollup_hour",
            "rollup_day",
            "rollup_mark",
            "rollup_due",
            "backfill",
        ]:
            session.execute(_table(name).delete())
    moments = [START + i * HALF_HOUR for i in range(DAYS * 48)]
    for zone in place.series:
        place.insert(zone, moments)
    catch_up(place.engine)


def _live(place: Place, code: str, sown: int, moved: int | None, thrown: int | None) -> None:
    place.sow(code, sown)
    if moved is not None and sown + moved < DAYS and (thrown is None or moved < thrown):
        with writing_session(place.engine) as session:
            lot = session.exec(select(Lot).where(Lot.code == code)).one()
            lots.move(session, on_day(sown + moved), lot=lot, zone=place.farm.store)
    if thrown is not None and sown + thrown <= DAYS:
        place.discard(code, sown + thrown)


def _all(place: Place) -> set[tuple[int, int]]:
    with place.engine.connect() as connection:
        rows = connection.execute(core_select(reading.c.series_id, reading.c.at_ms))
        return {tuple(row) for row in rows}


def _days(place: Place) -> list[tuple[object, ...]]:
    with place.engine.connect() as connection:
        rows = connection.execute(core_select(rollup_day).order_by(*rollup_day.primary_key))
        return [tuple(row) for row in rows]


def _needed(place: Place, rows: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of them lie in the time and place of an open lot, told without the code under test."""
    with reading_session(place.engine) as session:
        query = (
            select(Stay, Lot, Zone)
            .join(Lot, col(Lot.id) == col(Stay.lot_id))
            .join(Zone, col(Zone.id) == col(Stay.zone_id))
        )
        stays = session.exec(query).all()
    spans = [
        (place.series[zone.code], to_ms(stay.start), to_ms(stay.end) if stay.end else 10**15)
        for stay, lot, zone in stays
        if lot.closed_at is None
    ]
    return {
        (series, at) for series, at in rows for of, a, b in spans if series == of and a <= at < b
    }


def _newer(place: Place, rows: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of them are not older than what the mark says is gone."""
    with place.engine.connect() as connection:
        since = dict(
            connection.execute(
                core_select(rollup_mark.c.series_id, rollup_mark.c.raw_from_ms)
            ).all()
        )
    return {(series, at) for series, at in rows if at >= since.get(series, 0)}
