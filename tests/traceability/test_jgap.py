"""JGAP and ASIAGAP: whoever reads a shipment finds its harvests, and the grams add up."""

from datetime import date

import pytest
from sqlmodel import Session

from tests.factories import Farm, a_farm, harvested, on_day, packed
from traceability import acts, jgap, lots, voiding
from traceability.amounts import Amount
from traceability.fsma import Request, Word


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


def test_a_harvest_says_when_where_and_of_what(session: Session, farm: Farm) -> None:
    harvested(session, farm)

    (row,) = jgap.harvests(session, farm.organisation, Request())

    assert (row.on, row.area, row.by) == (date(2026, 7, 13), Word("Room A", "A室"), "Sato")
    assert (row.sown_lot, row.lot, row.amount) == ("L1", "L1-1", Amount(100, 9000))


def test_a_shipment_of_two_harvests_is_divided_to_the_gram(session: Session, farm: Farm) -> None:
    """An auditor adds the column up: it must be what was shipped."""
    first, second = (harvested(session, farm, code=code) for code in ("L1", "L2"))
    act = lots.pack(
        session,
        on_day(42),
        inputs=[(first, 2000), (second, 1000)],
        item=farm.bag,
        code="P-1",
        packs=35,
        zone=farm.store,
    )
    (bags,) = acts.made(session, act)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=7))

    rows = jgap.shipments(session, farm.organisation, Request())

    assert [(one.harvest_lot, one.part_g) for one in rows] == [("L1-1", 373), ("L2-1", 187)]
    assert {one.amount for one in rows} == {Amount(7, 560)}
    assert {one.harvested_on for one in rows} == {date(2026, 7, 13)}


def test_packs_of_packs_lead_to_the_harvest(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    parts = [("A", Amount(pieces=40)), ("B", Amount(pieces=60))]
    act = lots.split(session, on_day(43), lot=bags, parts=parts)
    part = acts.made(session, act)[0]
    lots.ship(session, on_day(44), lot=part, to=farm.shop)

    (row,) = jgap.shipments(session, farm.organisation, Request())

    assert (row.lot, row.harvest_lot, row.part_g) == ("A", "L1-1", 3200)


def test_what_was_bought_has_no_harvest_of_ours(session: Session, farm: Farm) -> None:
    act = lots.receive(
        session,
        on_day(42),
        zone=farm.store,
        crop=farm.lettuce,
        code="THEIRS",
        amount=Amount(20, 1600),
        from_party=farm.supplier,
        stage="packed",
        item=farm.bag,
    )
    lots.ship(session, on_day(43), lot=acts.made(session, act)[0], to=farm.shop)

    (row,) = jgap.shipments(session, farm.organisation, Request())

    assert (row.harvest_lot, row.harvested_on, row.area) == ("THEIRS", None, None)


def test_the_balance_is_of_the_period(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    period = Request(on_day(43).at, on_day(44).at)

    (account,) = jgap.accounts(session, farm.organisation, period, now=on_day(50).at)

    found = account.balance
    assert (found.opening_g, found.entries["shipped"], found.closing_g) == (8000, 3200, 4800)
    assert found.unexplained_g == 0


def test_of_a_lot_every_lot_of_its_trace_has_an_account(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    packed(session, farm, code="P-9", of="L9")

    found = jgap.accounts(session, farm.organisation, Request(lot=bags), now=on_day(50).at)

    assert [one.of.name for one in found] == ["L1-1", "P-1"]


def test_a_voided_harvest_is_in_none_of_them(session: Session, farm: Farm) -> None:
    cut = harvested(session, farm)
    (act,) = [one for one in acts.of_lot(session, cut) if one.kind == "harvest"]
    voiding.void(session, on_day(43), act=act)

    assert jgap.harvests(session, farm.organisation, Request()) == []
