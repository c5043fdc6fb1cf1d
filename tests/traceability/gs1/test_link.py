"""Links are read strictly, and an error points at the character it means."""

import pytest

from traceability.gs1 import BadElement, BadLink, DigitalLink, Gs1Error, Options

GTIN = "04012345111118"


@pytest.mark.parametrize(
    ("uri", "pointed"),
    [
        ("https://a/01/04012345111119/10/A", "9/10/A"),
        ("https://a/x/y/01/04012345111119?17=270101", "9?17=270101"),
        (f"https://a/01/{GTIN}/10/A%2F%2F%20B", "%20B"),
        (f"https://a/01/{GTIN}/10/A?17=271301", "1301"),
        (f"https://a/01/{GTIN}/10/A?98=A%2F+B&99=C", "+B&99=C"),
        (f"https://a/01/{GTIN}/10/A?1234567=1", "1234567=1"),
        (f"https://a/01/{GTIN}?utm=1&10=A", "A"),
        (f"https://a/01/{GTIN}>", ">"),
        ("https://a_b/01/", "_b/01/"),
    ],
)
def test_an_error_points_at_the_character_it_means(uri: str, pointed: str) -> None:
    with pytest.raises(Gs1Error) as caught:
        DigitalLink.parse(uri)

    assert uri[caught.value.position :] == pointed


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        (f"https://a/01/{GTIN}/21/1/10/A", "invalid_key_qualifier_sequence"),
        (f"https://a/10/A/01/{GTIN}/22/V/235/T", "invalid_key_qualifier_sequence"),
        (f"https://a/01/{GTIN}?10=A", "ai_should_be_in_path_info"),
        (f"https://a/01/{GTIN}?254=A", "ai_is_not_valid_data_attribute"),
        (f"https://a/01/{GTIN}/10/A?17=270101&17=270101", "duplicate_ai"),
        (f"https://a/01/{GTIN}?7=1", "unknown_ai"),
        ("https://a/lettuce/tray-7", "no_gs1_dl_keys_found_in_path_info"),
        (f"ftp://a/01/{GTIN}", "uri_contains_illegal_scheme"),
        (f"https:///01/{GTIN}", "uri_missing_domain_and_path_info"),
        ("https://a", "uri_missing_domain_and_path_info"),
    ],
)
def test_each_broken_rule_has_its_code(uri: str, code: str) -> None:
    with pytest.raises(BadLink) as caught:
        DigitalLink.parse(uri)

    assert caught.value.code == code


def test_the_gs1_part_starts_as_far_right_as_it_can() -> None:
    link = DigitalLink.parse(f"https://a/01/{GTIN}/01/00000040123455/10/A")

    assert link.stem == f"https://a/01/{GTIN}"
    assert link.canonical == "https://id.gs1.org/01/00000040123455/10/A"


def test_a_lot_may_describe_where_it_does_not_qualify() -> None:
    link = DigitalLink.parse(f"https://a/01/{GTIN}/235/TPX?10=A")

    assert link.attributes == (("10", "A"),)


def test_a_plus_is_a_plus_in_the_path_and_a_space_in_the_query() -> None:
    assert DigitalLink.parse(f"https://a/01/{GTIN}/10/A+B").get("10") == "A+B"
    with pytest.raises(BadElement, match="' '"):
        DigitalLink.parse(f"https://a/01/{GTIN}?99=A+B")


def test_the_standard_s_canonical_form_sorts_the_attributes() -> None:
    link = DigitalLink.parse(f"https://a/01/{GTIN}/10/A?99=X&17=270101&x=1")

    assert link.canonical_with_attributes == (f"https://id.gs1.org/01/{GTIN}/10/A?17=270101&99=X")
    assert link.canonical == f"https://id.gs1.org/01/{GTIN}/10/A"


def test_a_short_gtin_is_refused_with_the_right_one() -> None:
    with pytest.raises(BadElement, match="write 00000040123455"):
        DigitalLink.parse("https://a/01/40123455")

    lenient = Options(permit_zero_suppressed_gtin=True)
    assert DigitalLink.parse("https://a/01/40123455", options=lenient).get("01") == (
        "00000040123455"
    )


def test_the_event_hash_keeps_the_finest_level_only() -> None:
    link = DigitalLink.parse(f"https://a/01/{GTIN}/22/V/10/L/21/S?17=270101")

    assert link.finest == f"https://id.gs1.org/01/{GTIN}/21/S"
