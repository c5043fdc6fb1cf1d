"""Element strings: every error says where, why, and hides nothing else."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.gs1 import Element, bracketed, unbracketed
from traceability.gs1.elements import parse_bracketed, parse_unbracketed
from traceability.gs1.pairs import pairing_errors
from traceability.gs1.scan import parse_scan

GTIN = "04012345111118"
CSET82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
codes = st.text(alphabet=CSET82, min_size=1, max_size=20)


@given(lot=codes, serial=codes, own=codes)
@settings(max_examples=60)
def test_what_is_written_is_read(lot: str, serial: str, own: str) -> None:
    pairs = [("01", GTIN), ("10", lot), ("17", "270228"), ("21", serial), ("98", own)]

    for parsed in (parse_bracketed(bracketed(pairs)), parse_unbracketed(unbracketed(pairs))):
        assert [(element.ai, element.value) for element in parsed.checked()] == pairs


@pytest.mark.parametrize(
    ("text", "pointed"),
    [
        ("(01)04012345111119(10)A", "9(10)A"),
        ("(10)A\\(B\\(C D(21)1", " D(21)1"),
        ("(17)271301(10)A", "1301(10)A"),
        ("(8001)12340000012311", "0000012311"),
        ("(421)999AB", "999AB"),
        ("(1X)5(10)A", "1X)5(10)A"),
    ],
)
def test_an_error_points_at_the_character_it_means(text: str, pointed: str) -> None:
    error = parse_bracketed(text).errors[0]

    assert text[error.position :].startswith(pointed)


def test_one_bad_element_does_not_hide_the_rest() -> None:
    parsed = parse_unbracketed(f"01{GTIN[:-1]}9" + "17271399" + "10A B\x1d" + "21S\x1d" + "422392")

    assert [(element.ai, element.value) for element in parsed.elements] == [
        ("21", "S"),
        ("422", "392"),
    ]
    assert [(error.ai, error.code) for error in parsed.errors] == [
        ("01", "incorrect_check_digit"),
        ("17", "illegal_month"),
        ("10", "invalid_cset82_character"),
    ]


@pytest.mark.parametrize(
    "scan",
    [f"]C110LOT-2027-01-12-ROOM-A17270228\x1d01{GTIN}", "]C137123410LOT", "]C1422392" + "10A"],
)
def test_a_missing_separator_is_named_as_the_likely_cause(scan: str) -> None:
    """biip#137: without it users think that the parser is broken."""
    error = parse_scan(scan).parsed.errors[0]

    assert "check the scanner's FNC1 setting" in str(error)


@pytest.mark.parametrize(
    "data",
    [f"01{GTIN}\x1d10A", f"01{GTIN}10A\x1d", f"\x1d01{GTIN}10A", f"10A\x1d01{GTIN}\x1d"],
)
def test_a_separator_too_many_is_tolerated(data: str) -> None:
    assert {element.ai for element in parse_unbracketed(data).checked()} == {"01", "10"}


def test_an_unknown_ai_does_not_swallow_what_follows_its_separator() -> None:
    parsed = parse_unbracketed("8888X\x1d10A")

    assert [element.ai for element in parsed.elements] == ["10"]
    assert parsed.errors[0].code == "no_ai_for_prefix"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["10"], ["required_ai_missing"]),
        (["01", "10"], []),
        (["02"], ["required_ai_missing"]),
        (["00", "02", "37"], []),
        (["01", "02", "37"], ["invalid_ai_pair", "invalid_ai_pair", "required_ai_missing"]),
        (["01", "3103", "3102"], ["invalid_ai_pair", "invalid_ai_pair"]),
        (["01", "21", "250"], []),
        (["01", "250"], ["required_ai_missing"]),
        (["01", "30", "3922"], []),
        (["01", "3103", "3922"], []),
        (["01", "3922"], ["required_ai_missing"]),
    ],
)
def test_ais_need_and_exclude_each_other(codes: list[str], expected: list[str]) -> None:
    errors = pairing_errors([Element(code, "1") for code in codes])

    assert [error.code for error in errors] == expected


def test_the_same_thing_may_be_said_twice_two_things_may_not() -> None:
    same = [Element("01", GTIN), Element("10", "A"), Element("10", "A")]

    assert pairing_errors(same) == []
    assert pairing_errors([*same, Element("10", "B")])[0].code == "repeated_ai_differs"
