"""One lot has one identity, however it was written; and nothing is guessed."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.gs1.errors import BadElement, BadLink, BadLotCode, BadPairing, Gs1Error
from traceability.gs1.identity import check_lot_code, identify, lot_identity

CSET82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
GTIN = "04012345111118"
lot_codes = st.text(alphabet=CSET82, min_size=1, max_size=20)


@pytest.mark.parametrize(
    "written",
    [
        f"https://id.gs1.org/01/{GTIN}/10/A-1",
        f"https://shop.example/p/01/{GTIN}/10/A-1?17=270228&utm=x#top",
        f"HTTP://SHOP.EXAMPLE/01/{GTIN}/10/A-1",
        f"(01){GTIN}(10)A-1",
        f"(10)A-1(17)270228(01){GTIN}",
        f"^01{GTIN}10A-1",
        f"\x1d01{GTIN}10A-1",
        f"]C101{GTIN}10A-1",
        f"]d201{GTIN}10A-1\x1d3103000250",
        f"]Q3\x1d01{GTIN}10A-1",
        f"]Q1https://id.gs1.org/01/{GTIN}/10/A-1",
        "urn:epc:class:lgtin:4012345.011111.A-1",
    ],
)
def test_every_way_to_write_a_lot_gives_one_identity(written: str) -> None:
    identity = identify(written)

    assert identity.canonical == f"https://id.gs1.org/01/{GTIN}/10/A-1"
    assert (identity.gtin, identity.lot) == (GTIN, "A-1")
    assert identity.received == written


@given(lot=lot_codes)
@settings(max_examples=60)
def test_any_lot_code_survives_the_way_through_a_link(lot: str) -> None:
    made = lot_identity(GTIN, lot)

    assert identify(made.canonical).lot == lot
    assert identify(made.canonical).canonical == made.canonical


def test_all_82_characters_are_escaped_but_the_unreserved() -> None:
    path = lot_identity(GTIN, "/%?#"[:3] + "!()*'").canonical.partition("/10/")[2]

    assert path == "%2F%25%3F%21%28%29%2A%27"


@pytest.mark.parametrize("code", ["10D9T", "0104012345111118", "21", "A(10)B", "01:02"])
def test_a_lot_code_that_looks_like_ais_stays_a_lot_code(code: str) -> None:
    """OCA/wms#1248: a lot named 10D9T was taken apart as AI 10."""
    identity = identify(code)

    assert (identity.syntax, identity.lot, identity.canonical) == ("lot_code", code, None)


@pytest.mark.parametrize(
    ("code", "position", "named"),
    [
        ("A B", 1, "' '"),
        ("A#1", 1, "'#'"),
        ("レタス", 0, "'レ'"),
        ("a" * 21, 20, "1-20"),
        ("", None, "is empty"),
    ],
)
def test_a_bad_lot_code_is_named_with_character_and_place(
    code: str, position: int, named: str
) -> None:
    with pytest.raises(BadLotCode, match=named) as caught:
        check_lot_code(code)

    assert caught.value.position == position
    assert caught.value.code == "bad_lot_code"


def test_a_wrong_check_digit_says_which_ai_and_where() -> None:
    with pytest.raises(BadElement) as caught:
        identify("(01)04012345111119(10)A-1")

    assert (caught.value.code, caught.value.ai, caught.value.position) == (
        "incorrect_check_digit",
        "01",
        17,
    )


@pytest.mark.parametrize("gtin", ["40123455", "4012345111118", "04012345111118", "012345678905"])
def test_short_gtins_are_padded_to_fourteen(gtin: str) -> None:
    assert lot_identity(gtin, "A").gtin == gtin.zfill(14)


@pytest.mark.parametrize("gtin", ["4012345111119", "401234511111", "40123451111１8", "", "lettuce"])
def test_a_gtin_that_is_none_is_refused(gtin: str) -> None:
    with pytest.raises(Gs1Error):
        lot_identity(gtin, "A")


def test_a_serial_is_a_finer_identity_than_its_lot() -> None:
    identity = identify(f"(01){GTIN}(10)A(21)7")

    assert identity.canonical == f"https://id.gs1.org/01/{GTIN}/10/A/21/7"
    assert identity.serial == "7"


def test_a_pallet_has_an_identity_without_an_item() -> None:
    identity = identify("(00)340123450000000000")

    assert identity.canonical == "https://id.gs1.org/00/340123450000000000"
    assert identity.item is None


def test_a_pallet_s_label_leads_to_the_lot_inside() -> None:
    identity = identify(f"(02){GTIN}(37)48(10)A-1")

    assert identity.canonical == f"https://id.gs1.org/01/{GTIN}/10/A-1"


def test_where_a_lot_was_shipped_from_is_not_what_it_is() -> None:
    identity = identify(f"(414)9506000134369(01){GTIN}(10)A-1")

    assert identity.canonical == f"https://id.gs1.org/01/{GTIN}/10/A-1"


def test_two_lots_in_one_scan_are_not_guessed_between() -> None:
    with pytest.raises(BadPairing, match="came twice"):
        identify(f"(01){GTIN}(10)A(10)B")


def test_a_piece_of_an_item_names_the_item() -> None:
    assert identify(f"(8006){GTIN}0102(10)A").gtin == GTIN


class TestFarmWithoutPrefix:
    """No GS1 membership, and everything still works: addresses beneath the farm's own hub."""

    HUB = "https://hub.example"
    ITEM = "https://hub.example/items/lettuce"

    def test_its_lot_is_found_again_by_its_address(self) -> None:
        made = lot_identity(self.ITEM, "2027/01-A")

        assert made.canonical == f"{self.ITEM}/10/2027%2F01-A"
        found = identify(made.canonical, hubs=[self.HUB])
        assert (found.item, found.lot, found.gtin) == (self.ITEM, "2027/01-A", None)
        assert found.canonical == made.canonical

    def test_a_serial_follows_the_lot(self) -> None:
        made = lot_identity(self.ITEM, "A", serial="7")

        found = identify(made.canonical, hubs=[self.HUB])

        assert (found.lot, found.serial) == ("A", "7")

    def test_an_item_or_a_place_is_an_address_too(self) -> None:
        assert identify("https://hub.example/places/room-1", hubs=[self.HUB]).canonical == (
            "https://hub.example/places/room-1"
        )

    def test_a_stranger_s_address_is_no_identifier(self) -> None:
        with pytest.raises(BadLink):
            identify("https://elsewhere.example/items/lettuce/10/A", hubs=[self.HUB])

    def test_a_gs1_link_on_the_hub_is_still_judged_as_one(self) -> None:
        with pytest.raises(BadElement, match="check digit"):
            identify("https://hub.example/01/04012345111119/10/A", hubs=[self.HUB])

    @pytest.mark.parametrize(
        "item", ["http://hub.example/a", "https://hub.example", "https://hub.example/a?b=1"]
    )
    def test_what_cannot_stand_for_a_gtin_is_refused(self, item: str) -> None:
        with pytest.raises(BadLink):
            lot_identity(item, "A")
