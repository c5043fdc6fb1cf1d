"""What light and warmth a growing lot has had, as a forecast wants it."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from sensors import to_ms
from tests.factories import START, Farm, a_farm, on_day
from traceability import growing, lots, readings
from traceability.forecast_subject import Subject
from traceability.lot_climate import Had, LotClimates

LATER = on_day(6).at


@pytest.fixture
def farm(session: Session) -> Farm:
    farm = a_farm(session)
    lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="L1", pieces=100)
    return farm


def lamps(session: Session, farm: Farm, *, days: float) -> None:
    """200 µmol for 12 of 24 hours, at 22 degrees: 8.64 mol a day."""
    device = readings.ensure_device(session, farm.site.id, "A-air", model="test probe")
    readings.place_device(session, device, farm.room, since=START)
    connection = session.connection()
    light, air = (
        readings.ensure_series(connection, farm.site.id, "A-air", quantity)
        for quantity in ("ppfd", "air_temperature")
    )
    rows = []
    for step in range(int(days * 144)):
        at_ms = to_ms(START + timedelta(minutes=10 * step))
        rows += [(light, at_ms, 200.0 if step % 144 < 72 else 0.0, 0, 0), (air, at_ms, 22.0, 0, 0)]
    readings.insert_readings(connection, rows)


def had(session: Session, farm: Farm, climates: LotClimates) -> Had:
    subject = Subject(farm.lettuce)
    ground = growing.ground_of(session, subject, at=LATER)
    return climates.of(session, subject, ground.lots, at=LATER)["L1"]


def test_a_lot_had_what_the_probes_of_its_room_said(session: Session, farm: Farm) -> None:
    lamps(session, farm, days=6)
    climates = LotClimates()

    assert had(session, farm, climates) == Had(8.6, 22.0)
    # Summed once a day: weeks of readings for each lot and act would keep a small board busy.
    assert had(session, farm, climates) is had(session, farm, climates)


def test_a_probe_that_was_silent_half_the_time_says_nothing(session: Session, farm: Farm) -> None:
    lamps(session, farm, days=3)

    assert had(session, farm, LotClimates()) == Had(None, None)
