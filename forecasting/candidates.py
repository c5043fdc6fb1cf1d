"""The members of the mix, all behind one signature: `(past, ahead, seed) -> P10, P50, P90`.

Every one works on the rate per open day, on a log where zeros allow, and answers 0 for a closed
period. They are cheap, because a backtest fits each of them at every cutoff: Prophet is solved
in this process here (forecasting.solver) and by Stan where a forecast is served.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecasting import baseline, harmonic, seasons, solver
from forecasting.backtest import Candidate
from forecasting.scale import Scale, open_only, scale_for
from forecasting.solver import TWO_YEARS_DAYS, carry_over
from forecasting.table import Ahead, Floats, Past

SPREAD = baseline.SPREAD
LEVEL_WEEKS = 6  # weeks whose mean is "the level now", against the same weeks of other years
LEVEL_FADES = 0.95  # per week: how much of a difference in level is still there a week later
YEARS, YEAR_FADES = 4, 0.7  # years averaged for a season's shape, and the weight of one more back
ORIGINS = 26  # past origins from which a repeating forecast measures its own spread


@dataclass(frozen=True, slots=True)
class View:
    """A history as the models see it: a regular series of transformed rates."""

    scale: Scale
    z: Floats  # no NaN: what was closed is drawn between its neighbours
    calendar: Floats  # (n, k) of the past
    calendar_ahead: Floats  # (h, k)

    def answer(self, middle: Floats, spread: Floats | float, ahead: Ahead) -> Floats:
        """From mean and half-width of P10..P90 on the model's scale to amounts."""
        z = np.stack([middle - spread, middle, middle + spread], axis=1)
        return open_only(self.scale.back(z), ahead)


def view(past: Past, ahead: Ahead) -> View:
    rates = past.rates
    scale = scale_for(rates)
    z = scale.forward(rates)
    known = np.isfinite(z)
    if not known.all():
        places = np.arange(len(z))
        z = np.interp(places, places[known], z[known])
    return View(
        scale,
        z,
        seasons.weekly(past.ds, past.open_days, past.step_days),
        seasons.weekly(ahead.ds, ahead.open_days, past.step_days),
    )


def prophet_log(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Prophet's model on the log rate with the calendar, its last residual carried on."""
    seen = view(past, ahead)
    z = np.where(np.isfinite(past.rates), seen.z, np.nan)
    found = solver.solve(
        solver.Problem(past.ds, z, _columns(past, past.ds, seen.calendar), multiplicative=False)
    )
    mean, sd = found.predict(ahead.ds, _columns(past, ahead.ds, seen.calendar_ahead))
    return seen.answer(mean + carry_over(z - found.fitted, len(ahead)), SPREAD * sd, ahead)


def prophet_multiplicative(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Prophet's multiplicative model on the amounts themselves, with the calendar, carried on."""
    calendar = seasons.weekly(past.ds, past.open_days, past.step_days)
    y = past.y if past.open_days is None else np.where(past.open_days > 0, past.y, np.nan)
    found = solver.solve(
        solver.Problem(past.ds, y, _columns(past, past.ds, calendar), multiplicative=True)
    )
    ahead_calendar = seasons.weekly(ahead.ds, ahead.open_days, past.step_days)
    mean, sd = found.predict(ahead.ds, _columns(past, ahead.ds, ahead_calendar))
    middle = mean + carry_over(y - found.fitted, len(ahead))
    out = np.stack([middle - SPREAD * sd, middle, middle + SPREAD * sd], axis=1)
    if ahead.open_days is not None:
        out = np.where(ahead.open_days[:, None] > 0, out, 0.0)
    return np.clip(out, 0.0, 10 * float(np.max(past.y)))


def log_mstl(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Season by loess (STL) on the log rate, what remains by Theta, the season repeated."""
    from statsforecast.mstl import mstl

    season = past.season
    if len(past) < 2 * season + 1:
        return theta(past, ahead, seed)
    seen = view(past, ahead)
    parts = mstl(seen.z, [season])
    repeated = np.resize(parts["seasonal"].to_numpy()[-season:], len(ahead))
    middle, spread = _theta((parts["trend"] + parts["remainder"]).to_numpy(), len(ahead))
    return seen.answer(middle + repeated, spread, ahead)


def theta(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Theta on the log rate: half a trend and a smoothed level."""
    seen = view(past, ahead)
    return seen.answer(*_theta(seen.z, len(ahead)), ahead)


def auto_ets(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Exponential smoothing on the log rate, its form chosen by AICc."""
    from statsforecast.models import AutoETS

    seen = view(past, ahead)
    said = AutoETS(model="ZZN").forecast(seen.z, len(ahead), level=[80])
    return seen.answer(said["mean"], (said["hi-80"] - said["lo-80"]) / 2, ahead)


def harmonic_carry(past: Past, ahead: Ahead, seed: int) -> Floats:
    """A yearly wave that forgets, and what its residuals say about the next ones."""
    seen = view(past, ahead)
    middle, spread = harmonic.predict(
        harmonic.Known(past.ds, seen.z, seen.calendar), ahead.ds, seen.calendar_ahead
    )
    return seen.answer(middle, SPREAD * spread, ahead)


def recent_seasons(past: Past, ahead: Ahead, seed: int) -> Floats:
    """The shape of the last years, moved to the level of the last weeks."""
    if len(past) < past.season + LEVEL_WEEKS + 1:
        return baseline.last_periods(past, ahead, seed)
    seen = view(past, ahead)
    horizon, end = len(ahead), len(past)
    first = max(past.season + LEVEL_WEEKS, end - horizon - ORIGINS)
    misses = [
        seen.z[at : at + horizon] - _moved_shape(seen.z[:at], past.season, horizon)
        for at in range(first, end - horizon + 1)
    ]
    spread = np.sqrt(np.mean(np.square(misses), axis=0)) if misses else np.zeros(horizon)
    return seen.answer(_moved_shape(seen.z, past.season, horizon), SPREAD * spread, ahead)


SUPPLY: Mapping[str, Candidate] = {
    "prophet_log": prophet_log,
    "prophet_multiplicative": prophet_multiplicative,
    "log_mstl": log_mstl,
    "harmonic": harmonic_carry,
    "recent_seasons": recent_seasons,
    "last_year": baseline.same_season,
    "last_value": baseline.last_value,
}
DEMAND: Mapping[str, Candidate] = {
    "prophet_log": prophet_log,
    "log_mstl": log_mstl,
    "auto_ets": auto_ets,
    "theta": theta,
    "harmonic": harmonic_carry,
    "recent_seasons": recent_seasons,
    "last_value": baseline.last_value,
}


def _columns(past: Past, ds: np.ndarray, calendar: Floats) -> Floats:
    """Yearly terms from two years of history on; earlier they are unstable."""
    days = int((past.ds[-1] - past.ds[0]).astype("int64"))
    order = solver.YEAR_ORDER if days >= TWO_YEARS_DAYS else 0
    return np.concatenate([solver.fourier(ds, solver.YEAR_DAYS, order), calendar], axis=1)


def _theta(z: Floats, horizon: int) -> tuple[Floats, Floats]:
    from statsforecast.models import Theta

    said = Theta(season_length=1).forecast(z, horizon, level=[80])
    return said["mean"], np.asarray(said["hi-80"] - said["lo-80"], dtype=np.float64) / 2


def _moved_shape(z: Floats, season: int, horizon: int) -> Floats:
    years = min(YEARS, (len(z) - LEVEL_WEEKS) // season)
    weights = YEAR_FADES ** np.arange(years)
    weights /= weights.sum()
    shape, usual = np.zeros(horizon), 0.0
    for year, weight in enumerate(weights, start=1):
        start = len(z) - year * season
        shape += weight * z[start : start + season][np.arange(horizon) % season]
        usual += weight * float(np.mean(z[start - LEVEL_WEEKS : start]))
    moved = float(np.mean(z[-LEVEL_WEEKS:])) - usual
    out: Floats = shape + moved * LEVEL_FADES ** np.arange(1, horizon + 1)
    return out
