"""Labels on sheets of A4 label stock, as PDF for an office printer.

Apart from the other formats because it alone needs a PDF library.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from api.errors import LabelRefused
from api.label_layout import Label
from traceability.errors import Phrase

# One of the Japanese fonts every PDF reader brings along, so that none has to be embedded.
PDF_FONT = "HeiseiKakuGo-W5"
A4_MM = (210.0, 297.0)


@dataclass(frozen=True, slots=True)
class Stock:
    """A sheet of labels: how many across and down, their size, and where the first one starts."""

    across: int
    down: int
    width_mm: float
    height_mm: float
    left_mm: float
    top_mm: float
    gap_x_mm: float = 0.0
    gap_y_mm: float = 0.0


# A4 stock sold in Japan and Europe, by faces a sheet.
STOCKS = {
    "a4-2": Stock(1, 2, 210, 148.5, 0, 0),
    "a4-8": Stock(2, 4, 105, 74, 0, 0.5),
    "a4-12": Stock(2, 6, 86.4, 42.3, 18.6, 21.6),
    "a4-21": Stock(3, 7, 63.5, 38.1, 7.2, 15.15, gap_x_mm=2.55),
    "a4-24": Stock(3, 8, 70, 37.125, 0, 0),
    "a4-10-99x57": Stock(2, 5, 99.1, 57, 4.65, 6, gap_x_mm=2.5),
}


def pdf_sheet(labels: Sequence[Label], stock: Stock, *, skip: int = 0) -> bytes:
    """Return labels on as many A4 sheets as they need, from left to right and down.

    Args:
        skip: faces of the first sheet that were used before.

    Raises:
        LabelRefused: a label is larger than the stock.
    """
    for label in labels:
        if label.width_mm > stock.width_mm + 0.5 or label.height_mm > stock.height_mm + 0.5:
            raise LabelRefused(
                what=Phrase(
                    "a label of {label} mm is larger than one of the sheet, {stock} mm",
                    label=f"{label.width_mm:g} x {label.height_mm:g}",
                    stock=f"{stock.width_mm:g} x {stock.height_mm:g}",
                ),
                next_step=Phrase("choose other stock: {known}", known=", ".join(STOCKS)),
            )
    pdfmetrics.registerFont(UnicodeCIDFont(PDF_FONT))
    file = io.BytesIO()
    # invariant: the same labels make the same bytes, so that a reprint can be compared.
    canvas = Canvas(file, pagesize=(A4_MM[0] * mm, A4_MM[1] * mm), invariant=True)
    faces = stock.across * stock.down
    for number, label in enumerate(labels, start=skip % faces):
        if number > skip % faces and number % faces == 0:
            canvas.showPage()
        down, across = divmod(number % faces, stock.across)
        x_mm = stock.left_mm + across * (stock.width_mm + stock.gap_x_mm)
        y_mm = stock.top_mm + down * (stock.height_mm + stock.gap_y_mm)
        _draw(canvas, label, x_mm, y_mm)
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, label: Label, left_mm: float, top_mm: float) -> None:
    """Draw a label on a page; PDF counts from the lower left corner."""
    for x_mm, y_mm, width_mm, height_mm in _rectangles(label):
        canvas.rect(
            (left_mm + x_mm) * mm,
            (A4_MM[1] - top_mm - y_mm - height_mm) * mm,
            width_mm * mm,
            height_mm * mm,
            stroke=0,
            fill=1,
        )
    for line in label.words:
        canvas.setFont(PDF_FONT, line.size_mm * mm)
        canvas.drawString(
            (left_mm + line.x_mm) * mm, (A4_MM[1] - top_mm - line.y_mm) * mm, line.text
        )


def _rectangles(label: Label) -> Iterator[tuple[float, float, float, float]]:
    """Yield every dark rectangle as x, y, width, height. [mm]"""
    for bars in label.bars:
        height_mm = bars.height_mm if bars.code.linear else bars.module_mm
        for run in bars.code.runs():
            yield (
                bars.x_mm + run.x * bars.module_mm,
                bars.y_mm + run.y * bars.module_mm,
                run.length * bars.module_mm,
                height_mm,
            )
