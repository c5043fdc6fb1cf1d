"""A study as tables: every line said, and how wrong each model was on the mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from forecasting.backtest import Rolled
from forecasting.result import AtStep, Score
from forecasting.study import MIX, Study
from forecasting.table import Floats

COLUMNS = ("unique_id", "cutoff", "ds", "model", "p10", "p50", "p90")
_WHOLE = re.compile(r"^(0|-?[1-9][0-9]{0,17})$")  # 007 is a name
WORSE = 1.1  # times the naive line's error, from which a series was served badly
_NOTHING = 1e-9  # of all that came: what sums leave of an error that is none


def lines_of(study: Study) -> pd.DataFrame:
    """One row a series, cutoff, step and model; cutoff is the last period that was known.

    Names that are all whole numbers are numbers again, as every reader of the file takes them.
    """
    frames = [
        _frame(one.examined.rolled, one.examined.rows, name, line)
        for one in study.judged
        for name, line in one.lines.items()
    ]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    lines = pd.concat(frames, ignore_index=True)
    if all(_WHOLE.match(name) for name in lines["unique_id"].unique()):
        lines["unique_id"] = lines["unique_id"].astype("int64")
    return lines


def summary_of(study: Study) -> dict[str, Any]:
    """Plain values: what each model missed by, over which series, and what the weights were."""
    seconds = study.seconds()
    models = {
        name: asdict(score)
        | {"seconds": round(seconds.get(name, 0.0), 3)}
        | {"by_step": [asdict(step) for step in study.by_step(name)]}
        for name, score in study.means().items()
    }
    return {
        "series": len(study.judged),
        "models": models,
        "worse_than_naive": _worse_than_naive(study),
        "weights": {
            one.examined.rolled.past.series: _rounded(one.examined.mixed.weights[-1], one.lines)
            for one in study.judged
        },
        "kinds": {one.examined.rolled.past.series: one.examined.kind for one in study.judged},
        "calibration": {one.examined.rolled.past.series: one.calibration for one in study.judged},
        "notes": {
            one.examined.rolled.past.series: [note.sentence for note in one.examined.notes]
            for one in study.judged
            if one.examined.notes
        },
        "refused": {
            name: {"code": error.code, "sentence": str(error)}
            for name, error in study.refused.items()
        },
    }


def table_of(models: Mapping[str, Score], seconds: Mapping[str, float]) -> list[str]:
    """Lines of text, the mix first, then by MASE."""
    order = sorted(models, key=lambda name: (name != MIX, models[name].mase or np.inf))
    width = max([len(name) for name in order], default=5)
    head = f"{'model':{width}}  {'MASE':>7} {'WAPE':>7} {'bias':>7} {'pinball':>7} {'cover':>6}"
    lines = [f"{head} {'seconds':>8}"]
    for name in order:
        score = models[name]
        numbers = " ".join(
            f"{_number(value):>7}" for value in (score.mase, score.wape, score.bias, score.pinball)
        )
        spent = f"{seconds[name]:.1f}" if name in seconds else ""
        cover = "" if score.coverage is None else f"{100 * score.coverage:.1f}%"
        lines.append(f"{name:{width}}  {numbers} {cover:>6} {spent:>8}")
    return lines


def steps_of(by_step: Sequence[AtStep]) -> list[str]:
    """Lines of text: at each distance, how often P10 to P90 held and how wide it was."""
    head = f"{'ahead':>5}  {'cover':>6} {'width':>7} {'cases':>6}"
    return [head, *(_step_line(step) for step in by_step)]


def _step_line(step: AtStep) -> str:
    cover = "" if step.coverage is None else f"{100 * step.coverage:.1f}%"
    return f"{step.ahead:>5}  {cover:>6} {_number(step.width):>7} {step.cases:>6}"


def _frame(rolled: Rolled, rows: tuple[int, ...], name: str, lines: Floats) -> pd.DataFrame:
    past, horizon = rolled.past, rolled.horizon
    cutoffs = np.array([rolled.cutoffs[row] for row in rows])
    ahead = cutoffs[:, None] + np.arange(horizon)
    flat = lines.reshape(-1, 3)
    return pd.DataFrame(
        {
            "unique_id": past.series,
            "cutoff": pd.to_datetime(np.repeat(past.ds[cutoffs - 1], horizon)),
            "ds": pd.to_datetime(past.ds[ahead.ravel()]),
            "model": name,
            "p10": flat[:, 0],
            "p50": flat[:, 1],
            "p90": flat[:, 2],
        }
    )


def _worse_than_naive(study: Study) -> float | None:
    """Share of series whose mix missed by more than 1.1 times what its naive line did."""
    pairs = [(one.scores[MIX].wape, one.scores[one.examined.naive].wape) for one in study.judged]
    known = [(ours, naive) for ours, naive in pairs if ours is not None and naive is not None]
    if not known:
        return None
    return float(np.mean([ours > WORSE * naive + _NOTHING for ours, naive in known]))


def _rounded(weights: Floats, names: Mapping[str, Floats]) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=False)}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
