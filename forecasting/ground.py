"""Lots in the ground: when each will be harvested, with how much, and what that makes by week.

A lot draws its days to harvest from the finished lots of its recipe and its weight from the growth
curve; the weeks' sums keep whole lots together, because one large lot a few days late moves a
week more than any average says. A sowing plan is lots with a start in the future; a lost lot is
left out of the table: both move the weeks the same minute.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from forecasting.backtest import seed_of
from forecasting.growth import Curve, check, fit_curve, last_weighing
from forecasting.lived import COLUMNS
from forecasting.measures import QUANTILES
from forecasting.result import Expected, Forecast, Score, Step
from forecasting.table import Floats

DRAWS = 400
JITTER_DAYS = 1.0  # a harvest is planned by the day, finished lots are few
OVERDUE_DAYS = 7  # a lot older than any before it is harvested within a week
USUAL_DAYS, USUAL_DAYS_SD = 40.0, 5.0  # of a recipe nobody has finished yet; marked as prior
LOT_CUTOFFS, LOT_CUTOFF_STEP = 6, 4  # half a year of looking back at what lots would have said
UNJUDGED = 0.30  # days or light alone missed the weight of six other lots by 28 to 34 %
LEAST_JUDGED = 3  # past cutoffs from which the lots' own error is believed


@dataclass(frozen=True, slots=True)
class Weeks:
    """What growing lots bring by week after `at`.

    Attributes:
        kg: shape (weeks, 3), P10, P50, P90 of the sum.
        known: (weeks,) share of a week's usual harvest that has to be in the ground by now.
    """

    lots: tuple[Expected, ...]
    kg: Floats
    known: Floats


def expect(
    lots: pd.DataFrame,
    weighings: pd.DataFrame,
    *,
    at: date,
    weeks: int,
    series: str = "lots",
    first: date | None = None,
) -> Weeks:
    """Expect the harvest of every lot that grows on the day `at` (tables: forecasting.growth).

    Args:
        at: nothing later than this day is looked at, save the starts of planned lots.
        weeks: weeks ahead, each Monday to Sunday.
        first: the first week's Monday, at most `at` + 1; that day if not given.
    """
    check(lots, weighings)
    now = pd.Timestamp(at)
    done = lots[lots["harvested_on"] <= now]
    growing = lots[~(lots["harvested_on"] <= now)]
    curves = {
        recipe: fit_curve(done, weighings[weighings["weighed_on"] <= now], recipe=recipe)
        for recipe in sorted(set(growing["recipe"]))
    }
    gone = 0 if first is None else (now - pd.Timestamp(first)).days + 1  # days of the first week
    draw = np.random.default_rng(seed_of(series, at))
    sums = np.zeros((DRAWS, weeks))
    expected = []
    for row in growing.sort_values("lot").to_dict("records"):
        curve = curves[row["recipe"]]
        days, kg, basis = _draw_lot(row, curve, weighings, now, draw)
        week = (days - 1 + gone) // 7
        for column in range(weeks):
            sums[:, column] += np.where(week == column, kg, 0.0)
        expected.append(_summed_up(str(row["lot"]), days, kg, basis, now))
    levels = np.quantile(sums, QUANTILES, axis=0).T
    return Weeks(tuple(expected), levels, _known(curves, growing, weeks, now, gone))


def past_error(
    lots: pd.DataFrame,
    weighings: pd.DataFrame,
    history: pd.DataFrame,
    *,
    cutoffs: Sequence[date],
    weeks: int,
) -> Floats:
    """WAPE of the lots' weekly sums by step, from what was known at past cutoffs.

    Args:
        history: ds (Monday), y [kg] harvested.
        cutoffs: Sundays in the past.

    Returns:
        shape (weeks,), NaN where fewer than three cutoffs could be judged or lots do not reach.
    """
    came = history.set_index("ds")["y"]
    misses, total = np.zeros(weeks), np.zeros(weeks)
    judged = np.zeros(weeks, dtype=int)
    for cutoff in cutoffs:
        found = expect(_as_of(lots, cutoff), weighings, at=cutoff, weeks=weeks)
        for step in range(weeks):
            monday = pd.Timestamp(cutoff) + pd.Timedelta(days=1 + 7 * step)
            if monday not in came.index or found.known[step] <= 0:
                continue
            said = found.kg[step, 1] / found.known[step]
            misses[step] += abs(float(came[monday]) - said)
            total[step] += float(came[monday])
            judged[step] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        error = misses / total
    return np.where((judged >= LEAST_JUDGED) & (total > 0), error, np.nan)


def error_before(
    lots: pd.DataFrame, weighings: pd.DataFrame, history: pd.DataFrame, *, weeks: int
) -> Floats:
    """`past_error` over half a year of cutoffs before the end of a history."""
    sunday = history["ds"].iloc[-1].date() + timedelta(days=6)
    back = range(weeks, weeks + LOT_CUTOFFS * LOT_CUTOFF_STEP, LOT_CUTOFF_STEP)
    cutoffs = [sunday - timedelta(weeks=by) for by in back]
    return past_error(lots, weighings, history, cutoffs=cutoffs, weeks=weeks)


def with_lots(forecast: Forecast, weeks: Weeks, lots_error: Floats) -> Forecast:
    """Weigh lots into the near weeks by 1 / (past error)^2 of each source at that step.

    Where only a share of a week can be in the ground yet, the history fills the rest. Each row
    says which share of its P50 came from lots.
    """
    return replace(forecast, steps=blended(forecast.steps, forecast.error, weeks, lots_error))


def blended(
    steps: Sequence[Step], score: Score | None, weeks: Weeks, lots_error: Floats
) -> tuple[Step, ...]:
    """The same for the steps alone, the first of them in the first of `weeks`."""
    history_error = score.wape if score and score.wape is not None else float("nan")
    return tuple(
        _blend(step, weeks.kg[at], float(weeks.known[at]), float(lots_error[at]), history_error)
        if at < len(weeks.kg)
        else step
        for at, step in enumerate(steps)
    )


def _blend(step: Step, kg: Floats, known: float, lots_error: float, history_error: float) -> Step:
    weight = _weight(lots_error, history_error) if known > 0 else 0.0
    before = np.array([step.p10, step.p50, step.p90])
    mixed = weight * (kg + (1 - known) * before) + (1 - weight) * before
    share = float(weight * kg[1] / mixed[1]) if mixed[1] > 0 else 0.0
    p10, p50, p90 = (float(value) for value in mixed)
    return replace(step, p10=p10, p50=p50, p90=p90, lots_share=share)


def _weight(lots_error: float, history_error: float) -> float:
    """By 1 / error^2; what has not been judged yet is taken to miss by what lots usually do."""
    errors = [error if np.isfinite(error) else UNJUDGED for error in (lots_error, history_error)]
    lots, history = (max(error, 1e-6) ** -2 for error in errors)
    return float(lots / (lots + history))


def _as_of(lots: pd.DataFrame, cutoff: date) -> pd.DataFrame:
    """The table as it stood: lots started by then, later harvests not yet known."""
    now = pd.Timestamp(cutoff)
    known = lots[lots["started_on"] <= now].copy()
    later = known["harvested_on"] > now
    known.loc[later, "harvested_on"] = pd.NaT
    known.loc[later, ["harvested_pieces", "harvested_g"]] = np.nan
    known[list(COLUMNS)] = known.reindex(columns=list(COLUMNS))
    known.loc[later, list(COLUMNS)] = np.nan  # what the weather would be nobody knew
    # How many were left then nobody kept: what is left now (of a finished lot nothing) is no hint.
    return known.drop(columns="left", errors="ignore")


def _draw_lot(
    row: Mapping[Hashable, Any],
    curve: Curve,
    weighings: pd.DataFrame,
    now: pd.Timestamp,
    draw: np.random.Generator,
) -> tuple[Floats, Floats, str]:
    """Draws of (days from now to harvest, kg) of one lot, and what they rest on."""
    started = pd.Timestamp(row["started_on"])
    age = float((now - started).days)
    to_harvest = _draw_days(curve, age, draw)
    weighed = last_weighing(weighings, str(row["lot"]), now)
    if weighed is not None:
        head_g, day = weighed
        level = curve.level_from(head_g, max(float((day - started).days), 1.0))
        spread, basis = curve.spread_weighed, "weighed"
    else:
        level, spread = curve.level + curve.lived.shift(row), curve.spread_unweighed
        basis = "pooled"
    if not np.isfinite(level):
        # Nobody has harvested or weighed this recipe: the lot has a date and no weight.
        return to_harvest - age, np.zeros(DRAWS), "prior"
    log_g = curve.log_weight(level, to_harvest) + draw.normal(0.0, spread, DRAWS)
    # One odd weighing, drawn out along the curve, must not make heads that no crop has.
    head_g = np.minimum(np.exp(log_g), row.get("largest_head_g", np.inf))
    kg = _heads(row, curve) * head_g / 1000
    return to_harvest - age, kg, basis if curve.basis == "site" else "prior"


def _heads(row: Mapping[Hashable, Any], curve: Curve) -> float:
    """Heads to come: those that usually survive of the sown, and no more than are left."""
    usual = float(row["pieces"]) * curve.survival
    left = row.get("left")
    return usual if left is None or not np.isfinite(left) else min(usual, float(left))


def _draw_days(curve: Curve, age: float, draw: np.random.Generator) -> Floats:
    """Days from start to harvest, at least one more than the lot has already grown."""
    if curve.finished:
        usual = draw.choice(curve.days, DRAWS) + draw.normal(0.0, JITTER_DAYS, DRAWS)
    else:
        usual = draw.normal(USUAL_DAYS, USUAL_DAYS_SD, DRAWS)
    usual = np.round(usual)
    overdue = age + draw.integers(1, OVERDUE_DAYS + 1, DRAWS)
    still = usual[usual > age]
    if len(still) == 0:
        return overdue.astype(np.float64)
    return np.where(usual > age, usual, draw.choice(still, DRAWS))


def _summed_up(lot: str, days: Floats, kg: Floats, basis: str, now: pd.Timestamp) -> Expected:
    when = [(now + pd.Timedelta(days=int(day))).date() for day in np.quantile(days, QUANTILES)]
    low, middle, high = (float(value) for value in np.quantile(kg, QUANTILES))
    return Expected(lot, (when[0], when[1], when[2]), (low, middle, high), basis)


def _known(
    curves: Mapping[str, Curve], growing: pd.DataFrame, weeks: int, now: pd.Timestamp, gone: int
) -> Floats:
    """Share of finished lots that took longer than from the last sowing to each week's middle.

    Whoever plans sowings plans all of them up to the last: until then nothing else will be sown.
    """
    days = [curve.days for curve in curves.values() if curve.finished]
    if not days or growing.empty:
        return np.zeros(weeks)
    pooled = np.concatenate(days)
    planned = max(0, (growing["started_on"].max() - now).days)
    middles = 7 * np.arange(weeks) + 4 - gone - planned
    return np.array([float(np.mean(pooled > middle)) for middle in middles])
