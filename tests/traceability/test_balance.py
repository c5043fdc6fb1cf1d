"""Mass balance: what came is what went, what is here, and what counts found missing."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, harvested, on_day, packed
from traceability import balance, lots, rework, stock, voiding
from traceability.amounts import Amount


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def _all(session: Session, farm: Farm) -> balance.Balance:
    end = START + timedelta(days=100)
    return balance.of_crop(session, farm.lettuce, start=START, end=end)


def test_a_crops_account_closes_to_the_gram(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)  # 9000 g into 100 bags of 80 g
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=60))
    stock.sample(session, on_day(43), lot=bags, amount=Amount(pieces=2), purpose="potassium")
    lots.discard(session, on_day(44), lot=bags, reason="torn", amount=Amount(pieces=3))

    found = _all(session, farm)

    assert found.entries == {
        "harvested": 9000,
        "received": 0,
        "returned": 0,
        "made": 0,
        "shipped": 4800,
        "discarded": 240,
        "sampled": 160,
        "used": 0,
        "lost": 1000,
    }
    assert (found.opening_g, found.closing_g, found.unexplained_g) == (0, 2800, 0)


def test_what_a_count_found_missing_is_unexplained_and_named(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    stock.count(session, on_day(44), lot=bags, counted=Amount(pieces=97), why="inventory")

    found = _all(session, farm)

    assert found.unexplained_g == 240
    assert [(one.lot, one.grams) for one in found.unexplained] == [("P-1", 240)]
    assert found.is_within(0.03)
    assert not found.is_within(0.02)


def test_a_period_opens_with_what_was_left(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=60))
    lots.ship(session, on_day(50), lot=bags, to=farm.shop, amount=Amount(pieces=10))
    at = START + timedelta(days=45)

    later = balance.of_crop(session, farm.lettuce, start=at, end=at + timedelta(days=30))

    assert (later.opening_g, later.closing_g, later.entries["shipped"]) == (3200, 2400, 800)
    assert later.unexplained_g == 0


def test_an_items_account_is_made_by_packing_and_used_by_rework(
    session: Session, farm: Farm
) -> None:
    bags = packed(session, farm)
    rework.rework(
        session,
        on_day(44),
        lot=bags,
        amount=Amount(pieces=50),
        weight_g=3900,
        code="RW",
        zone=farm.packing,
        reason="torn",
    )

    end = START + timedelta(days=100)
    found = balance.of_item(session, farm.bag, start=START, end=end)

    assert (found.entries["made"], found.entries["used"], found.entries["lost"]) == (8000, 4000, 0)
    assert (found.closing_g, found.unexplained_g) == (4000, 0)


def test_one_lots_account(session: Session, farm: Farm) -> None:
    cut = harvested(session, farm)
    lots.discard(session, on_day(43), lot=cut, reason="wilted", amount=Amount(weight_g=400))

    found = balance.of_lot(session, cut, until=START + timedelta(days=50))

    assert (found.entries["harvested"], found.entries["discarded"]) == (9000, 400)
    assert (found.closing_g, found.unexplained_g) == (8600, 0)


def test_a_voided_shipment_is_not_in_the_account(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    act = lots.ship(session, on_day(43), lot=bags, to=farm.shop)
    voiding.void(session, on_day(44), act=act)

    assert _all(session, farm).entries["shipped"] == 0
