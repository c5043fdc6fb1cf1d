"""Air quantities nobody measured: VPD, 飽差 in g/m³, dew point, absolute humidity.

They follow from temperature and humidity of one probe at one moment and bend with both, so they
are computed value by value and only then averaged. The database pairs the values, each temperature
with the probe's newest humidity, and counts equal pairs together: a month of a probe that shows
tenths is some thousand pairs, so `sensors.air` needs no twin in SQL.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, Row, and_, case, func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session

from sensors import QUANTITIES, Quality, to_ms
from sensors.derived import OF_AIR
from traceability.lived import Condition, Gap, Span
from traceability.models import reading
from traceability.windows import (
    Window,
    best_by_span,
    gaps_of,
    held_of,
    is_trusted,
    until_next_of,
    value_of,
)

SOURCES = ("air_temperature", "relative_humidity")
# Both values of one message have one time; a bridge that sends them apart does so within seconds.
PAIR_MS = 60 * 1000

Target = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """What one probe said of the air, equal pairs together.

    Rows: temperature [°C], humidity [%], readings, held and uncertain [ms].
    """

    window: Window
    rows: Sequence[Row[Any]]
    gaps: Sequence[Gap]

    @property
    def held(self) -> float:
        return float(sum(row.held for row in self.rows))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Lowest, time-weighted mean and highest of a stretch that begins at `start_ms`."""

    start_ms: int
    mean: float
    low: float
    high: float


def conditions_of(
    session: Session,
    windows: Sequence[Window],
    spans: Sequence[Span],
    *,
    quantities: Sequence[str],
    targets: Mapping[str, Target],
) -> list[Condition]:
    """Return those quantities over all spans, where some probe measured both sources."""
    paired = [_pairs(session, *pair) for pair in _of_one_probe(windows)]
    heard = [pairs for pairs in paired if pairs.rows]
    if not heard:
        return []
    total_ms = sum(to_ms(span.end) - to_ms(span.start) for span in spans)
    found = [_condition(heard, name, targets.get(name), total_ms) for name in quantities]
    return [condition for condition in found if condition is not None]


def course(
    session: Session, windows: Sequence[Window], quantity: str, *, start_ms: int, width_ms: int
) -> Iterator[Bucket]:
    """Return one quantity in stretches of `width_ms` from `start_ms`, one run a probe."""
    formula = OF_AIR[quantity]
    for temperature, humidity in _of_one_probe(windows):
        rows = _paired(temperature, humidity)
        bucket = (rows.c.at_ms - start_ms) // literal(width_ms)
        kinds = (bucket, rows.c.temperature, rows.c.humidity)
        query = core_select(*kinds, func.sum(rows.c.held)).group_by(*kinds)
        found: dict[int, list[tuple[float, float]]] = {}
        for number, celsius, percent, held in session.connection().execute(query):
            value = formula(celsius, percent)
            if value is not None:
                found.setdefault(number, []).append((value, held))
        for number, values in sorted(found.items()):
            yield _bucket(start_ms + number * width_ms, values)


def _of_one_probe(windows: Sequence[Window]) -> Iterator[tuple[Window, Window]]:
    """Match the temperature and the humidity of each probe while it stood in one place."""
    places: dict[tuple[Any, ...], dict[str, Window]] = {}
    for window in windows:
        series = window.series
        key = (window.span.start, window.start_ms, series.device_id, series.channel)
        places.setdefault(key, {})[series.quantity] = window
    for found in places.values():
        if all(source in found for source in SOURCES):
            yield found[SOURCES[0]], found[SOURCES[1]]


def _pairs(session: Session, temperature: Window, humidity: Window) -> _Pairs:
    rows = _paired(temperature, humidity)
    doubted = case((rows.c.quality > int(Quality.GOOD), rows.c.held), else_=0.0)
    query = core_select(
        rows.c.temperature,
        rows.c.humidity,
        func.count().label("readings"),
        func.sum(rows.c.held).label("held"),
        func.sum(doubted).label("uncertain"),
    ).group_by(rows.c.temperature, rows.c.humidity)
    found = session.connection().execute(query).all()
    return _Pairs(temperature, found, gaps_of(session, temperature, rows))


def _paired(temperature: Window, humidity: Window) -> CTE:
    """Each trusted temperature with the newest trusted humidity of at most PAIR_MS before."""
    warm, moist, newest = reading.alias("warm"), reading.alias("moist"), reading.alias("newest")
    at_newest = (
        core_select(func.max(newest.c.at_ms))
        .where(*is_trusted(newest, humidity))
        .where(newest.c.at_ms <= warm.c.at_ms, newest.c.at_ms > warm.c.at_ms - PAIR_MS)
        .correlate(warm)
        .scalar_subquery()
    )
    limit = QUANTITIES["relative_humidity"]
    percent = value_of(moist, humidity)
    until_next = until_next_of(warm.c.at_ms, temperature)
    of_moment = and_(moist.c.series_id == humidity.series.id, moist.c.at_ms == at_newest)
    return (
        core_select(
            warm.c.at_ms,
            value_of(warm, temperature).label("temperature"),
            # A wet probe says 103: within its error that is 100; beyond it there is no pair.
            case((percent > limit.high, limit.high), else_=percent).label("humidity"),
            case((warm.c.quality > moist.c.quality, warm.c.quality), else_=moist.c.quality).label(
                "quality"
            ),
            until_next.label("until_next"),
            held_of(until_next),
        )
        .select_from(warm)
        .join(moist, of_moment)
        .where(*is_trusted(warm, temperature))
        .where(warm.c.at_ms >= temperature.start_ms, warm.c.at_ms < temperature.end_ms)
        .where(percent >= limit.low, percent <= limit.high + limit.slack_high)
        .cte("paired")
    )


def _condition(
    heard: Sequence[_Pairs], quantity: str, target: Target | None, total_ms: int
) -> Condition | None:
    valued = list(_valued(heard, OF_AIR[quantity]))
    if not valued:
        return None  # air without any vapour has no dew point
    held = sum(row.held for _, row in valued)
    best = best_by_span(heard, window=lambda pairs: pairs.window, held=lambda pairs: pairs.held)
    low, high = target or (0.0, 0.0)
    inside = sum(row.held for value, row in valued if low <= value <= high)
    return Condition(
        quantity=quantity,
        mean=sum(value * row.held for value, row in valued) / held,
        low=min(value for value, _ in valued),
        high=max(value for value, _ in valued),
        target=target,
        in_range=None if target is None else inside / held,
        covered=min(1.0, sum(pairs.held for pairs in best) / total_ms),
        uncertain=sum(row.uncertain for _, row in valued) / held,
        readings=sum(row.readings for _, row in valued),
        gaps=[gap for pairs in best for gap in pairs.gaps],
        derived_from=SOURCES,
    )


def _valued(
    heard: Sequence[_Pairs], formula: Callable[[float, float], float | None]
) -> Iterator[tuple[float, Row[Any]]]:
    for pairs in heard:
        for row in pairs.rows:
            value = formula(row.temperature, row.humidity)
            if value is not None:
                yield value, row


def _bucket(start_ms: int, values: Sequence[tuple[float, float]]) -> Bucket:
    held = sum(weight for _, weight in values)
    plain = [value for value, _ in values]
    # The last value of a window may hold for no time at all.
    mean = sum(v * weight for v, weight in values) / held if held else sum(plain) / len(plain)
    return Bucket(start_ms, mean, min(plain), max(plain))
