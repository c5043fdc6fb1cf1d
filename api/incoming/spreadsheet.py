"""The rows of a file that somebody filled in: CSV in UTF-8, UTF-16 or Shift_JIS (CP932), or XLSX.

The encoding is found, not asked for: CP932 text is hardly ever valid UTF-8. A formula counts as
the value that the program which wrote it kept.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.cells import unquoted
from api.errors import FileUnreadable
from traceability.errors import Phrase

# A farm's catalogue has hundreds of rows. All rows are one transaction, and while it lasts nobody
# else writes: lots, the slowest, are 90 to 250 a second, and probes that are polled wait no longer
# than some minutes. More comes in parts; docs/sheets.md.
MOST_ROWS = 20_000
_MOST_COLUMNS = 200
# A cell of a sheet, such as <c r="AB12">. Two hundred columns end at GR.
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
# What a workbook may unpack to. [bytes]
_MOST_UNPACKED = 200_000_000
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",\t;"

Cell = str | float | bool | date | None


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the row as a spreadsheet counts it, the header's being 1 if nothing is above."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A header with its rows; rows without anything in them are left out.

    `merged` are rows of which some cells were merged into one: what they hold is not sure.
    """

    header: Row
    rows: Sequence[Row]
    merged: frozenset[int]


def read(content: bytes) -> Table:
    """Return the first table of a file.

    Raises:
        FileUnreadable: neither CSV nor XLSX, empty, or too large.
    """
    if content.startswith(_OLD_EXCEL):
        raise FileUnreadable(
            because="it is an old or a protected Excel file", next_step="save as XLSX"
        )
    rows, merged = _workbook(content) if content.startswith(_ZIP) else (_csv(content), frozenset())
    filled = [row for row in rows if any(cell not in (None, "") for cell in row.cells)]
    if not filled:
        raise FileUnreadable(because="there is nothing in it", next_step="fill in a template")
    if len(filled) - 1 > MOST_ROWS:
        raise FileUnreadable(
            because=Phrase(
                "it has {count} rows, and {most_rows} are taken at once",
                count=len(filled) - 1,
                most_rows=MOST_ROWS,
            ),
            next_step="divide it, and take the parts in one after the other",
        )
    return Table(filled[0], filled[1:], merged)


def _csv(content: bytes) -> list[Row]:
    text = _decoded(content)
    # Quoted cells may hold line breaks: the reader counts lines, people count rows.
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        for number, cells in enumerate(reader, 1):
            _refuse_wide(cells)
            rows.append(Row(number, [unquoted(cell.strip()) for cell in cells]))
    except csv.Error as error:
        raise FileUnreadable(
            because=Phrase("row {count} is no CSV ({error})", count=len(rows) + 1, error=error),
            next_step="save it as CSV again",
        ) from error
    return rows


def _decoded(content: bytes) -> str:
    if content.startswith(_UTF16):
        return _as(content, "utf-16")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileUnreadable(
        because="it is neither UTF-8 nor Shift_JIS text, nor XLSX", next_step="save as CSV or XLSX"
    )


def _as(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileUnreadable(
            because=Phrase("it is broken {encoding} text", encoding=encoding),
            next_step="save it again",
        ) from error


def _workbook(content: bytes) -> tuple[list[Row], frozenset[int]]:
    # Imported late: only who takes a workbook in needs it.
    import python_calamine  # noqa: PLC0415

    _refuse_bomb(content)
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        rows = [
            Row(number, [_cell(cell) for cell in _refuse_wide(cells)])
            for number, cells in enumerate(_from_the_top(sheet), 1)
        ]
    except python_calamine.CalamineError as error:
        raise FileUnreadable(
            because=Phrase("it is no workbook that can be read ({error})", error=error),
            next_step="save it as XLSX again",
        ) from error
    return rows, frozenset(_merged(sheet))


def _from_the_top(sheet: Any) -> Iterator[Sequence[Any]]:
    """Yield every row from the sheet's first, that row numbers are those people see."""
    if sheet.total_height > MOST_ROWS * 10:
        raise FileUnreadable(
            because=Phrase("its sheet has {total_height} rows", total_height=sheet.total_height),
            next_step="delete what is below the table",
        )
    yield from sheet.to_python(skip_empty_area=False)


def _merged(sheet: Any) -> Iterator[int]:
    for (top, _left), (bottom, _right) in sheet.merged_cell_ranges or ():
        yield from range(top + 1, min(bottom, top + MOST_ROWS) + 2)


def _refuse_bomb(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(info.file_size for info in archive.infolist())
            if size > _MOST_UNPACKED:
                raise FileUnreadable(
                    because=Phrase("it unpacks to {size} bytes", size=size), next_step="divide it"
                )
            if "xl/workbook.xml" not in archive.namelist():
                raise FileUnreadable(because="it is no XLSX file", next_step="save as XLSX")
            _refuse_far_cells(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
        raise FileUnreadable(
            because="it is a broken workbook", next_step="save it again"
        ) from error


def _refuse_far_cells(archive: zipfile.ZipFile) -> None:
    """One cell in the last corner makes a reader take memory for all before it, and end us."""
    for name in archive.namelist():
        if not name.startswith("xl/worksheets/"):
            continue
        text = archive.read(name)
        cells = [(len(x[1]), x[1], int(x[2])) for x in _CELL.finditer(text)]
        furthest = max((number for _length, _column, number in cells), default=0)
        if furthest > MOST_ROWS * 10 or max(cells, default=(0, b"", 0))[:2] > (2, b"GR"):
            raise FileUnreadable(
                because=Phrase(
                    "there is a cell far from the table, in row {furthest}", furthest=furthest
                ),
                next_step="delete what is beside and below the table",
            )


def _refuse_wide(cells: Sequence[Any]) -> Sequence[Any]:
    if len(cells) > _MOST_COLUMNS:
        raise FileUnreadable(
            because=Phrase("a row has {count} columns", count=len(cells)),
            next_step="take the columns of the template",
        )
    return cells


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool | int | float | date):
        return value
    return None if value is None else str(value)
