"""Rolling origin: what we would have said at past cutoffs, beside what came.

At each cutoff a candidate sees the periods up to it and the calendar of the next ones, nothing
else; it is fitted anew every time. Prophet's own `cross_validation` hands regressors their true
future values, which is right for calendars and a leak for anything else, hence this loop.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.measures import naive_scale, score
from forecasting.result import Score
from forecasting.table import Ahead, Floats, Past

Candidate = Callable[[Past, Ahead, int], Floats]

# Weights come from a year of cutoffs, intervals from a little more: one cutoff each 4 weeks.
WARM_UP_PERIODS = {7: 60, 1: 364}
WARM_UP_STEP = {7: 4, 1: 28}


@dataclass(frozen=True, slots=True)
class Rolled:
    """Forecasts of one series at past cutoffs.

    Attributes:
        cutoffs: periods known at each cutoff, oldest first.
        actual: shape (cutoffs, horizon).
        said: by model, shape (cutoffs, horizon, 3), P10, P50, P90.
        seconds: by model, over all cutoffs.
    """

    past: Past
    cutoffs: tuple[int, ...]
    actual: Floats
    said: Mapping[str, Floats]
    seconds: Mapping[str, float]

    @property
    def horizon(self) -> int:
        return int(self.actual.shape[1])

    def known_at(self, cutoff: int, *, periods: int) -> list[int]:
        """Rows whose whole horizon had come by then and lies in the last `periods`."""
        return [
            row
            for row, before in enumerate(self.cutoffs)
            if before + self.horizon <= cutoff and before + self.horizon > cutoff - periods
        ]


def cutoffs_of(length: int, *, horizon: int, count: int, step: int, least: int) -> tuple[int, ...]:
    """The last `count` cutoffs, `step` apart, each with `horizon` known periods after it.

    Fewer where the history before the first would be shorter than `least`.
    """
    ends = [length - horizon - step * back for back in range(count)]
    return tuple(sorted(end for end in ends if end >= least))


def warm_up(first: int, *, horizon: int, step_days: int, least: int) -> tuple[int, ...]:
    """Earlier cutoffs, from whose errors the mix at cutoff `first` takes weights and intervals."""
    latest = first - WARM_UP_STEP[step_days]
    earliest = max(least, first - horizon - WARM_UP_PERIODS[step_days])
    return tuple(sorted(range(latest, earliest - 1, -WARM_UP_STEP[step_days])))


def roll(
    past: Past, candidates: Mapping[str, Candidate], cutoffs: Sequence[int], *, horizon: int
) -> Rolled:
    """Fit every candidate at every cutoff."""
    actual = np.zeros((len(cutoffs), horizon))
    said = {name: np.zeros((len(cutoffs), horizon, 3)) for name in candidates}
    seconds = dict.fromkeys(candidates, 0.0)
    for row, cutoff in enumerate(cutoffs):
        known, ahead = past.until(cutoff), past.between(cutoff, cutoff + horizon)
        actual[row] = past.y[cutoff : cutoff + horizon]
        for name, candidate in candidates.items():
            started = time.perf_counter()
            said[name][row] = candidate(known, ahead, seed_of(past.series, known.ds[-1]))
            seconds[name] += time.perf_counter() - started
    return Rolled(past, tuple(cutoffs), actual, said, seconds)


def score_of(rolled: Rolled, line: Floats, rows: Sequence[int]) -> Score:
    """One model's line, shape (rows, horizon, 3), over these cutoffs and all steps together."""
    past = rolled.past
    return score(
        rolled.actual[list(rows)].ravel(),
        line.reshape(-1, 3),
        scale=naive_scale(past.y[: rolled.cutoffs[rows[0]]], past.season),
        cutoffs=len(rows),
    )


def seed_of(series: str, cutoff: object) -> int:
    """A seed that depends on what is forecast, not on the order or the process it happens in."""
    return int.from_bytes(hashlib.sha256(f"{series}\0{cutoff}".encode()).digest()[:4], "big")
