"""A series over a span, read at any resolution: rollups where they are made, readings elsewhere.

A span seldom begins where an hour does, and its end may not be rolled up yet:

    start |..raw..|--minutes--|====== hours ======|--minutes--|..raw..| end

Calibrations are applied here. They are linear, so that of a bucket's sum, lowest and highest they
give exactly what they would have given of its readings; a bucket in which one begins to hold is
read more finely. Where what is finer has expired, the coarser one stands for it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Subquery,
    Table,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from sensors import Quality, to_ms
from sensors.calibration import Calibration
from traceability import thinned
from traceability.models import reading, rollup_mark
from traceability.resolutions import Resolution, ceil, floor, following

Value = ColumnElement[Any]

# SQLite takes 500 selects in one statement; more than a few come of many calibrations.
_MOST_TERMS = 100


class Piece(NamedTuple):
    """Rows of one resolution that begin in start <= time < end."""

    resolution: Resolution
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a series is rolled up (`until`), and from when on rows are still there (`since`).

    In `thinned` spans there never were readings here, but minutes.
    """

    zone: ZoneInfo
    until: Mapping[Resolution, int]
    since: Mapping[Resolution, int]
    thinned: Sequence[tuple[int, int]] = ()

    def finest(self, at_ms: int) -> Resolution:
        """Return the finest resolution that there is at that time."""
        is_thinned = any(start <= at_ms < end for start, end in self.thinned)
        least = Resolution.MINUTE if is_thinned else Resolution.RAW
        there = (one for one in Resolution if one >= least and at_ms >= self.since[one])
        return next(there, Resolution.DAY)

    def lacks_readings(self, start_ms: int, end_ms: int) -> bool:
        """Return whether readings of that span may not be here."""
        return start_ms < self.since[Resolution.RAW] or any(
            start < end_ms and start_ms < end for start, end in self.thinned
        )


# Of a series that was never rolled up.
NO_MARK = Mark(ZoneInfo("UTC"), dict.fromkeys(Resolution, 0), dict.fromkeys(Resolution, 0))


def marks_of(connection: Connection, series_ids: Collection[int]) -> dict[int, Mark]:
    """Return the marks of those series that are rolled up at all, or came by the minute."""
    query = select(rollup_mark).where(rollup_mark.c.series_id.in_(series_ids))
    marks = {row.series_id: _mark(row) for row in connection.execute(query)}
    for series_id, spans in thinned.of_series(connection, series_ids).items():
        marks[series_id] = replace(marks.get(series_id, NO_MARK), thinned=spans)
    return marks


def pieces_of(
    connection: Connection,
    series_id: int,
    span_ms: tuple[int, int],
    resolution: Resolution,
    *,
    mark: Mark = NO_MARK,
    events: Sequence[Calibration] = (),
) -> list[Piece]:
    """Say which rows to read of a series for a span, oldest first.

    Args:
        resolution: No coarser than this; finer where buckets of it are not whole in the span.
        events: Of the series, as `calibrations.of_series` gives them.
    """
    found = [piece for part in _by_age(mark, *span_ms) for piece in _cover(mark, part, resolution)]
    starts = [to_ms(event.at) for event in events]
    is_kept = partial(_is_kept, connection, series_id)
    return _joined(part for piece in found for part in _split(mark, piece, starts, is_kept))


def rows_of(
    series_id: int, pieces: Sequence[Piece], events: Sequence[Calibration] = ()
) -> Subquery:
    """Return the rows of those pieces, calibrated.

    Columns: at_ms, width_ms, good, uncertain, bad; trusted (good and uncertain) and their total,
    low and high. A reading is a row of its own, as wide as nothing.
    """
    selects = [_select(series_id, of, events) for of in _terms(pieces)]
    return union_all(*(selects or [_nothing()])).subquery("pieces")


def _mark(row: Row[Any]) -> Mark:
    until = (0, row.minute_ms, row.hour_ms, row.day_ms)
    since = (row.raw_from_ms, row.minute_from_ms, row.hour_from_ms, row.day_from_ms)
    return Mark(
        ZoneInfo(row.time_zone),
        dict(zip(Resolution, until, strict=True)),
        dict(zip(Resolution, since, strict=True)),
    )


def _by_age(mark: Mark, start_ms: int, end_ms: int) -> Iterable[Piece]:
    """Cut a span where finer rows have expired; say the finest resolution of each part."""
    ends = (*mark.since.values(), *chain.from_iterable(mark.thinned))
    cuts = {at for at in ends if start_ms < at < end_ms}
    for start, end in pairwise(sorted({start_ms, end_ms, *cuts})):
        yield Piece(mark.finest(start), start, end)


def _cover(mark: Mark, part: Piece, resolution: Resolution) -> list[Piece]:
    """Take whole buckets from the middle of a part and what is finer for its ends."""
    finest, start_ms, end_ms = part
    if start_ms >= end_ms:
        return []
    if resolution <= finest:
        return [part]
    first = ceil(resolution, start_ms, mark.zone)
    last = min(floor(resolution, end_ms, mark.zone), mark.until[resolution])
    if first >= last:
        return _cover(mark, part, resolution.finer)
    return [
        *_cover(mark, Piece(finest, start_ms, first), resolution.finer),
        Piece(resolution, first, last),
        *_cover(mark, Piece(finest, last, end_ms), resolution.finer),
    ]


def _split(
    mark: Mark, piece: Piece, events: Sequence[int], is_kept: Callable[[Piece, list[Piece]], bool]
) -> list[Piece]:
    """Read buckets more finely in which a calibration begins to hold.

    Around a calibration rows do not expire (`traceability.retention`), but for one that was
    entered later than that.
    """
    resolution, start_ms, end_ms = piece
    at_ms = next((at for at in events if _is_within_bucket(mark, piece, at)), None)
    if at_ms is None:
        return [piece]
    bucket_ms = floor(resolution, at_ms, mark.zone)
    bucket = Piece(resolution, bucket_ms, following(resolution, bucket_ms, mark.zone))
    whole = bucket._replace(resolution=Resolution.RAW)
    inside = [
        part
        for finer in _cover(mark, whole, resolution.finer)
        for part in _split(mark, finer, events, is_kept)
    ]
    if mark.lacks_readings(bucket_ms, bucket.end_ms) and not is_kept(bucket, inside):
        inside = [bucket]
    rest = Piece(resolution, bucket.end_ms, end_ms)
    return [
        Piece(resolution, start_ms, bucket_ms),
        *inside,
        *_split(mark, rest, [at for at in events if at >= rest.start_ms], is_kept),
    ]


def _is_within_bucket(mark: Mark, piece: Piece, at_ms: int) -> bool:
    if piece.resolution is Resolution.RAW or not piece.start_ms < at_ms < piece.end_ms:
        return False
    return piece.start_ms <= floor(piece.resolution, at_ms, mark.zone) < at_ms


def _is_kept(connection: Connection, series_id: int, bucket: Piece, inside: list[Piece]) -> bool:
    """Return whether the finer rows are all still there."""
    counts = []
    for pieces in ([bucket], inside):
        rows = rows_of(series_id, pieces)
        counted = func.coalesce(func.sum(rows.c.trusted + rows.c.bad), 0)
        counts.append(connection.scalar(select(counted)))
    return counts[0] == counts[1]


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last and last.resolution is piece.resolution and last.end_ms == piece.start_ms:
            found[-1] = last._replace(end_ms=piece.end_ms)
        elif piece.start_ms < piece.end_ms:
            found.append(piece)
    return found


def _terms(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """A look-up for each piece; with very many of them, one a table that passes over the rest."""
    if len(pieces) <= _MOST_TERMS:
        return [[piece] for piece in pieces]
    by_resolution = groupby(sorted(pieces), key=attrgetter("resolution"))
    return [list(of) for _, of in by_resolution]


def _select(series_id: int, pieces: Sequence[Piece], events: Sequence[Calibration]) -> Any:
    resolution = pieces[0].resolution
    table = resolution.table
    columns = _of_readings if resolution is Resolution.RAW else _of_rollups
    at_ms, *counts, trusted, total, low, high = columns(table)
    within = [and_(at_ms >= piece.start_ms, at_ms < piece.end_ms) for piece in pieces]
    found = _Calibrated(at_ms, events)
    return select(
        at_ms.label("at_ms"),
        literal(resolution.width_ms).label("width_ms"),
        *(count.label(name) for count, name in zip(counts, _COUNTS, strict=True)),
        trusted.label("trusted"),
        found(lambda e: total * e.factor + trusted * e.offset, total).label("total"),
        found(lambda e: (low if e.factor >= 0 else high) * e.factor + e.offset, low).label("low"),
        found(lambda e: (high if e.factor >= 0 else low) * e.factor + e.offset, high).label("high"),
    ).where(table.c.series_id == series_id, or_(*within))


_COUNTS = ("good", "uncertain", "bad")


@dataclass(frozen=True, slots=True)
class _Calibrated:
    """What holds at a row's time: the newest event before it; before all events, the raw value."""

    at_ms: Value
    events: Sequence[Calibration]

    def __call__(self, apply: Callable[[Calibration], Value], raw: Value) -> Value:
        if not self.events:
            return raw
        # The newest first; of two of one moment the one recorded later, as `in_force` chooses.
        steps = [(self.at_ms >= to_ms(e.at), apply(e)) for e in reversed(self.events)]
        return case(*steps, else_=raw)


def _of_readings(_table: Table) -> tuple[Value, ...]:
    value, quality = reading.c.value, reading.c.quality
    has_value = value.is_not(None)
    trusted = case((and_(has_value, quality <= int(Quality.UNCERTAIN)), 1), else_=0)
    counted = case((trusted == 1, value), else_=None)
    good = case((and_(has_value, quality == int(Quality.GOOD)), 1), else_=0)
    return reading.c.at_ms, good, trusted - good, 1 - trusted, trusted, counted, counted, counted


def _of_rollups(table: Table) -> tuple[Value, ...]:
    counts = (table.c.good, table.c.uncertain, table.c.bad)
    trusted = table.c.good + table.c.uncertain
    return table.c.start_ms, *counts, trusted, table.c.total, table.c.low, table.c.high


def _nothing() -> Any:
    return _select(-1, [Piece(Resolution.RAW, 0, 0)], ())
