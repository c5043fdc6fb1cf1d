r"""What a scanner sends for a barcode: the other direction of `scan`.

A till, a wedge scanner and a test bench all expect these bytes. Data are written as in print:
^ in first place makes them GS1 data, | parts a linear barcode from the composite above it, and a
plain text that itself begins with ^ is written \^.

Source: GS1 General Specifications, "Symbology identifiers" and "Composite component".
"""

from traceability.gs1 import dictionary
from traceability.gs1.checkdigits import check_digit, wrong_digit
from traceability.gs1.elements import FNC1, WRITTEN_FNC1, Element, parse_unbracketed
from traceability.gs1.errors import BadElement, Gs1Error, NotGs1

# Identifier for GS1 data, and for anything else; None where the barcode carries only the other.
SYMBOLOGIES: dict[str, tuple[str | None, str | None]] = {
    "QR": ("]Q3", "]Q1"),
    "DM": ("]d2", "]d1"),
    "DotCode": ("]J1", "]J0"),
    "GS1_128_CCA": ("]C1", None),
    "GS1_128_CCC": ("]C1", None),
    "DataBarExpanded": ("]e0", None),
}
_DATABAR = (
    "DataBarOmni",
    "DataBarTruncated",
    "DataBarStacked",
    "DataBarStackedOmni",
    "DataBarLimited",
)
# These carry one GTIN and nothing else: identifier, digits, zeros put before them.
ONE_GTIN: dict[str, tuple[str, int, str]] = {
    **dict.fromkeys(_DATABAR, ("]e0", 14, "")),
    "EAN13": ("]E0", 13, ""),
    "UPCA": ("]E0", 12, "0"),
    "UPCE": ("]E0", 12, "0"),
    "EAN8": ("]E4", 8, ""),
}
_COMPOSITE = "]e0"


def scan_data(symbology: str, data: str, *, add_check_digit: bool = False) -> str:
    r"""Return what a scanner sends for `data` in a barcode of this kind.

    Args:
        symbology: a name of SYMBOLOGIES or ONE_GTIN.
        add_check_digit: the digits of a GTIN come without their check digit.

    Raises:
        NotGs1: no such symbology, or one that cannot carry this.
        BadElement: the data break their AI's rules.

    >>> scan_data("EAN8", "02345673|^99COMPOSITE^98XYZ")
    ']E402345673|]e099COMPOSITE\x1d98XYZ'
    """
    if symbology in ONE_GTIN:
        return _one_gtin(symbology, data, add_check_digit=add_check_digit)
    if symbology not in SYMBOLOGIES:
        raise NotGs1(
            "no symbology {got!r}",
            hint="known are {known}",
            code="unknown_symbology",
            got=symbology,
            known=", ".join((*SYMBOLOGIES, *ONE_GTIN)),
        )
    for_gs1, for_text = SYMBOLOGIES[symbology]
    if for_text is not None:
        if not data.startswith(WRITTEN_FNC1):
            return for_text + _unescaped(data)
        return f"{for_gs1}{_sent(data)}"
    linear, bar, composite = data.partition("|")
    body = _sent(linear)
    if not bar:
        return f"{for_gs1}{body}"
    last = parse_unbracketed(body).elements[-1]
    return _COMPOSITE + body + _separator(last) + _sent(composite)


def _one_gtin(symbology: str, data: str, *, add_check_digit: bool) -> str:
    identifier, length, zeros = ONE_GTIN[symbology]
    linear, bar, composite = data.partition("|")
    # As element string the GTIN has 14 digits; the barcode holds the last ones.
    digits = linear.removeprefix(f"{WRITTEN_FNC1}01{'0' * (14 - length)}")
    if len(digits) != length - add_check_digit or not (digits.isascii() and digits.isdigit()):
        raise BadElement(
            "{symbology} carries {length} digits, got {got!r}",
            hint="with add_check_digit, give them without the last one",
            code="primary_data_must_be_digits",
            ai="01",
            symbology=symbology,
            length=length,
            got=linear,
        )
    if add_check_digit:
        digits += check_digit(digits)
    wrong = wrong_digit(digits, ai="01")
    if wrong is not None:
        raise wrong
    if symbology == "DataBarLimited" and digits[0] > "1":
        raise BadElement(
            "{digits} is too large for DataBar Limited",
            hint="its first digit is 0 or 1",
            code="primary_data_is_too_large",
            ai="01",
            digits=digits,
        )
    body = zeros + digits
    if identifier == _COMPOSITE:
        return f"{identifier}01{body}" + (_sent(composite) if bar else "")
    return identifier + body + (f"|{_COMPOSITE}{_sent(composite)}" if bar else "")


def _sent(data: str) -> str:
    """Return GS1 data as sent, once they are right: separators as 0x1D, none in first place."""
    if not data.startswith(WRITTEN_FNC1):
        raise NotGs1(
            "GS1 data begin with ^, got {got!r}",
            hint="this barcode carries GS1 data only",
            code="missing_fnc1_in_first_position",
            position=0,
            got=data[:1],
        )
    sent = data[1:].replace(WRITTEN_FNC1, FNC1)
    errors: tuple[Gs1Error, ...] = parse_unbracketed(sent).errors
    if errors:
        raise errors[0]
    return sent


def _separator(last: Element) -> str:
    ai = dictionary.find(last.ai)
    return "" if ai is not None and ai.predefined else FNC1


def _unescaped(text: str) -> str:
    return text[1:] if text.lstrip("\\").startswith(WRITTEN_FNC1) and text[0] == "\\" else text
