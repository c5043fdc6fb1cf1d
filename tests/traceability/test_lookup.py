"""However a lot is named, it is the same lot; where a name is not enough, the choice is shown."""

import pytest
from sqlmodel import Session

from tests.factories import Farm, a_farm, harvested, packed
from traceability import errors, lookup
from traceability.gs1 import Gs1Error
from traceability.lookup import link_of, one_lot

HUB = "https://farm.example"


@pytest.fixture
def farm(session: Session) -> Farm:
    return a_farm(session)


@pytest.mark.parametrize(
    "text",
    [
        "P-1",
        " P-1\n",
        "(01)04912345678904(10)P-1",
        "]C1010491234567890410P-1",
        "https://farm.example/01/04912345678904/10/P-1",
        "https://id.gs1.org/01/04912345678904/10/P-1?17=261231",
    ],
)
def test_one_lot_by_every_name(session: Session, farm: Farm, text: str) -> None:
    bags = packed(session, farm)

    assert one_lot(session, text, hubs=[HUB]).id == bags.id


def test_a_lot_without_gtin_has_an_address_of_its_own(session: Session, farm: Farm) -> None:
    cut = harvested(session, farm, code="L/1")

    link = link_of(session, cut, base=HUB)

    assert link == "https://farm.example/crops/lowk/10/L%2F1-1"
    assert one_lot(session, link, hubs=[HUB]).id == cut.id


def test_a_code_used_twice_lists_the_candidates(session: Session, farm: Farm) -> None:
    bags = packed(session, farm, code="L1")

    with pytest.raises(errors.AmbiguousLot, match="2 lots answer to 'L1'") as refused:
        one_lot(session, "L1")

    assert "GTIN 04912345678904" in str(refused.value)
    assert one_lot(session, bags.id).id == bags.id


def test_an_unknown_code_says_so(session: Session, farm: Farm) -> None:
    with pytest.raises(errors.UnknownLot, match="'nope'"):
        one_lot(session, "nope")


def test_a_wrong_check_digit_is_not_an_unknown_lot(session: Session, farm: Farm) -> None:
    with pytest.raises(Gs1Error):
        one_lot(session, "https://farm.example/01/04912345678905/10/P-1", hubs=[HUB])


def test_a_product_is_not_a_lot(session: Session, farm: Farm) -> None:
    with pytest.raises(errors.BadValue, match="names a product"):
        lookup.find_lots(session, "(01)04912345678904")
