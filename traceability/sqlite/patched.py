"""A copy of a file whose first page is gone, given one made from the outline kept beside it.

SQLite's first page says where each table begins. The new one speaks of one table at a time, with
its indexes, so that it fits into a page whatever the schema.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from traceability.sqlite import wal
from traceability.sqlite.outline import Entry, Outline

# Where the first page says how many pages there are. Source: "Database File Format", 1.3.
_PAGES_AT = 28


class PatchedCopy:
    """The copy, one table of it readable at a time. It is as large as the file."""

    def __init__(self, file: Path, copy: Path, outline: Outline) -> None:
        self.outline = outline
        self._copy = copy
        _copy_pages(file, copy, outline.page_size)

    @contextmanager
    def showing(self, table: str) -> Iterator[sqlite3.Connection]:
        """Open the copy so that it has this one table."""
        size = self.outline.page_size
        pages = self._copy.stat().st_size // size
        with self._copy.open("r+b") as target:
            target.write(first_page(self.outline.of(table), size, pages=pages))
        with closing(sqlite3.connect(self._copy)) as connection:
            yield connection


def first_page(entries: list[Entry], page_size: int, *, pages: int) -> bytes:
    """Return the first page of a database of so many pages, with the entries where they say."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {page_size}")
        for entry in sorted(entries, key=lambda entry: entry.type != "table"):
            if entry.sql:  # the others come with their table
                connection.execute(entry.sql)
        connection.execute("PRAGMA writable_schema = ON")
        named = {entry.name for entry in entries}
        for (name,) in connection.execute("SELECT name FROM sqlite_master").fetchall():
            if name not in named:
                connection.execute("DELETE FROM sqlite_master WHERE name = ?", (name,))
        for entry in entries:
            connection.execute(
                "UPDATE sqlite_master SET rootpage = ? WHERE name = ?", (entry.root, entry.name)
            )
        page = bytearray(connection.serialize()[:page_size])
    page[_PAGES_AT : _PAGES_AT + 4] = pages.to_bytes(4, "big")
    return bytes(page)


def read_page(handle: int, at: int, size: int) -> bytes:
    """Return a page as it lies in the file; zeros for what the disk cannot read."""
    try:
        page = os.pread(handle, size, at)
    except OSError:
        # The rows of that page are lost, those around it not.
        page = b""
    return page.ljust(size, b"\0")


def _copy_pages(file: Path, copy: Path, page_size: int) -> None:
    """Copy the file, with the pages that its log has newer."""
    count = -(-file.stat().st_size // page_size)
    with file.open("rb") as source, copy.open("wb") as target:
        for number in range(count):
            target.write(read_page(source.fileno(), number * page_size, page_size))
        for page, data in wal.committed(wal.beside(file)):
            target.seek((page - 1) * page_size)
            target.write(data)
