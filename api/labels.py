"""Labels: a QR code that leads to the lot, and the words beside it.

The code carries the lot's GS1 Digital Link under the farm's public address, so that a phone opens
the lot's page and a till's scanner finds the AIs. A label cannot be called back: what goes onto it
is checked before, and nothing is printed without a public address.

Sources: GS1 General Specifications, "QR Code with GS1 Digital Link URI" (X-dimension, quiet zone);
食品表示基準 for what fresh produce must say (name, origin).
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlsplit
from xml.sax.saxutils import escape as escape_xml

import segno

from api.errors import PublicUrlNotSet
from traceability.gs1 import Identity, identify
from traceability.gs1.link import CANONICAL_STEM

# GS1 asks for 0.396 to 0.990 mm on packs read by phones and tills; half a millimetre survives
# a 203 dpi thermal printer (4 dots).
MODULE_MM = 0.5
QUIET_MODULES = 4
# M survives 15 % damage: condensation and a fold, without making the code larger than the pack.
ERROR_CORRECTION = "m"
PNG_SCALE = 8

LINE_MM = 4.2
TEXT_MM = 3.2
GAP_MM = 2.0
FONTS = "'Noto Sans JP','Noto Sans CJK JP','Hiragino Sans','Yu Gothic',Meiryo,sans-serif"


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What a person reads beside the code; None is left out, never printed as a blank.

    Attributes:
        origin: prefecture or farm place, as 食品表示基準 asks of fresh produce.
        net_content: with its unit, as in `80 g`.
    """

    product_en: str
    lot: str
    product_ja: str | None = None
    harvested_on: date | None = None
    packed_on: date | None = None
    net_content: str | None = None
    origin: str | None = None

    def lines(self) -> list[str]:
        """Return the lines of the label, Japanese and English side by side."""
        names = dict.fromkeys(name for name in (self.product_ja, self.product_en) if name)
        said = [
            ("ロット Lot", self.lot),
            ("収穫日 Harvested", self.harvested_on and self.harvested_on.isoformat()),
            ("包装日 Packed", self.packed_on and self.packed_on.isoformat()),
            ("内容量 Net", self.net_content),
            ("原産地 Origin", self.origin),
        ]
        return [" / ".join(names), *(f"{name} {value}" for name, value in said if value)]


def lot_link(public_url: str | None, identity: Identity) -> str:
    """Return the link that goes onto the label of a lot.

    Args:
        public_url: the address under which shoppers reach this service, from the settings.
        identity: of a lot or serial. One with an address of its own keeps that address.

    Raises:
        PublicUrlNotSet: there is no such address yet.
        ValueError: the identity names no lot that could have a link; our bug, not the reader's.
    """
    if not public_url:
        raise PublicUrlNotSet
    if identity.canonical is None:
        msg = f"{identity.received!r} has no link"
        raise ValueError(msg)
    path = identity.canonical.removeprefix(CANONICAL_STEM)
    return path if path == identity.canonical else public_url.rstrip("/") + path


def qr_label(link: str, lines: Sequence[str] = (), *, kind: Literal["svg", "png"]) -> bytes:
    """Return a label as a file.

    Args:
        link: what the code carries. It is read back as an identity first, so that a wrong check
            digit never reaches paper.
        lines: words beside the code, in the SVG. A PNG is the code alone: fonts with Japanese are
            not part of every machine, and half a text is worse than none.

    Raises:
        Gs1Error: the link identifies nothing.
    """
    address = urlsplit(link)
    identify(link, hubs=[f"{address.scheme}://{address.netloc}"])
    code = segno.make_qr(link, error=ERROR_CORRECTION)
    if kind == "svg":
        return _svg(code, lines).encode()
    file = io.BytesIO()
    code.save(file, kind="png", scale=PNG_SCALE, border=QUIET_MODULES)
    return file.getvalue()


def _svg(code: segno.QRCode, lines: Sequence[str]) -> str:
    modules = len(code.matrix) + 2 * QUIET_MODULES
    side_mm = modules * MODULE_MM
    text_mm = max((_width_mm(line) for line in lines), default=0.0)
    width = side_mm + (text_mm + GAP_MM if lines else 0)
    height = max(side_mm, len(lines) * LINE_MM + 2 * GAP_MM)
    words = "".join(
        f'<text x="{side_mm:.2f}" y="{GAP_MM + TEXT_MM + index * LINE_MM:.2f}" '
        f'font-weight="{"bold" if index == 0 else "normal"}">{escape_xml(line)}</text>'
        for index, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.2f}mm" height="{height:.2f}mm" '
        f'viewBox="0 0 {width:.2f} {height:.2f}">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<path transform="scale({MODULE_MM})" d="{"".join(_runs(code))}" fill="#000"/>'
        f'<g font-family="{FONTS}" font-size="{TEXT_MM}" fill="#000">{words}</g></svg>\n'
    )


def _runs(code: segno.QRCode) -> Iterator[str]:
    """Yield each run of dark modules as a rectangle; runs have no seams that a printer shows."""
    for y, row in enumerate(code.matrix, start=QUIET_MODULES):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                yield f"M{start + QUIET_MODULES} {y}h{x - start}v1h-{x - start}z"
            x += 1


def _width_mm(line: str) -> float:
    """Estimate a line's width: an ideograph is as wide as it is high, a letter about 0.6 of it."""
    return sum(1.0 if ord(char) > 0x2E7F else 0.6 for char in line) * TEXT_MM
