"""The forecasts every model has to beat: same week last year, the last value, the last weeks.

Each is a candidate: `(past, ahead, seed) -> array (len(ahead), 3)` of P10, P50, P90. Where a
calendar is known they repeat the rate of an open day, not the week: a week of two open days at
the year's end says nothing about a week of five, but its rate does.
"""

import numpy as np

from forecasting.table import Ahead, Floats, Past

RECENT = 4  # weeks whose mean stands for "lately"
EMPIRICAL = 26  # weeks whose quantiles stand for an intermittent series
SPREAD = 1.2816  # standard normal quantile of 90 %


def same_season(past: Past, ahead: Ahead, seed: int = 0) -> Floats:
    """Repeat last season per open day; with less than a season of history, the last weeks."""
    season = past.season
    if len(past) < season + 1:
        return last_periods(past, ahead, seed)
    rates = past.rates
    middle = np.array([_season_rate(rates, step, season) for step in range(len(ahead))])
    errors = rates[season:] - rates[:-season]
    return _per_open_day(middle, _spread(errors), ahead)


def last_value(past: Past, ahead: Ahead, seed: int = 0) -> Floats:
    """Repeat the last rate; its spread grows with the square root of the distance."""
    rates = past.rates
    known = rates[np.isfinite(rates)]
    middle = np.full(len(ahead), known[-1] if len(known) else 0.0)
    spread = _spread(np.diff(known)) * np.sqrt(np.arange(1, len(ahead) + 1))
    return _per_open_day(middle, spread, ahead)


def last_periods(past: Past, ahead: Ahead, seed: int = 0) -> Floats:
    """Repeat the mean rate of the last four periods: the best there is below a year."""
    rates = past.rates
    known = rates[np.isfinite(rates)]
    middle = np.full(len(ahead), np.mean(known[-RECENT:]) if len(known) else 0.0)
    return _per_open_day(middle, _spread(known - np.mean(known)) if len(known) else 0.0, ahead)


def empirical(past: Past, ahead: Ahead, seed: int = 0) -> Floats:
    """P10, P50, P90 of the last 26 weeks: all that an intermittent series can honestly say."""
    rates = past.rates
    known = rates[np.isfinite(rates)][-EMPIRICAL:]
    levels = np.quantile(known, (0.1, 0.5, 0.9)) if len(known) else np.zeros(3)
    out: Floats = np.tile(levels, (len(ahead), 1))
    return out if ahead.open_days is None else out * ahead.open_days[:, None]


def _season_rate(rates: Floats, step: int, season: int) -> float:
    """The rate one season before, or the nearest known one where that period was closed."""
    here = len(rates) - season + step % season
    for distance in range(season):
        near = [rates[i] for i in (here - distance, here + distance) if 0 <= i < len(rates)]
        known = [rate for rate in near if np.isfinite(rate)]
        if known:
            return float(np.mean(known))
    return 0.0


def _spread(errors: Floats) -> float:
    known = errors[np.isfinite(errors)]
    return float(SPREAD * np.sqrt(np.mean(known**2))) if len(known) else 0.0


def _per_open_day(middle: Floats, spread: Floats | float, ahead: Ahead) -> Floats:
    out = np.stack([middle - spread, middle, middle + spread], axis=1)
    if ahead.open_days is not None:
        out = out * ahead.open_days[:, None]
    return np.maximum(out, 0.0)
