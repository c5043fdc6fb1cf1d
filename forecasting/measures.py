"""How wrong a forecast was, each measure with its formula. y is what came, f what was said.

Nothing here divides by a single y: fresh produce has weeks of 0, and MAPE explodes on them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecasting.result import AtStep, Score
from forecasting.table import Floats

QUANTILES = (0.1, 0.5, 0.9)


def wape(y: Floats, f: Floats) -> float | None:
    """Weighted absolute percentage error, sum|y - f| / sum(y). None where sum(y) = 0."""
    total = float(np.sum(y))
    return float(np.sum(np.abs(y - f)) / total) if total > 0 else None


def bias(y: Floats, f: Floats) -> float | None:
    """sum(f - y) / sum(y): above 0 we promised too much. None where sum(y) = 0."""
    total = float(np.sum(y))
    return float(np.sum(f - y) / total) if total > 0 else None


def naive_scale(history: Floats, season: int) -> float | None:
    """mean|y_t - y_(t-season)| over the history: what repeating the last season costs per period.

    With less than two seasons the last value is repeated instead. None where that is 0.

    Source: Hyndman and Koehler, Int. J. Forecasting 22 (2006), 679-688.
    """
    lag = season if len(history) > 2 * season else 1
    scale = float(np.mean(np.abs(history[lag:] - history[:-lag])))
    return scale if scale > 0 else None


def mase(y: Floats, f: Floats, scale: float | None) -> float | None:
    """Mean absolute scaled error, mean|y - f| / naive_scale; below 1 beats in-sample naive."""
    return float(np.mean(np.abs(y - f)) / scale) if scale else None


def pinball(y: Floats, quantiles: Floats) -> float | None:
    """Mean over 10/50/90 of the quantile loss max(q(y - f), (q - 1)(y - f)), over mean(y).

    Args:
        quantiles: shape (len(y), 3), P10, P50, P90.
    """
    total = float(np.sum(y))
    if total <= 0:
        return None
    miss = y[:, None] - quantiles
    q = np.asarray(QUANTILES)
    return float(np.sum(np.maximum(q * miss, (q - 1) * miss)) / len(q) / total)


def coverage(y: Floats, quantiles: Floats) -> float | None:
    """Share of y inside P10 to P90, ends included; 0.8 is what the two promise together.

    Periods that are known to be closed (said and came 0) are left out: covering them is no merit.
    None where nothing else is left.
    """
    said = _said(y, quantiles)
    if not np.any(said):
        return None
    return float(np.mean(((quantiles[:, 0] <= y) & (y <= quantiles[:, 2]))[said]))


def width(y: Floats, quantiles: Floats) -> float | None:
    """Sum of P90 - P10 over sum(y): a wide interval covers without saying anything."""
    total = float(np.sum(y))
    return float(np.sum(quantiles[:, 2] - quantiles[:, 0]) / total) if total > 0 else None


def by_step(actual: Floats, quantiles: Floats) -> tuple[AtStep, ...]:
    """Coverage and width at each distance: an interval may hold on the mean and fail far ahead.

    Args:
        actual: shape (cutoffs, horizon).
        quantiles: shape (cutoffs, horizon, 3), P10, P50, P90 of the same.
    """
    return tuple(
        AtStep(
            ahead=step + 1,
            coverage=coverage(y, lines),
            width=width(y, lines),
            cases=int(np.sum(_said(y, lines))),
        )
        for step, (y, lines) in enumerate(
            zip(actual.T, quantiles.transpose(1, 0, 2), strict=True),
        )
    )


def mean_by_step(series: Sequence[Sequence[AtStep]]) -> tuple[AtStep, ...]:
    """The mean over series of each distance's measures, those without it left out; cases summed."""
    return tuple(
        AtStep(
            ahead=steps[0].ahead,
            coverage=_mean([step.coverage for step in steps]),
            width=_mean([step.width for step in steps]),
            cases=sum(step.cases for step in steps),
        )
        for steps in zip(*series, strict=True)
    )


def score(y: Floats, quantiles: Floats, *, scale: float | None, cutoffs: int) -> Score:
    """All measures of one model on one series.

    Args:
        y: what came, one value for each cutoff and step.
        quantiles: shape (len(y), 3), P10, P50, P90 of the same.
    """
    middle = quantiles[:, 1]
    return Score(
        wape=wape(y, middle),
        mase=mase(y, middle, scale),
        bias=bias(y, middle),
        pinball=pinball(y, quantiles),
        coverage=coverage(y, quantiles),
        cutoffs=cutoffs,
    )


def mean_score(scores: Sequence[Score]) -> Score:
    """The mean of each measure over series, those without it left out."""
    names = ("wape", "mase", "bias", "pinball", "coverage")
    means = {name: _mean([getattr(one, name) for one in scores]) for name in names}
    return Score(**means, cutoffs=max(one.cutoffs for one in scores))


def _said(y: Floats, quantiles: Floats) -> NDArray[np.bool_]:
    """Where something was said to come, or came: the rest is known to be closed."""
    return (quantiles[:, 2] > 0) | (y > 0)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
