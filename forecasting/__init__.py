"""What may happen, from a table: no database, no HTTP, nothing heavy until a function needs it."""

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from forecasting.errors import ForecastingError, NotAHistory, Refused
from forecasting.result import (
    FURTHEST_WEEKS,
    AtStep,
    Expected,
    Forecast,
    LotsNow,
    Note,
    Score,
    Step,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FURTHEST_WEEKS",
    "AtStep",
    "Expected",
    "Forecast",
    "ForecastingError",
    "LotsNow",
    "NotAHistory",
    "Note",
    "Refused",
    "Score",
    "Step",
    "forecast",
]


def forecast(
    history: "pd.DataFrame",
    *,
    horizon_weeks: int = 8,
    calendar: "pd.DataFrame | None" = None,
    series: str = "history",
    kind: str = "supply",
    today: date | None = None,
    accept: Collection[str] = (),
    lots: "pd.DataFrame | None" = None,
    weighings: "pd.DataFrame | None" = None,
) -> Forecast:
    """Forecast weekly harvest with P10, P50 and P90, and say how wrong the same was before.

    Takes a few seconds, most of it importing; run it in a process of its own, never in a request.

    Args:
        history: One row a week, oldest first, no week missing. Columns:
            ds  datetime64 without zone (local date), the Monday the week starts on
            y   float64 >= 0, harvested weight [kg]; 0.0 is a week without harvest, never NaN
            open_days  optional, days of the week on which harvest or market was possible, 0 to 7
        calendar: ds, open_days of the weeks ahead; needed where `history` has open_days.
        series: What the history is of; names it in messages and seeds what is random.
        kind: supply (the season rules), demand (the level rules) or auto.
        today: Refuses as stale what ends more than 2 weeks before; None does not look.
        lots, weighings: Lots growing and finished, and heads weighed on the way (columns:
            forecasting.growth); they are weighed into the near weeks, see Step.lots_share.
        accept: Codes of refusals a person has looked at: giant_outlier, level_shift.

    Raises:
        NotAHistory: the table is wrong; says which week.
        Refused: there is no honest line (too_short, stale, all_zero, giant_outlier, level_shift,
            missing_calendar, nothing_open, backtest_above_100); show its message.
    """
    from forecasting.weekly import forecast as run

    return run(
        history,
        horizon_weeks=horizon_weeks,
        calendar=calendar,
        series=series,
        kind=kind,
        today=today,
        accept=accept,
        lots=lots,
        weighings=weighings,
    )
