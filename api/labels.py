"""Labels: a QR code that leads to the lot, and the words beside it.

The code carries the lot's GS1 Digital Link under the farm's public address, so that a phone opens
the lot's page and a till's scanner finds the AIs. A label cannot be called back: what goes onto it
is checked before. `lot_label` takes link and words from the record.

Sources: GS1 General Specifications, "QR Code with GS1 Digital Link URI" (X-dimension, quiet zone);
食品表示基準 for what fresh produce must say (name, origin).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import segno

from api.barcodes import ERROR_CORRECTION, QUIET, link_code
from api.label_formats import svg
from api.label_layout import GAP_MM, LINE_STEP, MARGIN_MM, MODULE_MM, Template, lay_out, text_width

PNG_SCALE = 8
TEXT_MM = 3.2
# Words beside the code make the label as wide as they are, up to this; then they wrap.
WIDEST_WORDS_MM = 120.0


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
        said = [
            ("ロット Lot", self.lot),
            ("収穫日 Harvested", self.harvested_on and self.harvested_on.isoformat()),
            ("包装日 Packed", self.packed_on and self.packed_on.isoformat()),
            ("内容量 Net", self.net_content),
            ("原産地 Origin", self.origin),
        ]
        names = dict.fromkeys(name for name in (self.product_ja, self.product_en) if name)
        return [" / ".join(names), *(f"{name} {value}" for name, value in said if value)]


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
    side_mm = link_code(link).width * MODULE_MM
    if kind == "svg":
        words_mm = max((text_width(line) * TEXT_MM for line in lines), default=0.0)
        width_mm = side_mm + 2 * MARGIN_MM + GAP_MM + min(words_mm, WIDEST_WORDS_MM)
        height_mm = max(side_mm, len(lines) * TEXT_MM * LINE_STEP) + 2 * MARGIN_MM
        template = Template(width_mm, height_mm, link=True, text_mm=TEXT_MM)
        return svg(lay_out(template, lines, link=link))
    file = io.BytesIO()
    code = segno.make_qr(link, error=ERROR_CORRECTION)
    code.save(file, kind="png", scale=PNG_SCALE, border=QUIET["gs1_qr"])
    return file.getvalue()
