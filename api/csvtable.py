"""Tables for spreadsheets: UTF-8 with a mark at the start, so that Excel reads Japanese.

A cell that a spreadsheet would run as a formula gets a quote before it (OWASP ASVS 1.2.10); a
negative number stays a number.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from fastapi.responses import Response

from api.lotlist import LotRow

_FORMULA = re.compile(r"^[=+\-@\t\r\0]")
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")

LOT_COLUMNS = (
    "code", "stage", "crop", "item", "gtin", "site", "zone", "pieces", "weight_g", "opened_at",
    "closed_at", "packed_on", "best_before", "id",
)  # fmt: skip


def answer(name: str, rows: Iterable[Iterable[object]]) -> Response:
    """Return rows as a file to download."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([[safe(cell) for cell in row] for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue().encode("utf-8-sig"), headers=headers, media_type="text/csv")


def lots(rows: Iterable[LotRow]) -> Iterator[Iterable[object]]:
    """Yield the header, then one row a lot."""
    yield LOT_COLUMNS
    for row in rows:
        lot, item = row.lot, row.item
        yield (
            lot.code,
            lot.stage,
            row.what.code,
            item.code if item else "",
            item.gtin if item else "",
            row.site.code,
            row.zone.code if row.zone else "",
            lot.pieces,
            lot.weight_g,
            lot.opened_at.isoformat(),
            lot.closed_at.isoformat() if lot.closed_at else "",
            lot.packed_on,
            lot.best_before,
            lot.id,
        )


def safe(cell: object) -> object:
    """Return a cell that no spreadsheet runs.

    >>> safe("=1+1"), safe("-5"), safe(None)
    ("'=1+1", '-5', None)
    """
    text = str(cell) if isinstance(cell, str) else ""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else cell
