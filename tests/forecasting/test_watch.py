"""When what came does not agree with what was said: twice running, or always on one side."""

from datetime import date, timedelta

import pytest

from forecasting.watch import Judged, bias, drifts, left_the_interval


def weeks(*came: float) -> list[Judged]:
    first = date(2026, 6, 1)
    return [Judged(first + timedelta(weeks=by), 30.0, 42.0, 55.0, kg) for by, kg in enumerate(came)]


@pytest.mark.parametrize(
    ("came", "is_out"),
    [
        ((42, 42), False),
        ((20, 42), False),
        ((42, 20), False),
        ((42, 20, 70), True),
        ((20, 20, 42), False),
        ((20,), False),
    ],
)
def test_two_weeks_running_outside(came: tuple[float, ...], is_out: bool) -> None:
    """One in five weeks is outside by design: a single one calls nobody."""
    assert left_the_interval(weeks(*came)) is is_out


@pytest.mark.parametrize(
    ("came", "is_drift"),
    [
        ((35,) * 8, True),  # within the interval each week, and a fifth too much in all
        ((50,) * 8, True),
        ((40,) * 8, False),
        ((35,) * 5, False),  # too few
        ((20, 60) * 4, False),  # wide, on both sides
        ((0,) * 8, False),
    ],
)
def test_a_bias_is_a_drift_when_it_is_large_and_on_one_side(
    came: tuple[float, ...], is_drift: bool
) -> None:
    assert drifts(weeks(*came)) is is_drift


def test_the_bias_is_of_the_last_eight_weeks() -> None:
    assert bias(weeks(*(1.0,) * 10, *(42.0,) * 8)) == 0.0
