"""A yearly wave that forgets, and a direct regression of what its residuals say about the next.

Weighted ridge regression of the (log) rate on a line, six Fourier pairs and the calendar, a week
counting half as much two years back; then, for each step ahead, one small regression of the
residual on the last one, the means of the last 4 and 13, and last year's around the same week.
It takes the place of a harmonic regression with ARIMA errors, whose search costs 0.7 s a fit:
this costs 1 ms and was the better of the two on weekly supply and demand.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.solver import YEAR_DAYS, fourier
from forecasting.table import Days, Floats

PAIRS = 6
HALF_LIFE = 104  # weeks
SEASON = 52
LEAST = 78  # weeks for a wave; and for residuals of last year beside it
LINE_RIDGE = 5.0  # a trend has to be told by the data, not by the last month
WAVE_RIDGE = 0.02  # times the square of the pair's number: a season is smooth
CALENDAR_RIDGE = 0.5
MEMORY_RIDGE = np.array([0.02, 0.02, 0.02, 0.05])  # shares of the residuals' own power


@dataclass(frozen=True, slots=True)
class Known:
    ds: Days
    z: Floats
    calendar: Floats  # (n, k)


def predict(known: Known, ds: Days, calendar: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation for each period ahead, on the scale of z."""
    weights = 0.5 ** ((len(known.z) - np.arange(len(known.z))) / HALF_LIFE)
    origin, pairs = known.ds[-1], PAIRS if len(known.z) >= LEAST else 0
    design = _design(known.ds, known.calendar, origin, pairs)
    gram = (design * weights[:, None]).T @ design
    penalty = _penalty(pairs, calendar.shape[1])
    found = np.linalg.solve(gram + np.diag(penalty), design.T @ (weights * known.z))
    residual = known.z - design @ found
    base = _design(ds, calendar, origin, pairs) @ found
    said = [_remember(residual, weights, step) for step in range(1, len(ds) + 1)]
    return base + np.array([add for add, _ in said]), np.array([sd for _, sd in said])


def _design(ds: Days, calendar: Floats, origin: np.datetime64, pairs: int) -> Floats:
    years = (ds - origin).astype("int64") / YEAR_DAYS
    wave = fourier(ds, YEAR_DAYS, pairs)
    return np.column_stack([np.ones(len(ds)), years, wave, calendar])


def _penalty(pairs: int, columns: int) -> Floats:
    wave = np.tile(WAVE_RIDGE * np.arange(1, pairs + 1) ** 2, 2)
    return np.concatenate([[1e-6, LINE_RIDGE], wave, np.full(columns, CALENDAR_RIDGE)])


def _remember(residual: Floats, weights: Floats, step: int) -> tuple[float, float]:
    """What the residuals up to now say about the one `step` periods on, and how surely."""
    sums = np.concatenate([[0.0], np.cumsum(residual)])
    last = len(residual) - 1
    first = SEASON + 2 if len(residual) >= LEAST + SEASON else 12
    origins = np.arange(first, len(residual) - step)
    yearly = first > SEASON
    seen = _memories(residual, sums, origins, step, yearly=yearly)
    if len(origins) < 2 * seen.shape[1]:
        return 0.0, float(np.std(residual))
    came, weight = residual[origins + step], weights[origins + step]
    ridge = MEMORY_RIDGE[: seen.shape[1]] * float(weight @ residual[origins] ** 2) + 1e-12
    gram = (seen * weight[:, None]).T @ seen + np.diag(ridge)
    found = np.linalg.solve(gram, seen.T @ (weight * came))
    miss = came - seen @ found
    now = _memories(residual, sums, np.array([last]), step, yearly=yearly)
    return float((now @ found)[0]), float(np.sqrt(weight @ miss**2 / weight.sum()))


def _memories(residual: Floats, sums: Floats, at: np.ndarray, step: int, *, yearly: bool) -> Floats:
    """Last residual, means of 4 and of 13 and, with `yearly`, of last year's three weeks around."""
    columns = [residual[at], (sums[at + 1] - sums[at - 3]) / 4, (sums[at + 1] - sums[at - 12]) / 13]
    if yearly:
        back = at + step - SEASON
        columns.append((sums[back + 2] - sums[back - 1]) / 3)
    return np.column_stack(columns)
