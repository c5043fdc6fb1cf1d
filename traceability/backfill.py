"""Where history changed: late readings are named, so that whoever went past them can go back.

What follows readings by time (rollups, the way to a hub) keeps, for each series, how far it has
come. A reading stored behind the newest one of its series would be missed by that, so its span is
written down here in the same transaction (`readings.insert_readings`). Each consumer reads the
rows in order under a name of its own; rows that all of them have passed are pruned.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, text, update

from traceability.models import backfill, backfill_cursor

# A key of PostgreSQL's advisory locks; any number that nobody else uses.
_LOCK = 0x6D_69_6E_01


@dataclass(frozen=True, slots=True)
class Backfilled:
    """New readings of one series came in behind its newest one: start <= time < end."""

    sequence: int
    series_id: int
    start_ms: int
    end_ms: int


def note(connection: Connection, spans: Iterable[tuple[int, int, int]]) -> None:
    """Write down (series, start, end) of late readings, in the transaction that stores them."""
    names = ("series_id", "start_ms", "end_ms")
    rows = [dict(zip(names, span, strict=True)) for span in spans]
    if not rows:
        return
    # Numbers are taken in the order of the commits, or a reader would pass one still to come.
    lock(connection)
    connection.execute(insert(backfill), rows)


def lock(connection: Connection) -> None:
    """Keep others from committing late readings until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def enlist(connection: Connection, consumer: str) -> None:
    """Begin to consume with the rows to come; who has begun before stays where it is.

    Whoever enlists then looks at all readings there are, once; from there on these rows tell it
    what else to look at.
    """
    if _passed(connection, consumer) is None:
        newest = select(func.coalesce(func.max(backfill.c.sequence), 0)).scalar_subquery()
        connection.execute(insert(backfill_cursor).values(consumer=consumer, sequence=newest))


def is_enlisted(connection: Connection, consumer: str) -> bool:
    return _passed(connection, consumer) is not None


def dismiss(connection: Connection, consumer: str) -> None:
    """Forget a consumer that will not come back: its place keeps no rows any more."""
    connection.execute(delete(backfill_cursor).where(backfill_cursor.c.consumer == consumer))


def following(connection: Connection, consumer: str, *, limit: int = 1000) -> list[Backfilled]:
    """Return what the consumer has still to deal with, oldest first.

    Raises:
        LookupError: nobody of that name has enlisted.
    """
    passed = _passed(connection, consumer)
    if passed is None:
        raise LookupError(consumer)
    query = select(backfill).where(backfill.c.sequence > passed)
    rows = connection.execute(query.order_by(backfill.c.sequence).limit(limit))
    return [Backfilled(*row) for row in rows]


def earliest(connection: Connection, consumer: str) -> dict[int, int]:
    """Return, by series, where what the consumer has still to deal with begins. [ms]"""
    waiting = backfill.c.sequence > (_passed(connection, consumer) or 0)
    query = select(backfill.c.series_id, func.min(backfill.c.start_ms)).where(waiting)
    rows = connection.execute(query.group_by(backfill.c.series_id))
    return {row.series_id: row[1] for row in rows}


def advance(connection: Connection, consumer: str, sequence: int) -> None:
    """Say that rows up to this one are dealt with, in the transaction that dealt with them."""
    wanted = update(backfill_cursor).where(backfill_cursor.c.consumer == consumer)
    connection.execute(wanted.values(sequence=sequence))


def prune(connection: Connection) -> int:
    """Delete the rows that all consumers have passed; return how many."""
    passed: Sequence[int] = connection.scalars(select(backfill_cursor.c.sequence)).all()
    if not passed:
        return 0
    return connection.execute(delete(backfill).where(backfill.c.sequence <= min(passed))).rowcount


def _passed(connection: Connection, consumer: str) -> int | None:
    wanted = select(backfill_cursor.c.sequence).where(backfill_cursor.c.consumer == consumer)
    return connection.scalar(wanted)
