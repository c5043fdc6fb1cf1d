"""A sheet on its way out of a command: what its options mean, the file, what was said of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from edge.commands import _text
from edge.commands._arguments import OneOf
from edge.commands._desk import Desk
from edge.commands._out import write_file
from traceability.errors import BadValue

if TYPE_CHECKING:
    from api.cp932 import Place
    from api.sheetfile import File, Form
    from api.sheets import Sheet

_ENDINGS = (".xlsx", ".csv", ".zip", ".json")
_Kind = Literal["xlsx", "csv", "zip", "json"]
# Rows of a table told on a terminal; a file has all of them.
_MOST = 20


@dataclass(frozen=True, slots=True)
class FileWish:
    """Which file is wanted, and how; without `out`, words on the terminal."""

    out: Path | None
    table: str
    encoding: str
    replace: bool
    language: str


def file_options(language: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add --out, --table, --encoding, --replace and --language, given on as one `wish`."""

    def wrap(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(
            *args: Any,
            out: Path | None,
            table: str,
            encoding: str,
            replace: bool,
            language: str,
            **more: Any,
        ) -> None:
            function(*args, wish=FileWish(out, table, encoding, replace, language), **more)

        decorated: Callable[..., None] = run
        for option in reversed(_options(language)):
            decorated = option(decorated)
        return decorated

    return wrap


def _options(language: str) -> Sequence[Callable[[Callable[..., None]], Callable[..., None]]]:
    return (
        click.option(
            "--out",
            type=click.Path(dir_okay=False, path_type=Path),
            help="The file: .xlsx, .zip (every table as CSV), .csv or .json.",
        ),
        click.option("--table", default="", metavar="NAME", help="Of .csv: which table."),
        click.option(
            "--encoding",
            type=OneOf(("utf-8", "cp932")),
            default="utf-8",
            show_default=True,
            help="Of CSV; cp932 is Shift_JIS as Windows writes it.",
        ),
        click.option("--replace", is_flag=True, help="Write what cp932 lacks as 〓."),
        click.option(
            "--language",
            type=OneOf(("en", "ja")),
            default=language,
            show_default=True,
            help="Of heads and words.",
        ),
    )


def given_out(desk: Desk, tables: "Sequence[Sheet]", wish: FileWish) -> str:
    """Write the file and say so; without one, say what is in the tables."""
    from api import sheetfile
    from api.sheetfile import Form

    if wish.out is None:
        said = sheetfile.made(tables, Form("json")).content.decode() if desk.as_json else None
        return said or "\n".join(_shown(tables))
    return written(
        wish.out,
        lambda form: sheetfile.made(tables, form),
        encoding=wish.encoding,
        table=wish.table,
        replace=wish.replace,
    )


def written(
    out: Path,
    made: "Callable[[Form], File]",
    *,
    encoding: str,
    table: str = "",
    replace: bool = False,
) -> str:
    """Write the file of the kind that its name ends in, and say so."""
    from api.sheetfile import Form

    if out.suffix.lower() not in _ENDINGS:
        raise BadValue(
            field="--out",
            expected="a name that ends in .xlsx, .csv, .zip or .json",
            got=str(out),
            next_step="choose one of them",
        )
    kind = cast("_Kind", out.suffix.lower().removeprefix("."))
    file = made(Form(kind, table, cast("Any", encoding), replace))
    write_file(out, file.content)
    return "\n".join([f"written to {out}", *_replaced(file.replaced)])


def _replaced(places: "Sequence[Place]") -> list[str]:
    if not places:
        return []
    shown = [f"  row {one.row}, {one.column}: {one.characters}" for one in places[:_MOST]]
    more = [f"  and {len(places) - _MOST} more"] if len(places) > _MOST else []
    return [f"{len(places)} cells have 〓 for what cp932 lacks:", *shown, *more]


def _shown(tables: "Sequence[Sheet]") -> list[str]:
    """The request in full, which counts the rows of the others: those are wide."""
    lines: list[str] = []
    for table in tables:
        if table.name == "request":
            rows = [[str(cell) for cell in row] for row in table.rows[:_MOST]]
            lines += [table.title, *(f"  {line}" for line in _text.table(table.header, rows)[1:])]
        elif table.name == "missing":
            lines += _missing(table)
    return [*lines, "--out FILE.xlsx writes all of it"]


def _missing(table: "Sheet") -> list[str]:
    lines = [f"{table.title}: {len(table.rows)}"]
    for row in table.rows[:_MOST]:
        cte, kde, part, place, rows, lots, cure = row
        of = f" ({place})" if place else ""
        lines += _text.filled(f"{cte}, {kde}: {part}{of}; {rows}×, {lots}", indent=2)
        lines += _text.filled(str(cure), indent=4)
    if len(table.rows) > _MOST:
        lines.append(f"  and {len(table.rows) - _MOST} more")
    return lines
