"""Tables as people send them: CSV and XLSX made here, with whatever is wrong in them."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import xlsxwriter


def a_csv(*rows: Sequence[object], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def a_workbook(
    *rows: Sequence[object], spoil: Callable[[Any, Any], None] = lambda _book, _page: None
) -> bytes:
    """Write rows into the first sheet; `spoil` does what people do to spreadsheets."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        page = book.add_worksheet("表")
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        spoil(book, page)
    return target.getvalue()
