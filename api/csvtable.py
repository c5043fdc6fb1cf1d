"""The list of lots as a table to download."""

from collections.abc import Iterable, Iterator, Sequence

from fastapi.responses import Response

from api import sheetfile
from api.lotlist import LotRow
from api.sheetfile import Encoding, Form
from api.sheets import Sheet

LOT_COLUMNS = (
    "code", "stage", "crop", "item", "gtin", "site", "zone", "pieces", "weight_g", "opened_at",
    "closed_at", "packed_on", "best_before", "id",
)  # fmt: skip


def answer(rows: Iterable[LotRow], encoding: Encoding = "utf-8") -> Response:
    """Return the lots as a file to download; what Shift_JIS lacks is 〓 in it."""
    table = Sheet("lots", LOT_COLUMNS, list(_rows(rows)), "lots", LOT_COLUMNS)
    return sheetfile.answer(
        sheetfile.made([table], Form("csv", encoding=encoding, replace=True)), "lots"
    )


def _rows(rows: Iterable[LotRow]) -> Iterator[Sequence[object]]:
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
