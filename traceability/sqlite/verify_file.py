"""Run as a program: is a SQLite file whole, and does it keep what is written to it?

Uses the standard library alone; started by `traceability.sqlite.guard` in a process of its own.
Ends with 0, or with one line that says what is wrong and with 3 if pages of it are, 1 if it could
not be told.
"""

import os
import sqlite3
import sys
import time

# Not 2, which is Python's own for a program it cannot find.
DAMAGED = 3
# SQLite's result codes. Source: sqlite.org/rescode.
_CORRUPT, _NOTADB = 11, 26


def verify(file: str) -> tuple[int, str]:
    """Return the code to end with, and what is wrong with the file."""
    try:
        for name in (file, file + "-wal"):
            _forget_cached(name)
        fault = _fault(file)
    except (OSError, sqlite3.Error) as error:
        is_damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in (_CORRUPT, _NOTADB)
        said = f"{error} {getattr(error, 'sqlite_errorname', '')}".strip()
        return DAMAGED if is_damaged else 1, said
    return DAMAGED if fault else 0, fault


def _forget_cached(name: str) -> None:
    """Have the next reader ask the disk: what the kernel remembers may never have got there."""
    try:
        handle = os.open(name, os.O_RDWR)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def _fault(file: str) -> str:
    # "rw": a file that is gone must not come back empty.
    connection = sqlite3.connect(f"file:{_quoted(file)}?mode=rw", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("PRAGMA synchronous = FULL")
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            return found[0].splitlines()[-1] if found else "quick_check said nothing"
        _write(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    return ""


def _write(connection: sqlite3.Connection) -> None:
    """Commit one fact: that the disk takes writes again is shown by writing."""
    known = "SELECT 1 FROM sqlite_master WHERE name = 'store_fact'"
    if connection.execute(known).fetchone() is None:
        return
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "INSERT OR REPLACE INTO store_fact (key, value) VALUES ('verified_at', ?)",
        (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),),
    )
    connection.execute("COMMIT")


def _quoted(file: str) -> str:
    return file.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


if __name__ == "__main__":
    code, wrong = verify(sys.argv[1])
    print(wrong)  # noqa: T201 a program's answer
    sys.exit(code)
