"""Measures of how wrong a forecast was, each on numbers that can be checked by hand."""

import numpy as np
import pytest

from forecasting import AtStep
from forecasting.measures import by_step, mean_by_step


def test_a_range_that_holds_near_and_fails_far_is_said_by_distance() -> None:
    """On the mean it covers 60 % and is 0.4 wide, which tells a buyer nothing about week 3."""
    actual = np.array([[10.0, 10.0, 50.0], [10.0, 30.0, 50.0]])
    near, far = [8.0, 10.0, 12.0], [20.0, 20.0, 20.0]
    said = np.array([[near, near, far], [near, near, far]])

    steps = by_step(actual, said)

    assert [step.ahead for step in steps] == [1, 2, 3]
    assert [step.coverage for step in steps] == [1.0, 0.5, 0.0]
    assert [step.width for step in steps] == pytest.approx([8 / 20, 8 / 40, 0])
    assert [step.cases for step in steps] == [2, 2, 2]


def test_a_closed_week_is_no_case_and_a_distance_of_closed_weeks_has_no_measure() -> None:
    actual = np.array([[0.0, 0.0], [0.0, 10.0]])
    said = np.array([[[0.0] * 3, [0.0] * 3], [[0.0] * 3, [9.0, 10.0, 11.0]]])

    nothing, one = by_step(actual, said)

    assert nothing == AtStep(ahead=1, coverage=None, width=None, cases=0)
    assert one == AtStep(ahead=2, coverage=1.0, width=pytest.approx(0.2), cases=1)


def test_the_mean_over_series_leaves_out_those_without_the_measure() -> None:
    series = [
        [AtStep(1, 1.0, 0.2, 13)],
        [AtStep(1, 0.5, 0.4, 13)],
        [AtStep(1, None, None, 0)],
    ]

    assert mean_by_step(series) == (AtStep(1, 0.75, pytest.approx(0.3), 26),)
    assert mean_by_step([]) == ()
