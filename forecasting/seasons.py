"""What the calendar knows beforehand: open days, Japanese holidays, Obon, Golden Week, year end.

Only calendars are known ahead; weather is not, and never enters here.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from forecasting.table import Days, Floats

# (month, day) spans, ends included, in which Japanese markets and kitchens follow another rhythm.
SPANS = {
    "year_end": (((12, 26), (12, 31)),),
    "new_year": (((1, 1), (1, 7)),),
    "golden_week": (((4, 29), (5, 6)),),
    "obon": (((8, 11), (8, 17)),),
}
GAP_MOST = 6  # days since or until an open day; longer closures change nothing more


def regressors(ds: Days, open_days: Floats | None, step_days: int) -> Mapping[str, Floats]:
    """Columns for a model of the rate per open day, known before the period begins.

    Each is the share of the period's days that fall into a span, 0 to 1; open days enter as the
    log of their share, since a short week is a busy one per day.
    """
    if open_days is None:
        return {}
    columns = {name: _share(ds, step_days, name) for name in SPANS}
    if step_days > 1:
        columns["open_share"] = np.log(np.maximum(open_days, 1.0) / step_days)
    return columns


def _share(ds: Days, step_days: int, name: str) -> Floats:
    days = ds[:, None] + np.arange(step_days).astype("timedelta64[D]")
    inside: Floats = np.vectorize(lambda day: _inside(day, name), otypes=[float])(days)
    return np.asarray(inside.mean(axis=1))


@lru_cache(maxsize=100_000)
def _inside(day: object, name: str) -> bool:
    month_day = (int(str(day)[5:7]), int(str(day)[8:10]))
    return any(first <= month_day <= last for first, last in SPANS[name])
