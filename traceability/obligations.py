"""Why readings must stay, however old: what still needs them, by series, and from when on.

Whatever is older than the earliest of these may expire by its age. A lot is asked for as a whole:
a packed lot answers for the rooms its heads grew in, and for the tanks that fed those.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Connection, and_, case, func, or_, union_all
from sqlalchemy import select as core_select
from sqlmodel import Session, SQLModel, col

from sensors import to_ms
from traceability import backfill, rollups, uplink_readings, uplink_thinning
from traceability.models import (
    Feed,
    Flow,
    Lot,
    LotConditions,
    Placement,
    Series,
    Stay,
    rollup_due,
    rollup_mark,
)
from traceability.windows import STATE_HOLD_MS

# A state that was told so long before a lot came still holds when it comes.
_BEFORE = timedelta(milliseconds=STATE_HOLD_MS)
_SOURCE = SQLModel.metadata.tables["lot"].alias("source")


class Why(StrEnum):
    """What holds readings back."""

    OPEN_LOT = "open_lot"
    NO_RECORD = "no_record"  # of a closed lot: its conditions are not stored, or not settled
    ROLLUPS = "rollups"
    HUB = "hub"


class Obligation(NamedTuple):
    """Readings of a series from `at_ms` on are needed."""

    series_id: int
    at_ms: int
    why: Why


def of_readings(
    session: Session, *, owed_since_ms: int | None, series: Collection[int] | None = None
) -> Iterator[Obligation]:
    """Give what needs readings, all of it.

    Args:
        owed_since_ms: A hub is configured: what it has not receipted is needed, but for what has
            waited since before that. None: there is no hub.
        series: Of these only.
    """
    found = [*_of_lots(session), *of_rollups(session.connection())]
    if owed_since_ms is not None:
        found += _of_hub(session.connection(), owed_since_ms)
    return (one for one in found if series is None or one.series_id in series)


def of_rollups(connection: Connection) -> Iterator[Obligation]:
    """Give from when on each series is not rolled up, or has to be again; others never were."""
    marks = {
        row.series_id: row.minute_ms
        for row in connection.execute(core_select(rollup_mark.c.series_id, rollup_mark.c.minute_ms))
    }
    for series_id, at_ms in marks.items():
        yield Obligation(series_id, at_ms, Why.ROLLUPS)
    due = core_select(rollup_due.c.series_id, func.min(rollup_due.c.start_ms))
    for series_id, at_ms in connection.execute(due.group_by(rollup_due.c.series_id)):
        yield Obligation(series_id, at_ms, Why.ROLLUPS)
    for series_id, at_ms in backfill.earliest(connection, rollups.CONSUMER).items():
        yield Obligation(series_id, at_ms, Why.ROLLUPS)


def lots_that_hold(session: Session, series_id: int, before_ms: int) -> Sequence[Lot]:
    """Return the lots that need readings of a series from before that time, oldest first."""
    rows = session.connection().execute(_starts(_needed(), col(Series.id) == series_id)).all()
    first: dict[str, int] = {}
    for row in rows:
        at_ms = to_ms(row.at - _BEFORE)
        if at_ms < before_ms:
            first[row.root] = min(at_ms, first.get(row.root, at_ms))
    return [session.get_one(Lot, lot_id) for lot_id in sorted(first, key=lambda one: first[one])]


def of_minutes(connection: Connection, owed_since_ms: int) -> Iterator[Obligation]:
    """Give which minutes go to the hub where readings waited too long for it."""
    for series_id, at_ms in uplink_thinning.minutes_owed_from_ms(connection).items():
        yield Obligation(series_id, max(at_ms, owed_since_ms), Why.HUB)


def _of_hub(connection: Connection, owed_since_ms: int) -> Iterator[Obligation]:
    owed = uplink_readings.owed_from_ms(connection)
    if not owed:
        # Wanted, and never reached so far: all of it is still to go there.
        owed = dict.fromkeys(connection.scalars(core_select(col(Series.id))), 0)
    for series_id, at_ms in owed.items():
        yield Obligation(series_id, max(at_ms, owed_since_ms), Why.HUB)


def _of_lots(session: Session) -> Iterator[Obligation]:
    starts = _starts(_needed()).subquery()
    query = core_select(starts.c.series_id, starts.c.is_open, func.min(starts.c.at))
    grouped = query.group_by(starts.c.series_id, starts.c.is_open)
    for series_id, is_open, at in session.connection().execute(grouped):
        why = Why.OPEN_LOT if is_open else Why.NO_RECORD
        yield Obligation(series_id, to_ms(at - _BEFORE), why)


def _needed() -> CTE:
    """The lots that answer for themselves from readings, with all they were made from."""
    row = LotConditions
    is_missing = or_(
        col(row.lot_id).is_(None),
        col(row.closed_at) != col(Lot.closed_at),
        col(row.settled_at).is_(None),
    )
    roots = (
        core_select(
            col(Lot.id).label("id"),
            col(Lot.id).label("root"),
            case((col(Lot.closed_at).is_(None), 1), else_=0).label("is_open"),
        )
        .select_from(Lot)
        .join(row, col(row.lot_id) == col(Lot.id), isouter=True)
        .where(or_(col(Lot.closed_at).is_(None), is_missing))
        .cte("needed", recursive=True)
    )
    before = (
        core_select(col(Flow.source_id), roots.c.root, roots.c.is_open)
        .select_from(roots)
        .join(Flow, col(Flow.target_id) == roots.c.id)
        .join(_SOURCE, _SOURCE.c.id == col(Flow.source_id))
        # Bags of seed are family, but where they lay says nothing about the leaves.
        .where(_SOURCE.c.stage != "input")
    )
    return roots.union(before)


def _starts(needed: CTE, *wanted: Any) -> Any:
    """Since when a lot was beside a series: in its zone, or in one that its tank feeds."""
    stay, feed, at = Stay, Feed, Placement
    stood: Any = (
        core_select(
            col(at.device_id).label("device_id"),
            needed.c.root,
            needed.c.is_open,
            _later(col(stay.start), col(at.start)).label("at"),
        )
        .select_from(needed)
        .join(stay, col(stay.lot_id) == needed.c.id)
    )
    beside = stood.join(at, and_(col(at.zone_id) == col(stay.zone_id), _meet(stay, at)))
    fed = stood.join(feed, and_(col(feed.zone_id) == col(stay.zone_id), _meet(stay, feed))).join(
        at, and_(col(at.zone_id) == col(feed.tank_id), _meet(stay, at))
    )
    both = union_all(beside, fed).subquery("beside")
    query = core_select(col(Series.id).label("series_id"), both.c.root, both.c.is_open, both.c.at)
    return query.join(both, both.c.device_id == col(Series.device_id)).where(*wanted)


def _later(one: Any, other: Any) -> ColumnElement[Any]:
    return case((one > other, one), else_=other)


def _meet(one: Any, other: Any) -> ColumnElement[bool]:
    """Two half-open times that have a moment together."""
    return and_(
        or_(col(one.end).is_(None), col(one.end) > col(other.start)),
        or_(col(other.end).is_(None), col(other.end) > col(one.start)),
    )
