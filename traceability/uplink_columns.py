"""Readings and minutes written as they travel to the hub: columns, which pack small."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from traceability.resolutions import MINUTE_MS
from traceability.uplink_readings import Found
from traceability.wire import Readings, SeriesMinutes, SeriesReadings, Waiting


def batch(store: str, number: int, found: Found, waiting: Waiting) -> Readings:
    """Return what was found as the batch of that number."""
    if found.is_thinned:
        minutes = list(minute_columns(found.rows))
        return Readings(store, number, [], waiting, minutes)
    return Readings(store, number, list(columns(found.rows)), waiting)


def columns(rows: Iterable[tuple[Any, ...]]) -> Iterator[SeriesReadings]:
    """Write readings, sorted by series and time, as they travel."""
    for series_id, group in groupby(rows, key=itemgetter(0)):
        _, at, value, quality, reason = zip(*group, strict=True)
        yield SeriesReadings(series_id, _steps(at), list(value), _folded(quality), _folded(reason))


def minute_columns(rows: Iterable[tuple[Any, ...]]) -> Iterator[SeriesMinutes]:
    """Write minutes, sorted by series and time, as they travel."""
    for series_id, group in groupby(rows, key=itemgetter(0)):
        _, at, good, uncertain, bad, *figures = zip(*group, strict=True)
        minutes = [at_ms // MINUTE_MS for at_ms in at]
        total, low, high = (list(one) for one in figures)
        counts = (_folded(good), _folded(uncertain), _folded(bad))
        yield SeriesMinutes(series_id, _steps(minutes), *counts, total, low, high)


def _steps(times: Sequence[int]) -> list[int]:
    return [times[0], *(b - a for a, b in pairwise(times))]


def _folded(column: Sequence[int]) -> int | list[int]:
    return column[0] if column.count(column[0]) == len(column) else list(column)
