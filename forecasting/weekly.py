"""From a harvest history to a forecast ready to be stored, or a refusal that says why not."""

from collections.abc import Collection
from datetime import date
from importlib.metadata import version

import numpy as np
import pandas as pd

from forecasting import baseline, prophet_model
from forecasting.backtest import Candidate, Rolled, cutoffs_of, roll, score_of, seed_of
from forecasting.refusals import refuse_or_note, refuse_wide
from forecasting.result import Forecast, Note, Step
from forecasting.table import Ahead, Floats, Past, periods_ahead, read_history

CUTOFFS, CUTOFF_STEP = 13, 4  # a year of cutoffs, one a month
HALF_YEAR = 26  # weeks over which the mix must not have lost to the naive line
LEAST_BEFORE_CUTOFF = 26
PROPHET_FROM = 52  # weeks; below, the mean of the last weeks is at least as good (measured)


def forecast(
    history: pd.DataFrame,
    *,
    horizon_weeks: int = 8,
    calendar: pd.DataFrame | None = None,
    series: str = "history",
    today: date | None = None,
    accept: Collection[str] = (),
) -> Forecast:
    """Forecast the weeks after a history; see `forecasting.forecast` for the table."""
    past = read_history(history, series=series)
    ahead = periods_ahead(past, horizon_weeks, calendar)
    notes = refuse_or_note(past, today=today, accept=accept)
    name, model = _model_for(past)
    candidates: dict[str, Candidate] = {"naive": baseline.same_season, "minori": model}
    rolled = roll(past, candidates, _cutoffs(past, horizon_weeks), horizon=horizon_weeks)
    scores = {key: found for key, said in rolled.said.items() if (found := score_of(rolled, said))}
    served, reason = _choose(rolled)
    refuse_wide(series, scores.get(served), scores.get("naive"))
    seed = seed_of(series, past.ds[-1])
    lines = {key: candidate(past, ahead, seed) for key, candidate in candidates.items()}
    return Forecast(
        series=series,
        kind="supply",
        step_days=past.step_days,
        steps=_steps(ahead, lines[served], lines["naive"]),
        history_first=past.ds[0].item(),
        history_last=past.ds[-1].item(),
        history_length=len(past),
        served=served,
        naive_name="same_week_last_year" if len(past) > past.season else "mean_of_last_4_weeks",
        reason=reason,
        weights={name: 1.0},
        backtest=scores,
        calibration="uncalibrated",
        notes=notes,
        seed=seed,
        versions=versions(),
        data_digest=past.digest(ahead),
    )


def versions() -> dict[str, str]:
    """What a forecast must be re-run with to give the same bytes."""
    return {
        name: version(name) for name in ("minori", "prophet", "numpy", "pandas", "statsforecast")
    }


def _model_for(past: Past) -> tuple[str, Candidate]:
    if len(past) < PROPHET_FROM:
        return "mean_of_last_4_weeks", baseline.last_periods
    return "prophet_log_with_carry", prophet_model.log_with_carry


def _cutoffs(past: Past, horizon: int) -> tuple[int, ...]:
    return cutoffs_of(
        len(past), horizon=horizon, count=CUTOFFS, step=CUTOFF_STEP, least=LEAST_BEFORE_CUTOFF
    )


def _choose(rolled: Rolled) -> tuple[str, Note]:
    """The naive line is the default where the model lost to it over the last half year."""
    first = len(rolled.past) - HALF_YEAR - rolled.actual.shape[1]
    late = [row for row, cutoff in enumerate(rolled.cutoffs) if cutoff >= first]
    if not late:
        return "minori", Note(
            "not_yet_judged",
            "too little history for a backtest: nobody knows yet how wrong this is",
        )
    misses = {
        name: float(np.sum(np.abs(rolled.actual[late] - said[late][:, :, 1])))
        for name, said in rolled.said.items()
    }
    ratio = misses["minori"] / misses["naive"] if misses["naive"] > 0 else 1.0
    facts = {"weeks": HALF_YEAR, "ratio": round(ratio, 4)}
    if ratio > 1.0:
        sentence = (
            f"over the last {HALF_YEAR} weeks the model missed by {ratio:.2f} times as much as the "
            "naive line, so the naive line is shown"
        )
        return "naive", Note("lost_to_naive", sentence, facts)
    sentence = (
        f"over the last {HALF_YEAR} weeks the model missed by {ratio:.2f} times as much as the "
        "naive line"
    )
    return "minori", Note("beats_naive", sentence, facts)


def _steps(ahead: Ahead, served: Floats, naive: Floats) -> tuple[Step, ...]:
    return tuple(
        Step(
            ds=day.item(),
            p10=float(served[row, 0]),
            p50=float(served[row, 1]),
            p90=float(served[row, 2]),
            naive=float(naive[row, 1]),
            open_days=None if ahead.open_days is None else float(ahead.open_days[row]),
        )
        for row, day in enumerate(ahead.ds)
    )
