"""How the members become one forecast: weights of 1 over the squared past error, and their limits.

Picking the one best model of a series was worse than mixing on every set measured. Weights use
only errors that were known at the cutoff, over the year before it. Where the mix has lost to the
naive line over that year, half of it is taken from the naive line: a mix of models that all miss
a shock misses it together. Where it lost over the last half year, the naive line is what is
served, with that sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.backtest import Rolled
from forecasting.result import Note
from forecasting.table import Floats

YEAR = {7: 52, 1: 364}
HALF_YEAR = {7: 26, 1: 182}
NAIVE_SHARE = 0.5  # of the mix, where it lost over the year


@dataclass(frozen=True, slots=True)
class Mixed:
    """The mix at every cutoff, as it would have been made then.

    Attributes:
        members: names, in the order of the weights.
        weights: shape (cutoffs + 1, members); the last row is for the forecast made now.
        lines: shape (cutoffs, horizon, 3), not yet calibrated.
        lost: (cutoffs + 1,) whether the mix had lost to the naive line over the half year before.
        ratios: (cutoffs + 1,) its error over the naive line's in that half year; NaN unknown.
    """

    members: tuple[str, ...]
    weights: Floats
    lines: Floats
    lost: tuple[bool, ...]
    ratios: tuple[float, ...]


def mix(rolled: Rolled, naive: str, *, beside: str | None = None) -> Mixed:
    """Go through the cutoffs in order, mixing each with the weights known at it.

    Args:
        beside: a member that is judged and never mixed in.
    """
    members = tuple(rolled.said)
    said = np.stack([rolled.said[name] for name in members])
    misses = np.abs(said[..., 1] - rolled.actual).mean(axis=2)
    place = members.index(naive)
    step_days = rolled.past.step_days
    lines = np.zeros(said.shape[1:])
    mixed_misses = np.full(len(rolled.cutoffs), np.nan)
    weights, ratios = [], []
    for row, cutoff in enumerate([*rolled.cutoffs, len(rolled.past)]):
        year = rolled.known_at(cutoff, periods=YEAR[step_days])
        half = rolled.known_at(cutoff, periods=HALF_YEAR[step_days])
        weight = weigh(misses[:, year], [name != beside for name in members])
        if naive != beside and _ratio(mixed_misses[year], misses[place, year]) > 1:
            weight = weight * (1 - NAIVE_SHARE)
            weight[place] += NAIVE_SHARE
        weights.append(weight)
        ratios.append(_ratio(mixed_misses[half], misses[place, half]))
        if row < len(rolled.cutoffs):
            lines[row] = np.tensordot(weight, said[:, row], axes=1)
            mixed_misses[row] = float(np.abs(lines[row, :, 1] - rolled.actual[row]).mean())
    lost = tuple(ratio > 1 for ratio in ratios)
    return Mixed(members, np.array(weights), lines, lost, tuple(ratios))


def weigh(misses: Floats, mixed: Sequence[bool]) -> Floats:
    """1 / (mean past error)^2 of each member, summing to 1; equal where nothing is known.

    Args:
        misses: shape (members, cutoffs), mean absolute error at each.
        mixed: which members take part; the others have no weight.
    """
    part = np.array(mixed, dtype=np.float64)
    if misses.shape[1] == 0:
        return np.asarray(part / part.sum())
    error = misses.mean(axis=1)
    # A member that was never wrong must not divide by zero; it takes all the weight anyway.
    floor = 1e-6 * float(error.max()) or 1.0
    raw: Floats = part / np.maximum(error, floor) ** 2
    return np.asarray(raw / raw.sum())


def reason_of(*, lost: bool, ratio: float, unit: str) -> Note:
    """Why this line is the default, as a code, a sentence and its facts."""
    span = "26 weeks" if unit == "week" else "182 days"
    if not np.isfinite(ratio):
        sentence = "too little history for a backtest: nobody knows yet how wrong this is"
        return Note("not_yet_judged", sentence)
    facts = {"span": span, "ratio": round(ratio, 4)}
    if lost:
        sentence = (
            f"over the last {span} the mix missed by {ratio:.2f} times as much as the naive line, "
            "so the naive line is shown"
        )
        return Note("lost_to_naive", sentence, facts)
    sentence = f"over the last {span} the mix missed by {ratio:.2f} times as much as the naive line"
    return Note("beats_naive", sentence, facts)


def _ratio(ours: Sequence[float] | Floats, theirs: Floats) -> float:
    """Our summed error over theirs; NaN where nothing is known."""
    if len(theirs) == 0:
        return float("nan")
    total = float(np.sum(theirs))
    mine = float(np.sum(ours))
    if total > 0:
        return mine / total
    return 1.0 if mine == 0 else float("inf")
