"""Open days: what a calendar's rules say of weeks that were and weeks to come."""

from datetime import date, timedelta

import pytest

from forecasting.opening import open_days

YEAR_END = date(2026, 12, 28)


@pytest.mark.parametrize(
    ("monday", "rules", "days"),
    [
        (YEAR_END, {}, 7),
        (YEAR_END, {"closed_weekdays": ["sat", "sun"]}, 5),
        (YEAR_END, {"closed": ["12-31/01-03"]}, 3),
        (YEAR_END, {"closed": ["2026-12-29"]}, 6),
        (date(2027, 12, 27), {"closed": ["2026-12-29"]}, 7),
        (date(2026, 8, 10), {"closed": ["08-13/08-16"]}, 3),
        # Golden Week 2026: 29 April; 3 to 5 May, and the 6th for the Sunday among them.
        (date(2026, 5, 4), {"national_holidays": True}, 4),
        (date(2026, 9, 21), {"national_holidays": True, "closed_weekdays": ["sun"]}, 3),
    ],
)
def test_open_days_of_a_week(monday: date, rules: dict[str, object], days: int) -> None:
    assert open_days([monday], rules) == [days]


def test_weeks_do_not_depend_on_their_neighbours() -> None:
    rules = {"closed": ["12-31/01-03"], "national_holidays": True, "closed_weekdays": ["wed"]}
    mondays = [date(2025, 12, 1) + timedelta(weeks=by) for by in range(60)]

    together = open_days(mondays, rules)

    assert together == [open_days([monday], rules)[0] for monday in mondays]
