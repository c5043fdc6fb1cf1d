"""The rows of a damaged table, read in the order of its key, around the pages that are wrong.

SQLite stops at a wrong page, so the next key behind it is searched for by doubling steps and then
by halves. A page that is overwritten with something that happens to look like rows is noticed by
their types and their order.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Key = tuple[Any, ...]
Row = tuple[Any, ...]

# Wider than any key of ours: row numbers, series numbers, milliseconds. From just below the least,
# for doubling steps that begin far away would step over all of them.
_LEAST, _MOST = -1, 2**62


@dataclass(frozen=True, slots=True)
class Layout:
    """A table as it is read: `key` is what its rows are ordered by, `kinds` what a value may be."""

    table: str
    columns: tuple[str, ...]
    kinds: tuple[tuple[type, ...], ...]
    key: tuple[str, ...]
    key_is_whole: bool  # whole numbers only, so that steps can be taken

    def is_sane(self, row: Row) -> bool:
        return all(isinstance(value, kind) for value, kind in zip(row, self.kinds, strict=True))


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch of a table that could not be read; None: from its start, or to its end."""

    table: str
    after: Key | None
    before: Key | None


class _Unreadable(Exception):
    pass


def layout_of(connection: sqlite3.Connection, table: str) -> Layout:
    """Return how a table of an open database is laid out."""
    info = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    columns = tuple(name for _, name, *_ in info)
    keyed = sorted((place, name) for _, name, _, _, _, place in info if place)
    key = tuple(name for _, name in keyed)
    declared = {name: kind for _, name, kind, *_ in info}
    kinds = tuple(
        _allowed(kind, is_needed or place > 0) for _, _, kind, is_needed, _, place in info
    )
    if not _is_its_key(connection, table):
        return Layout(table, columns, kinds, ("rowid",), key_is_whole=True)
    return Layout(table, columns, kinds, key, all("INT" in declared[name].upper() for name in key))


def rows(connection: sqlite3.Connection, layout: Layout, holes: list[Hole]) -> Iterator[Row]:
    """Yield every row that can be read, in the key's order; what cannot is added to `holes`."""
    last: Key | None = None
    found: Key | None = None
    while True:
        for key, row in _as_far_as_it_goes(connection, layout, found):
            last = key
            yield row
        found = None
        try:
            if _first(connection, layout, ">", last) is None:
                return
        except (_Unreadable, sqlite3.Error):
            found = _beyond(connection, layout, last) if layout.key_is_whole else None
        if found is None and not layout.key_is_whole:
            yield from _from_the_end(connection, layout, last, holes)
            return
        first = found
        for key, row in _backwards(connection, layout, found, last):
            first = key
            yield row
        holes.append(Hole(layout.table, last, first))
        if found is None:
            return


def _as_far_as_it_goes(
    connection: sqlite3.Connection, layout: Layout, start: Key | None
) -> Iterator[tuple[Key, Row]]:
    """Yield the rows from `start` on, up to the first that cannot be read."""
    # Never "after the one before": that one may lie on a page that cannot be read.
    where = "" if start is None else f"WHERE {_key(layout)} >= {_marks(layout)}"
    last: Key | None = None
    try:
        for found in connection.execute(_select(layout, where), start or ()):
            key, row = _split(layout, found)
            if last is not None and key <= last:
                break
            last = key
            yield key, row
    except (_Unreadable, sqlite3.Error):
        pass
    # Python asks for the next row before it gives this one out, and so keeps the last good one.
    with suppress(_Unreadable, sqlite3.Error):
        how, at = (">=", start) if last is None else (">", last)
        while (one := _first(connection, layout, how, at)) is not None:
            how, at = ">", one[0]
            yield one


def _backwards(
    connection: sqlite3.Connection, layout: Layout, start: Key | None, last: Key | None
) -> Iterator[tuple[Key, Row]]:
    """Yield what can be read before `start` by going back: the row that parts two pages of a table
    kept by its key is reached from either side."""
    if start is None:
        return
    order = ", ".join(f'"{name}" DESC' for name in layout.key)
    select = _select(layout, f"WHERE {_key(layout)} < {_marks(layout)}").partition("ORDER BY")[0]
    with suppress(_Unreadable, sqlite3.Error):
        while found := connection.execute(f"{select} ORDER BY {order} LIMIT 1", start).fetchone():
            key, row = _split(layout, found)
            if key >= start or (last is not None and key <= last):
                return
            start = key
            yield key, row


def _from_the_end(
    connection: sqlite3.Connection, layout: Layout, last: Key | None, holes: list[Hole]
) -> Iterator[Row]:
    """Yield what lies behind the last wrong page, newest first: keys of text take no steps."""
    order = ", ".join(f'"{name}" DESC' for name in layout.key)
    query = _select(layout, "").partition("ORDER BY")[0] + f"ORDER BY {order}"
    first: Key | None = None
    try:
        for found in connection.execute(query):
            key, row = _split(layout, found)
            if (first is not None and key >= first) or (last is not None and key <= last):
                break
            first = key
            yield row
    except (_Unreadable, sqlite3.Error):
        pass
    holes.append(Hole(layout.table, last, first))


def _beyond(connection: sqlite3.Connection, layout: Layout, last: Key | None) -> Key | None:
    """Return the first key behind a wrong page that can be read; None: nothing can, or is there."""
    start = last or (_LEAST,) * len(layout.key)
    for place in reversed(range(len(start))):
        bad, good = _stepping_over(connection, layout, start, place)
        if good is None:
            continue
        if place < len(start) - 1 and bad > start[place]:
            # Of the last one passed by, the end may be readable.
            return _beyond(connection, layout, _stepped(start, place, bad))
        with suppress(_Unreadable, sqlite3.Error):
            found = _first(connection, layout, ">=", _stepped(start, place, good))
            return None if found is None else found[0]
    return None


def _stepping_over(
    connection: sqlite3.Connection, layout: Layout, start: Key, place: int
) -> tuple[int, int | None]:
    """Return the last value of one part of the key that cannot be read from, and the next one."""

    def is_readable(value: int) -> bool:
        try:
            _first(connection, layout, ">=", _stepped(start, place, value))
        except (_Unreadable, sqlite3.Error):
            return False
        return True

    bad, step = start[place], 1
    while not is_readable(bad + step):
        step *= 2
        if bad + step > _MOST:
            return bad, None
    good = bad + step
    bad += step // 2
    while good - bad > 1:
        middle = (good + bad) // 2
        bad, good = (bad, middle) if is_readable(middle) else (middle, good)
    return bad, good


def _stepped(start: Key, place: int, value: int) -> Key:
    return (*start[:place], value, *((_LEAST,) * (len(start) - place - 1)))


def _first(
    connection: sqlite3.Connection, layout: Layout, how: str, at: Key | None
) -> tuple[Key, Row] | None:
    """Return the first row whose key is `how` (">" or ">=") than `at`; None: there is none."""
    where = "" if at is None else f"WHERE {_key(layout)} {how} {_marks(layout)}"
    found = connection.execute(_select(layout, where) + " LIMIT 1", at or ()).fetchone()
    if found is None:
        return None
    key, row = _split(layout, found)
    if at is not None and key < at:
        raise _Unreadable
    return key, row


def _split(layout: Layout, found: Row) -> tuple[Key, Row]:
    key, row = found[: len(layout.key)], found[len(layout.key) :]
    if not layout.is_sane(row) or any(value is None for value in key):
        raise _Unreadable
    return key, row


def _select(layout: Layout, where: str) -> str:
    columns = ", ".join(f'"{name}"' for name in (*layout.key, *layout.columns))
    # Not by an index: what it points to lies in the table anyway.
    return f'SELECT {columns} FROM "{layout.table}" NOT INDEXED {where} ORDER BY {_order(layout)}'


def _order(layout: Layout) -> str:
    return ", ".join(f'"{name}"' for name in layout.key)


def _key(layout: Layout) -> str:
    return f"({_order(layout)})"


def _marks(layout: Layout) -> str:
    return f"({', '.join('?' * len(layout.key))})"


def _is_its_key(connection: sqlite3.Connection, table: str) -> bool:
    """Whether a table is stored by its key (WITHOUT ROWID)."""
    try:
        connection.execute(f'SELECT rowid FROM "{table}" LIMIT 0')
    except sqlite3.OperationalError as error:
        return "rowid" in str(error)
    return False


def _allowed(declared: str, is_needed: bool) -> tuple[type, ...]:
    kind = declared.upper()
    none: Sequence[type] = () if is_needed else (type(None),)
    if "INT" in kind or "BOOL" in kind:
        return (int, *none)
    if "CHAR" in kind or "TEXT" in kind:
        return (str, *none)
    if "BLOB" in kind:
        return (bytes, *none)
    if any(word in kind for word in ("REAL", "FLOA", "DOUB")):
        return (float, int, *none)
    return (str, int, float, *none)
