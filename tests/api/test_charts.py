"""Charts say what was measured: gaps stay gaps, scales are round, a day is the site's day."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import charts
from api.i18n import Reader
from forecasting import Step
from traceability.conditions import DayLight, Point

START = datetime(2026, 6, 1, 0, tzinfo=UTC)
SAY = Reader.of("en").number


def _points(values: list[float | None], width: timedelta = timedelta(hours=1)) -> list[Point]:
    return [Point(START + i * width, value, value, value) for i, value in enumerate(values)]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
@settings(max_examples=80)
def test_ticks_are_few_evenly_spaced_and_hold_the_values(low: float, size: float) -> None:
    ticks = charts.nice_ticks(low, low + size)

    steps = {round(b - a, 6) for a, b in pairwise(ticks)}
    assert ticks[0] <= low + 1e-6 * size
    assert ticks[-1] >= low + size * (1 - 1e-6)
    assert 2 <= len(ticks) <= 7
    assert len(steps) == 1


def test_a_silent_stretch_is_shaded_and_the_line_breaks() -> None:
    plot = charts.time_plot(
        _points([20.0, 21.0, None, None, 22.0, 21.0]), target=None, zone="UTC", say=SAY
    )

    assert plot is not None
    line = re.search(r'class="line" d="([^"]*)"', str(plot.body))
    assert line
    assert line[1].count("M") == 2
    assert str(plot.body).count('class="gap"') == 1


def test_what_has_not_happened_yet_is_no_gap() -> None:
    points = _points([20.0, 21.0, None])

    plot = charts.time_plot(
        points, target=None, zone="UTC", say=SAY, until=START + timedelta(hours=2)
    )

    assert plot is not None
    assert 'class="gap"' not in str(plot.body)


def test_nothing_heard_draws_nothing() -> None:
    assert charts.time_plot(_points([None, None]), target=None, zone="UTC", say=SAY) is None
    assert charts.sparkline(_points([None])) is None


def test_days_are_the_sites_days_not_ours() -> None:
    """At 15:00 UTC it is midnight in Japan: what follows belongs to the next day."""
    values: list[float | None] = [10.0 if (i + 9) % 24 < 12 else 20.0 for i in range(24 * 10)]

    rows = charts.daily(_points(values), "Asia/Tokyo")

    assert [day for day, *_ in rows][:2] == [date(2026, 6, 1), date(2026, 6, 2)]
    assert rows[1][1:] == (15.0, 10.0, 20.0)


def test_a_day_half_heard_has_no_mean() -> None:
    values: list[float | None] = [20.0] * 48 + [None] * 12 + [5.0] * 12 + [20.0] * 24

    days = [day for day, *_ in charts.daily(_points(values), "UTC")]

    assert date(2026, 6, 3) not in days
    assert date(2026, 6, 4) in days


def test_light_of_a_day_not_wholly_measured_is_pale() -> None:
    days = [DayLight(date(2026, 6, 1), 12.0, 1.0), DayLight(date(2026, 6, 3), 4.0, 0.4)]

    plot = charts.light_plot(days, say=SAY)

    assert plot is not None
    assert str(plot.body).count('class="bar"') == 1
    assert str(plot.body).count('class="bar part"') == 1
    assert list(plot.x_labels) == ["6/1", "6/2", "6/3"]


def test_the_fan_joins_the_past_to_the_range() -> None:
    history = [(date(2026, 6, 1), 40.0), (date(2026, 6, 8), 42.0)]
    steps = [Step(date(2026, 6, 15), 30.0, 41.0, 52.0, 40.0)]

    plot = charts.fan_plot(history, steps, last_year={date(2026, 6, 15): 38.0}, say=SAY)

    assert plot is not None
    for name in ("fan", "past", "naive", "last-year", "line"):
        assert f'class="{name}"' in str(plot.body), name
    assert charts.fan_plot(history, [], last_year={}, say=SAY) is None


@pytest.mark.parametrize(
    ("step", "labels"), [(0.2, ["0.4", "0.2", "0.0"]), (2.5, ["5.0", "2.5", "0.0"])]
)
def test_labels_have_the_digits_their_step_needs(step: float, labels: list[str]) -> None:
    assert charts._said([0.0, step, 2 * step], SAY) == labels
