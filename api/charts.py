"""Charts as inline SVG: pure functions from numbers to geometry, no script, no inline style.

The drawing is stretched to its place (`preserveAspectRatio="none"`), so lines keep their width by
`vector-effect` in the stylesheet and words stand beside it as HTML, evenly spaced like the grid.
A stretch without values is drawn as a gap, never bridged.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from markupsafe import Markup

from forecasting import Step
from traceability.conditions import DayLight, Point

WIDTH, HEIGHT = 1000, 300
_X_LABELS = 5
# From here on a chart shows one point a day.
MANY_DAYS = timedelta(days=8)
ENOUGH_H = 14.0
_MOST_TICKS = 5

Pair = tuple[float, float]
# From when to when a range is wanted.
Wanted = tuple[datetime, datetime, Pair]


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing for `<svg viewBox="0 0 1000 300">`, with its labels, evenly spaced.

    `y_labels` run from the top down, `x_labels` from left to right.
    """

    body: Markup
    y_labels: Sequence[str]
    x_labels: Sequence[str]


def time_plot(
    points: Sequence[Point],
    *,
    target: Pair | Sequence[Wanted] | None,
    zone: str,
    say: Callable[[float, int], str],
    until: datetime | None = None,
) -> Plot | None:
    """Draw a quantity over time: mean as a line, lowest to highest as a shade, target as a band.

    Args:
        points: Buckets of equal width, oldest first; None where nothing was heard.
        target: (low, high) the quantity should stay in, or that from when to when.
        zone: IANA zone of the time labels.
        say: Writes a number of so many digits as the reader does.
        until: What lies later is not a gap: it has not happened yet.

    Returns:
        None where no point has a value.
    """
    heard = [p for p in points if p.mean is not None]
    if not heard:
        return None
    lows = [p.low for p in heard if p.low is not None]
    highs = [p.high for p in heard if p.high is not None]
    bands = _bands(target, points)
    limits = [limit for _, _, pair in bands for limit in pair]
    ticks = nice_ticks(min([*lows, *limits]), max([*highs, *limits]))
    y = _scale(ticks[0], ticks[-1])
    drawn = _drawn(points, zone)
    parts = [
        _grid(len(ticks)),
        *(_band(left, right, pair, y) for left, right, pair in bands),
        *_gaps(points, until),
        _spread([(x, p.low, p.high) for x, p in drawn], y),
        _line("line", [(x, p.mean) for x, p in drawn], y),
    ]
    return Plot(Markup("").join(parts), _said(ticks, say), _times(points, zone))


def sparkline(points: Sequence[Point]) -> Markup | None:
    """Draw only the line, for a card; None where nothing was heard."""
    heard = [p.mean for p in points if p.mean is not None]
    if not heard:
        return None
    low, high = min(heard), max(heard)
    pad = (high - low) * 0.1 or 1.0
    step = WIDTH / max(1, len(points))
    pairs = [(step * (i + 0.5), p.mean) for i, p in enumerate(points)]
    return _line("line", pairs, _scale(low - pad, high + pad))


def light_plot(days: Sequence[DayLight], *, say: Callable[[float, int], str]) -> Plot | None:
    """Draw the daily light integral as a bar a day; days not wholly measured are hatched pale."""
    if not days:
        return None
    ticks = nice_ticks(0.0, max(day.mol for day in days) or 1.0)
    y = _scale(ticks[0], ticks[-1])
    first, last = days[0].day, days[-1].day
    count = (last - first).days + 1
    step = WIDTH / count
    bars = [_bar((day.day - first).days * step, step, y(day.mol), day.covered) for day in days]
    labels = [_month_day(first + timedelta(days=i)) for i in _evenly(count)]
    return Plot(Markup("").join([_grid(len(ticks)), *bars]), _said(ticks, say), labels)


def fan_plot(
    history: Sequence[tuple[date, float]],
    steps: Sequence[Step],
    *,
    last_year: dict[date, float],
    say: Callable[[float, int], str],
) -> Plot | None:
    """Draw past weeks, then P10 to P90 as a fan around P50, beside the naive line and last year.

    Args:
        history: (Monday, kg) of the last weeks, oldest first, just before `steps`.
        last_year: Monday of this year -> kg harvested 52 weeks earlier.
    """
    if not steps:
        return None
    weeks = [ds for ds, _ in history] + [step.ds for step in steps]
    tops = [kg for _, kg in history] + [s.p90 for s in steps] + [s.naive for s in steps]
    ticks = nice_ticks(0.0, max([*tops, *(last_year.get(ds, 0.0) for ds in weeks)]) or 1.0)
    y, gap = _scale(ticks[0], ticks[-1]), WIDTH / max(1, len(weeks) - 1)
    at = {ds: i * gap for i, ds in enumerate(weeks)}
    joint = [(at[history[-1][0]], history[-1][1])] if history else []
    fan = [(at[s.ds], s.p10, s.p90) for s in steps]
    parts = [
        _grid(len(ticks)),
        _spread([(x, v, v) for x, v in joint] + fan, y, name="fan"),
        _line("last-year", [(at[ds], last_year.get(ds)) for ds in weeks], y),
        _line("naive", joint + [(at[s.ds], s.naive) for s in steps], y),
        _line("past", [(at[ds], kg) for ds, kg in history], y),
        _line("line", joint + [(at[s.ds], s.p50) for s in steps], y),
        _dots([(at[s.ds], s.p50) for s in steps], y),
    ]
    labels = [_month_day(weeks[i]) for i in _evenly(len(weeks))]
    return Plot(Markup("").join(parts), _said(ticks, say), labels)


def nice_ticks(low: float, high: float) -> list[float]:
    """Return 2 to 6 round numbers, evenly spaced, from at most `low` to at least `high`.

    >>> nice_ticks(17.3, 24.1)
    [16.0, 18.0, 20.0, 22.0, 24.0, 26.0]
    """
    if high <= low:
        low, high = low - 0.5, low + 0.5
    rough = (high - low) / (_MOST_TICKS - 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def daily(points: Sequence[Point], zone: str) -> list[tuple[date, float, float, float]]:
    """Return (local day, mean, lowest, highest) for the table beside a chart."""
    if len(points) < 2:
        return []
    found = []
    for noon, parts in _by_day(points, points[1].at - points[0].at, ZoneInfo(zone)):
        day = _blend(noon, parts)
        if day.mean is not None and day.low is not None and day.high is not None:
            found.append((noon.date(), day.mean, day.low, day.high))
    return found


def _scale(low: float, high: float) -> Callable[[float], float]:
    return lambda value: HEIGHT - (value - low) / (high - low) * HEIGHT


def _grid(ticks: int) -> Markup:
    rows = (round(i * HEIGHT / (ticks - 1)) for i in range(ticks))
    path = "".join(f"M0 {row}H{WIDTH}" for row in rows)
    return Markup('<path class="grid" d="{}"/>').format(path)


def _bands(
    target: Pair | Sequence[Wanted] | None, points: Sequence[Point]
) -> list[tuple[float, float, Pair]]:
    """Return where ranges are wanted, in x, cut to what is drawn."""
    if not target:
        return []
    if isinstance(target, tuple) and isinstance(target[0], (int, float)):
        return [(0, WIDTH, cast("Pair", target))]
    width = points[1].at - points[0].at if len(points) > 1 else timedelta(hours=1)
    start, whole = points[0].at, width * len(points)
    found = []
    for begin, end, pair in cast("Sequence[Wanted]", target):
        left, right = ((at - start) / whole * WIDTH for at in (begin, end))
        if left < WIDTH and right > 0:
            found.append((max(0.0, left), min(float(WIDTH), right), pair))
    return found


def _band(left: float, right: float, pair: Pair, y: Callable[[float], float]) -> Markup:
    top, bottom = round(y(pair[1])), round(y(pair[0]))
    return Markup('<rect class="band" x="{}" y="{}" width="{}" height="{}"/>').format(
        round(left), top, round(right) - round(left), max(1, bottom - top)
    )


def _drawn(points: Sequence[Point], zone: str) -> list[tuple[float, Point]]:
    """Return (x, point); of many days one point a day, or night and day would draw a comb."""
    step = WIDTH / len(points)
    if points[-1].at - points[0].at <= MANY_DAYS:
        return [(step * (i + 0.5), point) for i, point in enumerate(points)]
    start, width = points[0].at, points[1].at - points[0].at
    per_s = step / width.total_seconds()
    found = []
    for noon, parts in _by_day(points, width, ZoneInfo(zone)):
        x = min(WIDTH, max(0.0, (noon - start).total_seconds() * per_s))
        found.append((x, _blend(noon, parts)))
    return found


def _by_day(
    points: Sequence[Point], width: timedelta, zone: ZoneInfo
) -> Iterator[tuple[datetime, list[tuple[float, Point]]]]:
    """Yield (noon, [(hours of the bucket in that day, bucket)]) of each local day."""
    days: dict[date, list[tuple[float, Point]]] = {}
    for point in points:
        start, end = point.at.astimezone(zone), (point.at + width).astimezone(zone)
        while start < end:
            midnight = datetime.combine(start.date() + timedelta(days=1), time(), zone)
            stop = min(end, midnight)
            hours = (stop.astimezone(UTC) - start.astimezone(UTC)) / timedelta(hours=1)
            days.setdefault(start.date(), []).append((hours, point))
            start = stop
    for day, parts in days.items():
        yield datetime.combine(day, time(12), zone), parts


def _blend(at: datetime, parts: Sequence[tuple[float, Point]]) -> Point:
    """A bucket across midnight counts for each day by its hours there; of a day heard less than
    ENOUGH_H, no mean can be told: half a night would look like a cold day."""
    heard = [(hours, p) for hours, p in parts if p.mean is not None]
    if sum(hours for hours, _ in heard) < ENOUGH_H:
        return Point(at, None, None, None)
    mean = sum(hours * (p.mean or 0.0) for hours, p in heard) / sum(hours for hours, _ in heard)
    low, high = min(p.low or 0.0 for _, p in heard), max(p.high or 0.0 for _, p in heard)
    return Point(at, mean, low, high)


def _gaps(points: Sequence[Point], until: datetime | None) -> list[Markup]:
    step = WIDTH / len(points)
    found, start = [], None
    for i, point in enumerate([*points, None]):
        silent = point is not None and point.mean is None and (until is None or point.at < until)
        if silent and start is None:
            start = i
        elif not silent and start is not None:
            found.append(_gap(start * step, i * step))
            start = None
    return found


def _gap(left: float, right: float) -> Markup:
    return Markup('<rect class="gap" x="{}" y="0" width="{}" height="{}"/>').format(
        round(left), round(right - left), HEIGHT
    )


def _line(
    name: str, pairs: Iterable[tuple[float, float | None]], y: Callable[[float], float]
) -> Markup:
    path, pen_down = [], False
    for x, value in pairs:
        if value is not None:
            path.append(f"{'L' if pen_down else 'M'}{round(x)} {round(y(value))}")
        pen_down = value is not None
    # A value alone between two gaps is a dot: a line of no length with round ends.
    path += [] if not path else ["h0"]
    return Markup('<path class="{}" d="{}"/>').format(name, "".join(path))


def _dots(pairs: Iterable[Pair], y: Callable[[float], float]) -> Markup:
    path = "".join(f"M{round(x)} {round(y(value))}h0" for x, value in pairs)
    return Markup('<path class="dots" d="{}"/>').format(path)


def _spread(
    rows: Sequence[tuple[float, float | None, float | None]],
    y: Callable[[float], float],
    *,
    name: str = "spread",
) -> Markup:
    """Shade from low to high, each unbroken stretch by itself."""
    shapes: list[str] = []
    stretch: list[tuple[float, float, float]] = []
    for x, low, high in [*rows, (0.0, None, None)]:
        if low is not None and high is not None:
            stretch.append((x, low, high))
        elif stretch:
            there = "L".join(f"{round(x)} {round(y(high))}" for x, _, high in stretch)
            back = "L".join(f"{round(x)} {round(y(low))}" for x, low, _ in reversed(stretch))
            shapes.append(f"M{there}L{back}Z")
            stretch = []
    return Markup('<path class="{}" d="{}"/>').format(name, "".join(shapes))


def _bar(left: float, width: float, top: float, covered: float) -> Markup:
    gap = min(6.0, width * 0.2)
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        "bar" if covered > 0.95 else "bar part",
        round(left + gap / 2, 1),
        round(top),
        round(width - gap, 1),
        HEIGHT - round(top),
    )


def _said(ticks: Sequence[float], say: Callable[[float, int], str]) -> list[str]:
    step = ticks[1] - ticks[0]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    digits += int(round(step * 10**digits, 6) % 1 != 0)  # a step of 2.5 needs one more
    return [say(tick, digits) for tick in reversed(ticks)]


def _times(points: Sequence[Point], zone: str) -> list[str]:
    width = points[1].at - points[0].at if len(points) > 1 else timedelta(hours=1)
    start, end = points[0].at, points[-1].at + width
    moments = [start + (end - start) * i / (_X_LABELS - 1) for i in range(_X_LABELS)]
    local = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    if end - start <= timedelta(hours=36):
        return [_clock(moment) for moment in local]
    return [_month_day(moment.date()) for moment in local]


def _clock(moment: datetime) -> str:
    return f"{moment.hour}:{moment.minute:02d}"


def _month_day(day: date) -> str:
    return f"{day.month}/{day.day}"


def _evenly(count: int) -> list[int]:
    """Return up to five indices of `count`, evenly spread, first and last among them."""
    labels = min(_X_LABELS, count)
    if labels < 2:
        return list(range(count))
    return [round(i * (count - 1) / (labels - 1)) for i in range(labels)]
