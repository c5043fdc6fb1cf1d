"""Readings that wait for their time: kept by the boot they were taken in and the time since it.

Once the wall clock is trusted in that same boot, its offset gives each of them the time it was
taken, and they become readings like any other. A boot whose clock was never set stays here until
somebody says when it began; nothing is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, select

from sensors import to_ms, utc_from_ms
from traceability.database import writing_session
from traceability.inserting import insert_readings
from traceability.models import held_reading

# (boot, series, ms since the boot, value, quality, reason, what the clock said [ms since 1970])
HeldRow = tuple[str, int, int, float | None, int, int, int]
# Rows a transaction, so that a day of them does not hold the one writer for long.
_AT_ONCE = 5000
_COLUMNS = [column.name for column in held_reading.columns]


@dataclass(frozen=True, slots=True)
class Boot:
    """What waits of one boot. `clocked` is what its own clock said of the first and the last."""

    boot: str
    readings: int
    first_since_boot_s: float
    last_since_boot_s: float
    clocked: tuple[datetime, datetime]


def insert_held(connection: Connection, rows: Sequence[HeldRow]) -> int:
    """Keep rows until their time is known; the same row again changes nothing."""
    if not rows:
        return 0
    boots = sorted({row[0] for row in rows})
    first, last = min(row[2] for row in rows), max(row[2] for row in rows)
    t = held_reading.c
    span = t.boot.in_(boots), t.since_boot_ms.between(first, last)
    there = select(t.boot, t.series_id, t.since_boot_ms).where(*span)
    known = {tuple(row) for row in connection.execute(there)}
    fresh = {row[:3]: row for row in rows if row[:3] not in known}
    if fresh:
        said = [dict(zip(_COLUMNS, row, strict=True)) for row in fresh.values()]
        connection.execute(held_reading.insert(), said)
    return len(fresh)


def release(engine: Engine, boot: str, *, began: datetime) -> int:
    """Make readings of what waits of a boot that began then; return how many there were.

    Each transaction moves some of them, so that a crash leaves every one here or there.
    """
    began_ms, moved = to_ms(began), 0
    t = held_reading.c
    query = select(held_reading).where(t.boot == boot).order_by(t.series_id, t.since_boot_ms)
    while True:
        with writing_session(engine) as session:
            connection = session.connection()
            rows = connection.execute(query.limit(_AT_ONCE)).all()
            if not rows:
                return moved
            timed = [(r.series_id, began_ms + r.since_boot_ms, *r[3:6]) for r in rows]
            insert_readings(connection, timed)
            last = rows[-1]
            before = (t.series_id < last.series_id) | (
                (t.series_id == last.series_id) & (t.since_boot_ms <= last.since_boot_ms)
            )
            connection.execute(delete(held_reading).where(t.boot == boot, before))
            moved += len(rows)


def waiting(connection: Connection) -> list[Boot]:
    """Return what waits, boot by boot, the latest clocked last."""
    t = held_reading.c
    query = select(
        t.boot,
        func.count(),
        func.min(t.since_boot_ms),
        func.max(t.since_boot_ms),
        func.min(t.clocked_ms),
        func.max(t.clocked_ms),
    ).group_by(t.boot)
    rows = connection.execute(query.order_by(func.max(t.clocked_ms)))
    return [
        Boot(boot, count, first / 1000, last / 1000, (utc_from_ms(low), utc_from_ms(high)))
        for boot, count, first, last, low, high in rows
    ]
