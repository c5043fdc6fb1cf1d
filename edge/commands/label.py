"""`minori label LOT`: the label of a lot for the screen, a sheet or a thermal printer."""

import sys
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import quote

import click

from edge.commands import _text
from edge.commands._arguments import OneOf
from edge.commands._desk import Desk, looks_up
from edge.commands._out import write_file
from traceability.errors import BadValue
from traceability.models import Lot

STDOUT = "-"
KINDS = ("svg", "png", "pdf", "zpl")
# Named here too: reading them from `api` would load what draws, for every --help.
TEMPLATES = ("retail", "tray", "case", "pallet")
STOCKS = ("a4-2", "a4-8", "a4-10-99x57", "a4-12", "a4-21", "a4-24")


@click.command()
@click.argument("lot", metavar="LOT")
@click.option("--format", "kind", type=OneOf(KINDS), help="Without: as FILE ends, or svg.")
@click.option("--out", metavar="FILE", help="Where to; - is standard output. Without: LOT.svg")
@click.option(
    "--template", type=OneOf(TEMPLATES), help="Print barcodes of AIs too, as it has them."
)
@click.option("--copies", type=click.IntRange(1, 1000), default=1, help="How many (pdf, zpl).")
@click.option("--stock", type=OneOf(STOCKS), default="a4-12", help="A4 label stock (pdf).")
@click.option("--skip", type=click.IntRange(0, 100), default=0, help="Labels used before (pdf).")
@click.option("--dpi", type=OneOf(("203", "300", "600")), default="203", help="Printer (zpl).")
@looks_up
def command(desk: Desk, /, lot: str, kind: str | None, out: str | None, **run: Any) -> str:
    """Write the label of a lot.

    LOT is a code, a GS1 link or a scan. SVG carries words beside the code, PNG the code alone, PDF
    a sheet of A4 label stock, ZPL what a thermal printer takes. Refused while [web] public_url is
    not set: printed codes cannot be called back.
    """
    found = desk.lot(lot)
    kind = kind or kind_of(out)
    link, label = _drawn(desk, found, kind, **run)
    return label_written(desk, found.code, kind, out, link, label)


def label_written(
    desk: Desk, code: str, kind: str, out: str | None, link: str, label: bytes
) -> str:
    """Write a label where it was asked for, and say so."""
    if out == STDOUT:
        sys.stdout.buffer.write(label)
        return ""
    # A code may hold / and other characters that no file name may.
    file = Path(out or f"{quote(code, safe='')}.{kind}")
    write_file(file, label)
    if desk.as_json:
        return _text.as_json({"file": str(file), "link": link})
    return f"{file} written; its code leads to {link}"


def _drawn(
    desk: Desk, lot: Lot, kind: str, *, template: str | None, dpi: str, **run: Any
) -> tuple[str, bytes]:
    from api.lot_label import label_of, printed
    from api.print_run import PrintRun

    public_url = desk.settings.web.public_url
    if template is None and kind in ("svg", "png"):
        drawn = cast("Literal['svg', 'png']", kind)
        return label_of(desk.session, lot, public_url=public_url, kind=drawn)
    if kind == "png":
        raise BadValue(
            field="--format",
            expected="svg, pdf or zpl with a template",
            got="png, which carries the QR code alone",
            next_step="leave --template out, or choose another format",
        )
    sheet = PrintRun(template=template or "retail", dpi=int(dpi), **run)
    made = cast("Literal['svg', 'pdf', 'zpl']", kind)
    return printed(desk.session, lot, sheet, public_url=public_url, kind=made)


def kind_of(out: str | None) -> str:
    """Return the format a file's name asks for; svg where it asks for none."""
    ending = Path(out or "").suffix.lower().removeprefix(".")
    return ending if ending in KINDS else "svg"
