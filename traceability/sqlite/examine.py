"""A look at a SQLite file before it is used: does it open, was its log cut, is it whole?

SQLite itself leaves out the end of a log that a power cut tore; here it is counted and said. What
was acknowledged is never in it: the acknowledgement waits for the log to be on the disk.
"""

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import DatabaseUnusable
from traceability.sqlite import outline, wal
from traceability.trouble import Trouble, name_of, trouble_of

# How many steps SQLite takes between two looks at the time: some milliseconds' worth.
_STEPS = 100_000
# One transaction may lie behind the tear: it was being written, and nobody was told.
_UNTOLD = 1


@dataclass(frozen=True, slots=True)
class Findings:
    """What there was to say about a file.

    Attributes:
        cut_frames: Pages at the end of the log that belong to no whole transaction.
        lost_transactions: How many whole ones were behind the tear; their pages are set aside.
        is_checked: Every page was looked at.
        fault: What is wrong with the file; empty: nothing that was looked at.
    """

    cut_frames: int = 0
    lost_transactions: int = 0
    kept_log: Path | None = None
    is_checked: bool = False
    fault: str = ""


def examine(file: Path, *, limit_s: float | None = None, aside: str = "") -> Findings:
    """Open a file that nobody else has open, and look at it for `limit_s` at most. [s]

    Args:
        limit_s: 0 only opens it; None looks at every page, however long that takes.
        aside: What the log's name ends with, if it has to be kept.

    Raises:
        DatabaseUnusable: it is held, or may not be read.
    """
    log = wal.beside(file)
    if file.stat().st_size == 0 and not (log.exists() and log.stat().st_size):
        return Findings(fault="the file is empty")
    frames = _frames(log, file)
    whole, is_checked, fault = None, False, ""
    try:
        with closing(sqlite3.connect(outline.uri(file), uri=True)) as connection:
            whole = _opened(connection)
            cut = [frame for frame in frames if frame.number > whole]
            # Closing it removes the log.
            kept = _kept(log, aside) if _lost(cut) else None
            if limit_s != 0:
                is_checked, fault = _checked(connection, limit_s)
    except sqlite3.DatabaseError as error:
        if trouble_of(error) is not Trouble.DOUBT:
            raise _unusable(file, error) from error
        fault = name_of(error)
    if whole is None:
        # The log goes aside with its file, and needs no copy.
        cut, kept = [frame for frame in frames if frame.number > wal.whole_frames(log)], None
    return Findings(len(cut), _lost(cut), kept, is_checked, fault)


def _opened(connection: sqlite3.Connection) -> int:
    """Return how many frames of the log SQLite takes for right."""
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    said = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(said[1])


def _frames(log: Path, file: Path) -> list[wal.Frame]:
    """Return what a log has; nothing where its header is damaged and all of it was copied."""
    found = list(wal.frames(log))
    if found and not wal.is_header(log.read_bytes()[: wal.HEADER]) and wal.is_in_file(log, file):
        return []
    return found


def _lost(cut: list[wal.Frame]) -> int:
    return max(0, sum(frame.commits for frame in cut) - _UNTOLD)


def _checked(connection: sqlite3.Connection, limit_s: float | None) -> tuple[bool, str]:
    """Look at the pages; return whether the time was enough for all, and what is wrong."""
    end = None if limit_s is None else time.monotonic() + limit_s
    connection.set_progress_handler(lambda: end is not None and time.monotonic() > end, _STEPS)
    try:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return False, ""
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return True, "" if found == "ok" else found.strip().splitlines()[-1]


def _kept(log: Path, aside: str) -> Path:
    target = log.with_name(log.name + aside)
    shutil.copyfile(log, target)
    return target


def _unusable(file: Path, error: sqlite3.Error) -> DatabaseUnusable:
    return DatabaseUnusable(
        url=file, cause=name_of(error), next_step="check its permissions, and who has it open"
    )
