"""Cases and pallets: one number for what is inside, and nothing inside is shipped twice."""

import pytest
from sqlmodel import Session

from tests.factories import Farm, a_farm, on_day, packed
from traceability import contents, genealogy, holds, lots, units
from traceability.amounts import Amount
from traceability.errors import BadValue, InUnits, LotHeld, NotFound
from traceability.gs1.checkdigits import check_digit
from traceability.models import LogisticUnit, Lot


@pytest.fixture
def farm(session: Session) -> Farm:
    farm = a_farm(session)
    farm.organisation.gs1_prefix = "4569951"
    session.flush()
    return farm


def _case(session: Session, farm: Farm, lot: Lot, pieces: int, **more: str) -> LogisticUnit:
    act = units.aggregate(
        session,
        on_day(43),
        kind="case",
        site=farm.site,
        lots=[(lot, Amount(pieces=pieces))],
        code=more.get("code"),
    )
    return units.made(session, act.id)


def test_a_case_gets_the_next_sscc_with_its_check_digit(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)

    first, second = (_case(session, farm, bags, 10) for _ in range(2))

    assert first.code[:-1] == "04569951" + "000000001"
    assert first.code[-1] == check_digit(first.code[:-1])
    assert int(second.code[:-1]) == int(first.code[:-1]) + 1
    assert len(first.code) == 18


def test_without_a_prefix_a_unit_needs_a_code(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    farm.organisation.gs1_prefix = None

    with pytest.raises(BadValue, match="gs1_prefix"):
        _case(session, farm, bags, 10)
    assert _case(session, farm, bags, 10, code="BOX-1").code == "BOX-1"


def test_a_pallet_of_cases_is_shipped_whole(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    cases = [_case(session, farm, bags, 10) for _ in range(3)]
    act = units.aggregate(session, on_day(43), kind="pallet", site=farm.site, units=cases)
    pallet = units.made(session, act.id)

    units.ship_unit(session, on_day(44), unit=pallet, to=farm.shop)

    assert (bags.pieces, bags.weight_g) == (70, 5600)
    assert contents.inside_units(session, bags) == Amount(0, 0)
    (sent,) = genealogy.trace(session, bags, "forward").consignments
    assert sent.amount == Amount(30, 2400)


def test_what_is_in_a_case_is_not_shipped_loose(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    _case(session, farm, bags, 90)

    lots.ship(session, on_day(44), lot=bags, to=farm.shop, amount=Amount(pieces=10))
    with pytest.raises(InUnits, match="take it out first"):
        lots.ship(session, on_day(44), lot=bags, to=farm.shop, amount=Amount(pieces=1))
    assert bags.pieces == 90


def test_more_than_is_loose_goes_into_no_case(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    _case(session, farm, bags, 60)

    with pytest.raises(InUnits):
        _case(session, farm, bags, 41)


def test_an_opened_case_gives_its_content_back(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    case = _case(session, farm, bags, 60)

    units.disaggregate(session, on_day(44), unit=case)

    assert contents.of_unit(session, case).is_nothing
    lots.ship(session, on_day(45), lot=bags, to=farm.shop)
    assert not bags.is_open


def test_a_case_on_a_pallet_goes_with_the_pallet(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    case = _case(session, farm, bags, 60)
    units.aggregate(session, on_day(43), kind="pallet", site=farm.site, units=[case])

    with pytest.raises(BadValue, match="is in"):
        units.ship_unit(session, on_day(44), unit=case, to=farm.shop)


def test_a_voided_shipment_puts_everything_back_into_its_case(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    case = _case(session, farm, bags, 60)
    sent = units.ship_unit(session, on_day(44), unit=case, to=farm.shop)

    lots.void(session, on_day(45), act=sent)

    assert contents.of_unit(session, case).lots == [(bags, Amount(60, 4800))]
    assert bags.pieces == 100


def test_a_case_with_a_held_lot_stays(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    case = _case(session, farm, bags, 60)
    holds.hold(session, on_day(43), lots=[bags], reason="recall")

    with pytest.raises(LotHeld):
        units.ship_unit(session, on_day(44), unit=case, to=farm.shop)


def test_a_unit_is_found_by_its_scan(session: Session, farm: Farm) -> None:
    case = _case(session, farm, packed(session, farm), 60)

    assert units.find_unit(session, f"(00){case.code}") is case
    with pytest.raises(NotFound, match="minori unit list"):
        units.find_unit(session, "123")
