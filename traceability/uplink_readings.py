"""Readings on their way to the hub: never copied, only found again in the table they are in.

    ----[ sent ]----| gap |--[ sent ]--|mark .... fresh ....> now

A mark per series says up to where the hub has it; gaps say what lies before the mark and is not
there: what an outage left behind, and readings that came late. Fresh readings go first; what is
older than FRESH is left to the backlog, so that a week's replay keeps nobody waiting for now.
A thinned gap has waited too long (`traceability.uplink_thinning`): its minutes go, as they are
rolled up. One task uses this at a time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Table,
    TextClause,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlmodel import SQLModel

from traceability import backfill
from traceability.models import reading, rollup_mark, rollup_minute
from traceability.resolutions import MINUTE_MS

TELEMETRY = "telemetry"
CONSUMER = "uplink"
# What is not older than this counts as now, and is sent before any backlog.
FRESH_MS = 10 * 60 * 1000
_KEY = itemgetter(0, 1)

_MARK: Any = SQLModel.metadata.tables["uplink_mark"]
_GAP: Any = SQLModel.metadata.tables["uplink_gap"]
_SENT: Any = SQLModel.metadata.tables["uplink_sent"]
_SERIES: Any = SQLModel.metadata.tables["series"]


class _Source(NamedTuple):
    """Where the rows of a gap are; each begins at `at` and lasts so long. [ms]"""

    table: Table
    at: Column[int]
    width_ms: int


_SOURCES = {
    False: _Source(reading, reading.c.at_ms, 1),
    True: _Source(rollup_minute, rollup_minute.c.start_ms, MINUTE_MS),
}


@dataclass(frozen=True, slots=True)
class Found:
    """Rows to send; `until_ms` is set for a piece of the backlog: all of it up to there.

    A row begins with its series and time: a reading, or a minute of a thinned gap.
    """

    rows: Sequence[tuple[Any, ...]]
    until_ms: int | None = None
    is_thinned: bool = False
    is_too_much: bool = False  # a shorter piece is to be asked for

    @property
    def span(self) -> tuple[int, int]:
        times = [row[1] for row in self.rows]
        return min(times), max(times)


@dataclass(frozen=True, slots=True)
class News:
    """What has changed in the readings since somebody looked: most often nothing."""

    new_series: Sequence[int]
    late: Sequence[backfill.Backfilled]
    behind: Sequence[tuple[int, int, int]]  # series, first reading not sent, newest reading

    def __bool__(self) -> bool:
        return bool(self.new_series or self.late or self.behind)


def look(connection: Connection, *, behind_ms: int | None = None) -> News:
    """Look for new series, for readings that came late, and for what is fresh no longer.

    Args:
        behind_ms: Only of marks before that time; while a hub is away each look leaves a gap.
    """
    new = select(_SERIES.c.id).where(_SERIES.c.id.not_in(select(_MARK.c.series_id)))
    return News(
        connection.scalars(new).all(),
        backfill.following(connection, CONSUMER),
        _behind(connection, behind_ms),
    )


def take_notice(connection: Connection, news: News) -> None:
    """Write marks and gaps by what was found; look again afterwards, there may be more."""
    if news.new_series:
        rows = [{"series_id": series_id, "at_ms": -1} for series_id in news.new_series]
        connection.execute(insert(_MARK), rows)
    if news.late:
        _note_late(connection, news.late)
    if news.behind:
        # Where a series is far behind, begin anew near its newest reading; the rest is a gap.
        ends = [(series_id, first, newest - FRESH_MS) for series_id, first, newest in news.behind]
        add_gaps(connection, ends)
        _move_marks(connection, {series_id: end_ms for series_id, _, end_ms in ends})


def fresh(connection: Connection, *, limit: int, held: Collection[int] = ()) -> Found | None:
    """Return what is newer than the marks, or None; `held` are series the hub does not know."""
    query = _FRESH[connection.dialect.name]
    rows = connection.execute(query, {"most": limit, "held": [-1, *held]})
    said = [tuple(row) for row in rows]
    return Found(said) if said else None


def backlog(
    connection: Connection,
    *,
    window_ms: int,
    limit: int,
    held: Collection[int] = (),
    thinned: bool = False,
) -> Found | None:
    """Return the oldest piece of the gaps, so many ms long, or None where there is none.

    It may hold nothing; then `skip_emptiness` lets the gaps begin where something is. It may hold
    more than the limit; then none of it is returned.

    Args:
        thinned: Of the thinned gaps instead of the others.
    """
    source = _SOURCES[thinned]
    wanted = (_GAP.c.is_thinned.is_(thinned), _GAP.c.series_id.not_in([-1, *held]))
    start_ms = connection.scalar(select(func.min(_GAP.c.start_ms)).where(*wanted))
    if start_ms is None:
        return None
    until_ms = max(start_ms + window_ms, start_ms + source.width_ms)
    until_ms -= until_ms % source.width_ms + 1
    # At one moment there are only so many series; a limit would leave some out unseen.
    is_long = window_ms > source.width_ms
    query = (
        select(source.table)
        .select_from(_GAP)
        .join(source.table, source.table.c.series_id == _GAP.c.series_id)
        .where(*wanted, _GAP.c.start_ms <= until_ms)
        .where(source.at > _GAP.c.start_ms - source.width_ms)
        .where(source.at <= least(connection)(_GAP.c.end_ms, until_ms))
        .limit(limit + 1 if is_long else None)
    )
    rows = [tuple(row) for row in connection.execute(query)]
    if len(rows) > limit and is_long:
        return Found((), until_ms, thinned, is_too_much=True)
    # Gaps of a series may overlap, and come in any order.
    return Found(sorted(dict.fromkeys(rows), key=_KEY), until_ms, thinned)


def note_fresh(connection: Connection, found: Found, unknown: Collection[int]) -> None:
    """Move the marks of what the hub has on disk."""
    newest = {row[0]: row[1] for row in found.rows if row[0] not in unknown}
    _move_marks(connection, newest)


def note_backlog(connection: Connection, found: Found, unknown: Collection[int]) -> None:
    """Shrink the gaps by what the hub has on disk; `unknown` and held series keep theirs."""
    done = (_GAP.c.is_thinned.is_(found.is_thinned), _GAP.c.series_id.not_in([-1, *unknown]))
    connection.execute(delete(_GAP).where(*done, _GAP.c.end_ms <= found.until_ms))
    rest = update(_GAP).where(*done, _GAP.c.start_ms <= found.until_ms)
    connection.execute(rest.values(start_ms=(found.until_ms or 0) + 1))


def skip_emptiness(connection: Connection, *, thinned: bool = False) -> None:
    """Let every gap begin where there is something; drop those without it."""
    source = _SOURCES[thinned]
    first = (
        select(func.min(source.at))
        .where(source.table.c.series_id == _GAP.c.series_id)
        .where(source.at > _GAP.c.start_ms - source.width_ms, source.at <= _GAP.c.end_ms)
        .scalar_subquery()
    )
    of_kind = _GAP.c.is_thinned.is_(thinned)
    connection.execute(delete(_GAP).where(of_kind, first.is_(None)))
    connection.execute(update(_GAP).where(of_kind).values(start_ms=first))


def add_gaps(
    connection: Connection, gaps: Sequence[tuple[int, int, int]], *, thinned: bool = False
) -> None:
    """Write down (series, start, end) of what is to be sent, both ends included."""
    names = ("series_id", "start_ms", "end_ms", "is_thinned")
    if gaps:
        rows = [dict(zip(names, (*gap, thinned), strict=True)) for gap in gaps]
        connection.execute(insert(_GAP), rows)


def start_over(connection: Connection) -> None:
    """Send everything: a hub that knows nothing of us. Late readings count from now on."""
    for table in (_GAP, _MARK, _SENT):
        connection.execute(delete(table))
    backfill.dismiss(connection, CONSUMER)
    backfill.enlist(connection, CONSUMER)


def oldest_waiting_ms(connection: Connection, *, thinned: bool = True) -> int | None:
    """Return the time of the oldest reading that is not at the hub, or None.

    Args:
        thinned: Those that go by the minute count, too.
    """
    kinds = [False, True] if thinned else [False]
    in_gaps = connection.scalar(
        select(func.min(_GAP.c.start_ms)).where(_GAP.c.is_thinned.in_(kinds))
    )
    first = (
        select(reading.c.at_ms)
        .where(reading.c.series_id == _MARK.c.series_id, reading.c.at_ms > _MARK.c.at_ms)
        .order_by(reading.c.at_ms)
        .limit(1)
        .scalar_subquery()
    )
    after_marks = connection.scalar(select(func.min(first)).select_from(_MARK))
    both = [at for at in (in_gaps, after_marks) if at is not None]
    return min(both, default=None)


def owed_from_ms(connection: Connection, *, given_up_before_ms: int = 0) -> dict[int, int]:
    """Return, by series, from when on readings may still have to go to the hub: what is kept.

    What is older than that the hub has receipted, and it may expire. Without a hub, nothing is
    owed. One that comes later gets what is there then.

    Args:
        given_up_before_ms: What is older is not owed, receipted or not.
    """
    if not backfill.is_enlisted(connection, CONSUMER):
        return {}
    owed = dict.fromkeys(connection.scalars(select(_SERIES.c.id)), 0)
    owed |= {row.series_id: row.at_ms + 1 for row in connection.execute(select(_MARK))}
    first = (
        select(_GAP.c.series_id, func.min(_GAP.c.start_ms))
        .where(_GAP.c.is_thinned.is_(False))
        .group_by(_GAP.c.series_id)
    )
    late = backfill.earliest(connection, CONSUMER)
    for series_id, start_ms in (*connection.execute(first), *late.items()):
        owed[series_id] = min(owed[series_id], start_ms)
    return {series_id: max(at_ms, given_up_before_ms) for series_id, at_ms in owed.items()}


def _behind(connection: Connection, behind_ms: int | None) -> list[tuple[int, int, int]]:
    """Return (series, first not sent, newest) of the series whose marks are far behind."""
    of_series, at = reading.c.series_id == _MARK.c.series_id, _MARK.c.at_ms
    newest = select(func.max(reading.c.at_ms)).where(of_series).scalar_subquery()
    query = select(
        _MARK.c.series_id,
        _first_after(reading.c.at_ms, at).label("first"),
        func.coalesce(newest, rollup_mark.c.raw_from_ms + FRESH_MS).label("newest"),
        # Readings behind the mark may have expired; their minutes are still there.
        case((rollup_mark.c.raw_from_ms > at, _first_after(rollup_minute.c.start_ms, at))),
    ).join(rollup_mark, rollup_mark.c.series_id == _MARK.c.series_id, isouter=True)
    if behind_ms is not None:
        query = query.where(at < behind_ms)
    looked = query.add_columns(at.label("at_ms")).subquery()
    far = select(*list(looked.c)[:4]).where(looked.c.newest - looked.c.at_ms > FRESH_MS)
    found = []
    for series_id, first, last, minute in connection.execute(far):
        begins = min((one for one in (first, minute) if one is not None), default=last)
        # One reading after a long silence is nothing old.
        if begins <= last - FRESH_MS:
            found.append((series_id, begins, last))
    return found


def _first_after(column: Column[int], after: Any) -> Any:
    of_series = column.table.c.series_id == _MARK.c.series_id
    return select(func.min(column)).where(of_series, column > after).scalar_subquery()


def _note_late(connection: Connection, late: Sequence[backfill.Backfilled]) -> None:
    marks = {row.series_id: row.at_ms for row in connection.execute(select(_MARK))}
    # What came behind a newer reading, but is still after the mark, is fresh.
    ends = (
        (one.series_id, one.start_ms, min(one.end_ms - 1, marks.get(one.series_id, -1)))
        for one in late
    )
    add_gaps(connection, [row for row in ends if row[1] <= row[2]])
    backfill.advance(connection, CONSUMER, late[-1].sequence)


def _move_marks(connection: Connection, marks: Mapping[int, int]) -> None:
    if marks:
        wanted = update(_MARK).where(_MARK.c.series_id == bindparam("of"))
        rows = [{"of": series_id, "to": at_ms} for series_id, at_ms in marks.items()]
        connection.execute(wanted.values(at_ms=bindparam("to")), rows)


def _fresh(found: str) -> TextClause:
    ordered = f"{found} WHERE m.series_id NOT IN :held ORDER BY r.series_id, r.at_ms LIMIT :most"
    return text(ordered).bindparams(bindparam("held", expanding=True))


_FRESH = {
    # CROSS: the small table is gone through, the large one looked up in.
    "sqlite": _fresh(
        "SELECT r.series_id, r.at_ms, r.value, r.quality, r.reason FROM uplink_mark m "
        "CROSS JOIN reading r ON r.series_id = m.series_id AND r.at_ms > m.at_ms"
    ),
    # Without the inner limit the planner may read the whole table to find a few new rows.
    "postgresql": _fresh(
        "SELECT r.* FROM uplink_mark m JOIN LATERAL ("
        "SELECT series_id, at_ms, value, quality, reason FROM reading r "
        "WHERE r.series_id = m.series_id AND r.at_ms > m.at_ms ORDER BY r.at_ms LIMIT :most"
        ") r ON true"
    ),
}


def least(connection: Connection) -> Any:
    return func.least if connection.dialect.name == "postgresql" else func.min
