"""The named rules of the GS1 Syntax Dictionary: what a stretch of a value must obey.

Each rule takes the text of one component and returns the first `Fault`, or None. A fault's `rule`
is the name the dictionary's reference implementation gives it, in lower case; `reasons.py` has the
sentence for each.

Source: GS1 General Specifications; https://ref.gs1.org/tools/gs1-barcode-syntax-resource/.
"""

import re
from collections.abc import Callable

from traceability.gs1 import codelists
from traceability.gs1.checkdigits import CSET82, check_digit, check_pair
from traceability.gs1.coupons import coupon_code, positive_offer
from traceability.gs1.dates import yymmd0, yymmdd, yyyymmd0, yyyymmdd
from traceability.gs1.faults import Fault, digits, sized_digits, whole

SHORTEST_COMPANY_PREFIX = 4
SHORTEST_IBAN = 11
LONGEST_IBAN = 34

_IMPORTER_INDEX = re.compile(r"[-0-9A-Z_a-z]")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_POSITION = re.compile(r"([0-9]+)/([0-9]+)")


def cset82(text: str) -> Fault | None:
    return _outside(text, CSET82, "invalid_cset82_character")


def cset39(text: str) -> Fault | None:
    return _outside(text, _CSET39, "invalid_cset39_character")


def cset64(text: str) -> Fault | None:
    body = text.rstrip("=")
    pads = len(text) - len(body)
    if pads > 2 or (pads and len(text) % 3):
        return Fault("invalid_cset64_padding", len(body), pads)
    return _outside(body, _CSET64, "invalid_cset64_character")


def csum(text: str) -> Fault | None:
    if not text:
        return Fault("too_short_for_check_digit", 0, 0)
    if fault := digits(text):
        return fault
    if check_digit(text[:-1]) != text[-1]:
        return Fault("incorrect_check_digit", len(text) - 1, 1)
    return None


def csumalpha(text: str) -> Fault | None:
    if len(text) < 2:
        return whole("too_short_for_check_pair", text)
    if fault := cset82(text[:-2]):
        return fault
    if check_pair(text[:-2]) != text[-2:]:
        return Fault("incorrect_check_pair", len(text) - 2, 2)
    return None


def gcppos1(text: str) -> Fault | None:
    if len(text) < SHORTEST_COMPANY_PREFIX:
        return whole("too_short_for_gcp", text)
    fault = digits(text[:SHORTEST_COMPANY_PREFIX])
    return fault and Fault("invalid_gcp_prefix", fault.start, 1)


def gcppos2(text: str) -> Fault | None:
    if len(text) < 2:
        return whole("too_short_for_gcp", text)
    fault = gcppos1(text[1:])
    return fault and fault.moved(1)


def hasnondigit(text: str) -> Fault | None:
    return whole("requires_non_digit_character", text) if digits(text) is None else None


def nonzero(text: str) -> Fault | None:
    if fault := digits(text):
        return fault
    return None if text.strip("0") else whole("illegal_zero_value", text)


def zero(text: str) -> Fault | None:
    return None if text and not text.strip("0") else whole("not_zero", text)


def nozeroprefix(text: str) -> Fault | None:
    return Fault("illegal_zero_prefix", 0, 1) if text.startswith("0") else digits(text)


def yesno(text: str) -> Fault | None:
    return _one_of(text, ("0", "1"), "not_zero_or_one")


def winding(text: str) -> Fault | None:
    return _one_of(text, ("0", "1", "9"), "invalid_winding_direction")


def iso5218(text: str) -> Fault | None:
    return _one_of(text, ("0", "1", "2", "9"), "invalid_biological_sex_code")


def hyphen(text: str) -> Fault | None:
    return None if text and not text.strip("-") else whole("not_hyphen", text)


def importeridx(text: str) -> Fault | None:
    if len(text) != 1:
        return whole("importer_idx_must_be_one_character", text)
    return None if _IMPORTER_INDEX.fullmatch(text) else Fault("invalid_import_idx_character", 0, 1)


def iso3166(text: str) -> Fault | None:
    return _one_of(text, codelists.COUNTRY_NUMBERS, "not_iso3166")


def iso3166999(text: str) -> Fault | None:
    return None if text == "999" or iso3166(text) is None else whole("not_iso3166_or_999", text)


def iso3166alpha2(text: str) -> Fault | None:
    return _one_of(text, codelists.COUNTRY_LETTERS, "not_iso3166_alpha2")


def iso4217(text: str) -> Fault | None:
    return _one_of(text, codelists.CURRENCY_NUMBERS, "not_iso4217")


def packagetype(text: str) -> Fault | None:
    return _one_of(text, codelists.PACKAGE_TYPES, "invalid_package_type")


def mediatype(text: str) -> Fault | None:
    return _one_of(text, codelists.MEDIA_TYPES, "invalid_media_type")


def pcenc(text: str) -> Fault | None:
    match = _PERCENT.search(text)
    if match is None:
        return None
    return Fault("invalid_percent_sequence", match.start(), min(3, len(text) - match.start()))


def iban(text: str) -> Fault | None:
    """Check an IBAN by ISO 13616: country, length, characters, remainder 1 modulo 97."""
    if len(text) < 4:
        return whole("iban_too_short", text)
    if text[:2] not in codelists.COUNTRY_LETTERS:
        return Fault("illegal_iban_country_code", 0, 2)
    if len(text) > LONGEST_IBAN:
        return whole("iban_too_long", text)
    if len(text) < SHORTEST_IBAN:
        return whole("iban_too_short", text)
    for at in (*range(4, len(text)), *range(4)):
        if text[at] not in _BASE36:
            return Fault("invalid_iban_character", at, 1)
    number = "".join(str(_BASE36.index(char)) for char in text[4:] + text[:4])
    return None if int(number) % 97 == 1 else Fault("incorrect_iban_checksum", 2, 2)


def latitude(text: str) -> Fault | None:
    return _coordinate(text, "latitude", 1_800_000_000)


def longitude(text: str) -> Fault | None:
    return _coordinate(text, "longitude", 3_600_000_000)


def hh(text: str) -> Fault | None:
    return _clock(text, "hour", 23)


def mi(text: str) -> Fault | None:
    return _clock(text, "minute", 59)


def ss(text: str) -> Fault | None:
    return _clock(text, "second", 59)


def hhmi(text: str) -> Fault | None:
    if len(text) != 4:
        return whole(f"hour_with_minute_too_{'short' if len(text) < 4 else 'long'}", text)
    if fault := hh(text[:2]):
        return fault
    fault = mi(text[2:])
    return fault and fault.moved(2)


def pieceoftotal(text: str) -> Fault | None:
    """Check two numbers of equal width: this piece, and how many there are."""
    if fault := digits(text):
        return fault
    half = len(text) // 2
    if not text or len(text) % 2:
        return whole("invalid_length_for_piece_of_total", text)
    piece, total = text[:half], text[half:]
    if not piece.strip("0"):
        return Fault("zero_piece_number", 0, half)
    if not total.strip("0"):
        return Fault("zero_total_pieces", half, half)
    return whole("piece_number_exceeds_total", text) if piece > total else None


def posinseqslash(text: str) -> Fault | None:
    match = _POSITION.fullmatch(text)
    if match is None:
        return whole("position_in_sequence_malformed", text)
    for group in (1, 2):
        if match[group].startswith("0"):
            return Fault("illegal_zero_prefix", match.start(group), len(match[group]))
    return whole("position_exceeds_end", text) if int(match[1]) > int(match[2]) else None


CHARSETS: dict[str, Callable[[str], Fault | None]] = {
    "N": digits,
    "X": cset82,
    "Y": cset39,
    "Z": cset64,
}
# By the name the dictionary uses.
LINTERS: dict[str, Callable[[str], Fault | None]] = {
    "couponcode": coupon_code, "couponposoffer": positive_offer, "cset39": cset39,
    "cset64": cset64, "cset82": cset82, "csetnumeric": digits, "csum": csum,
    "csumalpha": csumalpha, "gcppos1": gcppos1, "gcppos2": gcppos2, "hasnondigit": hasnondigit,
    "hh": hh, "hhmi": hhmi, "hyphen": hyphen, "iban": iban, "importeridx": importeridx,
    "iso3166": iso3166, "iso3166999": iso3166999, "iso3166alpha2": iso3166alpha2,
    "iso4217": iso4217, "iso5218": iso5218, "latitude": latitude, "longitude": longitude,
    "mediatype": mediatype, "mi": mi, "nonzero": nonzero, "nozeroprefix": nozeroprefix,
    "packagetype": packagetype, "pcenc": pcenc, "pieceoftotal": pieceoftotal,
    "posinseqslash": posinseqslash, "ss": ss, "winding": winding, "yesno": yesno,
    "yymmd0": yymmd0, "yymmdd": yymmdd, "yyyymmd0": yyyymmd0, "yyyymmdd": yyyymmdd, "zero": zero,
}  # fmt: skip

_CSET39 = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CSET64 = frozenset("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")


def _outside(text: str, allowed: frozenset[str] | dict[str, int], rule: str) -> Fault | None:
    for at, char in enumerate(text):
        if char not in allowed:
            return Fault(rule, at, 1)
    return None


def _one_of(text: str, allowed: frozenset[str] | tuple[str, ...], rule: str) -> Fault | None:
    return None if text in allowed else whole(rule, text)


def _clock(text: str, what: str, limit: int) -> Fault | None:
    if fault := sized_digits(text, 2, what):
        return fault
    return whole(f"illegal_{what}", text) if int(text) > limit else None


def _coordinate(text: str, what: str, limit: int) -> Fault | None:
    if len(text) != 10:
        return whole(f"{what}_invalid_length", text)
    if fault := digits(text):
        return fault
    return whole(f"invalid_{what}", text) if int(text) > limit else None
