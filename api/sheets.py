"""Spreadsheets: tables of words and numbers as an XLSX workbook; no cell is ever a formula."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Excel's own limits for a sheet's name.
_LONGEST_TITLE = 31
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))
_WIDEST = 48


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: `rows` hold text, numbers, dates, or None for an empty cell."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return the tables as an XLSX file, headers frozen and filterable."""
    # Imported late: only who downloads a sheet needs it.
    import xlsxwriter  # noqa: PLC0415

    target = io.BytesIO()
    # XlsxWriter takes "=1+1" for a formula unless told not to, and a link for a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title.translate(_NOT_IN_TITLES)[:_LONGEST_TITLE])
            page.write_row(0, 0, sheet.header, bold)
            for number, row in enumerate(sheet.rows, 1):
                page.write_row(number, 0, [_cell(value) for value in row])
            page.freeze_panes(1, 0)
            page.autofilter(0, 0, max(1, len(sheet.rows)), max(0, len(sheet.header) - 1))
            for column, width in enumerate(_widths(sheet)):
                page.set_column(column, column, width)
    return target.getvalue()


def _cell(value: object) -> object:
    """Dates as ISO text: a program that sorts them must not guess a format."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return value


def _widths(sheet: Sheet) -> list[int]:
    columns = zip(sheet.header, *sheet.rows, strict=False)
    return [min(_WIDEST, 2 + max(len(str(cell or "")) for cell in column)) for column in columns]
