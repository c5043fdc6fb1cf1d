"""Where codes and words stand on a label: millimetres from its upper left corner, no file format.

One layout feeds every format, so that the label on the screen is the one from the printer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.barcodes import Barcode, gs1_code, linear_codes, link_code
from api.errors import LabelRefused
from traceability.errors import Phrase
from traceability.gs1 import Identity

MARGIN_MM = 2.0
GAP_MM = 2.0
# Half a millimetre is 4 dots of a 203 dpi printer; narrower bars are taken only to fit.
MODULE_MM = 0.5
LINEAR_MODULES_MM = (0.5, 0.375, 0.25)
BARS_MM = 14.0
HRI_MM = 3.0  # the AIs in words beneath a linear code
# 食品表示基準 asks for 8 points on packs above 150 cm2 and 5.5 points (1.9 mm) on smaller ones.
SMALLEST_TEXT_MM = 1.9
LINE_STEP = 1.3
FIRST_IDEOGRAPH = 0x2E80
_BREAKABLE = re.compile("[\u2e80-\uffff]|[^ \u2e80-\uffff]+ *| +")


@dataclass(frozen=True, slots=True)
class Bars:
    """A barcode at a place; `height_mm` counts for linear ones only."""

    x_mm: float
    y_mm: float
    code: Barcode
    module_mm: float
    height_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `y_mm` is its baseline."""

    x_mm: float
    y_mm: float
    size_mm: float
    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label ready to draw."""

    width_mm: float
    height_mm: float
    bars: tuple[Bars, ...]
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """What a kind of label holds.

    Attributes:
        link: a QR code that leads to the lot's page.
        datamatrix: all AIs in one small square.
        linear: GS1-128 along the width, as warehouses and wholesale scan it.
        text_mm: height of the words.
    """

    width_mm: float
    height_mm: float
    link: bool = False
    datamatrix: bool = False
    linear: bool = False
    text_mm: float = 3.0


TEMPLATES = {
    "retail": Template(60, 40, link=True),
    "tray": Template(80, 50, link=True, datamatrix=True),
    "case": Template(105, 74, link=True, linear=True, text_mm=3.6),
    "pallet": Template(148, 105, link=True, linear=True, text_mm=5.0),
}


def label_elements(
    identity: Identity,
    *,
    net_weight_g: int | None = None,
    harvested_on: date | None = None,
    packed_on: date | None = None,
    best_before: date | None = None,
) -> list[tuple[str, str]]:
    """Return the AIs of a lot's label: identity, net weight, dates; predefined lengths first.

    Raises:
        LabelRefused: the lot has no GTIN, and AIs say nothing without a key.
    """
    if identity.gtin is None and not any(ai == "00" for ai, _ in identity.elements):
        raise LabelRefused(
            what=Phrase(
                "{received} has no GTIN or SSCC for a barcode of AIs", received=identity.received
            ),
            next_step="print the QR code with the link, or give the trade item a GTIN",
        )
    described = [
        ("3103", None if net_weight_g is None else f"{net_weight_g:06}"),
        ("13", _yymmdd(packed_on)),
        ("15", _yymmdd(best_before)),
        ("7007", _yymmdd(harvested_on)),
    ]
    added = [(ai, value) for ai, value in described if value is not None]
    keys = [(ai, value) for ai, value in identity.elements if ai in ("00", "01")]
    rest = [pair for pair in identity.elements if pair not in keys]
    fixed = [pair for pair in added if pair[0] != "7007"]
    return [*keys, *fixed, *rest, *(pair for pair in added if pair not in fixed)]


def text_width(line: str) -> float:
    """Estimate a line in heights: an ideograph is as wide as high, a letter about 0.6 of it."""
    return sum(1.0 if ord(char) >= FIRST_IDEOGRAPH else 0.6 for char in line)


def lay_out(
    template: Template,
    lines: Sequence[str],
    *,
    link: str | None = None,
    elements: Sequence[tuple[str, str]] = (),
    linear: Sequence[tuple[str, str]] | None = None,
) -> Label:
    """Place codes and words on a label.

    Args:
        linear: AIs of the GS1-128 where those are not all of `elements`.

    Raises:
        Gs1Error: what the codes would carry is wrong.
        LabelRefused: it does not fit.
    """
    bars = _squares(template, link, elements)
    x_mm = max((bar.x_mm + bar.code.width * bar.module_mm for bar in bars), default=MARGIN_MM)
    words = _lines(lines, x_mm + (GAP_MM if bars else 0.0), template)
    y_mm = max(
        [bar.y_mm + bar.code.width * bar.module_mm for bar in bars]
        + [word.y_mm + GAP_MM for word in words]
    )
    if template.linear:
        rows, texts, y_mm = _linear(elements if linear is None else linear, template, y_mm)
        bars, words = [*bars, *rows], [*words, *texts]
    if y_mm > template.height_mm:
        raise LabelRefused(
            what=Phrase(
                "codes and words need {y_mm:.0f} mm of a label {height_mm:.0f} mm high",
                y_mm=y_mm,
                height_mm=template.height_mm,
            ),
            next_step="choose a larger label, or print fewer lines",
        )
    return Label(template.width_mm, template.height_mm, tuple(bars), tuple(words))


def _yymmdd(day: date | None) -> str | None:
    return None if day is None else f"{day:%y%m%d}"


def _squares(
    template: Template, link: str | None, elements: Sequence[tuple[str, str]]
) -> list[Bars]:
    """Place the square codes in the upper left, beside each other."""
    codes = []
    if template.link and link is not None:
        codes.append(link_code(link))
    if template.datamatrix and elements:
        codes.append(gs1_code(elements, "gs1_datamatrix"))
    placed, x_mm = [], MARGIN_MM
    for code in codes:
        placed.append(Bars(x_mm, MARGIN_MM, code, MODULE_MM))
        x_mm += code.width * MODULE_MM
    return placed


def _lines(lines: Sequence[str], x_mm: float, template: Template) -> list[Words]:
    """Place lines beneath each other, wrapped, and smaller only when they would not fit."""
    room_mm = template.width_mm - MARGIN_MM - x_mm
    # Linear codes take the lower half.
    high_mm = (template.height_mm - 2 * MARGIN_MM) * (0.5 if template.linear else 1.0)
    size_mm = template.text_mm
    while size_mm >= SMALLEST_TEXT_MM:
        wrapped = [_wrapped(line, room_mm / size_mm) for line in lines]
        if sum(map(len, wrapped)) * LINE_STEP * size_mm <= high_mm and all(wrapped):
            return _placed(wrapped, x_mm, size_mm)
        size_mm *= 0.92
    raise LabelRefused(
        what=Phrase(
            "its words would be smaller than {smallest_text_mm} mm, too small to read",
            smallest_text_mm=SMALLEST_TEXT_MM,
        ),
        next_step="shorten the product's name or origin, or choose a larger label",
    )


def _placed(wrapped: Sequence[Sequence[str]], x_mm: float, size_mm: float) -> list[Words]:
    """Give each line its baseline; all of the first, the product's name, is bold."""
    flat = [(line, number == 0) for number, lines in enumerate(wrapped) for line in lines]
    return [
        Words(x_mm, MARGIN_MM + size_mm * (1 + LINE_STEP * at), size_mm, line, bold=bold)
        for at, (line, bold) in enumerate(flat)
    ]


def _wrapped(line: str, widest: float) -> list[str]:
    """Break a line at spaces and between ideographs; nothing if one word alone is too wide."""
    rows = [""]
    for word in _BREAKABLE.findall(line):
        if text_width(word.rstrip()) > widest:
            return []
        if text_width((rows[-1] + word).rstrip()) > widest:
            rows.append("")
        rows[-1] += word
    return [row.rstrip() for row in rows]


def _linear(
    elements: Sequence[tuple[str, str]], template: Template, y_mm: float
) -> tuple[list[Bars], list[Words], float]:
    """Place GS1-128 barcodes beneath each other, each with its AIs in words."""
    module_mm, codes = _widest_that_fits(elements, template, template.height_mm - y_mm)
    rows, texts = [], []
    for code in codes:
        y_mm += GAP_MM
        rows.append(Bars(MARGIN_MM, y_mm, code, module_mm, BARS_MM))
        y_mm += BARS_MM + HRI_MM
        texts.append(Words(MARGIN_MM + code.quiet * module_mm, y_mm, HRI_MM - 0.4, code.text or ""))
    return rows, texts, y_mm


def _widest_that_fits(
    elements: Sequence[tuple[str, str]], template: Template, high_mm: float
) -> tuple[float, list[Barcode]]:
    """Return the widest module at which every AI fits, in width and in height, with its codes."""
    inner_mm = template.width_mm - 2 * MARGIN_MM
    for module_mm in LINEAR_MODULES_MM:
        try:
            codes = linear_codes(elements, modules=int(inner_mm / module_mm))
        except LabelRefused:
            continue
        if len(codes) * (GAP_MM + BARS_MM + HRI_MM) <= high_mm:
            return module_mm, codes
    raise LabelRefused(
        what=Phrase("GS1-128 of {count} AIs does not fit beneath the words", count=len(elements)),
        next_step="choose a larger label, print fewer lines, or a GS1 DataMatrix",
    )
