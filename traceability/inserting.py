"""Readings go in: rows with a new key are stored, and the late ones among them are named.

The key is (series, time), so a repeat is harmless. Values go in as plain rows, many a statement,
never as objects (measured: 33 times the CPU at batches of 1000).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, CursorResult, text

from traceability import backfill

# (series, ms since 1970, value, quality, reason): a row of the table as the drivers take it.
ReadingRow = tuple[int, int, float | None, int, int]

# Rows a statement on SQLite: few lengths, so that each is parsed once; 1,000 rows are 5,000 of the
# 32,766 values a statement may have.
CHUNKS = (1000, 100, 10, 1)
_KEY = itemgetter(0, 1)

_COLUMNS = "(series_id, at_ms, value, quality, reason)"
# Of series and times, those with a newer reading, and the newest's time: one look at the end of
# each series' key, however long the series is.
_PASSED_SQLITE = (
    "SELECT number, newest FROM (SELECT CAST(s.key AS INTEGER) AS number, s.value AS first, "
    "(SELECT at_ms FROM reading WHERE series_id = CAST(s.key AS INTEGER) "
    "ORDER BY at_ms DESC LIMIT 1) AS newest FROM json_each(?) AS s) WHERE first < newest"
)
_PASSED_POSTGRES = text(
    "SELECT number, newest FROM (SELECT s.number, s.first, "
    "(SELECT max(at_ms) FROM reading WHERE series_id = s.number) AS newest "
    "FROM unnest(CAST(:numbers AS integer[]), CAST(:firsts AS bigint[])) AS s (number, first)) "
    "AS seen WHERE first < newest"
)
# In one order, so that two writers cannot wait for each other; a share of 64, because a lock a
# series would fill PostgreSQL's table of locks.
_LOCK_SERIES = text(
    "SELECT pg_advisory_xact_lock(1835626498, share) FROM (SELECT DISTINCT s % 64 AS share "
    "FROM unnest(CAST(:numbers AS integer[])) AS s ORDER BY share) AS shares"
)
_INSERT_COPIED = (
    f"INSERT INTO reading {_COLUMNS} SELECT series_id, at_ms, value, quality, reason "  # noqa: S608
    "FROM reading_in ON CONFLICT DO NOTHING"
)
_INSERT_COPIED_LATE = (
    f"WITH new AS ({_INSERT_COPIED} RETURNING series_id, at_ms) "  # noqa: S608
    "SELECT series_id, min(at_ms), max(at_ms), count(*) FROM new GROUP BY 1 ORDER BY 1"
)


def insert_readings(connection: Connection, rows: Sequence[ReadingRow]) -> int:
    """Insert rows whose (series, time) is new; return how many were. Others stay as they are.

    Rows behind the newest stored one of their series are named in `traceability.backfill`, too.
    """
    if not rows:
        return 0
    ordered = sorted(rows, key=_KEY)  # on disk neighbours share a page of the table
    newest = _passed(connection, _firsts(ordered))
    if not newest:
        return _insert(connection, ordered)
    late = [row for row in ordered if row[1] < newest.get(row[0], row[1])]
    found = _insert_late(connection, late)
    backfill.note(connection, [(number, first, last + 1) for number, first, last, _ in found])
    fresh = [row for row in ordered if row[1] >= newest.get(row[0], row[1])]
    return sum(count for *_, count in found) + _insert(connection, fresh)


def _firsts(ordered: Sequence[ReadingRow]) -> dict[int, int]:
    firsts: dict[int, int] = {}
    last = None
    for row in ordered:
        if row[0] != last:
            last = row[0]
            firsts[last] = row[1]
    return firsts


def _passed(connection: Connection, firsts: Mapping[int, int]) -> dict[int, int]:
    """Return the newest stored time of those series that went past their first time of now.

    Nobody else writes these series until the transaction ends. On SQLite a writer is alone anyway;
    on PostgreSQL two could each miss the other's newest one, not committed yet.
    """
    if connection.dialect.name != "postgresql":
        found = connection.exec_driver_sql(_PASSED_SQLITE, (json.dumps(firsts),))
    else:
        wanted = {"numbers": list(firsts), "firsts": list(firsts.values())}
        connection.execute(_LOCK_SERIES, {"numbers": wanted["numbers"]})
        found = connection.execute(_PASSED_POSTGRES, wanted)
    return {row.number: row.newest for row in found}


def _chunks(rows: Sequence[ReadingRow]) -> Iterator[Sequence[ReadingRow]]:
    at = 0
    for size in CHUNKS:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


def _insert(connection: Connection, rows: Sequence[ReadingRow]) -> int:
    if connection.dialect.name == "postgresql":
        _copy_in(connection, rows)
        return connection.exec_driver_sql(_INSERT_COPIED).rowcount
    return sum(_insert_sqlite(connection, chunk).rowcount for chunk in _chunks(rows))


def _insert_late(
    connection: Connection, rows: Sequence[ReadingRow]
) -> list[tuple[int, int, int, int]]:
    """Insert rows; return series, first time, last time and number of those that were new."""
    if connection.dialect.name == "postgresql":
        _copy_in(connection, rows)
        found = connection.exec_driver_sql(_INSERT_COPIED_LATE).all()
        connection.exec_driver_sql("TRUNCATE reading_in")
        return [tuple(row) for row in found]
    times: dict[int, list[int]] = defaultdict(list)
    for chunk in _chunks(rows):
        for row in _insert_sqlite(connection, chunk, "RETURNING series_id, at_ms"):
            times[row.series_id].append(row.at_ms)
    return [(number, min(of), max(of), len(of)) for number, of in sorted(times.items())]


def _insert_sqlite(
    connection: Connection, rows: Sequence[ReadingRow], returning: str = ""
) -> CursorResult[Any]:
    """Insert one chunk as one statement, which runs without the interpreter's lock.

    executemany takes and gives back the lock for every row; beside a busy event loop that cost
    441 µs a row instead of 6 (measured), and without one it is slower too.
    """
    return connection.exec_driver_sql(
        "INSERT OR IGNORE INTO reading (series_id, at_ms, value, quality, reason) VALUES "  # noqa: S608
        + ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
        + returning,
        tuple(chain.from_iterable(rows)),
    )


def _copy_in(connection: Connection, rows: Sequence[ReadingRow]) -> None:
    """COPY beside the table, to insert what is new from there: COPY itself knows no ON CONFLICT."""
    connection.exec_driver_sql(
        "CREATE TEMP TABLE IF NOT EXISTS reading_in (LIKE reading) ON COMMIT DELETE ROWS"
    )
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY reading_in {_COLUMNS} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
