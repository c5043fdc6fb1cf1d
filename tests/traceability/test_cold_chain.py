"""JAS 0033: where a lot was, how warm it was there, and for how long nobody knows."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from sensors import to_ms
from tests.factories import START, Farm, a_farm, harvested, on_day
from traceability import acts, cold_chain, lots, readings, voiding
from traceability.amounts import Amount
from traceability.models import Lot
from traceability.occasions import Occasion

NOW = START + timedelta(days=50)
PACKED = START + timedelta(days=42)


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def _bags(session: Session, farm: Farm) -> Lot:
    """Cut on day 42 in the packing room, an hour later packed into the cold store."""
    cut = harvested(session, farm)
    packing = Occasion(PACKED + timedelta(hours=1), "Sato")
    act = lots.pack(
        session,
        packing,
        inputs=[(cut, 9000)],
        item=farm.bag,
        code="P-1",
        packs=100,
        zone=farm.store,
    )
    return acts.made(session, act)[0]


def _measured(session: Session, farm: Farm, values: dict[int, float]) -> None:
    """Values of the cold store by minutes after the cut."""
    device = readings.ensure_device(session, farm.site.id, "C-air", model="test probe")
    readings.place_device(session, device, farm.store, since=START)
    connection = session.connection()
    series = readings.ensure_series(connection, farm.site.id, "C-air", "air_temperature")
    rows = [
        (series, to_ms(PACKED + timedelta(minutes=at)), value, 0, 0) for at, value in values.items()
    ]
    readings.insert_readings(connection, rows)


def _until(hours: int) -> datetime:
    return PACKED + timedelta(hours=hours)


def test_each_place_has_its_time_and_temperature(session: Session, farm: Farm) -> None:
    bags = _bags(session, farm)
    _measured(session, farm, {at: 4.0 if at < 120 else 5.0 for at in range(0, 240, 10)})

    found = cold_chain.of_lot(session, bags, now=NOW, end=_until(3))

    assert [(stay.span.zone.code, stay.air is None) for stay in found.stays] == [
        ("P", True),
        ("C", False),
    ]
    cold = found.stays[1]
    assert cold.air is not None
    assert (cold.air.low, cold.air.high, cold.air.mean) == (4.0, 5.0, pytest.approx(4.5))
    assert (found.stays[0].covered, cold.covered) == (0.0, 1.0)


def test_the_record_goes_hour_by_hour(session: Session, farm: Farm) -> None:
    bags = _bags(session, farm)
    _measured(session, farm, {at: 4.0 if at < 120 else 5.0 for at in range(60, 180, 10)})

    found = cold_chain.of_lot(session, bags, now=NOW, start=_until(1), end=_until(3))

    assert [(one.start, one.mean, one.low, one.high) for one in found.intervals] == [
        (_until(1), 4.0, 4.0, 4.0),
        (_until(2), 5.0, 5.0, 5.0),
    ]


def test_a_step_that_nobody_measured_is_said_to_be_one(session: Session, farm: Farm) -> None:
    """A mean over an hour with a gap would hide the door that stood open in it."""
    bags = _bags(session, farm)
    _measured(session, farm, dict.fromkeys((*range(60, 121, 10), *range(240, 301, 10)), 4.0))

    found = cold_chain.of_lot(session, bags, now=NOW, start=_until(1), end=_until(5))

    # The last value before the silence holds for half an hour, as everywhere.
    assert [one.covered for one in found.intervals] == [1.0, 0.5, 0.0, 1.0]
    assert [one.mean for one in found.intervals] == [4.0, 4.0, None, 4.0]
    (gap,) = found.stays[0].gaps
    assert (gap.start, gap.end) == (_until(2) + timedelta(minutes=30), _until(4))


def test_a_place_without_a_probe_is_one_gap(session: Session, farm: Farm) -> None:
    bags = _bags(session, farm)

    found = cold_chain.of_lot(session, bags, now=NOW, end=_until(1))

    (stay,) = found.stays
    assert [(gap.start, gap.end) for gap in stay.gaps] == [(PACKED, _until(1))]


def test_the_acts_tell_the_times_of_this_lot_only(session: Session, farm: Farm) -> None:
    bags = _bags(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=10))
    act = lots.ship(session, on_day(44), lot=bags, to=farm.shop, amount=Amount(pieces=10))
    voiding.void(session, on_day(45), act=act)

    found = cold_chain.of_lot(session, bags, now=NOW)

    assert [(one.act.kind, one.lot.code) for one in found.steps] == [
        ("harvest", "L1-1"),
        ("pack", "L1-1"),
        ("pack", "P-1"),
        ("ship", "P-1"),
    ]


def test_what_was_measured_in_the_produce_is_beside_it(session: Session, farm: Farm) -> None:
    bags = _bags(session, farm)
    facts = {"measure": "core_temperature", "value": 6.5, "unit": "°C", "method": "needle probe"}
    lots.inspect(session, on_day(43), lot=bags, **facts)  # type: ignore[arg-type]
    lots.inspect(session, on_day(43), lot=bags, measure="potassium", value=88, unit="mg/100 g")

    found = cold_chain.of_lot(session, bags, now=NOW)

    assert [(one.measure, one.value) for _, _, one in found.inspections] == [
        ("core_temperature", 6.5)
    ]
