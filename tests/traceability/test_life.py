"""Where a lot's material was, and no longer than it was there."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, on_day, packed
from traceability import acts, catalogue, genealogy, life, lots, provenance, supplies
from traceability.amounts import Amount

NOW = on_day(60).at


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def days(spans: object) -> list[tuple[str, int, int]]:
    day = timedelta(days=1)
    return [(s.zone.code, (s.start - START) // day, (s.end - START) // day) for s in spans]


def test_the_first_cut_did_not_live_through_the_days_before_the_second(
    session: Session, farm: Farm
) -> None:
    sown = lots.sow(session, on_day(0), zone=farm.room, crop=farm.lettuce, code="L", pieces=100)
    (growing,) = acts.made(session, sown)
    cuts = [
        lots.harvest(session, on_day(day), lot=growing, pieces=50, weight_g=4000, zone=farm.packing)
        for day in (30, 44)
    ]
    first, second = (acts.made(session, cut)[0] for cut in cuts)

    assert days(life.of_lot(session, first, now=NOW).growing) == [("A", 0, 30)]
    assert days(life.of_lot(session, second, now=NOW).growing) == [("A", 0, 44)]


def test_what_stayed_behind_in_the_packing_room_is_not_the_bags_life(
    session: Session, farm: Farm
) -> None:
    """A kilogram left over in a warm room says nothing about the bags in the cold store."""
    bags = packed(session, farm)  # day 42, packed in the cold store
    later = lots.split(
        session, on_day(50), lot=bags, parts=[("B1", Amount(60)), ("B2", Amount(40))]
    )

    past = life.of_lot(session, acts.made(session, later)[0], now=NOW)

    assert days(past.growing) == [("A", 0, 42)]
    assert days(past.since) == [("C", 42, 60)]


def test_seed_is_family_but_where_it_lay_is_not_the_leaves_life(
    session: Session, farm: Farm
) -> None:
    came = lots.receive(
        session,
        on_day(-30),
        zone=farm.store,
        crop=farm.lettuce,
        code="S",
        amount=Amount(1000),
        from_party=farm.supplier,
    )
    (seed,) = acts.made(session, came)
    sown = lots.sow(
        session,
        on_day(0),
        zone=farm.room,
        crop=farm.lettuce,
        code="L",
        pieces=9,
        seeds=[(seed, Amount(10))],
    )

    past = life.of_lot(session, acts.made(session, sown)[0], now=NOW)

    assert [lot.code for lot in past.family] == ["L", "S"]
    assert days(past.growing) == [("A", 0, 60)]
    assert past.since == []


def test_the_sacks_in_its_tank_are_no_part_of_a_lots_life(session: Session, farm: Farm) -> None:
    """A year of fertiliser would be fifty steps of the journey that a shopper reads."""
    npk = catalogue.ensure_material(
        session, farm.organisation, "npk", name="NPK", kind="fertiliser"
    )
    tank = catalogue.ensure_zone(session, farm.site, "T", name="Tank", kind="tank")
    catalogue.ensure_feed(session, farm.room, tank, since=START)
    bags = packed(session, farm)
    came = supplies.receive_supply(
        session,
        on_day(0),
        zone=farm.packing,
        material=npk,
        code="F-7",
        amount=Amount(weight_g=1000),
        from_party=farm.supplier,
    )
    (sack,) = acts.made(session, came)
    supplies.use(session, on_day(5), supply=sack, amount=None, zone=tank)

    family = life.of_lot(session, bags, now=NOW).family

    assert sack.id in {lot.id for lot in genealogy.ancestors(session, bags)}
    assert [lot.code for lot in family] == ["P-1", "L1-1", "L1"]
    kinds = [step.kind for step in provenance.build(session, bags, now=NOW).journey]
    assert kinds == ["sow", "harvest", "pack"]
