"""What has waited too long for the hub, or is too much of it, goes by the minute.

Records wait for ever. Readings wait whole so long, and so many of them; the oldest beyond that are
thinned: the hub gets their minutes as they are rolled up here, and readings may expire. Minutes
wait for longer, and are given up at last.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, select, text, update
from sqlmodel import SQLModel

from sensors import to_ms, utc_from_ms
from traceability import backfill, rollups
from traceability.models import rollup_due, rollup_mark, rollup_minute
from traceability.resolutions import HOUR_MS, MINUTE_MS
from traceability.uplink_readings import add_gaps, oldest_waiting_ms

log = logging.getLogger(__name__)

# What a stored reading takes with its index, measured (bench/agent).
READING_BYTES = 20
_GAP: Any = SQLModel.metadata.tables["uplink_gap"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How long, and how many bytes of, readings wait whole; how long their minutes wait."""

    whole: timedelta
    whole_bytes: int
    minutes: timedelta

    def given_up_before_ms(self, now: datetime) -> int:
        return to_ms(now - max(self.whole, self.minutes))


class Fill(NamedTuple):
    """How full the way to the hub is.

    Attributes:
        whole_from_ms: What waits and is older goes by the minute.
        share: Of what may wait whole, by time or by bytes; thinning begins at 1.
    """

    whole_from_ms: int
    share: float


def fill(connection: Connection, policy: Policy, *, now: datetime) -> Fill:
    """Return how much of what may wait whole is used up. It counts by hours, so ask seldom."""
    now_ms, whole_ms = to_ms(now), policy.whole // timedelta(milliseconds=1)
    oldest_ms = oldest_waiting_ms(connection, thinned=False)
    age_ms = 0 if oldest_ms is None else max(0, now_ms - oldest_ms)
    whole_from_ms, waiting = now_ms - whole_ms, 0
    for start_ms, count in _waiting(connection):
        waiting += count * READING_BYTES
        if waiting > policy.whole_bytes:
            whole_from_ms = max(whole_from_ms, start_ms + HOUR_MS)
            break
    return Fill(whole_from_ms, max(age_ms / whole_ms, waiting / policy.whole_bytes))


def thin(connection: Connection, whole_from_ms: int) -> int:
    """Let gaps go by the minute before that time, or where readings have expired; say how many.

    Only where the minutes are made: what is still to be rolled up waits whole for that.
    """
    stuck = _unmade(connection)
    count = 0
    for gap in _candidates(connection, whole_from_ms):
        made_ms = min(gap.minute_ms, stuck.get(gap.series_id, gap.minute_ms))
        cut_ms = max(min(whole_from_ms, made_ms), gap.raw_from_ms)
        cut_ms -= cut_ms % MINUTE_MS
        if gap.start_ms < cut_ms:
            _cut(connection, gap, cut_ms)
            count += 1
    return count


def give_up(connection: Connection, before_ms: int) -> int:
    """Give up thinned gaps before that time; return how many minutes were in them."""
    old = _GAP.c.is_thinned & (_GAP.c.start_ms < before_ms)
    query = (
        select(func.count())
        .select_from(_GAP)
        .join(rollup_minute, rollup_minute.c.series_id == _GAP.c.series_id)
        .where(old, rollup_minute.c.start_ms >= _GAP.c.start_ms)
        .where(rollup_minute.c.start_ms <= _GAP.c.end_ms, rollup_minute.c.start_ms < before_ms)
    )
    count = connection.scalar(query) or 0
    connection.execute(delete(_GAP).where(old, _GAP.c.end_ms < before_ms))
    connection.execute(update(_GAP).where(old).values(start_ms=before_ms))
    return count


def span(connection: Connection) -> tuple[datetime, datetime] | None:
    """Return from when to when readings go by the minute that are still to be sent."""
    ends = select(func.min(_GAP.c.start_ms), func.max(_GAP.c.end_ms)).where(_GAP.c.is_thinned)
    start_ms, end_ms = connection.execute(ends).one()
    return None if start_ms is None else (utc_from_ms(start_ms), utc_from_ms(end_ms))


def minutes_owed_from_ms(connection: Connection) -> dict[int, int]:
    """Return, by series, from when on its minutes are still to be sent."""
    query = select(_GAP.c.series_id, func.min(_GAP.c.start_ms)).group_by(_GAP.c.series_id)
    return {row[0]: row[1] - row[1] % MINUTE_MS for row in connection.execute(query)}


def _candidates(connection: Connection, whole_from_ms: int) -> list[Row[Any]]:
    mark = rollup_mark.c
    query = (
        select(_GAP, mark.minute_ms, mark.raw_from_ms)
        .join(rollup_mark, mark.series_id == _GAP.c.series_id)
        .where(_GAP.c.is_thinned.is_(False))
        .where((_GAP.c.start_ms < whole_from_ms) | (_GAP.c.start_ms < mark.raw_from_ms))
    )
    return list(connection.execute(query))


def _unmade(connection: Connection) -> Mapping[int, int]:
    """By series, from when on minutes are to be made again: readings came in late."""
    first = func.min(rollup_due.c.start_ms)
    due = connection.execute(select(rollup_due.c.series_id, first).group_by(rollup_due.c.series_id))
    found = backfill.earliest(connection, rollups.CONSUMER)
    for series_id, start_ms in due:
        found[series_id] = min(start_ms, found.get(series_id, start_ms))
    return found


def _cut(connection: Connection, gap: Row[Any], cut_ms: int) -> None:
    of_gap = _GAP.c.id == gap.id
    if gap.end_ms < cut_ms:
        connection.execute(update(_GAP).where(of_gap).values(is_thinned=True))
        return
    add_gaps(connection, [(gap.series_id, gap.start_ms, cut_ms - 1)], thinned=True)
    connection.execute(update(_GAP).where(of_gap).values(start_ms=cut_ms))


def _waiting(connection: Connection) -> Iterator[tuple[int, int]]:
    """Give (hour, readings in it that wait whole), the newest first."""
    yield from (tuple(row) for row in connection.execute(_WAITING))


_WAITING = text(
    "SELECT h.start_ms, sum(h.good + h.uncertain + h.bad) FROM ("
    "SELECT series_id, start_ms, end_ms FROM uplink_gap WHERE NOT is_thinned UNION ALL "
    "SELECT s.id, coalesce(m.at_ms, -1) + 1, 9000000000000000 FROM series s "
    "LEFT JOIN uplink_mark m ON m.series_id = s.id) AS w "
    "JOIN rollup_hour h ON h.series_id = w.series_id "
    "AND h.start_ms > w.start_ms - 3600000 AND h.start_ms <= w.end_ms "
    "GROUP BY h.start_ms ORDER BY h.start_ms DESC"
)
