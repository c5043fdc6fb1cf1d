"""Rolling origin: what we would have said at past cutoffs, beside what came.

At each cutoff a candidate sees the periods up to it and the calendar of the next ones, nothing
else; it is fitted anew every time. Prophet's own `cross_validation` hands regressors their true
future values, which is right for calendars and a leak for anything else, hence this loop.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.measures import naive_scale, score
from forecasting.result import Score
from forecasting.table import Ahead, Floats, Past

Candidate = Callable[[Past, Ahead, int], Floats]


@dataclass(frozen=True, slots=True)
class Rolled:
    """Forecasts of one series at past cutoffs.

    Attributes:
        cutoffs: periods known at each cutoff, oldest first.
        actual: shape (cutoffs, horizon); NaN where the period has not come yet.
        said: by model, shape (cutoffs, horizon, 3), P10, P50, P90.
    """

    past: Past
    cutoffs: tuple[int, ...]
    actual: Floats
    said: Mapping[str, Floats]


def cutoffs_of(length: int, *, horizon: int, count: int, step: int, least: int) -> tuple[int, ...]:
    """The last `count` cutoffs, `step` apart, each with `horizon` known periods after it.

    Fewer where the history before the first would be shorter than `least`.
    """
    ends = [length - horizon - step * back for back in range(count)]
    return tuple(sorted(end for end in ends if end >= least))


def roll(
    past: Past, candidates: Mapping[str, Candidate], cutoffs: Sequence[int], *, horizon: int
) -> Rolled:
    """Fit every candidate at every cutoff."""
    actual = np.full((len(cutoffs), horizon), np.nan)
    said = {name: np.zeros((len(cutoffs), horizon, 3)) for name in candidates}
    for row, cutoff in enumerate(cutoffs):
        known, ahead = past.until(cutoff), past.between(cutoff, cutoff + horizon)
        actual[row] = past.y[cutoff : cutoff + horizon]
        for name, candidate in candidates.items():
            said[name][row] = candidate(known, ahead, seed_of(past.series, known.ds[-1]))
    return Rolled(past, tuple(cutoffs), actual, said)


def score_of(rolled: Rolled, said: Floats) -> Score | None:
    """All cutoffs and steps of one model together; None without a cutoff."""
    if not rolled.cutoffs:
        return None
    scale = naive_scale(rolled.past.y[: rolled.cutoffs[0]], rolled.past.season)
    return score(
        rolled.actual.ravel(), said.reshape(-1, 3), scale=scale, cutoffs=len(rolled.cutoffs)
    )


def seed_of(series: str, cutoff: object) -> int:
    """A seed that depends on what is forecast, not on the order or the process it happens in."""
    return int.from_bytes(hashlib.sha256(f"{series}\0{cutoff}".encode()).digest()[:4], "big")
