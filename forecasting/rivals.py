"""What anybody could take off the shelf, run as its users run it: what ours is compared with.

They are given no favours and no handicaps: the calendar goes to those that take regressors in
ordinary use (the harmonic ARIMA), the log to those whose name says so, and nothing is negative.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from forecasting import baseline, prophet_model, solver
from forecasting.backtest import Candidate
from forecasting.table import Ahead, Days, Floats, Past

PAIRS = 4
LEVEL = 80


def prophet_default(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Prophet as its first page shows it: no calendar, no log, no setting but the interval."""
    model = prophet_model.imported().Prophet(interval_width=LEVEL / 100)
    model.fit(pd.DataFrame({"ds": pd.to_datetime(past.ds), "y": past.y}))
    model.stan_backend.cleanup()
    np.random.seed(seed % 2**32)  # noqa: NPY002  Prophet draws from the global generator
    said = model.predict(pd.DataFrame({"ds": pd.to_datetime(ahead.ds)}))
    lines: Floats = said[["yhat_lower", "yhat", "yhat_upper"]].to_numpy(dtype=np.float64)
    return np.maximum(lines, 0.0)


def naive(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Repeat the last value."""
    return baseline.last_value(_without_calendar(past), Ahead(ahead.ds), seed)


def last_season(past: Past, ahead: Ahead, seed: int) -> Floats:
    """Repeat the same week of last year, or the same weekday of last week."""
    return baseline.same_season(_without_calendar(past), Ahead(ahead.ds), seed)


def auto_ets(past: Past, ahead: Ahead, seed: int) -> Floats:
    from statsforecast.models import AutoETS

    # ETS drops seasons above 24, so a yearly one is not even offered to it.
    season = past.season if past.season <= 24 else 1
    return _read(AutoETS(season_length=season).forecast(past.y, len(ahead), level=[LEVEL]))


def auto_theta(past: Past, ahead: Ahead, seed: int) -> Floats:
    from statsforecast.models import AutoTheta

    model = AutoTheta(season_length=past.season)
    return _read(model.forecast(past.y, len(ahead), level=[LEVEL]))


def log_mstl(past: Past, ahead: Ahead, seed: int) -> Floats:
    from statsforecast.models import MSTL, AutoETS

    model = MSTL(season_length=past.season, trend_forecaster=AutoETS(model="ZZN"))
    return _on_log(past, lambda z: model.forecast(z, len(ahead), level=[LEVEL]))


def log_harmonic_arima(past: Past, ahead: Ahead, seed: int) -> Floats:
    """AutoARIMA on the log with four Fourier pairs and the open days: the best single one."""
    from statsforecast.models import AutoARIMA

    model = AutoARIMA()
    return _on_log(
        past,
        lambda z: model.forecast(
            z,
            len(ahead),
            X=_harmonics(past.ds, past.open_days),
            X_future=_harmonics(ahead.ds, ahead.open_days),
            level=[LEVEL],
        ),
    )


RIVALS: Mapping[str, Candidate] = {
    "Prophet (default)": prophet_default,
    "naive": naive,
    "last year": last_season,
    "AutoETS": auto_ets,
    "AutoTheta": auto_theta,
    "log-MSTL": log_mstl,
    "log harmonic AutoARIMA": log_harmonic_arima,
}


def _without_calendar(past: Past) -> Past:
    return Past(past.series, past.ds, past.y, None, past.step_days)


def _harmonics(ds: Days, open_days: Floats | None) -> Floats:
    waves = solver.fourier(ds, solver.YEAR_DAYS, PAIRS)
    return waves if open_days is None else np.column_stack([waves, open_days])


def _on_log(past: Past, fit: Callable[[Floats], Mapping[str, Floats]]) -> Floats:
    """Fit log(1 + y) and return to amounts, at most ten times what was ever seen."""
    said = _read(fit(np.log1p(past.y)))
    return np.expm1(np.minimum(said, np.log1p(10 * float(np.max(past.y)))))


def _read(said: Mapping[str, Floats]) -> Floats:
    lines = np.stack([said[f"lo-{LEVEL}"], said["mean"], said[f"hi-{LEVEL}"]], axis=1)
    return np.maximum(lines, 0.0)
