"""Tables as a file to hand on: a workbook, one table as CSV, all of them as CSV, or JSON."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from fastapi.responses import Response

from api import cp932, sheets
from api.cells import plain, safe
from api.cp932 import Place
from api.errors import NoSuchTable
from api.sheets import Blank, Sheet

Kind = Literal["xlsx", "csv", "zip", "json"]
Encoding = Literal["utf-8", "cp932"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
MEDIA_TYPES: Mapping[Kind, str] = {
    "xlsx": sheets.MEDIA_TYPE,
    "csv": "text/csv",
    "zip": "application/zip",
    "json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Form:
    """How the file is wanted.

    Attributes:
        table: Of CSV, which of several tables.
        encoding: Of CSV. UTF-8 has a mark at its start, by which Excel knows it.
        replace: What CP932 lacks becomes 〓 instead of being refused.
    """

    kind: Kind = "xlsx"
    table: str = ""
    encoding: Encoding = "utf-8"
    replace: bool = False

    def of(self, kind: Kind) -> "Form":
        return replace(self, kind=kind)


@dataclass(slots=True)
class File:
    """The bytes, and what was replaced to make them."""

    content: bytes
    kind: Kind
    encoding: Encoding = "utf-8"
    replaced: list[Place] = field(default_factory=list)


def made(tables: Sequence[Sheet], form: Form) -> File:
    """Return the file.

    Raises:
        NoSuchTable: CSV of several tables, and none or another was named.
        NotInCp932: a character that CP932 lacks.
        SheetTooLong: more rows than a spreadsheet holds.
    """
    match form.kind:
        case "xlsx":
            return File(sheets.workbook(tables), "xlsx")
        case "json":
            return File(_json(tables), "json")
        case "csv":
            file = File(b"", "csv", form.encoding)
            file.content = _csv(_chosen(tables, form.table), form, file.replaced)
            return file
        case "zip":
            return _zip(tables, form)


def answer(file: File, name: str) -> Response:
    """Return a file to download; `name` without its ending."""
    media = MEDIA_TYPES[file.kind]
    if file.kind == "csv":
        media += "; charset=" + ("utf-8" if file.encoding == "utf-8" else "Windows-31J")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{file.kind}"'}
    if file.replaced:
        headers["Minori-Replaced-Cells"] = str(len(file.replaced))
    return Response(file.content, media_type=media, headers=headers)


def _chosen(tables: Sequence[Sheet], name: str) -> Sheet:
    by_name = {table.name: table for table in tables}
    if len(tables) == 1 and not name:
        return tables[0]
    if name not in by_name:
        raise NoSuchTable(name=name, known=", ".join(by_name))
    return by_name[name]


def _csv(table: Sheet, form: Form, replaced: list[Place]) -> bytes:
    rows = [[_said(cell) for cell in row] for row in [table.header, *table.rows]]
    if form.encoding == "cp932":
        rows, places = cp932.text_of(rows, replace=form.replace)
        replaced += places
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig" if form.encoding == "utf-8" else "cp932")


def _said(cell: object) -> str:
    said = safe(plain(cell))
    return "" if said is None or said is Blank.MISSING else str(said)


def _zip(tables: Sequence[Sheet], form: Form) -> File:
    file, target = File(b"", "zip", form.encoding), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables:
            archive.writestr(f"{table.name}.csv", _csv(table, form, file.replaced))
    file.content = target.getvalue()
    return file


def _json(tables: Sequence[Sheet]) -> bytes:
    said = {
        table.name: [
            {key: _value(cell) for key, cell in zip(table.keys, row, strict=True)}
            for row in table.rows
        ]
        for table in tables
    }
    return json.dumps(said, ensure_ascii=False, indent=2).encode()


def _value(cell: object) -> object:
    return None if cell is Blank.MISSING else plain(cell)
