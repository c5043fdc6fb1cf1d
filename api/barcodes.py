"""Barcodes as rows of dark and light modules, before anyone decides how large they print.

What goes in is judged first: the libraries that draw accept a wrong check digit, and a wrong
check digit on paper is found by the customer's till.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import segno
import zxingcpp

from api.errors import LabelRefused
from traceability.errors import Phrase
from traceability.gs1 import Element, identify
from traceability.gs1.elements import bracketed, check_value
from traceability.gs1.pairs import check_pairs

Kind = Literal["gs1_datamatrix", "gs1_qr", "gs1_128"]

# M survives 15 % damage: condensation and a fold, without making the code larger than the pack.
ERROR_CORRECTION = "m"
# Modules of white that a scanner needs around each kind. Source: GS1 General Specifications 5.
QUIET = {"gs1_datamatrix": 1, "gs1_qr": 4, "gs1_128": 10}
_FORMATS = {
    "gs1_datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "gs1_qr": zxingcpp.BarcodeFormat.QRCode,
    "gs1_128": zxingcpp.BarcodeFormat.Code128,
}


class Run(NamedTuple):
    """Dark modules beside each other in one row."""

    x: int
    y: int
    length: int


@dataclass(frozen=True, slots=True)
class Barcode:
    """A barcode without size.

    Attributes:
        rows: of modules, dark is True; a linear barcode has one row, drawn as high as needed.
        quiet: modules of white around it.
        text: what a person reads beneath it; None where that is said elsewhere.
    """

    rows: tuple[tuple[bool, ...], ...]
    quiet: int
    text: str | None = None

    @property
    def linear(self) -> bool:
        return len(self.rows) == 1

    @property
    def width(self) -> int:
        """Modules from edge to edge, white included."""
        return len(self.rows[0]) + 2 * self.quiet

    def runs(self) -> Iterator[Run]:
        """Yield dark runs; one rectangle a run has no seams that a printer shows."""
        top = 0 if self.linear else self.quiet
        for y, row in enumerate(self.rows, start=top):
            x = 0
            while x < len(row):
                start = x
                while x < len(row) and row[x]:
                    x += 1
                if x > start:
                    yield Run(start + self.quiet, y, x - start)
                x += 1


def link_code(link: str) -> Barcode:
    """Return a QR code with a link, once it has been read back as an identity.

    Raises:
        Gs1Error: the link identifies nothing.
    """
    address = urlsplit(link)
    identify(link, hubs=[f"{address.scheme}://{address.netloc}"])
    code = segno.make_qr(link, error=ERROR_CORRECTION)
    return Barcode(tuple(tuple(map(bool, row)) for row in code.matrix), QUIET["gs1_qr"])


def gs1_code(elements: Sequence[tuple[str, str]], kind: Kind, *, whole: bool = True) -> Barcode:
    """Return a barcode of AIs.

    Args:
        whole: these are all AIs of the item, so they are judged together too; False for one of
            several barcodes on a label.

    Raises:
        Gs1Error: a value or a pairing that GS1 does not allow.
        LabelRefused: more than this kind of barcode holds.
    """
    for ai, value in elements:
        check_value(ai, value)
    if whole:
        check_pairs([Element(ai, value) for ai, value in elements])
    # Square brackets, since a lot code may hold round ones and never these.
    content = "".join(f"[{ai}]{value}" for ai, value in elements)
    options = {"force_square": True} if kind == "gs1_datamatrix" else {}
    try:
        made = zxingcpp.create_barcode(content, _FORMATS[kind], gs1=True, **options)
    except ValueError as error:
        raise LabelRefused(
            what=Phrase("{said} does not fit into one {kind}", said=bracketed(elements), kind=kind),
            next_step="print fewer AIs in it, or a GS1 DataMatrix",
        ) from error
    # The image speaks the buffer protocol, which its type stubs do not say.
    image: Any = made.to_image(scale=1, add_quiet_zones=False)
    rows: list[list[int]] = memoryview(image).tolist()  # type: ignore[assignment]
    rows = rows[:1] if kind == "gs1_128" else rows
    modules = tuple(tuple(value == 0 for value in row) for row in rows)
    return Barcode(modules, QUIET[kind], bracketed(elements))


def linear_codes(elements: Sequence[tuple[str, str]], *, modules: int) -> list[Barcode]:
    """Return as few GS1-128 barcodes as carry these AIs in the width given, each AI whole.

    Raises:
        LabelRefused: one AI alone is wider.
    """
    check_pairs([Element(ai, value) for ai, value in elements])
    codes: list[Barcode] = []
    held: list[tuple[str, str]] = []
    for element in elements:
        wider = _fitting([*held, element], modules)
        if wider is not None:
            held = [*held, element]
            codes[-1:] = [wider]
            continue
        alone = _fitting([element], modules)
        if alone is None:
            raise LabelRefused(
                what=Phrase(
                    "AI ({element}) {element_2} is wider than the label",
                    element=element[0],
                    element_2=element[1],
                ),
                next_step="choose a wider label, or a GS1 DataMatrix",
            )
        held = [element]
        codes.append(alone)
    return codes


def _fitting(elements: Sequence[tuple[str, str]], modules: int) -> Barcode | None:
    try:
        code = gs1_code(elements, "gs1_128", whole=False)
    except LabelRefused:
        return None
    return code if code.width <= modules else None
