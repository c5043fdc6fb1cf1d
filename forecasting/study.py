"""A backtest of many series at once: members, mix and served line, each at every cutoff.

Work on one series (`examine`) is independent and runs in a pool; calibration needs the family and
is cheap, so it runs here afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from forecasting import pool
from forecasting.backtest import Rolled, cutoffs_of, roll, score_of, warm_up
from forecasting.calibrate import Scores, calibrated, ordered, scores_of
from forecasting.choose import Mixed, mix
from forecasting.errors import ForecastingError, TooShort
from forecasting.kinds import BESIDE, kind_of, members_for
from forecasting.measures import by_step, mean_by_step, mean_score
from forecasting.refusals import refuse_or_note
from forecasting.result import AtStep, Note, Score
from forecasting.table import Floats, Past

MIX, SERVED = "minori", "served"
ACCEPT_ALL = frozenset({"giant_outlier", "level_shift"})  # a backtest looks at what was, warts too


@dataclass(frozen=True, slots=True)
class Plan:
    """How to look back: `count` cutoffs, `step` periods apart, `horizon` periods each."""

    kind: str = "auto"
    horizon: int = 8
    count: int = 13
    step: int = 4


@dataclass(frozen=True, slots=True)
class Examined:
    """One series at all its cutoffs; the first rows only warm up weights and intervals."""

    kind: str
    naive: str
    rolled: Rolled
    mixed: Mixed
    rows: tuple[int, ...]  # of the cutoffs that are judged
    own: Scores
    own_naive: Scores
    notes: tuple[Note, ...] = ()  # what a farm would have been asked about first


@dataclass(frozen=True, slots=True)
class Judged:
    """What each model said at the judged cutoffs, the mix calibrated. Shapes (rows, horizon, 3).

    Members are judged by their own P10 and P90; `naive_line` is the naive one as it is served
    where the mix has lost to it, calibrated as the mix is.
    """

    examined: Examined
    lines: dict[str, Floats]
    naive_line: Floats
    calibration: str
    scores: dict[str, Score]

    def score(self, line: Floats) -> Score:
        return score_of(self.examined.rolled, line, self.examined.rows)

    def by_step(self, line: Floats) -> tuple[AtStep, ...]:
        """Coverage and width of a line at each distance."""
        return by_step(self.examined.rolled.actual[list(self.examined.rows)], line)


@dataclass(frozen=True, slots=True)
class Study:
    judged: tuple[Judged, ...]
    refused: dict[str, ForecastingError] = field(default_factory=dict)

    def means(self) -> dict[str, Score]:
        """Mean over series of each model's scores; only series in which the model took part."""
        names = {name: None for one in self.judged for name in one.scores}
        return {
            name: mean_score([one.scores[name] for one in self.judged if name in one.scores])
            for name in names
        }

    def by_step(self, name: str) -> tuple[AtStep, ...]:
        """Mean over series of how one model's range held at each distance."""
        took_part = [one for one in self.judged if name in one.lines]
        return mean_by_step([one.by_step(one.lines[name]) for one in took_part])

    def seconds(self) -> dict[str, float]:
        """Seconds of fitting by member, over all series and cutoffs, warming up included."""
        total: dict[str, float] = {}
        for one in self.judged:
            for name, spent in one.examined.rolled.seconds.items():
                total[name] = total.get(name, 0.0) + spent
        total[MIX] = sum(total.values())
        return total


def study(
    series: Sequence[Past],
    plan: Plan,
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Study:
    """Backtest every series; one that cannot be judged is refused with its reason, not the rest."""
    examined: list[Examined] = []
    refused: dict[str, ForecastingError] = {}
    work = [(past, plan) for past in series]
    for done, found in enumerate(pool.each(_examine_or_refuse, work, processes=processes), 1):
        if isinstance(found, Examined):
            examined.append(found)
        else:
            name, error = found
            refused[name] = error
        if progress is not None:
            progress(done, len(series))
    return Study(tuple(judge(one, _family(one, examined)) for one in examined), refused)


def examine(past: Past, plan: Plan) -> Examined:
    """Fit all members of one series at all cutoffs and mix them, without calibration.

    Raises:
        Refused: there is no cutoff with enough history before and a whole horizon after it.
    """
    notes = refuse_or_note(past, accept=ACCEPT_ALL)
    kind = kind_of(past) if plan.kind == "auto" else plan.kind
    members, naive, least = members_for(kind, past)
    judged = cutoffs_of(
        len(past), horizon=plan.horizon, count=plan.count, step=plan.step, least=least
    )
    if not judged:
        raise TooShort(
            series=past.series,
            periods=len(past),
            unit=f"{past.unit}s",
            needed=least + plan.horizon,
        )
    before = warm_up(judged[0], horizon=plan.horizon, step_days=past.step_days, least=least)
    with pool.one_thread_of_algebra():
        rolled = roll(past, members, [*before, *judged], horizon=plan.horizon)
    mixed = mix(rolled, naive, beside=BESIDE.get(kind))
    return Examined(
        kind=kind,
        naive=naive,
        rolled=rolled,
        mixed=mixed,
        rows=tuple(range(len(before), len(before) + len(judged))),
        own=scores_of(rolled, mixed.lines),
        own_naive=scores_of(rolled, rolled.said[naive]),
        notes=notes,
    )


def judge(one: Examined, family: Sequence[Examined]) -> Judged:
    """Calibrate the mix at each judged cutoff with what was known then, and score everything."""
    rolled, rows = one.rolled, list(one.rows)
    lines = {name: said[rows] for name, said in rolled.said.items()}
    if one.kind in BESIDE:  # quantiles of what came are calibrated by what they are
        ours, labels = np.stack([ordered(one.mixed.lines[row]) for row in rows]), ["own"]
    else:
        ours, labels = _calibrate(one, one.mixed.lines, one.own, [other.own for other in family])
    naive, _ = _calibrate(
        one, rolled.said[one.naive], one.own_naive, [other.own_naive for other in family]
    )
    lost = np.array([one.mixed.lost[row] for row in rows])
    lines[MIX] = ours
    lines[SERVED] = np.where(lost[:, None, None], naive, ours)
    scores = {name: score_of(rolled, line, rows) for name, line in lines.items()}
    return Judged(one, lines, naive, labels[-1], scores)


def _calibrate(
    one: Examined, lines: Floats, own: Scores, family: Sequence[Scores]
) -> tuple[Floats, list[str]]:
    past = one.rolled.past
    out, labels = [], []
    for row in one.rows:
        cutoff = one.rolled.cutoffs[row]
        line, label = calibrated(
            lines[row],
            past.y[:cutoff],
            at=past.ds[cutoff - 1],
            own=own,
            family=family,
            step_days=past.step_days,
        )
        out.append(line)
        labels.append(label)
    return np.stack(out), labels


def _family(one: Examined, all_of_them: Sequence[Examined]) -> list[Examined]:
    return [other for other in all_of_them if other is not one and other.kind == one.kind]


def _examine_or_refuse(work: tuple[Past, Plan]) -> Examined | tuple[str, ForecastingError]:
    past, plan = work
    try:
        return examine(past, plan)
    except ForecastingError as error:
        return past.series, error
