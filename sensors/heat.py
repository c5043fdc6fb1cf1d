"""Heat a crop has had: growing degree days, with the clipping named, because three are in use.

    simple     max(0, mean of the extremes - base)
    clip_low   extremes below the base count as the base
    clip_both  the same, and extremes above `upper` count as `upper`

On a cool day they differ much: 14/4 °C over a base of 10 gives 0 by `simple`, 2 by `clip_low`.

Source: McMaster and Wilhelm, Growing degree-days: one equation, two interpretations,
Agricultural and Forest Meteorology 87 (1997).
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

Clipping = Literal["simple", "clip_low", "clip_both"]
# Below these a crop stands still. [°C]
BASE_C = {"lettuce": 4.4, "tomato": 10.0, "rice": 10.0, "basil": 10.0, "spinach": 2.2}


def degree_days(
    highest_c: float,
    lowest_c: float,
    *,
    base_c: float,
    clipping: Clipping,
    upper_c: float | None = None,
) -> float:
    """Return one day's growing degree days. [°C·d]

    Raises:
        ValueError: the extremes are swapped, or `clip_both` without `upper_c`.

    >>> degree_days(28, 12, base_c=10, clipping="simple")
    10.0
    """
    if highest_c < lowest_c:
        raise ValueError(f"the day's highest {highest_c} °C is below its lowest {lowest_c} °C")
    if clipping == "clip_both":
        if upper_c is None:
            raise ValueError("clip_both needs upper_c, the temperature above which growth stops")
        highest_c, lowest_c = min(highest_c, upper_c), min(lowest_c, upper_c)
    if clipping != "simple":
        highest_c, lowest_c = max(highest_c, base_c), max(lowest_c, base_c)
    return max(0.0, (highest_c + lowest_c) / 2 - base_c)


def daily_extremes(
    points: Iterable[tuple[datetime, float]], *, zone: ZoneInfo
) -> dict[date, tuple[float, float]]:
    """Return (highest, lowest) by local day; a day without values is absent."""
    days: dict[date, tuple[float, float]] = {}
    for at, value in points:
        day = at.astimezone(zone).date()
        high, low = days.get(day, (value, value))
        days[day] = (max(high, value), min(low, value))
    return days
