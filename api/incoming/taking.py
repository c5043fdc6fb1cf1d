"""A table taken into the record: all its rows, or none.

Each row is written as it would be for good, inside a savepoint, so that what a dry run lists is
what would happen; the caller keeps it or drops it. A cell left empty says nothing: what is there
stays. Taking a file in again changes nothing.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from api.errors import ImportRefused
from api.i18n import Reader
from api.incoming.columns import Column, columns
from api.incoming.outcome import Outcome, Problem
from api.incoming.spreadsheet import Cell, Row, Table, read
from api.incoming.writing import Cells, Sender, write
from api.problems import sentence
from traceability.errors import BadValue, TraceabilityError
from traceability.gs1 import Gs1Error


def take_in(sender: Sender, kind: str, content: bytes) -> Outcome:
    """Write the rows of a file; the caller rolls back where it was a dry run or has problems.

    Raises:
        FileUnreadable: it is no table at all.
    """
    table = read(content)
    taking = _Taking(sender, kind, Outcome(kind, rows=len(table.rows)))
    taking.all_of(table)
    return taking.outcome


def kept(session: Session, outcome: Outcome, *, dry_run: bool) -> Outcome:
    """End what `take_in` began: keep it, or drop all of it."""
    if dry_run or outcome.problems:
        session.rollback()
    else:
        outcome.is_kept = True
    return outcome


def refuse(outcome: Outcome, *, dry_run: bool = False) -> None:
    """Raise what a run with problems is answered with.

    Raises:
        ImportRefused: there are problems; it names the first.
    """
    if outcome.problems:
        first = outcome.problems[0]
        step = "correct them and try again" if dry_run else "a dry run lists every one"
        raise ImportRefused(
            problems=len(outcome.problems),
            rows=outcome.rows,
            row=first.row,
            column=first.column,
            problem=first.problem,
            next_step=step,
        )


@dataclass(slots=True)
class _Taking:
    sender: Sender
    kind: str
    outcome: Outcome
    seen: dict[str, int] = field(default_factory=dict)  # code -> row

    def all_of(self, table: Table) -> None:
        _ = self.sender.reader
        known = columns(self.sender.reader, self.kind)
        places = self._places(table.header, known)
        if self.outcome.problems:
            # Without its heads no row can be read.
            return
        for row in table.rows:
            if row.number in table.merged:
                said = _("cells of this row are merged; take them apart")
                self._wrong(row, "", said)
                continue
            before = len(self.outcome.problems)
            cells = self._cells(row, places)
            self._refuse_second(row, cells.get("code"))
            if len(self.outcome.problems) == before:
                self._write(row, cells)

    def _places(self, header: Row, known: Sequence[Column]) -> list[tuple[int, Column]]:
        """Return which column stands where."""
        _ = self.sender.reader
        by_name = _by_name(self.kind, known)
        places: dict[str, tuple[int, Column]] = {}
        for i, cell in enumerate(header.cells):
            name = _folded(cell)
            column = by_name.get(name)
            if not name:
                continue
            if column is None:
                self._wrong(
                    header,
                    str(cell),
                    _(
                        "no column is called {name}; rename it, or delete it; known are {names}",
                        name=cell,
                        names=", ".join(one.title for one in known),
                    ),
                )
            elif column.key in places:
                said = _("{name} stands there twice; delete one of them", name=cell)
                self._wrong(header, str(cell), said)
            else:
                places[column.key] = (i, column)
        for column in known[:1]:
            if column.key not in places:
                said = _("the column {name} is missing; add it", name=column.title)
                self._wrong(header, column.title, said)
        return list(places.values())

    def _cells(self, row: Row, places: Sequence[tuple[int, Column]]) -> Cells:
        """Return what the row says, as far as it can be read."""
        _ = self.sender.reader
        found, before = {}, len(self.outcome.problems)
        for i, column in places:
            cell: Cell = row.cells[i] if i < len(row.cells) else None
            if cell in (None, ""):
                continue
            try:
                found[column.key] = column.read(cell)
            except BadValue as error:
                self._add(row, column.title, BadValue(**{**error.facts, "field": column.title}))
            except Gs1Error as error:
                self._add(row, column.title, error)
        if "code" not in found and len(self.outcome.problems) == before:
            title = places[0][1].title
            self._wrong(row, title, _("the code is missing; every row needs one"))
        return found

    def _refuse_second(self, row: Row, code: str | None) -> None:
        _ = self.sender.reader
        if code is None:
            return
        first = self.seen.setdefault(code, row.number)
        if first != row.number:
            said = _("{code} stands in row {row}, too; delete one of them", code=code, row=first)
            self._wrong(row, "", said)

    def _write(self, row: Row, cells: Cells) -> None:
        try:
            # A row that fails halfway leaves nothing behind for the next one to trip over.
            with self.sender.session.begin_nested():
                change = write(self.sender, self.kind, row.number, cells)
        except (TraceabilityError, Gs1Error) as error:
            self._add(row, self._title(getattr(error, "facts", {}).get("field")), error)
        else:
            if change is not None:
                self.outcome.changes.append(change)

    def _title(self, key: object) -> str:
        known = {column.key: column.title for column in columns(self.sender.reader, self.kind)}
        return known.get(str(key), "")

    def _wrong(self, row: Row, column: str, problem: str) -> None:
        self.outcome.problems.append(Problem(row.number, column, problem))

    def _add(self, row: Row, column: str, error: Exception) -> None:
        self._wrong(row, column, sentence(self.sender.reader, error))


def _by_name(kind: str, known: Sequence[Column]) -> dict[str, Column]:
    by_key = {column.key: column for column in known}
    names = {column.key: column for column in known}
    for language in ("en", "ja"):
        for column in columns(Reader.of(language), kind):
            names[_folded(column.title)] = by_key[column.key]
    return names


def _folded(cell: Cell) -> str:
    """A head as it is compared: width, case, spaces and the mark of a needed column aside."""
    text = unicodedata.normalize("NFKC", "" if cell is None else str(cell))
    return "".join(text.casefold().split()).rstrip("*")
