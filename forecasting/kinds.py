"""What sort of series it is, and so which members may speak about it and what they must beat.

supply        a harvest or market: the season and the calendar rule; naive is last year per open day
demand        a partner's orders: the level rules; naive is the last value
intermittent  more than 30 % zeros that follow no season: quantiles of what came, no line
"""

from collections.abc import Mapping

import numpy as np

from forecasting import baseline, candidates, daily
from forecasting.backtest import Candidate
from forecasting.table import Past

KINDS = ("supply", "demand", "intermittent")
MANY_ZEROS = 0.3
SEASONAL_ZEROS = 0.8  # share of weeks zero (or not) as a year before: an off-season, not a gap
# Weeks of history (measured, reference/forecasting.md e): below a year only the last weeks speak,
# below two and a half Prophet is one voice among simpler ones, and has no yearly wave below two.
YEAR, PROPHET_FROM = 52, 130
# Orders need a year and a horizon: before, nothing with a year in it was judged at a past cutoff,
# and on 50 noisy series of 52 weeks it missed by 4 % more than mean and quantiles of lately.
ORDERS_YEAR = 60
# History a cutoff must have before it, for a member set to be judged at it.
LEAST = {"short": 12, "middle": 59, "full": 104, "daily": 371}
DAILY_YEAR = 366

# Of scattered orders the last one says nothing: it stands beside, and is never mixed in.
BESIDE: Mapping[str, str] = {"intermittent": "last_value"}

_SHORT: Mapping[str, Candidate] = {
    "recent_mean": baseline.last_periods,
    "recent_quantiles": baseline.empirical,
    "last_value": baseline.last_value,
}
_MIDDLE: Mapping[str, Candidate] = {
    "prophet_log": candidates.prophet_log,
    "last_year": baseline.same_season,
    "recent_seasons": candidates.recent_seasons,
    "theta": candidates.theta,
    "recent_mean": baseline.last_periods,
    "last_value": baseline.last_value,
}
_INTERMITTENT: Mapping[str, Candidate] = {
    "recent_quantiles": baseline.empirical,
    "last_value": baseline.last_value,
}


def kind_of(past: Past) -> str:
    """Guess the kind: a calendar makes it supply, scattered zeros intermittent, else demand."""
    rates = past.rates[np.isfinite(past.rates)]
    zero = rates == 0
    if np.mean(zero) > MANY_ZEROS and not _zeros_follow_a_season(zero, past.season):
        return "intermittent"
    return "demand" if past.open_days is None else "supply"


def members_for(kind: str, past: Past) -> tuple[Mapping[str, Candidate], str, int]:
    """Return (members, the naive one's name, least history before a cutoff)."""
    if kind == "intermittent":
        return _INTERMITTENT, "last_value", LEAST["short"]
    if past.step_days == 1:
        return daily.members_for(len(past) >= DAILY_YEAR), "last_weekdays", _daily_least(past)
    if len(past) < (ORDERS_YEAR if kind == "demand" else YEAR):
        return _SHORT, "last_value", LEAST["short"]
    naive = "last_year" if kind == "supply" else "last_value"
    if len(past) < PROPHET_FROM:
        return _MIDDLE, naive, min(LEAST["middle"], len(past) // 2)
    return (candidates.SUPPLY if kind == "supply" else candidates.DEMAND), naive, LEAST["full"]


def _daily_least(past: Past) -> int:
    return LEAST["daily"] if len(past) >= 2 * DAILY_YEAR else LEAST["short"] + 28


def _zeros_follow_a_season(zero: np.ndarray, season: int) -> bool:
    if len(zero) < 2 * season:
        return False
    return bool(np.mean(zero[season:] == zero[:-season]) >= SEASONAL_ZEROS)
