"""Compression loses nothing, and what is no compressed link is not taken for one."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.gs1 import check_digit, dictionary
from traceability.gs1.compression import compress, decompress, read_link
from traceability.gs1.errors import BadLink
from traceability.gs1.link import DigitalLink

CSET82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
codes = st.text(alphabet=CSET82, min_size=1, max_size=20)
digits = st.text(alphabet="0123456789", min_size=1, max_size=20)
hexes = st.text(alphabet="0123456789abcdef", min_size=1, max_size=20)
lots = codes | digits | hexes | hexes.map(str.upper)
GTIN = "04012345111118"


@given(lot=lots, serial=lots, weight=st.integers(0, 999_999))
@settings(max_examples=60)
def test_every_character_comes_back(lot: str, serial: str, weight: int) -> None:
    pairs = [("01", GTIN), ("10", lot), ("21", serial), ("3103", f"{weight:06}"), ("99", lot)]
    link = DigitalLink.build(pairs, stem="https://a.example")

    assert decompress(compress(link)) == link.uri


@pytest.mark.parametrize(
    "path",
    [
        f"/01/{GTIN}/10/000123",
        f"/01/{GTIN}/21/00001",
        f"/01/{GTIN}/10/0/21/0?17=270200",
        f"/01/{GTIN}?99={'0' * 59}1",
        "/00/952012345678912345",
        "/8018/952012345678912345/8019/0000000001",
        "/255/1234567890128000000000001",
        "/255/1234567890128",
        "/253/1231231231232",
        "/8003/01234567890128X",
        "/401/0614141xyz47%2F11",
        "/8010/0628165987/8011/9876",
        f"/01/{GTIN}/10/A?7003=2701011530&423=392&8008=27010115",
    ],
)
def test_zeros_and_long_keys_survive(path: str) -> None:
    link = DigitalLink.parse("https://a.example" + path)

    assert decompress(compress(link)) == link.uri


def test_a_short_form_is_read_in_either_order_of_its_ais() -> None:
    """The printed table says 414, 254; the reference code writes 254 first."""
    assert decompress("https://a.example/nWMYfWKVJwuDh") == (
        decompress("https://a.example/nYpUnC4OFjGH1")
    )


def test_parameters_that_are_not_gs1_s_stay_readable() -> None:
    link = DigitalLink.parse(f"https://a.example/01/{GTIN}/10/A?utm=x&flag")

    assert compress(link).endswith("?utm=x&flag")
    assert decompress(compress(link)) == f"https://a.example/01/{GTIN}/10/A?utm=x&flag"


def test_a_key_may_stand_readable_before_the_rest() -> None:
    # Behind the key: AI 10, base64url, 5 characters, LOT01.
    assert decompress(f"https://a.example/01/{GTIN}/EGUs5PTU") == (
        f"https://a.example/01/{GTIN}/10/LOT01"
    )


@pytest.mark.parametrize(
    "segment", ["lettuce", "items", "A", "", "____________", "AAFdGUuw5W0", "a.b"]
)
def test_an_ordinary_address_is_not_taken_for_a_compressed_link(segment: str) -> None:
    with pytest.raises(BadLink) as caught:
        read_link(f"https://shop.example/{segment}")

    assert caught.value.code == "no_gs1_dl_keys_found_in_path_info"


@given(segment=st.text(alphabet=string.ascii_letters + string.digits + "-_", max_size=40))
@settings(max_examples=100)
def test_any_segment_is_read_or_refused_never_a_crash(segment: str) -> None:
    try:
        uri = decompress(f"https://a.example/{segment}")
    except BadLink:
        return
    DigitalLink.parse(uri)


def test_every_key_of_a_link_can_be_compressed() -> None:
    for code, ai in dictionary.table().items():
        if ai.paths is None:
            continue
        link = DigitalLink.build([(code, _valid(code))], stem="https://a.example")
        assert decompress(compress(link)) == link.uri, code


def _valid(code: str) -> str:
    special = {"8003": "0" + _checked("012345678901"), "8006": _checked("0012345678901") + "0102"}
    if code in special:
        return special[code]
    if code == "8013":
        return "1987654Ad4X4bL5ttr2310c2K"
    ai = dictionary.table()[code]
    first = ai.components[0]
    if "csum" in first.linters:
        return _checked("0" * 3 + "123456789012345"[: first.longest - 4])
    return "0123456789"


def _checked(body: str) -> str:
    return body + check_digit(body)
