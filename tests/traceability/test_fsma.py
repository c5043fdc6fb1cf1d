"""FSMA 204: every key data element of a journey from seed to shop, and nothing that is not so."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from tests.factories import START, Farm, a_farm, harvested, on_day, packed
from traceability import acts, catalogue, fsma, lots, rework, stock, units, voiding
from traceability.amounts import Amount
from traceability.fsma import CTES, Location, Product, Record, Request, Word
from traceability.models import Lot
from traceability.occasions import Document, Occasion

TLC = "(01)04912345678904(10)P-1"


@pytest.fixture
def farm(session: Session) -> Farm:
    farm = a_farm(session)
    for party in (farm.shop, farm.supplier):
        party.address, party.phone = "1-2-3 Ginza, Tokyo, Japan", "+81-3-1234-5678"
    farm.site.address, farm.site.phone = "1-1 Ikki, Aizu, Fukushima, Japan", "+81-242-1"
    farm.lettuce.variety = "Frill"
    return farm


def _all(session: Session, farm: Farm, **asked: object) -> dict[str, list[Record]]:
    found = fsma.collect(session, farm.organisation, Request(**asked))  # type: ignore[arg-type]
    return {cte: [one for one in found if one.cte == cte] for cte in CTES}


def _papers(day: int, number: str) -> Occasion:
    return Occasion(START + timedelta(days=day), "Sato", document=Document("delivery note", number))


def _journey(session: Session, farm: Farm) -> Lot:
    """Sown, cut, cooled, packed, shipped, some of it back, some of it relabelled."""
    cut = harvested(session, farm)
    lots.move(session, on_day(42), lot=cut, zone=farm.store)
    act = lots.pack(
        session,
        on_day(43),
        inputs=[(cut, 9000)],
        item=farm.bag,
        code="P-1",
        packs=100,
        zone=farm.store,
    )
    (bags,) = acts.made(session, act)
    lots.ship(session, _papers(44, "D-1"), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    stock.give_back(
        session,
        _papers(45, "R-1"),
        lot=bags,
        from_party=farm.shop,
        amount=Amount(pieces=4),
        zone=farm.store,
        reason="too many",
    )
    rework.relabel(
        session,
        on_day(45),
        lot=bags,
        item=farm.bag,
        code="P-2",
        amount=Amount(pieces=10),
        reason="smudged",
    )
    return bags


def test_every_element_of_a_journey_is_there(session: Session, farm: Farm) -> None:
    """An inspector reads the columns of each event: what we recorded must fill all of them."""
    _journey(session, farm)

    found = _all(session, farm)

    assert {cte: len(rows) for cte, rows in found.items()} == dict.fromkeys(CTES, 1)
    assert [lack for rows in found.values() for one in rows for lack in one.lacks] == []


def test_the_elements_say_what_happened(session: Session, farm: Farm) -> None:
    _journey(session, farm)
    site, shop = Location.of_site(farm.site), Location.of_party(farm.shop)
    bag = Product.of(farm.bag, farm.lettuce)

    found = {cte: rows[0].values for cte, rows in _all(session, farm).items()}

    harvest = found["harvesting"]
    assert (harvest["quantity"], harvest["unit"]) == (9.0, Word("kg"))
    assert harvest["growing_area"] == Word("Room A", "A室")
    assert harvest["harvest_date"] == date(2026, 7, 13)
    assert (harvest["farm"], harvest["recipient"]) == (site, (site,))
    assert found["cooling"]["cooled_at"] == site
    packing = found["initial_packing"]
    assert (packing["tlc"], packing["tlc_source"]) == (TLC, site)
    assert packing["growing_area"] == (Word("Room A", "A室"),)
    assert (packing["received_quantity"], packing["quantity"]) == (9.0, 100)
    assert packing["unit"] == Word("bag of 80 g", "袋(80 g)")
    assert (packing["harvest_date"], packing["packing_date"]) == (
        date(2026, 7, 13),
        date(2026, 7, 14),
    )
    shipping = found["shipping"]
    assert (shipping["tlc"], shipping["quantity"], shipping["product"]) == (TLC, 40, bag)
    assert (shipping["recipient"], shipping["shipped_from"]) == (shop, site)
    assert (shipping["document_type"], shipping["document_number"]) == ("delivery note", "D-1")
    receiving = found["receiving"]
    assert (receiving["previous_source"], receiving["received_at"]) == (shop, site)
    assert (receiving["tlc"], receiving["tlc_source"], receiving["quantity"]) == (TLC, site, 4)
    made = found["transformation"]
    assert (made["input_tlc"], made["input_quantity"]) == (TLC, 10)
    assert (made["tlc"], made["quantity"]) == (TLC.replace("P-1", "P-2"), 10)


def test_only_packing_and_transformation_give_a_lot_code(session: Session, farm: Farm) -> None:
    """21 CFR 1.1320: a code given at harvest or changed at shipping is a violation."""
    _journey(session, farm)

    found = _all(session, farm)

    assert {kde.key for cte in ("harvesting", "cooling") for kde in CTES[cte]} & {"tlc"} == set()
    assert found["shipping"][0].values["tlc"] == found["initial_packing"][0].values["tlc"]


def test_a_case_is_shipped_with_its_number(session: Session, farm: Farm) -> None:
    """What stands on the case ties the row to the goods at the partner's dock."""
    farm.organisation.gs1_prefix = "4912345"
    bags = packed(session, farm)
    act = units.aggregate(
        session,
        on_day(43),
        kind="case",
        site=farm.site,
        lots=[(bags, Amount(pieces=20))],
    )
    unit = units.made(session, act.id)
    units.ship_unit(session, on_day(43), unit=unit, to=farm.shop)

    (row,) = _all(session, farm)["shipping"]

    assert (row.values["sscc"], row.values["quantity"]) == (unit.code, 20)


def test_a_mixture_is_as_old_as_its_oldest_part(session: Session, farm: Farm) -> None:
    """Harvested lots that were put together before packing name every room they grew in."""
    first, second = (harvested(session, farm, code=code) for code in ("L1", "L2"))
    act = lots.merge(session, on_day(42), lots=[first, second], code="M")
    (mixed,) = acts.made(session, act)
    lots.pack(
        session,
        on_day(43),
        inputs=[(mixed, 10_000)],
        item=farm.bag,
        code="P-1",
        packs=100,
        zone=farm.store,
    )

    (row,) = _all(session, farm)["initial_packing"]

    assert (row.values["lot"], row.values["received_quantity"]) == ("M", 10.0)
    assert row.values["harvest_date"] == date(2026, 7, 13)
    assert row.values["growing_area"] == (Word("Room A", "A室"),)


def test_a_voided_shipment_is_not_in_it(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    act = lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    voiding.void(session, on_day(44), act=act)

    assert _all(session, farm)["shipping"] == []


def test_a_lot_brings_its_trace_and_nobody_elses(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    other = packed(session, farm, code="P-9", of="L9")
    for lot in (bags, other):
        lots.ship(session, on_day(43), lot=lot, to=farm.shop, amount=Amount(pieces=5))

    found = _all(session, farm, lot=bags)

    named = {cte: [one.values["lot"] for one in rows] for cte, rows in found.items()}
    assert named["harvesting"] == named["initial_packing"] == ["L1-1"]
    assert named["shipping"] == ["P-1"]


def test_a_period_is_half_open(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    for day in (43, 44):
        lots.ship(session, on_day(day), lot=bags, to=farm.shop, amount=Amount(pieces=5))

    found = _all(session, farm, start=on_day(43).at, end=on_day(44).at)

    assert [one.values["ship_date"] for one in found["shipping"]] == [date(2026, 7, 14)]
    assert found["harvesting"] == []


def test_what_leaves_unpacked_is_no_shipping_event(session: Session, farm: Farm) -> None:
    """1.1340 begins after initial packing; before it the harvest names who gets it."""
    cut = harvested(session, farm)
    lots.ship(session, on_day(43), lot=cut, to=farm.shop, amount=Amount(weight_g=5000))

    found = _all(session, farm)

    assert found["shipping"] == []
    assert found["harvesting"][0].values["recipient"] == (Location.of_party(farm.shop),)


def test_packs_that_were_opened_and_packed_again_are_a_transformation(
    session: Session, farm: Farm
) -> None:
    bags = packed(session, farm)
    act = rework.rework(
        session,
        on_day(43),
        lot=bags,
        amount=Amount(pieces=50),
        weight_g=3900,
        code="R-1",
        zone=farm.packing,
        reason="leaks",
    )
    (good,) = acts.made(session, act)
    fresh = harvested(session, farm, code="L2")
    lots.pack(
        session,
        on_day(44),
        inputs=[(good, 3900), (fresh, 4000)],
        item=farm.bag,
        code="P-3",
        packs=90,
        zone=farm.store,
    )

    found = _all(session, farm, start=on_day(44).at)

    (used,) = found["transformation"]
    (first,) = found["initial_packing"]
    assert (used.values["input_tlc"], used.values["input_quantity"]) == (TLC, 3.9)
    assert (first.values["lot"], first.values["received_quantity"]) == ("L2-1", 4.0)
    assert used.values["event_id"] == first.values["event_id"]


def _bought(session: Session, farm: Farm, code: str | None) -> Record:
    lots.receive(
        session,
        on_day(42),
        zone=farm.store,
        crop=farm.lettuce,
        code=code,
        amount=Amount(pieces=20),
        from_party=farm.supplier,
        stage="packed",
        item=farm.bag,
    )
    return _all(session, farm)["receiving"][0]


def test_a_received_code_is_its_suppliers(session: Session, farm: Farm) -> None:
    row = _bought(session, farm, "THEIRS-1")

    assert row.values["tlc"] == "(01)04912345678904(10)THEIRS-1"
    assert row.values["tlc_source"] == Location.of_party(farm.supplier)


def test_an_exempt_suppliers_lot_has_its_code_from_us(session: Session, farm: Farm) -> None:
    """1.1345(b): whoever receives from an exempt source assigns the code, and is its source."""
    farm.supplier.gives_lot_codes = False

    row = _bought(session, farm, "OURS-1")

    assert row.values["tlc_source"] == Location.of_site(farm.site)


def test_what_nobody_recorded_is_named_with_who_lacks_it(session: Session, farm: Farm) -> None:
    farm.shop.phone = ""
    bags = packed(session, farm)
    lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=5))

    lacks = _all(session, farm)["shipping"][0].lacks

    assert [(lack.kde, lack.part, lack.place.code) for lack in lacks if lack.place] == [
        ("recipient", "phone", "mart")
    ]


def test_another_farm_of_the_hub_is_not_in_it(session: Session, farm: Farm) -> None:
    packed(session, farm)
    other = catalogue.ensure_organisation(session, "other", name="Other")

    assert fsma.collect(session, other, Request()) == []
