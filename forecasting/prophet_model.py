"""Prophet itself behind the candidates' signature, for the forecast that is served and stored.

What surrounds it here was measured (../shared/reference/forecasting.md, h):

- LBFGS always. Prophet's own choice below 100 rows is Newton: 1,122 ms instead of 48 ms.
- The seed is set before predict: without it the interval's ends move by 8 % of their sd per call.
- Stan's CSV files stay in the temporary folder until the process ends unless cleaned after a fit.
- cmdstanpy sets its own handler and level at import, so it is quietened after the import.
- Closed periods are left out of the fit and are 0 in the answer, by construction.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecasting import seasons, solver
from forecasting.scale import Scale, open_only, scale_for
from forecasting.solver import TWO_YEARS_DAYS, carry_over
from forecasting.table import Ahead, Days, Floats, Past

INTERVAL = 0.8
SAMPLES = 300  # of the interval, before it is calibrated: three times faster than 1000


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted Prophet and what is needed to read its answer."""

    model: Any
    scale: Scale
    carry: Floats  # what the last residual still adds, one value a step ahead


def log_with_carry(past: Past, ahead: Ahead, seed: int) -> tuple[Floats, str]:
    """Prophet on the log rate of an open day, with calendar and carried residual, and its JSON."""
    scale = scale_for(past.rates)
    fit = _fitted(past, scale.forward(past.rates), len(ahead), scale)
    lines = open_only(scale.back(_said(fit, past, ahead, seed)), ahead)
    return lines, _json(fit)


def _fitted(past: Past, y: Floats, horizon: int, scale: Scale) -> Fit:
    prophet = imported()
    columns = seasons.weekly(past.ds, past.open_days, past.step_days)
    days = int((past.ds[-1] - past.ds[0]).astype("int64"))
    model = prophet.Prophet(
        n_changepoints=solver.CHANGEPOINTS,
        changepoint_range=solver.CHANGEPOINT_RANGE,
        changepoint_prior_scale=solver.CHANGEPOINT_PRIOR,
        yearly_seasonality=days >= TWO_YEARS_DAYS,
        weekly_seasonality=False,
        daily_seasonality=False,
        interval_width=INTERVAL,
        uncertainty_samples=SAMPLES,
    )
    for name in _named(columns):
        model.add_regressor(name, standardize=False)
    frame = _frame(past.ds, columns).assign(y=y)
    model.fit(frame[np.isfinite(y)], algorithm="LBFGS", seed=1)
    model.stan_backend.cleanup()
    return Fit(model, scale, carry_over(y[np.isfinite(y)] - _fitted_values(model), horizon))


def _fitted_values(model: Any) -> Floats:
    """Trend and season over the rows of the fit; `predict` on them takes four times as long."""
    columns, *_ = model.make_all_seasonality_features(model.history)
    at = {name: values.mean(axis=0) for name, values in model.params.items()}
    t = model.history["t"].to_numpy()
    trend = model.piecewise_linear(t, at["delta"], at["k"], at["m"], model.changepoints_t)
    return np.asarray((trend + columns.to_numpy() @ at["beta"]) * model.y_scale, dtype=np.float64)


def _said(fit: Fit, past: Past, ahead: Ahead, seed: int) -> Floats:
    """P10, P50, P90 on the scale of the fit."""
    columns = seasons.weekly(ahead.ds, ahead.open_days, past.step_days)
    np.random.seed(seed % 2**32)  # noqa: NPY002  Prophet draws from the global generator
    said = fit.model.predict(_frame(ahead.ds, columns))
    lines: Floats = said[["yhat_lower", "yhat", "yhat_upper"]].to_numpy(dtype=np.float64)
    return lines + fit.carry[:, None]


def _json(fit: Fit) -> str:
    """The fitted model as Prophet itself serialises it; a pickle would not outlive an upgrade."""
    from prophet.serialize import model_to_json

    return str(model_to_json(fit.model))


def _named(columns: Floats) -> dict[str, Floats]:
    """Prophet wants regressors by name; ours are told apart by their place."""
    return {f"calendar_{place}": column for place, column in enumerate(columns.T)}


def _frame(ds: Days, columns: Floats) -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.to_datetime(ds), **_named(columns)})


def imported() -> Any:
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
