"""Electricity: energy from counters that restart, energy from power that was sampled."""

import itertools
from collections.abc import Sequence
from datetime import datetime

_KWH_PER_WS = 1 / 3_600_000


def energy_used(counter: Sequence[tuple[datetime, float]]) -> float:
    """Return what a counter has counted from its first to its last value. [kWh]

    A counter that falls was replaced or reset and starts from 0 again: its new value is what has
    been used since. Anything used between the last old value and the reset is not known.
    """
    steps = itertools.pairwise(counter)
    return sum(new - old if new >= old else new for (_, old), (_, new) in steps)


def energy_of(power: Sequence[tuple[datetime, float]], *, hold_s: float) -> tuple[float, float]:
    """Return the energy of sampled power and how long it is not known. [kWh, s]

    Args:
        power: (time, W), oldest first; a value holds until the next, at most `hold_s`.
    """
    energy_kwh = gap_s = 0.0
    for (start, watts), (end, _) in itertools.pairwise(power):
        seconds = (end - start).total_seconds()
        energy_kwh += watts * min(seconds, hold_s) * _KWH_PER_WS
        gap_s += max(0.0, seconds - hold_s)
    return energy_kwh, gap_s


def mean_power(counter: Sequence[tuple[datetime, float]]) -> float | None:
    """Return the mean power between the first and the last value of a counter. [W]

    None for fewer than two values, or for no time between them.
    """
    if len(counter) < 2:
        return None
    seconds = (counter[-1][0] - counter[0][0]).total_seconds()
    return energy_used(counter) / _KWH_PER_WS / seconds if seconds > 0 else None
