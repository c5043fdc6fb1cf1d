"""Rollups made: count, sum, lowest and highest of each minute, hour and local day, kept up.

A bucket is made once its series went past it, so each is made once; what a bucket holds later than
the mark is read from the readings themselves (`traceability.stretches`). A reading that comes in
late has its buckets made again. All of it is one small transaction a step: rows, marks and what
was due move together, so a crash leaves nothing half made, and two services may both be at it.

A bucket is never made from less than it was: once its readings have expired, it stays.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, text, update
from sqlmodel import col

from traceability import backfill
from traceability.models import Device, Series, Site, reading, rollup_due, rollup_mark
from traceability.resolutions import HOUR_MS, MINUTE_MS, Resolution, ceil, days, floor
from traceability.rollup_sql import make, marks_written

CONSUMER = "rollups"
# Readings looked at in one step, which holds the one writer for some 50 ms.
BUDGET = 10_000
# A stretch so short is not counted first: a probe that speaks each second has 600 readings in it.
_SHORT_MS = 10 * MINUTE_MS
# Late stretches so near to each other are made again as one.
_NEAR_MS = HOUR_MS
# A key of PostgreSQL's advisory locks; any number that nobody else uses.
_LOCK = 0x6D_69_6E_02


class Stretch(NamedTuple):
    """A piece of one series: start <= time < end."""

    series_id: int
    start_ms: int
    end_ms: int


def is_behind(connection: Connection) -> bool:
    """Return whether there is anything to do; asked without a writer's lock."""
    if connection.scalar(select(func.count()).select_from(rollup_due)):
        return True
    try:
        return bool(_behind(connection) or backfill.following(connection, CONSUMER, limit=1))
    except LookupError:
        return True  # never been here: nothing is written down for us yet


def step(connection: Connection, *, budget: int = BUDGET) -> bool:
    """Do some of what is to be done, in the caller's transaction; return whether it was anything.

    Args:
        budget: How many readings to look at, about.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    backfill.enlist(connection, CONSUMER)
    noticed = _take_notice(connection)
    advanced = _go_on(connection, budget)
    return any((noticed, advanced, _make_again(connection, budget)))


def make_again(connection: Connection, stretches: Iterable[Stretch]) -> None:
    """Have the buckets of these stretches made again by the next steps."""
    rows = [one._asdict() for one in merged(stretches, near_ms=_NEAR_MS)]
    if rows:
        connection.execute(insert(rollup_due), rows)


def merged(stretches: Iterable[Stretch], *, near_ms: int = 0) -> list[Stretch]:
    """Return the same time in as few stretches as can be, by series and time."""
    found: list[Stretch] = []
    for one in sorted(stretches):
        last = found[-1] if found else None
        if last and last.series_id == one.series_id and one.start_ms <= last.end_ms + near_ms:
            found[-1] = last._replace(end_ms=max(last.end_ms, one.end_ms))
        else:
            found.append(one)
    return found


def _take_notice(connection: Connection) -> bool:
    """Note what came in late; what lies ahead of the marks is made anyway."""
    late = backfill.following(connection, CONSUMER)
    if late:
        make_again(connection, (Stretch(one.series_id, one.start_ms, one.end_ms) for one in late))
        backfill.advance(connection, CONSUMER, late[-1].sequence)
    return bool(late)


def _go_on(connection: Connection, budget: int) -> bool:
    """Make the buckets that lie between each series' mark and its newest reading."""
    minutes, hours, whole_days, marks = [], [], [], []
    for found in _behind(connection):
        if budget <= 0:
            break
        row = _with_marks(connection, found)
        zone = ZoneInfo(row["zone"])
        end_ms = row["newest"] - row["newest"] % MINUTE_MS
        minute = Stretch(row["series_id"], row["minute_ms"], end_ms)
        minute, looked = _affordable(connection, minute, budget)
        budget -= looked
        hour = minute._replace(start_ms=row["hour_ms"], end_ms=minute.end_ms // HOUR_MS * HOUR_MS)
        new_days = list(days(row["day_ms"], hour.end_ms, zone))
        minutes.append(minute)
        if hour.end_ms > hour.start_ms:
            hours.append(hour)
        whole_days += [Stretch(minute.series_id, *day) for day in new_days]
        marks.append(
            {
                "series_id": minute.series_id,
                "minute_ms": minute.end_ms,
                "hour_ms": max(hour.start_ms, hour.end_ms),
                "day_ms": new_days[-1][1] if new_days else row["day_ms"],
                "time_zone": row["zone"],
            }
        )
    _make(connection, minutes, hours, whole_days)
    marks_written(connection, marks)
    return bool(marks)


def _make_again(connection: Connection, budget: int) -> bool:
    """Make anew what is due, as far as the budget goes."""
    minutes, hours, whole_days = [], [], []
    due = connection.execute(_DUE).all()
    for row in due:
        if budget <= 0:
            break
        zone = ZoneInfo(row.time_zone)
        end_ms = min(ceil(Resolution.MINUTE, row.end_ms, zone), row.minute_ms)
        minute = Stretch(row.series_id, row.start_ms - row.start_ms % MINUTE_MS, end_ms)
        if minute.start_ms < minute.end_ms:
            minute, looked = _affordable(connection, minute, budget)
            budget -= looked
            minutes.append(minute)
            hours.append(_around(Resolution.HOUR, minute, row.hour_ms, zone))
            day = _around(Resolution.DAY, minute, row.day_ms, zone)
            whole_days += [Stretch(day.series_id, *one) for one in days(*day[1:], zone)]
        _done(connection, row.id, minute, end_ms)
    _make(connection, minutes, [hour for hour in hours if hour.start_ms < hour.end_ms], whole_days)
    return bool(due)


def _around(resolution: Resolution, minute: Stretch, mark_ms: int, zone: ZoneInfo) -> Stretch:
    end_ms = min(ceil(resolution, minute.end_ms, zone), mark_ms)
    return Stretch(minute.series_id, floor(resolution, minute.start_ms, zone), end_ms)


def _done(connection: Connection, due_id: int, minute: Stretch, end_ms: int) -> None:
    row = rollup_due.c.id == due_id
    if minute.end_ms < end_ms:
        connection.execute(update(rollup_due).where(row).values(start_ms=minute.end_ms))
    else:
        connection.execute(delete(rollup_due).where(row))


def _make(
    connection: Connection,
    minutes: Sequence[Stretch],
    hours: Sequence[Stretch],
    whole_days: Collection[Stretch],
) -> None:
    """Minutes from readings, hours from minutes, days from hours where midnight is one."""
    make(connection, Resolution.MINUTE, Resolution.RAW, merged(minutes))
    make(connection, Resolution.HOUR, Resolution.MINUTE, merged(hours))
    of_hours = {day for day in whole_days if day.start_ms % HOUR_MS == 0 == day.end_ms % HOUR_MS}
    make(connection, Resolution.DAY, Resolution.HOUR, sorted(of_hours))
    make(connection, Resolution.DAY, Resolution.MINUTE, sorted({*whole_days} - of_hours))


def _affordable(connection: Connection, one: Stretch, budget: int) -> tuple[Stretch, int]:
    """Cut a stretch to about so many readings; return it and how many it has, about."""
    length_ms = one.end_ms - one.start_ms
    if length_ms <= _SHORT_MS:
        return one, length_ms // 1000
    wanted = select(reading.c.at_ms).where(
        reading.c.series_id == one.series_id,
        reading.c.at_ms >= one.start_ms,
        reading.c.at_ms < one.end_ms,
    )
    some = wanted.order_by(reading.c.at_ms).limit(budget).subquery()
    count, last = connection.execute(select(func.count(), func.max(some.c.at_ms))).one()
    if count < budget:
        return one, count
    # Whole minutes, at least one: a minute with more readings than that is no minute of a farm.
    end_ms = max(last - last % MINUTE_MS, one.start_ms + MINUTE_MS)
    return one._replace(end_ms=min(end_ms, one.end_ms)), count


def _behind(connection: Connection) -> list[dict[str, Any]]:
    """Return the series that went past their mark by a minute, those furthest behind first."""
    rows = [row._asdict() for row in connection.execute(_STATE) if _is_ahead(row)]
    return sorted(rows, key=lambda row: row["minute_ms"] or 0)


def _is_ahead(row: Row[Any]) -> bool:
    if row.newest is None:
        return False
    if row.minute_ms is None or row.time_zone != row.zone:
        return True
    return bool(row.newest - row.newest % MINUTE_MS > row.minute_ms)


def _with_marks(connection: Connection, row: dict[str, Any]) -> dict[str, Any]:
    if row["minute_ms"] is None:
        return row | _first_marks(connection, row)
    if row["time_zone"] != row["zone"]:
        return row | _rezoned(connection, row)
    return row


def _first_marks(connection: Connection, row: dict[str, Any]) -> dict[str, int]:
    first = select(func.min(reading.c.at_ms)).where(reading.c.series_id == row["series_id"])
    at_ms, zone = connection.scalar(first) or 0, ZoneInfo(row["zone"])
    names = {"minute_ms": Resolution.MINUTE, "hour_ms": Resolution.HOUR, "day_ms": Resolution.DAY}
    return {name: floor(resolution, at_ms, zone) for name, resolution in names.items()}


def _rezoned(connection: Connection, row: dict[str, Any]) -> dict[str, int]:
    """The site's days begin elsewhere now: make them again, as far back as there are hours."""
    hours, whole_days = Resolution.HOUR.table, Resolution.DAY.table
    first = select(func.min(hours.c.start_ms)).where(hours.c.series_id == row["series_id"])
    at_ms = connection.scalar(first)
    start_ms = floor(
        Resolution.DAY, row["hour_ms"] if at_ms is None else at_ms, ZoneInfo(row["zone"])
    )
    # A day of the old zone that began earlier than this ends in it; it goes, too.
    old = whole_days.c.start_ms > start_ms - Resolution.DAY.width_ms
    connection.execute(delete(whole_days).where(whole_days.c.series_id == row["series_id"], old))
    return {"day_ms": start_ms}


_NEWEST = (
    select(reading.c.at_ms)
    .where(reading.c.series_id == col(Series.id))
    .order_by(reading.c.at_ms.desc())
    .limit(1)
    .scalar_subquery()
)
_STATE: Select[Any] = (
    select(
        col(Series.id).label("series_id"),
        col(Site.time_zone).label("zone"),
        _NEWEST.label("newest"),
        *(column for column in rollup_mark.c if column.name != "series_id"),
    )
    .select_from(Series)
    .join(Device, col(Device.id) == col(Series.device_id))
    .join(Site, col(Site.id) == col(Device.site_id))
    .join(rollup_mark, rollup_mark.c.series_id == col(Series.id), isouter=True)
)
_DUE: Select[Any] = (
    select(rollup_due, *(c for c in rollup_mark.c if c.name != "series_id"))
    .join(rollup_mark, rollup_mark.c.series_id == rollup_due.c.series_id)
    .order_by(rollup_due.c.id)
    .limit(200)
)
