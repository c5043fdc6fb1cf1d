"""Daily series with a calendar: Prophet's model on open days only, and 0 on closed ones.

The calendar is worth more than the model: default Prophet misses by 31 % of what came; fed only
open days, on a log, with the days since the last and until the next open day, by 14 %. What a
market did not take while closed arrives the day after.
"""

from collections.abc import Mapping

import numpy as np

from forecasting import seasons, solver
from forecasting.backtest import Candidate
from forecasting.baseline import RECENT, SPREAD
from forecasting.scale import scale_for
from forecasting.solver import TWO_YEARS_DAYS, carry_over
from forecasting.table import WEEK_DAYS, Ahead, Days, Floats, Past

YEARS_USED = 4  # older days cost time and say nothing new
WIDE_GAP = 3  # days; a gap of one day is the usual Sunday
RIDGE = 0.3
LEVEL_FADES = 0.97  # per open day


def members_for(enough: bool) -> Mapping[str, Candidate]:
    """Below a year of days only the last weekdays speak."""
    if not enough:
        return {"last_weekdays": last_weekdays, "last_weekdays_13": many_weekdays}
    return {
        "prophet_open_days": prophet_open_days,
        "regression": regression,
        "regression_recent": regression_recent,
        "last_weekdays": last_weekdays,
    }


def prophet_open_days(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Prophet's model on the log of open days, with gaps, holidays and spans, carried on."""
    recent = _recent(past)
    now = is_open(recent.open_days, len(recent))
    later = is_open(ahead.open_days, len(ahead))
    scale = scale_for(recent.y[now])
    z = scale.forward(recent.y[now])
    ds = np.concatenate([recent.ds, ahead.ds])
    columns = _columns(ds, np.concatenate([now, later]), len(recent))
    known = columns[: len(recent)][now]
    found = solver.solve(solver.Problem(recent.ds[now], z, known, multiplicative=False))
    mean, sd = found.predict(ahead.ds, columns[len(recent) :])
    steps = np.maximum(np.cumsum(later), 1)
    carried = carry_over(z - found.fitted, len(ahead))[steps - 1]
    lines = [scale.back(mean + carried + side * SPREAD * sd) for side in (-1, 0, 1)]
    return np.where(later[:, None], np.stack(lines, axis=1), 0.0)


def regression(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Ridge regression on the same columns that forgets, and the level of the last open days."""
    return _regression(past, ahead, half_life_days=540)


def regression_recent(past: Past, ahead: Ahead, seed: int) -> Floats:
    """The same, forgetting three times as fast: what a market does after it has changed."""
    return _regression(past, ahead, half_life_days=180)


def _regression(past: Past, ahead: Ahead, *, half_life_days: float) -> Floats:
    recent = _recent(past)
    now = is_open(recent.open_days, len(recent))
    later = is_open(ahead.open_days, len(ahead))
    scale = scale_for(recent.y[now])
    z = scale.forward(recent.y[now])
    ds = np.concatenate([recent.ds, ahead.ds])
    columns = _columns(ds, np.concatenate([now, later]), len(recent))
    age_days = (recent.ds[-1] - recent.ds[now]).astype("int64")
    weights = 0.5 ** (age_days / half_life_days)
    design = np.column_stack([np.ones(len(z)), columns[: len(recent)][now]])
    gram = (design * weights[:, None]).T @ design + RIDGE * np.eye(design.shape[1])
    found = np.linalg.solve(gram, design.T @ (weights * z))
    residual = z - design @ found
    base = found[0] + columns[len(recent) :] @ found[1:]
    steps = np.maximum(np.cumsum(later), 1)
    level = _level(residual, int(steps[-1]))[steps - 1]
    spread = SPREAD * float(np.sqrt(weights @ residual**2 / weights.sum()))
    lines = [scale.back(base + level + side * spread) for side in (-1, 0, 1)]
    return np.where(later[:, None], np.stack(lines, axis=1), 0.0)


def last_weekdays(past: Past, ahead: Ahead, seed: int) -> Floats:
    """The mean of the last four open days of the same weekday: the line to beat."""
    return _weekdays(past, ahead, RECENT)


def many_weekdays(past: Past, ahead: Ahead, seed: int) -> Floats:
    """The same over thirteen: steadier where days are noisy."""
    return _weekdays(past, ahead, 13)


def is_open(open_days: Floats | None, length: int) -> np.ndarray:
    return np.ones(length, dtype=bool) if open_days is None else open_days > 0


def _weekdays(past: Past, ahead: Ahead, count: int) -> Floats:
    now = is_open(past.open_days, len(past))
    later = is_open(ahead.open_days, len(ahead))
    days, y = _weekday(past.ds[now]), past.y[now]
    out = np.zeros((len(ahead), 3))
    for weekday in range(WEEK_DAYS):
        same = y[days == weekday][-count:]
        # A weekday that is hardly ever open has no past of its own.
        same = same if len(same) else y[-count:]
        if len(same) == 0:
            continue
        half = SPREAD * float(np.std(same))
        middle = float(np.mean(same))
        out[_weekday(ahead.ds) == weekday] = (middle - half, middle, middle + half)
    return np.where(later[:, None], np.maximum(out, 0.0), 0.0)


def _recent(past: Past) -> Past:
    first = max(0, len(past) - YEARS_USED * 366)
    return Past(
        past.series,
        past.ds[first:],
        past.y[first:],
        None if past.open_days is None else past.open_days[first:],
        past.step_days,
    )


def _columns(ds: Days, open_here: np.ndarray, known: int) -> Floats:
    """Yearly and weekly waves, spans, holidays and gaps for each day; known ahead, all of them."""
    span_days = int((ds[known - 1] - ds[0]).astype("int64"))
    yearly = solver.YEAR_ORDER if span_days >= TWO_YEARS_DAYS else 0
    weekly = solver.fourier(ds, solver.WEEK_DAYS, solver.WEEK_ORDER)
    since, until = seasons.gaps(open_here)
    gaps = [gap == days for gap in (since, until) for days in (2, 3)]
    wide = [np.maximum(gap - WIDE_GAP, 0) for gap in (since, until)]
    spans = [seasons.inside(ds, span) for span in seasons.SPANS]
    return np.column_stack(
        [
            solver.fourier(ds, solver.YEAR_DAYS, yearly),
            weekly,
            *gaps,
            *wide,
            *spans,
            seasons.holidays(ds),
        ]
    ).astype(np.float64)


def _level(residual: Floats, horizon: int) -> Floats:
    """How far the last 12 and the last 4 open days lay off, in equal parts, fading slowly."""
    off = (float(np.mean(residual[-12:])) + float(np.mean(residual[-4:]))) / 2
    return np.array([off * LEVEL_FADES**step for step in range(1, horizon + 1)])


def _weekday(ds: Days) -> np.ndarray:
    return np.asarray((ds.astype("int64") + 3) % WEEK_DAYS)
