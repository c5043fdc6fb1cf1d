"""How labels are printed: from which template, how many, on which stock, by which printer."""

from dataclasses import dataclass
from typing import Literal

from api.label_formats import svg, zpl
from api.label_layout import Label
from api.label_sheets import STOCKS, pdf_sheet

FileKind = Literal["svg", "pdf", "zpl"]


@dataclass(frozen=True, slots=True)
class PrintRun:
    """How labels are printed.

    Attributes:
        template: one of `label_layout.TEMPLATES`.
        stock, skip: the sheet of label stock, and how many of its labels were used before (pdf).
        dpi: dots an inch of the thermal printer (zpl).
    """

    template: str = "retail"
    copies: int = 1
    stock: str = "a4-12"
    skip: int = 0
    dpi: int = 203


def as_file(label: Label, run: PrintRun, kind: FileKind) -> bytes:
    """Return a label, or as many as the run asks for, as a file.

    Raises:
        LabelRefused: the label is larger than the stock.
    """
    if kind == "svg":
        return svg(label)
    if kind == "zpl":
        return zpl(label, dpi=run.dpi, copies=run.copies)
    return pdf_sheet([label] * run.copies, STOCKS[run.stock], skip=run.skip)
