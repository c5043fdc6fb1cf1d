"""What a scanner sends: a symbology identifier, then data.

`]C1`, `]e0`, `]d2`, `]Q3` and `]J1` promise GS1 element strings; `]E0` and `]E4` a GTIN; `]Q1`,
`]d1` and `]J0` anything, and a Digital Link if it looks like one. Without an identifier nothing is
promised, so nothing is guessed.

Source: GS1 General Specifications, "Symbology identifiers"; ISO/IEC 15424.
"""

from dataclasses import dataclass

from traceability.gs1.checkdigits import wrong_digit
from traceability.gs1.compression import read_link
from traceability.gs1.elements import Element, Parsed, parse_unbracketed
from traceability.gs1.errors import BadElement, Gs1Error, NotGs1
from traceability.gs1.link import DigitalLink, looks_like_link
from traceability.gs1.options import STRICT, Options

GS1_DATA = {
    "]C1": "GS1-128", "]e0": "GS1 DataBar", "]d2": "GS1 DataMatrix", "]Q3": "GS1 QR Code",
    "]J1": "GS1 DotCode",
}  # fmt: skip
PLAIN_DATA = {"]d1": "DataMatrix", "]Q1": "QR Code", "]J0": "DotCode"}
RETAIL = {"]E0": ("EAN-13", 13), "]E4": ("EAN-8", 8)}
_COMPOSITE = "|]e0"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan carried.

    Attributes:
        symbology: the kind of barcode, in words.
        parsed: its elements and errors; of a link, the link's elements.
        link: the Digital Link, if it carried one.
        text: the data behind the identifier.
    """

    symbology: str
    parsed: Parsed
    link: DigitalLink | None
    text: str


def has_symbology(text: str) -> bool:
    return text.startswith("]")


def parse_scan(text: str, *, options: Options = STRICT) -> Scanned:
    """Read scanner data with its symbology identifier; positions count from the identifier on.

    Raises:
        NotGs1: no identifier, or one that never carries GS1 data.
    """
    kind, data = text[:3], text[3:]
    if kind in GS1_DATA:
        parsed = parse_unbracketed(text, start=3, permit_unknown=options.permit_unknown_ais)
        return Scanned(GS1_DATA[kind], parsed, None, data)
    if kind in RETAIL:
        name, length = RETAIL[kind]
        return Scanned(name, _retail(text, name, length, options), None, data)
    if kind in PLAIN_DATA:
        return _plain(PLAIN_DATA[kind], data, options)
    raise NotGs1(
        "{got!r} is no symbology identifier that carries GS1 data",
        hint="set the scanner to send AIM identifiers; expected one of {known}",
        code="unsupported_symbology_identifier"
        if has_symbology(text)
        else "missing_symbology_identifier",
        position=0,
        got=kind,
        known=" ".join((*GS1_DATA, *RETAIL, *PLAIN_DATA)),
    )


def _plain(symbology: str, data: str, options: Options) -> Scanned:
    if not looks_like_link(data):
        return Scanned(symbology, Parsed(()), None, data)
    try:
        link = read_link(data, options=options)
    except Gs1Error as error:
        return Scanned(symbology, Parsed((), (error,)), None, data)
    return Scanned(symbology, Parsed(link.elements), link, data)


def _retail(text: str, name: str, length: int, options: Options) -> Parsed:
    """Read the GTIN of a retail barcode, and the composite part that may follow it."""
    primary, more = text[3 : 3 + length], text[3 + length :]
    error = _bad_primary(primary, name, length)
    if error is not None:
        return Parsed((), (error,))
    gtin = Element("01", primary.zfill(14), 3)
    if not more:
        return Parsed((gtin,))
    if not more.startswith(_COMPOSITE):
        return Parsed((gtin,), (_too_long(more, 3 + length, name, length),))
    rest = parse_unbracketed(
        text,
        start=3 + length + len(_COMPOSITE),
        permit_unknown=options.permit_unknown_ais,
    )
    return Parsed((gtin, *rest.elements), rest.errors)


def _bad_primary(primary: str, name: str, length: int) -> BadElement | None:
    if len(primary) < length or not (primary.isascii() and primary.isdigit()):
        return BadElement(
            "{symbology} carries {length} digits, got {got!r}",
            hint="scan again",
            code="primary_data_must_be_digits",
            ai="01",
            position=3,
            symbology=name,
            length=length,
            got=primary,
        )
    return wrong_digit(primary, ai="01", position=2 + length)


def _too_long(more: str, position: int, name: str, length: int) -> BadElement:
    return BadElement(
        "{symbology} carries {length} digits, got {got!r} behind them",
        hint="two scans ran together: let the scanner end each with Enter",
        code="primary_message_is_too_long",
        ai="01",
        position=position,
        symbology=name,
        length=length,
        got=more[:8],
    )
