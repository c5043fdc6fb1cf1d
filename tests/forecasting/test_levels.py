"""Between P10, P50 and P90: what can be counted on, and how likely less is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.levels import counted_on, shortfall

QUANTILES = st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(sorted)
CONFIDENCE = st.floats(0.001, 0.999)


@given(levels=QUANTILES, confidence=CONFIDENCE)
def test_never_negative_and_less_with_more_confidence(
    levels: list[float], confidence: float
) -> None:
    amount = counted_on(*levels, confidence)

    assert amount >= 0
    assert counted_on(*levels, min(0.9995, confidence * 1.01)) <= amount + 1e-6


@given(levels=QUANTILES, amount=st.floats(0, 2e6))
def test_a_probability_that_grows_with_what_is_promised(levels: list[float], amount: float) -> None:
    assert 0 <= shortfall(*levels, amount) <= shortfall(*levels, amount * 1.5 + 1) <= 1


@pytest.mark.parametrize("confidence", [0.5, 0.7, 0.9, 0.95])
def test_what_is_counted_on_falls_short_as_often_as_was_said(confidence: float) -> None:
    amount = counted_on(30, 42, 55, confidence)

    assert shortfall(30, 42, 55, amount) == pytest.approx(1 - confidence, abs=1e-6)


def test_the_farms_usual_confidence_is_p10() -> None:
    assert (counted_on(30, 42, 55, 0.9), counted_on(30, 42, 55, 0.5)) == (30.0, 42.0)
