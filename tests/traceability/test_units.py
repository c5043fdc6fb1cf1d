"""Cases and pallets: one number for what is inside, and nothing inside is shipped twice."""

import pytest
from sqlmodel import Session

from tests.factories import Farm, a_farm, on_day, packed
from traceability import acts, catalogue, contents, genealogy, holds, lots, units, voiding
from traceability.amounts import Amount
from traceability.errors import BadValue, CannotVoid, InUnits, LotHeld, NotFound
from traceability.gs1.checkdigits import check_digit
from traceability.models import LogisticUnit, Lot, Site


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

    voiding.void(session, on_day(45), act=sent)

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


def _pallet(session: Session, farm: Farm, *cases: LogisticUnit) -> LogisticUnit:
    act = units.aggregate(session, on_day(43), kind="pallet", site=farm.site, units=cases)
    return units.made(session, act.id)


def _filled_by(session: Session, lot: Lot, kind: str = "aggregate") -> acts.Act:
    return next(act for act in reversed(acts.of_lot(session, lot)) if act.kind == kind)


def test_a_pallet_of_cases_stands_in_the_history_of_its_lots(session: Session, farm: Farm) -> None:
    """Who looks at the lot must find the pallet, and be able to take it back."""
    bags = packed(session, farm)
    case = _case(session, farm, bags, 60)
    pallet = _pallet(session, farm, case)

    voiding.void(session, on_day(44), act=_filled_by(session, bags))

    assert contents.of_unit(session, pallet).is_nothing
    assert contents.holder_of(session, case) is None
    assert contents.of_unit(session, case).lots == [(bags, Amount(60, 4800))]


def test_an_opened_pallet_is_filled_again_by_taking_that_back(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    case = _case(session, farm, bags, 60)
    pallet = _pallet(session, farm, case)
    units.disaggregate(session, on_day(44), unit=pallet)

    voiding.void(session, on_day(45), act=_filled_by(session, bags, "disaggregate"))

    assert contents.holder_of(session, case) == pallet


def test_a_case_that_left_is_not_unpacked_by_a_void(session: Session, farm: Farm) -> None:
    """It would hold less than nothing, and so many packs would count as loose."""
    bags = packed(session, farm)
    case = _case(session, farm, bags, 60)
    filled = _filled_by(session, bags)
    units.ship_unit(session, on_day(44), unit=case, to=farm.shop)

    with pytest.raises(CannotVoid, match="handled since"):
        voiding.void(session, on_day(45), act=filled)


def test_a_case_never_stands_on_two_pallets(session: Session, farm: Farm) -> None:
    case = _case(session, farm, packed(session, farm), 60)
    opened = units.disaggregate(session, on_day(44), unit=_pallet(session, farm, case))
    _pallet(session, farm, case)

    with pytest.raises(CannotVoid, match=case.code):
        voiding.void(session, on_day(45), act=opened)


def test_what_was_taken_out_and_sold_goes_back_into_no_case(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    case = _case(session, farm, bags, 60)
    opened = units.disaggregate(session, on_day(44), unit=case)
    lots.ship(session, on_day(45), lot=bags, to=farm.shop, amount=Amount(pieces=90))

    with pytest.raises(CannotVoid, match="loose"):
        voiding.void(session, on_day(46), act=opened)


def test_an_act_is_taken_back_once(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    sent = lots.ship(session, on_day(44), lot=bags, to=farm.shop)
    voiding.void(session, on_day(45), act=sent)

    with pytest.raises(CannotVoid, match="taken back before"):
        voiding.void(session, on_day(46), act=sent)


def _other_site(session: Session, farm: Farm) -> Site:
    return catalogue.ensure_site(
        session, farm.organisation, "hill", name="Hill", time_zone="Asia/Tokyo"
    )


@pytest.mark.parametrize("what", ["lots", "units"])
def test_nothing_of_another_site_goes_into_a_case(session: Session, farm: Farm, what: str) -> None:
    """A site packs what stands there: nobody reaches into another one's cold store."""
    bags = packed(session, farm)
    given = {"lots": [(bags, Amount(pieces=5))], "units": [_case(session, farm, bags, 60)]}

    with pytest.raises(BadValue, match="is at main"):
        units.aggregate(
            session,
            on_day(43),
            kind="pallet",
            site=_other_site(session, farm),
            **{what: given[what]},
        )


def test_a_lot_that_was_moved_is_packed_where_it_stands(session: Session, farm: Farm) -> None:
    bags, hill = packed(session, farm), _other_site(session, farm)
    store = catalogue.ensure_zone(session, hill, "H", name="Hill store", kind="cold_store")
    lots.move(session, on_day(43), lot=bags, zone=store)

    act = units.aggregate(
        session, on_day(44), kind="case", site=hill, lots=[(bags, Amount(pieces=5))]
    )

    assert units.made(session, act.id).site_id == hill.id


def test_nothing_is_packed_twice_and_nothing_empty(session: Session, farm: Farm) -> None:
    bags = packed(session, farm)
    case = _case(session, farm, bags, 30)
    half = (bags, Amount(pieces=40))

    for contents_said in ({"lots": [half, half]}, {"units": [case, case]}):
        with pytest.raises(BadValue, match="once"):
            units.aggregate(session, on_day(43), kind="pallet", site=farm.site, **contents_said)
    units.disaggregate(session, on_day(43), unit=case)
    with pytest.raises(BadValue, match="empty"):
        _pallet(session, farm, case)
