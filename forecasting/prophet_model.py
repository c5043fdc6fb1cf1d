"""Prophet behind the candidates' signature: `(past, ahead, seed) -> P10, P50, P90`.

What surrounds it here was measured (../shared/reference/forecasting.md, h):

- LBFGS always. Prophet's own choice below 100 rows is Newton: 1,122 ms instead of 48 ms.
- The seed is set before predict: without it the interval's ends move by 8 % of their sd per call.
- Stan's CSV files stay in the temporary folder until the process ends unless cleaned after a fit.
- cmdstanpy sets its own handler and level at import, so it is quietened after the import.
- Closed periods are left out of the fit and are 0 in the answer, by construction.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecasting import seasons
from forecasting.scale import Scale, scale_for
from forecasting.table import Ahead, Floats, Past

CHANGEPOINTS = 25
CHANGEPOINT_RANGE = 0.95
CHANGEPOINT_PRIOR = 0.05
TWO_YEARS_DAYS = 730  # below, a yearly season is unstable: errors up to 10^7 times, measured
CARRY_PERIODS = 104
CARRY_MOST = 0.95
INTERVAL = 0.8
SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted Prophet and what is needed to read its answer."""

    model: Any
    scale: Scale
    carry: Floats  # what the last residual still adds, one value a step ahead


def log_with_carry(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Prophet on the log rate of an open day, with the calendar and its last residual carried."""
    fit = fit_log(past, len(ahead))
    return predict_log(fit, past, ahead, seed)


def fit_log(past: Past, horizon: int) -> Fit:
    """Fit Prophet to the log (or root) of the rate per open day; about 50 ms of a child process."""
    rates = past.rates
    scale = scale_for(rates)
    z = scale.forward(rates)
    regressors = seasons.regressors(past.ds, past.open_days, past.step_days)
    model = _fitted(past, z, regressors)
    fitted = model.predict(_frame(past.ds, regressors), vectorized=True)["yhat"].to_numpy()
    return Fit(model, scale, carry_over(z - fitted, horizon))


def predict_log(fit: Fit, past: Past, ahead: Ahead, seed: int) -> Floats:
    """P10, P50, P90 per period ahead in the unit of the history."""
    regressors = seasons.regressors(ahead.ds, ahead.open_days, past.step_days)
    np.random.seed(seed % 2**32)  # noqa: NPY002  Prophet draws from the global generator
    said = fit.model.predict(_frame(ahead.ds, regressors))
    z = said[["yhat_lower", "yhat", "yhat_upper"]].to_numpy() + fit.carry[:, None]
    return open_only(fit.scale.back(z), ahead)


def carry_over(residuals: Floats, horizon: int) -> Floats:
    """What the last residual still says h periods on: last * phi^h, phi their lag-1 correlation.

    It mends Prophet's missing anchor to the last value.
    """
    known = residuals[np.isfinite(residuals)][-CARRY_PERIODS:]
    power = float(np.sum(known**2))
    if len(known) < 3 or power == 0:
        return np.zeros(horizon)
    phi = float(np.clip(np.sum(known[1:] * known[:-1]) / power, 0.0, CARRY_MOST))
    out: Floats = known[-1] * phi ** np.arange(1, horizon + 1)
    return out


def open_only(rates: Floats, ahead: Ahead) -> Floats:
    """Rates (n, 3) times open days; a closed period is 0."""
    return rates if ahead.open_days is None else rates * ahead.open_days[:, None]


def model_json(fit: Fit) -> str:
    """The fitted model as Prophet itself serialises it; a pickle would not outlive an upgrade."""
    from prophet.serialize import model_to_json

    return str(model_to_json(fit.model))


def _fitted(past: Past, z: Floats, regressors: Mapping[str, Floats]) -> Any:
    prophet = _prophet()
    days = int((past.ds[-1] - past.ds[0]).astype("int64"))
    model = prophet.Prophet(
        n_changepoints=min(CHANGEPOINTS, max(0, len(past) // 3)),
        changepoint_range=CHANGEPOINT_RANGE,
        changepoint_prior_scale=CHANGEPOINT_PRIOR,
        yearly_seasonality=days >= TWO_YEARS_DAYS,
        weekly_seasonality=past.step_days == 1,
        daily_seasonality=False,
        interval_width=INTERVAL,
        uncertainty_samples=SAMPLES,
    )
    for name in regressors:
        model.add_regressor(name, standardize=False)
    frame = _frame(past.ds, regressors).assign(y=z)
    model.fit(frame[np.isfinite(z)], algorithm="LBFGS", seed=1)
    model.stan_backend.cleanup()
    return model


def _frame(ds: Any, regressors: Mapping[str, Floats]) -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.to_datetime(ds), **regressors})


def _prophet() -> Any:
    """Import Prophet with its chatter turned down to warnings, which still reach our log."""
    # "Importing plotly failed" is said at import: its logger has to be quiet before.
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)
    import cmdstanpy
    import prophet

    chatter = cmdstanpy.utils.get_logger()
    chatter.handlers.clear()
    chatter.propagate = True
    chatter.setLevel(logging.WARNING)
    logging.getLogger("prophet").setLevel(logging.WARNING)
    return prophet
