"""What a lot or a room wants now: by stage, by day and by night."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from sensors import to_ms
from tests.factories import START, Farm, a_farm, on_day
from tests.traceability.recipes.recipes import lettuce
from traceability import acts, lots, readings, recipes
from traceability.models import Lot
from traceability.recipes import Document, Light, Target
from traceability.recipes.daynight import by_clock

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def farm(session: Session) -> Farm:
    farm = a_farm(session)
    recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START - DAY)
    return farm


def sown(session: Session, farm: Farm, code: str = "L", *, day: int = 0, pieces: int = 100) -> Lot:
    act = lots.sow(
        session, on_day(day), zone=farm.room, crop=farm.lettuce, code=code, pieces=pieces
    )
    return acts.made(session, act)[0]


def test_a_lot_wants_what_its_stage_says_by_day_and_by_night(session: Session, farm: Farm) -> None:
    """START is 09:00 in Japan; lights are on there from 06:00 to 22:00."""
    lot = sown(session, farm)
    morning, night = START + 5 * DAY, START + 5 * DAY + 14 * HOUR

    by_day = recipes.targets_at(session, lot, morning)
    by_night = recipes.targets_at(session, lot, night)

    assert by_day["air_temperature"] == Target(20, 24, "nursery", "day")
    assert by_night["air_temperature"] == Target(17, 20, "nursery", "night")
    assert by_day["dli"] == by_night["dli"] == Target(9, 13, "nursery", None)


def test_what_is_said_for_the_day_only_is_not_wanted_at_night(session: Session, farm: Farm) -> None:
    """CO2 is given while there is light."""
    lot = sown(session, farm)
    lots.transplant(session, on_day(14), lot=lot, zone=farm.room)

    assert "co2" in recipes.targets_at(session, lot, START + 15 * DAY)
    assert "co2" not in recipes.targets_at(session, lot, START + 15 * DAY + 14 * HOUR)


def test_a_room_is_run_for_most_of_its_plants_and_tells_the_others(
    session: Session, farm: Farm
) -> None:
    for code, day in (("a", 0), ("b", 1)):
        lot = sown(session, farm, code, day=day, pieces=80)
        lots.transplant(session, on_day(day + 14), lot=lot, zone=farm.room)
    sown(session, farm, "young", day=16, pieces=150)
    at = START + 17 * DAY

    demands = recipes.demands_at(session, farm.room, at)

    assert [(one.stage.code, one.pieces) for one in demands] == [
        ("growing", 160),
        ("germination", 150),
    ]
    assert recipes.targets_at(session, farm.room, at)["air_temperature"].stage == "growing"


def test_a_room_without_growing_lots_wants_nothing(session: Session, farm: Farm) -> None:
    assert recipes.targets_at(session, farm.store, START) == {}


def test_a_room_is_asked_as_it_was_then(session: Session, farm: Farm) -> None:
    """A lot that was cut since still wanted something last week."""
    lot = sown(session, farm)
    lots.harvest(
        session, on_day(40), lot=lot, pieces=100, weight_g=9000, zone=farm.packing, final=True
    )

    assert recipes.targets_at(session, farm.room, START + DAY)
    assert recipes.targets_at(session, farm.room, START + 41 * DAY) == {}


def by_light(**said: object) -> Document:
    wanted = {"air_temperature": {"day": [20, 24], "night": [17, 20]}}
    return Document.model_validate({"stages": [{"code": "all", "light": said, "targets": wanted}]})


def test_day_and_night_can_be_told_by_light(session: Session, farm: Farm) -> None:
    """In a greenhouse the sun says when it is day; where nobody measures it, nobody knows."""
    recipes.record(session, farm.lettuce, by_light(by="ppfd", above=10), by="Sato", since=START)
    lot = sown(session, farm)
    assert recipes.targets_at(session, lot, START + HOUR) == {}

    device = readings.ensure_device(session, farm.site.id, "par")
    readings.place_device(session, device, farm.room, since=START)
    series = readings.ensure_series(session.connection(), farm.site.id, "par", "ppfd")
    rows = [(series, to_ms(START + n * HOUR), 200.0 if n < 3 else 0.0, 0, 0) for n in range(6)]
    readings.insert_readings(session.connection(), rows)

    parts = [
        recipes.targets_at(session, lot, START + n * HOUR)["air_temperature"].part for n in range(6)
    ]
    assert parts == ["day"] * 3 + ["night"] * 3


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize("on", ["00:00", "05:15", "18:00", "23:45"])
def test_a_timer_goes_by_the_clock_on_the_wall(zone: str, on: str) -> None:
    """Summer time and all: lamps set to 05:15 go on at 05:15, on every day of the year."""
    light = Light.model_validate({"on": on, "hours": 9.5})
    for month in range(1, 13):
        for day in (1, 7, 29):
            local = datetime(2026, month, min(day, 28), tzinfo=ZoneInfo(zone)).replace(
                hour=light.on.hour,  # type: ignore[union-attr]
                minute=light.on.minute,  # type: ignore[union-attr]
            )
            end = (local.replace(tzinfo=None) + timedelta(hours=9.5)).replace(tzinfo=ZoneInfo(zone))
            minute = timedelta(minutes=1)
            parts = [by_clock(light, one) for one in (local - minute, local, end - minute, end)]
            assert parts == ["night", "day", "day", "night"]


def test_a_day_of_the_clock_change_has_an_hour_less_of_night() -> None:
    """Counted in quarter hours of real time through the night of 29 March 2026 in Berlin."""
    light = Light.model_validate({"on": "06:00", "hours": 16})
    begin = datetime(2026, 3, 28, 5, tzinfo=UTC)  # 06:00 in Berlin
    quarters = [begin + timedelta(minutes=15 * n) for n in range(23 * 4)]

    parts = [by_clock(light, at.astimezone(ZoneInfo("Europe/Berlin"))) for at in quarters]

    assert (parts.count("day"), parts.count("night")) == (16 * 4, 7 * 4)
