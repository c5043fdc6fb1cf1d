"""Prophet itself behind the candidates' signature, for the forecast that is served and stored.

What surrounds it here was measured (../shared/reference/forecasting.md, h):

- LBFGS always. Prophet's own choice below 100 rows is Newton: 1,122 ms instead of 48 ms.
- Its own interval is drawn anew at each call, and moves by 8 % of its sd: ours is computed.
- Stan's CSV files stay in the temporary folder until the process ends unless cleaned after a fit.
- cmdstanpy sets its own handler and level at import, so it is quietened after the import.
- Closed periods are left out of the fit and are 0 in the answer, by construction.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from forecasting import seasons, solver
from forecasting.baseline import SPREAD
from forecasting.scale import open_only, scale_for
from forecasting.solver import TWO_YEARS_DAYS, carry_over
from forecasting.table import Ahead, Days, Floats, Past

INTERVAL = 0.8


def log_with_carry(past: Past, ahead: Ahead, seed: int) -> tuple[Floats, str]:
    """Prophet on the log rate of an open day, with calendar and carried residual, and its JSON."""
    scale = scale_for(past.rates)
    y = scale.forward(past.rates)
    calendar = seasons.weekly(past.ds, past.open_days, past.step_days)
    model = _fitted(past, y, calendar)
    found = as_solution(model)
    order = _order(past)
    fitted, _ = found.predict(past.ds, _columns(past.ds, calendar, order))
    later = seasons.weekly(ahead.ds, ahead.open_days, past.step_days)
    mean, sd = found.predict(ahead.ds, _columns(ahead.ds, later, order))
    middle = mean + carry_over(y - fitted, len(ahead))
    lines = np.stack([middle + side * SPREAD * sd for side in (-1, 0, 1)], axis=1)
    return open_only(scale.back(lines), ahead), _json(model)


def as_solution(model: Any) -> solver.Solution:
    """Read what Stan found as our solver's answer: its line and spread are the same formulas.

    Prophet's own `predict` takes as long as the fit, and its interval is simulated; the one of the
    backtests, by which P10 and P90 are calibrated, is exact.
    """
    at = {name: values.mean(axis=0) for name, values in model.params.items()}
    waves = 2 * sum(season["fourier_order"] for season in model.seasonalities.values())
    # Without any column Prophet fits one of zeros. It takes sine and cosine in turns, we all sines
    # first.
    beta = np.asarray(at["beta"][: waves + len(model.extra_regressors)], dtype=np.float64)
    terms = np.concatenate([beta[:waves:2], beta[1:waves:2], beta[waves:]])
    trend = np.concatenate([at["k"], at["m"], at["delta"]], axis=None)
    return solver.Solution(
        origin=np.datetime64(model.start, "D"),
        span_days=model.t_scale / pd.Timedelta(days=1),
        scale=float(model.y_scale),
        changes_at=np.asarray(model.changepoints_t, dtype=np.float64),
        trend=np.asarray(trend, dtype=np.float64),
        terms=terms,
        noise=float(np.mean(at["sigma_obs"])),
        multiplicative=False,
        fitted=np.empty(0),
    )


def as_start(found: solver.Solution, order: int) -> dict[str, Any]:
    """The opposite of `as_solution`: what our solver found, by the names and places of Stan."""
    waves = np.stack([found.terms[:order], found.terms[order : 2 * order]], axis=1).ravel()
    return {
        "k": found.trend[0],
        "m": found.trend[1],
        "delta": found.trend[2:],
        "beta": np.concatenate([waves, found.terms[2 * order :]]),
        "sigma_obs": found.noise,
    }


def _fitted(past: Past, y: Floats, calendar: Floats) -> Any:
    prophet = imported()
    model = prophet.Prophet(
        n_changepoints=solver.CHANGEPOINTS,
        changepoint_range=solver.CHANGEPOINT_RANGE,
        changepoint_prior_scale=solver.CHANGEPOINT_PRIOR,
        yearly_seasonality=_order(past) > 0,
        weekly_seasonality=False,
        daily_seasonality=False,
        interval_width=INTERVAL,
    )
    for name in _named(calendar):
        model.add_regressor(name, standardize=False)
    columns = _columns(past.ds, calendar, _order(past))
    mode = solver.solve(solver.Problem(past.ds, y, columns, multiplicative=False))
    model.stan_backend.model = _Stan(model.stan_backend.model, as_start(mode, _order(past)))
    frame = _frame(past.ds, calendar).assign(y=y)
    model.fit(frame[np.isfinite(y)], algorithm="LBFGS", seed=1)
    model.stan_backend.cleanup()
    return model


class _Stan:
    """Prophet's Stan model, handed its data as files and the mode we know as the place to start.

    cmdstanpy writes numbers one by one; and from there Stan takes one step instead of 250, to a
    posterior that was higher in 24 of 24 series: at corners of the Laplace prior it stops early.
    """

    def __init__(self, model: Any, start: Mapping[str, Any]) -> None:
        self._model, self._start = model, start

    def optimize(self, *, data: Any, inits: Any, **how: Any) -> Any:
        with TemporaryDirectory() as folder:
            file = _written(Path(folder) / "data.json", data)
            try:
                start = _written(Path(folder) / "start.json", self._padded(inits))
                return self._model.optimize(data=file, inits=start, **how)
            except RuntimeError:
                # Nothing to climb from there, or another shape: as Prophet itself begins.
                start = _written(Path(folder) / "start.json", inits)
                return self._model.optimize(data=file, inits=start, **how)

    def _padded(self, inits: Mapping[str, Any]) -> dict[str, Any]:
        """Without any column Prophet fits one of zeros."""
        beta = np.array(inits["beta"], dtype=np.float64)
        known = self._start.get("beta", beta)
        beta[: len(known)] = known
        return {**inits, **self._start, "beta": beta}


def _written(file: Path, values: Mapping[str, Any]) -> str:
    file.write_text(json.dumps(values, default=lambda array: np.asarray(array).tolist()))
    return str(file)


def _order(past: Past) -> int:
    days = int((past.ds[-1] - past.ds[0]).astype("int64"))
    return solver.YEAR_ORDER if days >= TWO_YEARS_DAYS else 0


def _columns(ds: Days, calendar: Floats, order: int) -> Floats:
    return np.concatenate([solver.fourier(ds, solver.YEAR_DAYS, order), calendar], axis=1)


def _json(model: Any) -> str:
    """The fitted model as Prophet itself serialises it; a pickle would not outlive an upgrade."""
    from prophet.serialize import model_to_json

    return str(model_to_json(model))


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
