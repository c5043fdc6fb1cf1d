"""From a harvest history to a forecast ready to be stored, or a refusal that says why not."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.metadata import version

import numpy as np
import pandas as pd

from forecasting import ground, prophet_model
from forecasting.backtest import Candidate, seed_of
from forecasting.calibrate import Scores, calibrated, ordered
from forecasting.choose import reason_of, weigh
from forecasting.errors import TooShort
from forecasting.growth import WEIGHING_COLUMNS
from forecasting.kinds import BESIDE, kind_of, members_for
from forecasting.pool import one_thread_of_algebra
from forecasting.refusals import refuse_or_note, refuse_wide
from forecasting.result import AtStep, Forecast, Note, Score, Step
from forecasting.study import MIX, Examined, Judged, Plan, examine, judge
from forecasting.table import WEEK_DAYS, Ahead, Floats, Past, periods_ahead, read_history

_NO_WEIGHINGS = pd.DataFrame(columns=list(WEIGHING_COLUMNS))
STAN = "prophet_log"  # the member that is fitted by Prophet itself here, and kept as its JSON


def forecast(
    history: pd.DataFrame,
    *,
    horizon_weeks: int = 8,
    calendar: pd.DataFrame | None = None,
    series: str = "history",
    kind: str = "supply",
    today: date | None = None,
    accept: Collection[str] = (),
    lots: pd.DataFrame | None = None,
    weighings: pd.DataFrame | None = None,
) -> Forecast:
    """Forecast the weeks after a history; see `forecasting.forecast` for the tables."""
    past = read_history(history, series=series)
    ahead = periods_ahead(past, horizon_weeks, calendar)
    notes = refuse_or_note(past, today=today, accept=accept)
    made = make(past, ahead, look_back(past, horizon_weeks, kind), notes=notes)
    if lots is None:
        return made
    heads = _NO_WEIGHINGS if weighings is None else weighings
    return _with_lots(made, past, history, lots, heads)


def _with_lots(
    made: Forecast,
    past: Past,
    history: pd.DataFrame,
    lots: pd.DataFrame,
    weighings: pd.DataFrame,
) -> Forecast:
    """Weigh growing lots into the near weeks by what they missed by at past cutoffs."""
    sunday: date = past.ds[-1].item() + timedelta(days=WEEK_DAYS - 1)
    weeks = len(made.steps)
    error = ground.error_before(lots, weighings, history, weeks=weeks)
    found = ground.expect(lots, weighings, at=sunday, weeks=weeks, series=past.series)
    return ground.with_lots(made, found, error)


def look_back(past: Past, horizon: int, kind: str = "auto") -> Examined | None:
    """Examine one series; None where it is too short for a single cutoff."""
    found = kind_of(past)
    wanted = found if kind == "auto" or found == "intermittent" else kind
    try:
        return examine(past, Plan(kind=wanted, horizon=horizon))
    except TooShort:
        return None


def make(
    past: Past,
    ahead: Ahead,
    examined: Examined | None,
    *,
    family: Sequence[Examined] = (),
    notes: tuple[Note, ...] = (),
) -> Forecast:
    """Fit now, mix with the weights of the past, calibrate, and say why this line is served.

    Args:
        examined: of this series, at most as old as the last weekly look back.
        family: other series of the kind, which steady the intervals of a short one.

    Raises:
        BacktestTooWide: what we would have said was wrong by more than what came.
    """
    kind = examined.kind if examined else kind_of(past)
    members, naive, _ = members_for(kind, past)
    seed = seed_of(past.series, past.ds[-1])
    with one_thread_of_algebra():
        said, model_json = _fit_all(past, ahead, seed, members)
    judged = judge(examined, family) if examined else None
    weights = _weights(examined, tuple(members), BESIDE.get(kind))
    lost, ratio = _verdict(examined)
    served = "naive" if lost else MIX
    scores = _scores(judged)
    refuse_wide(past.series, scores.get(served), scores.get("naive"))
    mixed = np.tensordot(np.array(list(weights.values())), np.stack(list(said.values())), axes=1)
    lines, label = _calibrate(past, said[naive] if lost else mixed, examined, family, lost=lost)
    return Forecast(
        series=past.series,
        kind=kind,
        step_days=past.step_days,
        steps=_steps(ahead, lines, said[naive]),
        history_first=past.ds[0].item(),
        history_last=past.ds[-1].item(),
        history_length=len(past),
        served=served,
        naive_name=naive,
        reason=reason_of(lost=lost, ratio=ratio, unit=past.unit),
        weights=weights,
        backtest=scores,
        calibration=label,
        notes=notes,
        seed=seed,
        versions=dict(_versions()),
        data_digest=past.digest(ahead),
        model_json=model_json,
        by_step=_by_step(judged, lost=lost),
    )


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    """What a forecast must be made again with to give the same bytes."""
    names = ("minori", "prophet", "statsforecast", "numpy", "pandas", "holidays")
    return tuple((name, version(name)) for name in names)


def _fit_all(
    past: Past, ahead: Ahead, seed: int, members: Mapping[str, Candidate]
) -> tuple[dict[str, Floats], str | None]:
    """Every member's line; Prophet by Stan, the others as they were judged."""
    said, model_json = {}, None
    for name, member in members.items():
        if name == STAN:
            said[name], model_json = prophet_model.log_with_carry(past, ahead, seed)
        else:
            said[name] = member(past, ahead, seed)
    return said, model_json


def _weights(
    examined: Examined | None, members: tuple[str, ...], beside: str | None
) -> dict[str, float]:
    if examined is None:
        equal = weigh(np.empty((len(members), 0)), [name != beside for name in members])
        return {name: float(weight) for name, weight in zip(members, equal, strict=True)}
    now = examined.mixed.weights[-1]
    return {name: float(weight) for name, weight in zip(members, now, strict=True)}


def _verdict(examined: Examined | None) -> tuple[bool, float]:
    if examined is None:
        return False, float("nan")
    return examined.mixed.lost[-1], examined.mixed.ratios[-1]


def _scores(judged: Judged | None) -> dict[str, Score]:
    """Scores of the mix, of each member, and of the naive line under its role."""
    if judged is None:
        return {}
    return judged.scores | {"naive": judged.score(judged.naive_line)}


def _by_step(judged: Judged | None, *, lost: bool) -> tuple[AtStep, ...]:
    if judged is None:
        return ()
    return judged.by_step(judged.naive_line if lost else judged.lines[MIX])


def _calibrate(
    past: Past,
    lines: Floats,
    examined: Examined | None,
    family: Sequence[Examined],
    *,
    lost: bool,
) -> tuple[Floats, str]:
    if not lost and examined is not None and examined.kind in BESIDE:
        return ordered(lines), "own"  # quantiles of what came are calibrated by what they are

    def scores(one: Examined) -> Scores:
        return one.own_naive if lost else one.own

    nothing = Scores(past.ds[:0], np.empty((0, len(lines))), np.empty((0, len(lines))))
    return calibrated(
        lines,
        past.y,
        at=past.ds[-1],
        own=scores(examined) if examined else nothing,
        family=[scores(other) for other in family],
        step_days=past.step_days,
    )


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
