"""The water of a room is its tank's: EC and pH are judged where the probes stand that say them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session

from sensors import to_ms
from tests.factories import START, Farm, a_farm, on_day
from tests.traceability.recipes.recipes import lettuce
from traceability import acts, by_stage, catalogue, conditions, lots, readings, recipes
from traceability.lived import Span
from traceability.models import Zone

DAY, HALF_HOUR = timedelta(days=1), timedelta(minutes=30)
DAYS = 20


@pytest.fixture
def farm(session: Session) -> Farm:
    farm = a_farm(session)
    recipes.record(session, farm.lettuce, lettuce(), by="Sato", since=START - DAY)
    return farm


@pytest.fixture
def tank(session: Session, farm: Farm) -> Zone:
    return catalogue.ensure_zone(session, farm.site, "T", name="Tank", kind="tank")


@pytest.fixture
def fill(session: Session, farm: Farm) -> Callable[..., None]:
    def lay(zone: Zone, quantity: str, value: float) -> None:
        code = f"{zone.code}-{quantity}"
        device = readings.ensure_device(session, farm.site.id, code)
        readings.place_device(session, device, zone, since=START)
        connection = session.connection()
        number = readings.ensure_series(connection, farm.site.id, code, quantity)
        moments = (START + i * HALF_HOUR for i in range(int(DAYS * DAY / HALF_HOUR)))
        rows = [(number, to_ms(at), value, 0, 0) for at in moments]
        readings.insert_readings(connection, rows)

    return lay


def means(session: Session, zone: Zone, first: int = 0, last: int = DAYS) -> dict[str, float]:
    span = Span(zone, START + first * DAY, START + last * DAY)
    found = conditions.lived_through(session, [span]).quantities
    return {one.quantity: one.mean for one in found}


def test_a_recipe_is_judged_by_the_tank(
    session: Session, farm: Farm, tank: Zone, fill: Callable[..., None]
) -> None:
    """Hydroponics measures EC where it doses, and no bench has a probe of its own."""
    catalogue.ensure_feed(session, farm.room, tank, since=START)
    fill(tank, "ec", 1.7)
    sown = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="L", pieces=9)
    (lot,) = acts.made(session, sown)
    lots.transplant(session, on_day(14), lot=lot, zone=farm.room)

    stages = {s.code: s for s in by_stage.of_lot(session, lot, now=START + DAYS * DAY)}

    growing = stages["growing"]
    (ec,) = [one for one in growing.conditions if one.quantity == "ec" and one.part is None]
    assert (ec.in_range, ec.covered, ec.gaps) == (1.0, 1.0, [])
    assert "ec" not in growing.not_measured


def test_a_probe_in_the_room_itself_comes_first(
    session: Session, farm: Farm, tank: Zone, fill: Callable[..., None]
) -> None:
    catalogue.ensure_feed(session, farm.room, tank, since=START)
    fill(tank, "ec", 1.7)
    fill(tank, "ph", 5.9)
    fill(farm.room, "ec", 2.4)

    assert means(session, farm.room) == {"ph": pytest.approx(5.9), "ec": pytest.approx(2.4)}


def test_only_its_water_and_only_while_it_was_fed(
    session: Session, farm: Farm, tank: Zone, fill: Callable[..., None]
) -> None:
    """The air over a tank is not the room's, and last year's tank is not this year's."""
    catalogue.ensure_feed(session, farm.room, tank, since=START + 5 * DAY)
    catalogue.ensure_feed(session, farm.room, None, since=START + 10 * DAY)
    fill(tank, "ec", 1.7)
    fill(tank, "air_temperature", 31.0)
    fill(tank, "water_level", 300.0)

    assert means(session, farm.room) == {"ec": pytest.approx(1.7)}
    span = Span(farm.room, START, START + DAYS * DAY)
    (ec,) = conditions.lived_through(session, [span]).quantities
    assert ec.covered == pytest.approx(0.25, abs=0.01)
    assert means(session, farm.room, 11) == {}


def test_a_room_that_no_tank_feeds_knows_nothing_of_it(
    session: Session, farm: Farm, tank: Zone, fill: Callable[..., None]
) -> None:
    fill(tank, "ec", 1.7)

    assert means(session, farm.room) == {}
