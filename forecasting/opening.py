"""Open days of each week, from a calendar's rules: what is known ahead, as far ahead as asked."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from forecasting.seasons import holidays
from forecasting.table import WEEK_DAYS

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def open_days(mondays: Sequence[date], rules: Mapping[str, Any]) -> list[int]:
    """Return on how many days of each week something can happen.

    Args:
        rules: closed_weekdays (["sun"]), closed (["12-31/01-03", "2026-10-05"], ends included),
            national_holidays (bool, Japan's).

    >>> open_days([date(2026, 12, 28)], {"closed_weekdays": ["sun"], "closed": ["12-31/01-03"]})
    [3]
    """
    days = [monday + timedelta(days=day) for monday in mondays for day in range(WEEK_DAYS)]
    closed = np.array([_is_closed(day, rules) for day in days], dtype=bool)
    if rules.get("national_holidays"):
        closed |= holidays(np.array(days, dtype="datetime64[D]")) > 0
    return [int(week) for week in (~closed).reshape(-1, WEEK_DAYS).sum(axis=1)]


def _is_closed(day: date, rules: Mapping[str, Any]) -> bool:
    if _WEEKDAYS[day.weekday()] in rules.get("closed_weekdays", ()):
        return True
    return any(_is_within(day, *span.partition("/")[::2]) for span in rules.get("closed", ()))


def _is_within(day: date, first: str, last: str) -> bool:
    last = last or first
    text = day.isoformat()[-len(first) :]
    # 12-31/01-03 goes over the turn of the year.
    return first <= text <= last if first <= last else text >= first or text <= last
