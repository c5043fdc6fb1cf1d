"""Rows that are old enough go, oldest first, a little at a time: readings, minutes, hours, days.

Never a reading that something needs (`traceability.obligations`), and never a row that the next
coarser one does not count: what is deleted is compared with it first. Of every series the newer
rows stay, so that `raw_from_ms` and its like (`rollup_mark`) say where each resolution begins.
Coarser rows never go before finer ones. A file of SQLite does not shrink; its pages are used again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, case, delete, func, select, update
from sqlmodel import Session, col

from sensors import to_ms
from sensors.quantities import STATES
from traceability import backfill, obligations, repetitions, rollups
from traceability.database import reading_session, writing_session
from traceability.models import Series, rollup_mark
from traceability.obligations import Obligation, Why
from traceability.pieces import Mark, marks_of
from traceability.resolutions import HOUR_MS, Resolution, floor
from traceability.rollups import Stretch

# Rows of one step, which holds the one writer for some 50 ms.
ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Policy:
    """How long each resolution is kept; a coarser one as long as a finer at least. None: for ever.

    `hub`: there is one, and what it has not receipted stays so long. None: there is none.
    """

    keep: Mapping[Resolution, timedelta | None]
    hub: timedelta | None = None

    def owed_since_ms(self, now: datetime) -> int | None:
        """Return what waits since before that is not owed to the hub any more."""
        return None if self.hub is None else to_ms(now - self.hub)

    def before_ms(self, resolution: Resolution, now: datetime) -> int:
        """Return from when on rows are young enough to stay."""
        age = self.keep.get(resolution)
        return 0 if age is None else to_ms(now - age)


class Piece(NamedTuple):
    """Rows of one series that may go: all before `end_ms`; `first_ms` is the oldest there is."""

    resolution: Resolution
    series_id: int
    first_ms: int
    end_ms: int


class Bound(NamedTuple):
    """Before which time rows of a series may go; `why` is set where their age would let more go."""

    at_ms: int
    why: Why | None


def step(engine: Engine, policy: Policy, *, now: datetime) -> dict[Resolution, int]:
    """Delete some of what may go; return how many rows of what, nothing where nothing may.

    It may have come to rows of which none had to go; then it says 0.
    """
    with reading_session(engine) as session:
        found = list(_some(session, policy, now))
    if not found:
        return {}
    gone: dict[Resolution, int] = {}
    with writing_session(engine) as session:
        # Late readings name themselves under this lock: none comes between the look and the act.
        backfill.lock(session.connection())
        for piece in _still(session, policy, now, found):
            count = _delete(session.connection(), piece)
            gone[piece.resolution] = gone.get(piece.resolution, 0) + count
    return gone


def bounds(
    session: Session,
    policy: Policy,
    resolution: Resolution,
    *,
    now: datetime,
    series: Collection[int] | None = None,
) -> dict[int, Bound]:
    """Return, by series, up to where rows of a resolution may go, and what is in the way."""
    connection = session.connection()
    old_ms = policy.before_ms(resolution, now)
    if not old_ms:
        return {}
    numbers: Any = connection.scalars(select(col(Series.id))).all() if series is None else series
    marks = marks_of(connection, numbers)
    earliest = _earliest(_needing(session, policy, resolution, marks, now=now))
    found: dict[int, Bound] = {}
    for series_id, mark in marks.items():
        end_ms = old_ms
        if resolution is not Resolution.RAW:
            # Whoever reads where finer rows are does not look whether coarser ones are there, too.
            end_ms = min(end_ms, mark.since[resolution.finer])
        need = earliest.get(series_id)
        is_held = need is not None and need.at_ms < end_ms
        at_ms = need.at_ms if need and is_held else end_ms
        # Whole local days; where midnight is no whole hour, up to the hour before it.
        whole_ms = floor(Resolution.DAY, max(0, at_ms), mark.zone)
        why = need.why if need and is_held else None
        found[series_id] = Bound(whole_ms - whole_ms % HOUR_MS, why)
    return found


def _needing(
    session: Session,
    policy: Policy,
    resolution: Resolution,
    marks: Mapping[int, Mark],
    *,
    now: datetime,
) -> Iterator[Obligation]:
    owed_since_ms = policy.owed_since_ms(now)
    if resolution is Resolution.RAW:
        yield from obligations.of_readings(session, owed_since_ms=owed_since_ms, series=marks)
        return
    yield from obligations.of_rollups(session.connection())
    if resolution is Resolution.MINUTE and owed_since_ms is not None:
        yield from obligations.of_minutes(session.connection(), owed_since_ms)
    if resolution is not Resolution.DAY:
        coarser = Resolution(resolution + 1)
        for series_id, mark in marks.items():
            yield Obligation(series_id, mark.until[coarser], Why.ROLLUPS)


def _earliest(needs: Iterator[Obligation]) -> dict[int, Obligation]:
    found: dict[int, Obligation] = {}
    for one in needs:
        if one.series_id not in found or one.at_ms < found[one.series_id].at_ms:
            found[one.series_id] = one
    return found


def held(session: Session, policy: Policy, *, now: datetime) -> dict[str, int]:
    """Return of how many series readings are older than they are kept, by what needs them."""
    found = dict.fromkeys(map(str, Why), 0)
    until = bounds(session, policy, Resolution.RAW, now=now)
    first = firsts(session.connection(), Resolution.RAW) if until else {}
    old_ms = policy.before_ms(Resolution.RAW, now)
    for series_id, bound in until.items():
        if bound.why is not None and first.get(series_id, old_ms) < old_ms:
            found[str(bound.why)] += 1
    return found


def firsts(connection: Connection, resolution: Resolution) -> dict[int, int]:
    """Return the time of each series' oldest row of a resolution. [ms]"""
    table = resolution.table
    at = at_of(resolution)
    since: Any = 0
    if resolution is Resolution.RAW:
        # What is left of states from before that stays.
        since = case((col(Series.quantity).in_(STATES), rollup_mark.c.raw_from_ms), else_=0)
    of_series = (table.c.series_id == col(Series.id), at >= func.coalesce(since, 0))
    # One look at the beginning of its key, however long a series is.
    first: Any = select(at).where(*of_series).order_by(at).limit(1)
    at_ms = first.correlate(Series, rollup_mark).scalar_subquery().label("at_ms")
    query = select(col(Series.id).label("number"), at_ms).join(
        rollup_mark, rollup_mark.c.series_id == col(Series.id), isouter=True
    )
    return {row.number: row.at_ms for row in connection.execute(query) if row.at_ms is not None}


def _some(session: Session, policy: Policy, now: datetime) -> Iterator[Piece]:
    """Give pieces of one resolution, the oldest first, of about so many rows as a step takes."""
    for resolution in Resolution:
        until = bounds(session, policy, resolution, now=now)
        first = firsts(session.connection(), resolution) if until else {}
        old = sorted(
            Piece(resolution, series_id, at_ms, until[series_id].at_ms)
            for series_id, at_ms in first.items()
            if series_id in until and at_ms < until[series_id].at_ms
        )
        left = ROWS
        for piece in sorted(old, key=lambda one: one.first_ms):
            if left <= 0:
                break
            affordable, count = _affordable(session.connection(), piece, left)
            left -= count
            yield affordable
        if old:
            return


def _affordable(connection: Connection, piece: Piece, budget: int) -> tuple[Piece, int]:
    """Cut a piece to about so many rows; return it and how many it has."""
    at = at_of(piece.resolution)
    rows = select(at.label("at")).where(*_rows(piece)).order_by(at).limit(budget).subquery()
    count, last = connection.execute(select(func.count(), func.max(rows.c.at))).one()
    if count < budget:
        return piece, count
    end_ms = max(last - last % HOUR_MS, piece.first_ms - piece.first_ms % HOUR_MS + HOUR_MS)
    return piece._replace(end_ms=min(piece.end_ms, end_ms)), count


def _still(
    session: Session, policy: Policy, now: datetime, found: Sequence[Piece]
) -> Iterator[Piece]:
    """Give the pieces that may go now that nobody else writes, and that are counted."""
    resolution = found[0].resolution
    series = {piece.series_id for piece in found}
    until = bounds(session, policy, resolution, now=now, series=series)
    marks = marks_of(session.connection(), series)
    for piece in found:
        if piece.series_id not in until or piece.end_ms > until[piece.series_id].at_ms:
            continue
        if _is_counted(session.connection(), piece, marks[piece.series_id]):
            yield piece
        else:
            again = Stretch(piece.series_id, piece.first_ms, piece.end_ms)
            rollups.make_again(session.connection(), [again])


def _is_counted(connection: Connection, piece: Piece, mark: Mark) -> bool:
    """Return whether the coarser rows count at least what is to go.

    A stray one from where the others have long gone is counted already, or never will be.
    """
    if piece.resolution is Resolution.DAY:
        return True
    coarser = Resolution(piece.resolution + 1)
    start_ms = max(mark.since[piece.resolution], piece.first_ms)
    have = connection.scalar(_count(piece.resolution, piece, start_ms))
    counted = connection.scalar(_count(coarser, piece, floor(coarser, start_ms, mark.zone)))
    return bool((have or 0) <= (counted or 0))


def _count(resolution: Resolution, piece: Piece, start_ms: int) -> Any:
    table, at = resolution.table, at_of(resolution)
    if resolution is Resolution.RAW:
        number: Any = func.count()
    else:
        number = func.sum(table.c.good + table.c.uncertain + table.c.bad)
    of_series = table.c.series_id == piece.series_id
    return select(number).select_from(table).where(of_series, at >= start_ms, at < piece.end_ms)


def _delete(connection: Connection, piece: Piece) -> int:
    if piece.resolution is Resolution.RAW and _is_state(connection, piece.series_id):
        ends = (piece.first_ms, piece.end_ms)
        gone = repetitions.let_go(connection, piece.series_id, *ends)
    else:
        gone = connection.execute(delete(piece.resolution.table).where(*_rows(piece))).rowcount
    since = rollup_mark.c[_SINCE[piece.resolution]]
    of_series = rollup_mark.c.series_id == piece.series_id
    forward = update(rollup_mark).where(of_series, since < piece.end_ms)
    connection.execute(forward.values({since.name: piece.end_ms}))
    return gone


def _is_state(connection: Connection, series_id: int) -> bool:
    quantity = connection.scalar(select(col(Series.quantity)).where(col(Series.id) == series_id))
    return quantity in STATES


_SINCE = {
    Resolution.RAW: "raw_from_ms",
    Resolution.MINUTE: "minute_from_ms",
    Resolution.HOUR: "hour_from_ms",
    Resolution.DAY: "day_from_ms",
}


def at_of(resolution: Resolution) -> Any:
    """Return the column that says when a row of a resolution is, or begins."""
    return resolution.table.c["at_ms" if resolution is Resolution.RAW else "start_ms"]


def _rows(piece: Piece) -> tuple[Any, ...]:
    at = at_of(piece.resolution)
    of_series = piece.resolution.table.c.series_id == piece.series_id
    return of_series, at >= piece.first_ms, at < piece.end_ms
