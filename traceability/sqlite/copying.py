"""Everything that can be read of a damaged database, copied table by table into a new one.

A table is read row by row around its holes. What readings are named by (device, series, the place)
is in indexes, too, and taken from there where the table's own page is gone: a million readings may
hang on one such row.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol

from traceability.sqlite.outline import Outline
from traceability.sqlite.pages import Pages
from traceability.sqlite.salvage import Hole, Layout, Row, layout_of, rows

# Rows that may be put together from indexes, with what no index knows of them. An act never is.
NAMES: Mapping[str, Mapping[str, object]] = {
    "organisation": {},
    "site": {"time_zone": "Asia/Tokyo"},
    "zone": {"kind": "growing_room"},
    "device": {},
    "series": {},
}
_BATCH = 1000


class Source(Protocol):
    """A database that is read as far as it goes; `outline` says where its tables begin."""

    @property
    def outline(self) -> Outline: ...

    def showing(self, table: str) -> AbstractContextManager[sqlite3.Connection]:
        """Open it so that this table can be read."""


@dataclass(slots=True)
class Copied:
    """What was found, and what not.

    Attributes:
        orphans: Rows that were read and left out, for what they belong to is lost.
        completed: Rows put together from indexes.
        loose: Rows from pages that no table leads to any more.
        unreadable: Tables of which not even the beginning was found.
    """

    rows: Counter[str] = field(default_factory=Counter)
    holes: list[Hole] = field(default_factory=list)
    orphans: Counter[str] = field(default_factory=Counter)
    completed: Counter[str] = field(default_factory=Counter)
    loose: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)


def copy_all(source: Source, pages: Pages, target: sqlite3.Connection) -> Copied:
    """Fill the tables of `target`, whose schema is the source's; the caller commits."""
    copied = Copied()
    for table in tables_of(target):
        target.execute(f'DELETE FROM "{table}"')  # a migration may have put a row there
        try:
            with source.showing(table) as connection:
                _copy(connection, target, table, copied)
        except sqlite3.Error:
            copied.unreadable.append(table)
    _add_pages(pages, target, copied)
    _leave_out_orphans(target, copied)
    return copied


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """Return the names of our tables; what SQLite and the migrations keep are not among them."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in connection.execute(query) if name != "alembic_version"]


def _copy(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str, copied: Copied
) -> None:
    layout = layout_of(source, table)
    holes: list[Hole] = []
    found = rows(source, layout, holes)
    while some := list(islice(found, _BATCH)):
        copied.rows[table] += _insert(target, layout, some)
    if holes and table in NAMES:
        rest = _from_indexes(source, target, layout)
        copied.completed[table] += _insert(target, layout, rest)
    copied.holes += holes


def _add_pages(pages: Pages, target: sqlite3.Connection, copied: Copied) -> None:
    """Fill holes page by page; what is there already wins."""
    damaged = sorted({hole.table for hole in copied.holes} | set(copied.unreadable))
    layouts = {table: layout_of(target, table) for table in damaged}
    for table, layout in layouts.items():
        copied.rows[table] += _insert(target, layout, list(pages.own(table)))
    for table, found in pages.loose(damaged) if damaged else ():
        copied.loose[table] += _insert(target, layouts[table], found)


def _insert(target: sqlite3.Connection, layout: Layout, some: Iterable[Row]) -> int:
    names = ", ".join(f'"{name}"' for name in layout.columns)
    marks = ", ".join("?" * len(layout.columns))
    # What the new table's constraints refuse was no row of ours.
    query = f'INSERT OR IGNORE INTO "{layout.table}" ({names}) VALUES ({marks})'
    return target.executemany(query, [row for row in some if _is_true(layout, row)]).rowcount


def _is_true(layout: Layout, row: Row) -> bool:
    """Whether an act is what was recorded, by its own digest: half of one is none."""
    if layout.table != "act":
        return True
    facts = dict(zip(layout.columns, row, strict=True))
    body = facts["body"]
    said = body.encode() if isinstance(body, str) else bytes(body)
    return bool(sha256(said).hexdigest() == facts["digest"])


def _from_indexes(
    source: sqlite3.Connection, target: sqlite3.Connection, layout: Layout
) -> list[Row]:
    """Return rows as the table's indexes together know them; those already there, too."""
    known: dict[int, dict[str, Any]] = {}
    for number, facts in _indexed(source, layout.table):
        known.setdefault(number, {}).update(facts)
    made_up = {**_defaults(target, layout.table), **NAMES[layout.table]}
    whole = (
        tuple(facts.get(name, made_up.get(name)) for name in layout.columns)
        for number, facts in known.items()
    )
    return [row for row in whole if layout.is_sane(row)]


def _indexed(source: sqlite3.Connection, table: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (row number, some of its columns) from each index, as far as it can be read."""
    columns = _columns(source, table)
    numbers = [name for name, kind, place, _ in columns if place and "INT" in kind]
    for _, index, *_ in source.execute(f'PRAGMA index_list("{table}")').fetchall():
        names = [name for *_, name in source.execute(f'PRAGMA index_info("{index}")')]
        listed = ", ".join(f'"{name}"' for name in names)
        query = f'SELECT rowid, {listed} FROM "{table}" INDEXED BY "{index}" ORDER BY {listed}'
        try:
            for row, *values in source.execute(query):
                facts = dict(zip(names, values, strict=True))
                yield row, {**dict.fromkeys(numbers, row), **facts}
        except sqlite3.Error:
            continue


def _defaults(connection: sqlite3.Connection, table: str) -> dict[str, object]:
    """Return nothing in particular for each column that must have a value."""
    needed = [(name, kind) for name, kind, _, is_needed in _columns(connection, table) if is_needed]
    return {name: 0 if "INT" in kind or "BOOL" in kind else "" for name, kind in needed}


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, int, bool]]:
    """Return (name, declared type, place in the key, must have a value) of each column."""
    info = connection.execute(f'PRAGMA table_info("{table}")')
    return [(name, kind.upper(), place, bool(need)) for _, name, kind, need, _, place in info]


def _leave_out_orphans(target: sqlite3.Connection, copied: Copied) -> None:
    """Take out what belongs to a row that is lost, and then what belonged to that."""
    again = True
    while again:
        again = False
        for table in tables_of(target):
            for _, _, parent, column, key, *_ in target.execute(
                f'PRAGMA foreign_key_list("{table}")'
            ).fetchall():
                owner = key or column
                gone = target.execute(
                    f'DELETE FROM "{table}" WHERE "{column}" IS NOT NULL '
                    f'AND "{column}" NOT IN (SELECT "{owner}" FROM "{parent}")'
                ).rowcount
                copied.orphans[table] += gone
                again = again or gone > 0
    for counted in ("orphans", "completed", "loose"):
        setattr(copied, counted, +getattr(copied, counted))
