"""Intervals that hold: P10 and P90 moved, each side for itself, by what past forecasts missed.

Models promise 80 % and cover 68 to 97 % by setup. A conformity score says how many half-widths
an actual lay below (or above) P50; the 90 % quantile of past scores is the new half-width. The
width in which scores are counted is the geometric mean of the mix's own interval, which knows
the step and the season, and of P50 itself, which knows the level: on four sets either one alone
gave a larger pinball loss.

A series speaks for itself from six cutoffs on; its family (the other series of the same run)
then still carries two fifths, because thirteen cutoffs of one series are few and share shocks.

Source: Romano, Patterson and Candes, Conformalized quantile regression, NeurIPS 2019.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.backtest import Rolled
from forecasting.table import Days, Floats

OWN_CUTOFFS = 6
FAMILY_SHARE = 0.4
LEVEL = 0.9  # of each side
PERIODS = {7: 60, 1: 364}
FLOOR = 0.02  # of P50: an interval of width 0 has no unit to count in
NOTHING = 0.03  # of the mean: less than that as P50 says nothing about what may come


@dataclass(frozen=True, slots=True)
class Scores:
    """Conformity scores of one series. `known_from`: the day the last step of a row had come.

    below and above have shape (cutoffs, horizon), NaN where nothing could come.
    """

    known_from: Days
    below: Floats
    above: Floats


def scores_of(rolled: Rolled, lines: Floats) -> Scores:
    # The mean of what was known at each cutoff: the whole history's would let the future in.
    usual = np.array([_usual(rolled.past.y[:cutoff]) for cutoff in rolled.cutoffs])
    low, high = _widths(lines, usual[:, None])
    # A closed period is 0 and known to be: covering it is no merit, and it would hide the others.
    miss = np.where(lines[..., 2] > 0, rolled.actual - lines[..., 1], np.nan)
    ends = np.array([cutoff + rolled.horizon - 1 for cutoff in rolled.cutoffs], dtype=int)
    return Scores(rolled.past.ds[ends], -miss / low, miss / high)


def _usual(history: Floats) -> float:
    return float(np.mean(history)) or 1.0


def _widths(lines: Floats, usual: Floats | float) -> tuple[Floats, Floats]:
    """The units in which misses below and above P50 are counted; both > 0."""
    middle = lines[..., 1]
    level = np.maximum(middle, NOTHING * usual)
    low = np.maximum(middle - lines[..., 0], 0) + FLOOR * level
    high = np.maximum(lines[..., 2] - middle, 0) + FLOOR * level
    return np.sqrt(low * level), np.sqrt(high * level)


def calibrated(
    lines: Floats,
    history: Floats,
    *,
    at: np.datetime64,
    own: Scores,
    family: Sequence[Scores] = (),
    step_days: int = 7,
) -> tuple[Floats, str]:
    """Return the lines with calibrated P10 and P90, and whose past did it.

    Args:
        lines: shape (horizon, 3), the mix as made at day `at`.
        own, family: scores; only rows that had fully come by `at` are used.

    Returns:
        (lines, "own" | "pooled" | "uncalibrated"), ordered and never negative.
    """
    since = at - np.timedelta64(PERIODS[step_days] * step_days, "D")
    mine = _recent(own, since, at)
    others = [_recent(scores, since, at) for scores in family]
    theirs = _join([pair for pair in others if len(pair[0])])
    if len(mine[0]) >= OWN_CUTOFFS:
        factors = _quantiles(mine)
        if theirs is not None:
            factors = (1 - FAMILY_SHARE) * factors + FAMILY_SHARE * _quantiles(theirs)
        label = "own"
    elif theirs is not None and len(theirs[0]) >= OWN_CUTOFFS:
        factors, label = _quantiles(theirs), "pooled"
    else:
        return ordered(lines), "uncalibrated"
    low, high = _widths(lines, _usual(history))
    out = lines.copy()
    out[:, 0] = lines[:, 1] - factors[0] * low
    out[:, 2] = lines[:, 1] + factors[1] * high
    # Nothing comes where nothing is said to come: a closed period stays 0.
    out[lines[:, 2] <= 0] = 0.0
    return ordered(out), label


def ordered(lines: Floats) -> Floats:
    """P10 <= P50 <= P90, none below 0; P50 keeps its place."""
    out = np.maximum(lines, 0.0)
    out[:, 0] = np.minimum(out[:, 0], out[:, 1])
    out[:, 2] = np.maximum(out[:, 2], out[:, 1])
    return out


def _recent(scores: Scores, since: np.datetime64, at: np.datetime64) -> tuple[Floats, Floats]:
    rows = (scores.known_from <= at) & (scores.known_from > since)
    rows &= np.isfinite(scores.below).any(axis=1)  # where nothing could come, nothing was learnt
    return scores.below[rows], scores.above[rows]


def _join(pairs: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats] | None:
    if not pairs:
        return None
    return np.concatenate([low for low, _ in pairs]), np.concatenate([high for _, high in pairs])


def _quantiles(pair: tuple[Floats, Floats]) -> Floats:
    return np.maximum([np.nanquantile(side, LEVEL) for side in pair], 0.0)
