"""Spreadsheets: tables of words and numbers as an XLSX workbook; no cell is ever a formula."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from api.cells import plain, runs
from api.errors import SheetTooLong

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Excel's own limits for a sheet's name, and for its rows.
_LONGEST_TITLE = 31
_MOST_ROWS = 1_048_576
_LONGEST_CELL = 32_767
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))
_WIDEST = 48
# Rows that say how wide a column is: in 200,000 of them every letter was counted.
_MEASURED = 1_000


class Blank(Enum):
    """A cell without the value it should have: empty, and seen to be."""

    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: `rows` hold text, numbers, dates, None for an empty cell, or Blank.MISSING.

    `name` and `keys` are what programs call the table and its columns, the same in any language.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    name: str = ""
    keys: Sequence[str] = ()


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return the tables as an XLSX file, headers frozen and filterable.

    Raises:
        SheetTooLong: a table has more rows than a spreadsheet can.
    """
    # Imported late: only who downloads a sheet needs it.
    import xlsxwriter  # noqa: PLC0415

    target = io.BytesIO()
    # XlsxWriter takes "=1+1" for a formula unless told not to, and a link for a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        formats = _Formats(
            book.add_format({"bold": True}),
            book.add_format({"quote_prefix": True}),
            book.add_format({"bg_color": "#FFF2B3"}),
        )
        for sheet in sheets:
            _write(book, sheet, formats)
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class _Formats:
    bold: Any
    quoted: Any  # text that would be a formula
    missing: Any


def _write(book: Any, sheet: Sheet, formats: _Formats) -> None:
    if len(sheet.rows) >= _MOST_ROWS:
        raise SheetTooLong(table=sheet.title, rows=len(sheet.rows), most=_MOST_ROWS - 1)
    page = book.add_worksheet(sheet.title.translate(_NOT_IN_TITLES)[:_LONGEST_TITLE])
    page.write_row(0, 0, sheet.header, formats.bold)
    for number, row in enumerate(sheet.rows, 1):
        for column, cell in enumerate(row):
            _write_cell(page, number, column, plain(cell), formats)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(1, len(sheet.rows)), max(0, len(sheet.header) - 1))
    for column, width in enumerate(_widths(sheet)):
        page.set_column(column, column, width)


def _write_cell(page: Any, row: int, column: int, cell: object, formats: _Formats) -> None:
    if cell is Blank.MISSING:
        page.write_blank(row, column, None, formats.missing)
    elif isinstance(cell, str):
        # A longer text would be left out without a word.
        text = cell if len(cell) <= _LONGEST_CELL else f"{cell[: _LONGEST_CELL - 1]}…"
        page.write_string(row, column, text, formats.quoted if runs(cell) else None)
    else:
        page.write(row, column, cell)


def _widths(sheet: Sheet) -> list[int]:
    columns = zip(sheet.header, *sheet.rows[:_MEASURED], strict=False)
    return [min(_WIDEST, 2 + max(_width(cell) for cell in column)) for column in columns]


def _width(cell: object) -> int:
    text = "" if cell is None or isinstance(cell, Blank) else str(plain(cell))
    # An ideograph takes two columns.
    return len(text) if text.isascii() else sum(2 if ord(char) >= 0x2E80 else 1 for char in text)
