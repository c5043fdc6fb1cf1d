"""Light a crop gets: daily light integral and photoperiod, by local day, gaps said aloud.

A value holds until the next one, but no longer than `hold_s`: beyond that nobody knows, and the
time counts as a gap instead of as darkness or as light.

Source: Faust and Logan, Daily Light Integral, HortScience 53(9), 2018. Lettuce in plant factories
gets 12 to 17 mol/m²/d.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Below this a leaf does not count it as day; dusk through glass is a few µmol/m²/s.
DAY_PPFD = 5.0
# Sunlight only. Source: McCree, Agricultural Meteorology 10 (1972): 4.57 µmol per J of PAR, and
# PAR is 45 % of global radiation at most heights of the sun; together 2.02 in practice.
PPFD_PER_GLOBAL_W_M2 = 2.02

Point = tuple[datetime, float | None]


@dataclass(frozen=True, slots=True)
class DayOfLight:
    """One local day. `dli` counts what was measured; `gap_h` is how long nobody knows."""

    day: date
    dli: float  # mol/m²/d
    photoperiod_h: float
    gap_h: float


def days_of_light(
    points: Iterable[Point], *, zone: ZoneInfo, until: datetime, hold_s: float = 900.0
) -> list[DayOfLight]:
    """Return light by local day, from the first point to `until`.

    Days of a change of clock have 23 or 25 hours. The first and the last day are as long as the
    data; what is missing of them is no gap, because nobody has asked yet.

    Args:
        points: (aware time, PPFD in µmol/m²/s or None for "no value"), oldest first.
        until: How far the last point may hold, half-open.
        hold_s: How long a value is believed without a new one.

    >>> start = datetime(2026, 6, 1, tzinfo=UTC)
    >>> lamps = [(start, 200.0), (start + timedelta(hours=16), 0.0)]
    >>> day = days_of_light(
    ...     lamps, zone=ZoneInfo("UTC"), until=start + timedelta(days=1), hold_s=86_400
    ... )[0]
    >>> day.dli, day.photoperiod_h
    (11.52, 16.0)
    """
    days: dict[date, list[float]] = {}
    for start, end, ppfd in _spans(points, until, hold_s):
        for day, seconds in _by_day(start, end, zone):
            sums = days.setdefault(day, [0.0, 0.0, 0.0])
            if ppfd is None:
                sums[2] += seconds
            else:
                sums[0] += ppfd * seconds
                sums[1] += seconds if ppfd >= DAY_PPFD else 0.0
    return [
        DayOfLight(day, micromol / 1e6, lit_s / 3600, gap_s / 3600)
        for day, (micromol, lit_s, gap_s) in sorted(days.items())
    ]


def estimated_ppfd(global_radiation_w_m2: float) -> float:
    """Return a rough PPFD of sunlight from global radiation; label it as an estimate. [µmol/m²/s]

    For lamps it means nothing: their spectrum is another.
    """
    return global_radiation_w_m2 * PPFD_PER_GLOBAL_W_M2


def _spans(
    points: Iterable[Point], until: datetime, hold_s: float
) -> Iterator[tuple[datetime, datetime, float | None]]:
    """Cut time into pieces of one value each; None where nothing is known."""
    hold = timedelta(seconds=hold_s)
    before: Point | None = None
    for point in (*points, (until, None)):
        at = min(point[0], until)
        if before is not None and at > before[0]:
            known_until = min(at, before[0] + hold)
            yield before[0], known_until, before[1]
            if known_until < at:
                yield known_until, at, None
        before = (at, point[1])


def _by_day(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[date, float]]:
    """Cut a span at local midnights, computed in UTC so that 23-hour days come out right."""
    start = start.astimezone(UTC)
    while start < end:
        day = start.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        piece_end = min(end.astimezone(UTC), midnight)
        yield day, (piece_end - start).total_seconds()
        start = piece_end
