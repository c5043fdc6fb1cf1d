"""The front door: a table in, a forecast or a sentence out."""

import json
import subprocess
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

import forecasting
from forecasting import Forecast, errors


def weeks(count: int, y: object = None, start: str = "2023-01-02") -> pd.DataFrame:
    """A lettuce farm: a season, a slow rise, and the noise of real weeks."""
    t = np.arange(count)
    noise = np.random.default_rng(5).normal(1, 0.05, count)
    usual = (400 + 0.5 * t + 120 * np.sin(2 * np.pi * t / 52.18)) * noise
    return pd.DataFrame(
        {"ds": pd.date_range(start, periods=count, freq="W-MON"), "y": usual if y is None else y}
    )


@pytest.fixture(scope="module")
def made() -> Forecast:
    return forecasting.forecast(weeks(150), series="lettuce")


def test_a_forecast_has_eight_ordered_weeks_beside_last_year(made: Forecast) -> None:
    history = weeks(150)

    assert made.steps[0].ds == date(2025, 11, 17)
    assert len(made.steps) == 8
    assert all(0 <= step.p10 <= step.p50 <= step.p90 for step in made.steps)
    assert [step.naive for step in made.steps] == pytest.approx(list(history["y"][-52:-44]))


def test_a_forecast_says_how_wrong_it_and_last_year_were(made: Forecast) -> None:
    assert made.error is not None
    assert made.naive_error is not None
    assert 0 < (made.error.wape or 0) < 0.2
    assert made.error.cutoffs >= 6
    assert made.reason.code in {"beats_naive", "lost_to_naive"}


def test_each_distance_says_how_its_range_held_at_past_cutoffs(made: Forecast) -> None:
    """Together they are the coverage that is shown for the whole."""
    assert made.error is not None
    assert [step.ahead for step in made.by_step] == list(range(1, 9))
    assert {step.cases for step in made.by_step} == {made.error.cutoffs}
    assert mean_coverage(made) == pytest.approx(made.error.coverage)
    assert all((step.width or 0) > 0 for step in made.by_step)


def test_where_the_naive_line_is_shown_its_own_range_is_judged() -> None:
    """A random walk, which nothing beats: what is shown is the last value, calibrated."""
    steps = np.random.default_rng(1).normal(0, 0.05, 160)
    made = forecasting.forecast(weeks(160, 100 * np.exp(np.cumsum(steps))), kind="demand")

    assert made.served == "naive"
    assert made.error is not None
    assert mean_coverage(made) == pytest.approx(made.error.coverage)
    assert made.error.coverage != made.backtest[made.naive_name].coverage


def mean_coverage(made: Forecast) -> float:
    return float(np.mean([step.coverage for step in made.by_step]))


def test_a_forecast_stored_before_distances_were_kept_is_read(made: Forecast) -> None:
    body = json.loads(made.to_json())
    del body["by_step"]

    assert Forecast.from_json(json.dumps(body)).by_step == ()


def test_the_same_history_gives_the_same_bytes(made: Forecast) -> None:
    again = forecasting.forecast(weeks(150), series="lettuce")

    assert again.to_json() == made.to_json()


def test_a_stored_forecast_comes_back_whole_without_pandas_or_prophet(made: Forecast) -> None:
    """A look-up must not pay a second and 190 MB for what it only reads."""
    program = (
        "import sys; from forecasting import Forecast; text = sys.stdin.read();"
        "assert Forecast.from_json(text).to_json() == text;"
        "heavy = {'pandas', 'prophet', 'numpy', 'statsforecast'} & set(sys.modules);"
        "assert not heavy, heavy"
    )

    subprocess.run([sys.executable, "-c", program], input=made.to_json(), text=True, check=True)


@pytest.mark.parametrize(
    ("history", "error"),
    [
        (weeks(2), errors.TooShort),
        (weeks(60, y=0.0), errors.AllZero),
        (weeks(60, y=[5.0] * 59 + [5000.0]), errors.GiantOutlier),
        (weeks(60, y=[5.0] * 56 + [50.0] * 4), errors.LevelShift),
    ],
    ids=lambda value: value.code if isinstance(value, type) else "",
)
def test_no_honest_line_gives_a_code_and_a_sentence(
    history: pd.DataFrame, error: type[errors.Refused]
) -> None:
    with pytest.raises(error, match="basil"):
        forecasting.forecast(history, series="basil")


def test_a_history_that_ended_long_ago_is_stale() -> None:
    with pytest.raises(errors.Stale, match="enter the missing ones"):
        forecasting.forecast(weeks(20), today=date(2023, 9, 1))


def test_an_accepted_level_shift_stays_as_a_note() -> None:
    made = forecasting.forecast(weeks(60, y=[5.0, 6.0] * 28 + [50.0] * 4), accept={"level_shift"})

    assert [note.code for note in made.notes] == ["level_shift"]
