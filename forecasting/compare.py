"""Rivals at the very cutoffs of a study, so that ours and theirs are judged on the same weeks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from forecasting import pool
from forecasting.backtest import Rolled, roll, score_of
from forecasting.measures import mean_score
from forecasting.result import Score
from forecasting.rivals import RIVALS
from forecasting.study import Examined, Study


@dataclass(frozen=True, slots=True)
class Beside:
    """Mean scores over series, and seconds of fitting over series and cutoffs, by rival."""

    scores: dict[str, Score]
    seconds: dict[str, float]


def rivals_beside(
    study: Study,
    names: Sequence[str],
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Beside:
    """Run the named rivals at the judged cutoffs of each series."""
    work = [_without_lines(one.examined) for one in study.judged]
    rolled: list[Rolled] = []
    for done, one in enumerate(
        pool.each(partial(_roll, tuple(names)), work, processes=processes), 1
    ):
        rolled.append(one)
        if progress is not None:
            progress(done, len(work))
    scores: dict[str, Score] = {}
    for name in names if rolled else ():
        found = [score_of(one, one.said[name], range(len(one.cutoffs))) for one in rolled]
        scores[name] = mean_score(found)
    seconds = {name: sum(one.seconds[name] for one in rolled) for name in names}
    return Beside(scores, seconds)


def _without_lines(one: Examined) -> Rolled:
    """The judged cutoffs of a series, as the worker needs them."""
    rolled = one.rolled
    rows = list(one.rows)
    return Rolled(
        rolled.past, tuple(rolled.cutoffs[row] for row in rows), rolled.actual[rows], {}, {}
    )


def _roll(names: tuple[str, ...], of: Rolled) -> Rolled:
    rivals = {name: RIVALS[name] for name in names}
    return roll(of.past, rivals, of.cutoffs, horizon=of.horizon)
