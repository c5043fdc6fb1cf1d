"""A damaged table's rows page by page: those of its own tree, and those of pages that no table
leads to any more, for with a root gone all its leaves are such pages.

Each page is looked at as if it were a table of one page. Whether a loose page is a table's, its
kinds of value decide, and the constraints of the new table.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from traceability.sqlite import wal
from traceability.sqlite.outline import Outline
from traceability.sqlite.patched import first_page, read_page
from traceability.sqlite.salvage import Hole, Layout, Row, layout_of, rows

# What a page begins with. Source: "Database File Format", 1.6.
_INTERIOR_INDEX, _INTERIOR_TABLE, _LEAF_INDEX, _LEAF_TABLE = 0x02, 0x05, 0x0A, 0x0D


class Pages:
    """The leaves of a damaged file."""

    def __init__(self, file: Path, outline: Outline) -> None:
        self._file, self._outline = file, outline
        self._size = outline.page_size

    def own(self, table: str) -> Iterator[Row]:
        """Yield the rows on the pages that the table still leads to, as far as each is right."""
        reached: set[int] = set()
        for entry in self._outline.of(table):
            if entry.name == table:
                self._reach(entry.root, reached)
        start = self._alone(table)
        for number in sorted(reached):
            found, _ = _read(table, start, _as_leaf(self._page(number)))
            yield from found

    def loose(self, tables: Iterable[str]) -> Iterator[tuple[str, list[Row]]]:
        """Yield (table, its rows) of each loose page that looks like a page of one of the tables.

        One that looks like a page of several is left alone.
        """
        makers = {table: self._alone(table) for table in tables}
        for number in self._loose:
            page = self._page(number)
            claims = []
            for table, start in makers.items():
                found, is_whole = _read(table, start, page)
                if found and is_whole:
                    claims.append((table, found))
            if len(claims) == 1:
                yield claims[0]

    def _alone(self, table: str) -> bytes:
        """Return the first page of a database that has nothing but this table, on its second."""
        entries = [entry for entry in self._outline.of(table) if entry.name == table]
        moved = [replace(entry, root=2) for entry in entries]
        return first_page(moved, self._size, pages=2) if moved else b""

    @cached_property
    def _loose(self) -> list[int]:
        """The numbers of all leaves that no known root leads to."""
        reached: set[int] = {1}
        for entry in self._outline.entries:
            self._reach(entry.root, reached)
        count = self._file.stat().st_size // self._size
        known = set(range(1, count + 1)) | self._newer.keys()
        leaves = (_LEAF_INDEX, _LEAF_TABLE)
        return [n for n in sorted(known - reached) if self._page(n)[0] in leaves]

    @cached_property
    def _newer(self) -> Mapping[int, bytes]:
        return dict(wal.committed(wal.beside(self._file)))

    def _reach(self, root: int, reached: set[int]) -> None:
        waiting = [root]
        while waiting:
            number = waiting.pop()
            if number in reached or number <= 0:
                continue
            reached.add(number)
            waiting += _children(self._page(number))

    def _page(self, number: int) -> bytes:
        newer = self._newer.get(number)
        if newer is not None:
            return newer
        with self._file.open("rb") as source:
            return read_page(source.fileno(), (number - 1) * self._size, self._size)


def _leaf_of(layout: Layout) -> int | None:
    if layout.key == ("rowid",):
        return _LEAF_TABLE
    # The leaves of an index look the same as those of a table kept by a key of text.
    return _LEAF_INDEX if layout.key_is_whole else None


def _read(table: str, start: bytes, page: bytes) -> tuple[list[Row], bool]:
    """Return a page's rows, read as the table's, and whether all of them could be its."""
    holes: list[Hole] = []
    if not start:
        return [], False
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(start + page)
        layout = layout_of(connection, table)
        if page[0] != _leaf_of(layout):
            return [], False
        found = list(rows(connection, layout, holes))
    return found, not holes


def _as_leaf(page: bytes) -> bytes:
    """Return an index's interior page, which has rows too, as a leaf; another as it is."""
    if page[0] != _INTERIOR_INDEX:
        return page
    leaf, cells = bytearray(page), int.from_bytes(page[3:5], "big")
    leaf[0] = _LEAF_INDEX
    for number in range(cells):
        # The header is 4 bytes shorter without its last child, and each cell without its own.
        place = int.from_bytes(page[12 + 2 * number : 14 + 2 * number], "big")
        leaf[8 + 2 * number : 10 + 2 * number] = (place + 4 & 0xFFFF).to_bytes(2, "big")
    return bytes(leaf[: len(page)])


def _children(page: bytes) -> list[int]:
    """Return the pages an interior page leads to."""
    if page[0] not in (_INTERIOR_INDEX, _INTERIOR_TABLE):
        return []
    cells = int.from_bytes(page[3:5], "big")
    places = [int.from_bytes(page[12 + 2 * n : 14 + 2 * n], "big") for n in range(cells)]
    found = [int.from_bytes(page[at : at + 4], "big") for at in places if at + 4 <= len(page)]
    return [*found, int.from_bytes(page[8:12], "big")]
