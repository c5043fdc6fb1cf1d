"""A sentence for each rule a value can break: what is wrong, and the likely cause.

`{got}` is the part of the value at fault, `{value}` all of it, `{title}` the AI's name, `{length}`
and `{kind}` what the AI allows, `{rule}` the rule in words.
"""

from traceability.gs1.faults import Fault

_COUNTRY = "use the three digits of ISO 3166-1, for example 392 for Japan"
_DATE = "dates are YYMMDD (or YYYYMMDD where eight digits are asked)"
_MISREAD = "one character was mistyped or misread; compare them all, or print the label again"

REASONS: dict[str, tuple[str, str]] = {
    "value_empty": ("{title} has no value", "leave the AI out, or give its value"),
    "value_too_short": (
        "{title} takes {length} {kind}, got {value!r}",
        "the code was cut off, or the value belongs to another AI",
    ),
    "value_too_long": (
        "{title} takes {length} {kind}, got {value!r}",
        "something of another AI, or of another field, is behind it",
    ),
    "non_digit_character": (
        "{title} takes digits here, got {got!r}",
        "letters typed for digits (O for 0, I for 1)?",
    ),
    "invalid_cset82_character": (
        "{title} may not hold {got!r}",
        "allowed are letters, digits and ! \" % & ' ( ) * + , - . / : ; < = > ? _, no space",
    ),
    "invalid_cset39_character": (
        "{title} may not hold {got!r}",
        "allowed are capital letters, digits and # - /",
    ),
    "invalid_cset64_character": (
        "{title} may not hold {got!r}",
        "allowed are letters, digits, - and _ (base64url)",
    ),
    "invalid_cset64_padding": ("{title} ends in {got!r}", "padding fills up threes"),
    "incorrect_check_digit": ("{value} has a wrong check digit ({got})", _MISREAD),
    "too_short_for_check_digit": ("{value!r} is too short for a check digit", _MISREAD),
    "incorrect_check_pair": ("{value} has wrong check characters ({got})", _MISREAD),
    "too_short_for_check_pair": ("{value!r} is too short for its two check characters", _MISREAD),
    "too_short_for_gcp": (
        "{value!r} is shorter than any GS1 Company Prefix",
        "the key starts with your company prefix, four digits at least",
    ),
    "invalid_gcp_prefix": (
        "{value!r} does not start with a GS1 Company Prefix",
        "its first four characters are digits",
    ),
    "requires_non_digit_character": ("{value!r} is digits only", "at least one letter is needed"),
    "illegal_zero_value": ("{got!r} is zero", "give the measured value, or leave the AI out"),
    "illegal_zero_prefix": ("{got!r} starts with a zero", "write the number without it"),
    "not_zero": ("{got!r} stands where a zero is fixed", "put 0 there"),
    "not_zero_or_one": ("{got!r} is neither 0 (no) nor 1 (yes)", "use 0 or 1"),
    "invalid_winding_direction": ("{got!r} is no winding direction", "use 0, 1 or 9"),
    "invalid_biological_sex_code": ("{got!r} is no ISO/IEC 5218 code", "use 0, 1, 2 or 9"),
    "not_hyphen": ("{got!r} stands where only a minus sign may", "leave it out above zero"),
    "importer_idx_must_be_one_character": ("{got!r} is not one character", "use exactly one"),
    "invalid_import_idx_character": ("{got!r} is no importer index", "use a letter, digit, - or _"),
    "not_iso3166": ("{got!r} is no country", _COUNTRY),
    "not_iso3166_or_999": ("{got!r} is no country", f"{_COUNTRY}, or 999 for several"),
    "not_iso3166_alpha2": ("{got!r} is no country", "use the two letters of ISO 3166-1, as in JP"),
    "not_iso4217": ("{got!r} is no currency", "use the digits of ISO 4217, 392 for yen"),
    "invalid_package_type": ("{got!r} is no package type", "use a code of UN/ECE Rec. 21"),
    "invalid_media_type": ("{got!r} is no AIDC media type", "use 01 to 10, or 80 to 99"),
    "invalid_percent_sequence": ("{got!r} is no percent escape", "write % and two hex digits"),
    "iban_too_short": ("{value!r} is too short for an IBAN", _MISREAD),
    "iban_too_long": ("{value!r} is too long for an IBAN", _MISREAD),
    "invalid_iban_character": ("an IBAN may not hold {got!r}", "capital letters and digits only"),
    "illegal_iban_country_code": ("{got!r} is no country", "an IBAN starts with two letters"),
    "incorrect_iban_checksum": ("{value} has wrong check digits ({got})", _MISREAD),
    "date_too_short": ("{got!r} is too short for a date", _DATE),
    "date_too_long": ("{got!r} is too long for a date", _DATE),
    "illegal_month": ("{value} has no month {got}", _DATE),
    "illegal_day": ("{value} has no day {got}", f"{_DATE}; 00 is allowed only where GS1 says so"),
    "illegal_hour": ("{value} has no hour {got}", "hours are 00 to 23"),
    "illegal_minute": ("{value} has no minute {got}", "minutes are 00 to 59"),
    "illegal_second": ("{value} has no second {got}", "seconds are 00 to 59"),
    "invalid_latitude": ("{got} is no latitude", "(degrees + 90) x 10^7, at most 1800000000"),
    "invalid_longitude": ("{got} is no longitude", "(degrees + 180) x 10^7, at most 3600000000"),
    "latitude_invalid_length": ("{got!r} is no latitude", "write ten digits"),
    "longitude_invalid_length": ("{got!r} is no longitude", "write ten digits"),
    "zero_piece_number": ("piece {got} of the total in {value}", "pieces count from 1"),
    "zero_total_pieces": ("a total of {got} pieces in {value}", "there is at least one piece"),
    "piece_number_exceeds_total": ("{got} counts beyond the total", "write piece, then total"),
    "invalid_length_for_piece_of_total": ("{got!r} is not two equal halves", "as in 0102"),
    "position_in_sequence_malformed": ("{got!r} is no position in a sequence", "as in 1/2"),
    "position_exceeds_end": ("{got} counts beyond its end", "as in 1/2, not 2/1"),
}  # fmt: skip
_COUPON = ("the coupon is wrong: {rule}", "the coupon was cut off, or a length digit is wrong")
_OTHER = ("{got!r} breaks {rule}", _MISREAD)


def reason(fault: Fault) -> tuple[str, str]:
    """Return templates for what is wrong with a value, and for the likely cause."""
    return REASONS.get(fault.rule, _COUPON if fault.rule.startswith("coupon_") else _OTHER)


def facts_of(fault: Fault, value: str) -> dict[str, str]:
    """Return what the templates name of a fault."""
    got = value[fault.start : fault.start + fault.length]
    return {
        "got": got,
        "value": value,
        "rule": fault.rule.removeprefix("coupon_").replace("_", " "),
    }
