"""A SQLite file copied while others write to it.

All of it is read in one transaction, so the copy is the record at one moment however long copying
takes, and a write meanwhile neither waits for us nor makes us begin again (without that
transaction every write of another connection does). It goes in small steps with a breath after
each: a card that is only read from is a card that commits late.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

# 256 pages are 1 MB, some 50 ms of a slow card.
STEP_PAGES = 256
BREATH_S = 0.002

# Told (copied, all) after each step.
Progress = Callable[[int, int], None]


def copy(connection: Connection, target: Path, *, progress: Progress) -> None:
    """Write what this transaction sees into a new file `target`.

    Raises:
        sqlite3.Error, OSError: no room, or the disk fails; `target` is then of no use.
    """
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)

    def step(_status: int, left: int, pages: int) -> None:
        progress(pages - left, pages)
        time.sleep(BREATH_S)

    with closing(sqlite3.connect(target, isolation_level=None)) as copied:
        # Whoever asked for it makes it durable at the end, all at once.
        copied.execute("PRAGMA synchronous = OFF")
        source.backup(copied, pages=STEP_PAGES, progress=step)
        # Into a file that needs nothing beside it: what was in a log is in the copy.
        copied.execute("PRAGMA journal_mode = DELETE")


def fault_of(file: Path) -> str:
    """Return what SQLite finds wrong with a file; empty: nothing. Every page is read."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            found = [str(row[0]) for row in opened.execute("PRAGMA quick_check(1)")]
            orphan = opened.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        return str(error)
    if found != ["ok"]:
        return found[0] if found else "quick_check said nothing"
    return f"a row of {orphan[0]} refers to none of {orphan[2]}" if orphan else ""
