"""Where each table of a SQLite file begins, kept beside it: with its first page gone, the rest of
the file could be read by nobody.

The outline changes only with the schema, so it is written once a migration.
"""

import json
import os
import sqlite3
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of SQLite's own table of tables."""

    type: str
    name: str
    table: str
    root: int
    sql: str | None


@dataclass(frozen=True, slots=True)
class Outline:
    """A file's schema. `revision` is Minori's."""

    revision: str
    page_size: int
    entries: tuple[Entry, ...]

    def of(self, table: str) -> list[Entry]:
        """Return a table and its indexes."""
        return [entry for entry in self.entries if entry.table == table]


# Of a file of which nothing is known.
EMPTY = Outline(revision="", page_size=4096, entries=())


def outline_of(file: Path) -> Path:
    """Return where the outline of a database file lies."""
    return file.with_name(file.name + "-outline")


def read(file: Path) -> Outline | None:
    """Return the outline kept beside a file, or None: there is none, or it is damaged itself."""
    try:
        said = json.loads(outline_of(file).read_text(encoding="utf-8"))
        entries = tuple(Entry(**entry) for entry in said.pop("entries"))
        return Outline(entries=entries, **said)
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None


def keep(file: Path) -> None:
    """Write down the outline of a file that is whole, if it is not the one we have.

    Raises:
        sqlite3.Error: the file is not whole.
    """
    connection = sqlite3.connect(uri(file), uri=True)
    try:
        now = taken(connection)
        if read(file) != now:
            _write(outline_of(file), now)
    finally:
        connection.close()


def taken(connection: sqlite3.Connection) -> Outline:
    """Return the outline of an open database."""
    rows = connection.execute("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master")
    entries = tuple(Entry(*row) for row in rows)
    revision = None
    if any(entry.name == "alembic_version" for entry in entries):
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return Outline(
        revision=revision[0] if revision else "",
        page_size=connection.execute("PRAGMA page_size").fetchone()[0],
        entries=entries,
    )


def uri(file: Path, *, mode: str = "rw") -> str:
    """Return the address of a file that must be there: it is never made by looking."""
    quoted = str(file).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{quoted}?mode={mode}"


def _write(path: Path, outline: Outline) -> None:
    # Somebody who may only read, or a full disk: the old outline stays, or none.
    with suppress(OSError):
        new = path.with_name(path.name + ".new")
        with new.open("w", encoding="utf-8") as target:
            json.dump(asdict(outline), target)
            target.flush()
            os.fsync(target.fileno())
        new.rename(path)
