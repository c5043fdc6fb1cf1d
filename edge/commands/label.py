"""`minori label LOT`: a QR code that leads to the lot, as SVG with words or as a bare PNG."""

import sys
from pathlib import Path
from typing import Literal, cast
from urllib.parse import quote

import click

from edge.commands import _text
from edge.commands._arguments import OneOf
from edge.commands._desk import Desk, looks_up
from traceability.errors import BadValue

_STDOUT = "-"


@click.command()
@click.argument("lot", metavar="LOT")
@click.option("--format", "kind", type=OneOf(("svg", "png")), help="Without: as FILE ends, or svg.")
@click.option("--out", metavar="FILE", help="Where to; - is standard output. Without: LOT.svg")
@looks_up
def command(desk: Desk, lot: str, kind: str | None, out: str | None) -> str:
    """Write the label of a lot.

    LOT is a code, a GS1 link or a scan. The SVG carries words beside the code, the PNG the code
    alone. Refused while [web] public_url is not set: printed codes cannot be called back.
    """
    from api.lot_label import label_of

    found = desk.lot(lot)
    kind = kind or ("png" if out and out.lower().endswith(".png") else "svg")
    link, label = label_of(
        desk.session,
        found,
        public_url=desk.settings.web.public_url,
        kind=cast("Literal['svg', 'png']", kind),
    )
    if out == _STDOUT:
        sys.stdout.buffer.write(label)
        return ""
    # A lot code may hold / and other characters that no file name may.
    file = Path(out or f"{quote(found.code, safe='')}.{kind}")
    _write(file, label)
    if desk.as_json:
        return _text.as_json({"file": str(file), "link": link})
    return f"{file} written; its code leads to {link}"


def _write(file: Path, label: bytes) -> None:
    try:
        file.write_bytes(label)
    except OSError as error:
        raise BadValue(
            field="--out",
            expected="a file in a folder you may write to",
            got=f"{file} ({error.strerror})",
            next_step="name another file",
        ) from error
