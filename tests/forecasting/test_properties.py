"""What holds for every history, not for the ones we happened to look at."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forecasting import Refused, candidates, daily, kinds
from forecasting.backtest import Candidate
from forecasting.calibrate import ordered
from forecasting.choose import weigh
from forecasting.study import MIX, Plan, examine, judge
from forecasting.table import Past

# Models are slow: examples are tried, not shrunk, or a failure would take minutes to be said.
FEW = settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
WEEKS = 170
EVERY_MEMBER = {**candidates.SUPPLY, **candidates.DEMAND}


@st.composite
def histories(draw: st.DrawFn) -> Past:
    """Weeks of a market: a season, closures, and sometimes no harvest at all."""
    noise = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.sampled_from([1e-3, 1.0, 1e6]))
    zeros = draw(st.sampled_from([0.0, 0.02, 0.2]))
    t = np.arange(WEEKS)
    open_days = noise.choice([4.0, 5.0, 6.0], WEEKS)
    open_days[noise.random(WEEKS) < 0.02] = 0.0
    rate = size * np.exp(0.5 * np.sin(2 * np.pi * t / 52.18) + noise.normal(0, 0.2, WEEKS))
    rate[noise.random(WEEKS) < zeros] = 0.0
    ds = np.datetime64("2021-01-04") + 7 * t.astype("timedelta64[D]")
    return Past("any", ds, rate * open_days, open_days, 7)


@pytest.mark.parametrize("member", EVERY_MEMBER.values(), ids=EVERY_MEMBER)
@FEW
@given(past=histories())
def test_quantiles_are_ordered_and_never_negative(member: Candidate, past: Past) -> None:
    said = ordered(member(past.until(160), past.between(160, 168), 1))

    assert said.shape == (8, 3)
    assert np.isfinite(said).all()
    assert (said >= 0).all()
    assert (np.diff(said, axis=1) >= 0).all()


@pytest.mark.parametrize("member", EVERY_MEMBER.values(), ids=EVERY_MEMBER)
@FEW
@given(past=histories(), factor=st.sampled_from([2.0**-10, 8.0, 2.0**20]))
def test_grams_or_tonnes_give_the_same_forecast(
    member: Candidate, past: Past, factor: float
) -> None:
    said = member(past.until(160), past.between(160, 168), 1)

    scaled = member(past.scaled(factor).until(160), past.between(160, 168), 1)

    # What hangs on an absolute tolerance inside an optimiser may move a little.
    assert scaled == pytest.approx(said * factor, rel=2e-2, abs=1e-6 * factor * past.y.max())


@pytest.mark.parametrize("member", EVERY_MEMBER.values(), ids=EVERY_MEMBER)
@FEW
@given(past=histories())
def test_a_closed_week_gives_0(member: Candidate, past: Past) -> None:
    ahead = past.between(160, 168)
    assert ahead.open_days is not None
    ahead.open_days[3] = 0.0

    said = member(past.until(160), ahead, 1)

    assert (said[3] == 0).all()


@FEW
@given(seed=st.integers(0, 1000))
def test_a_closed_day_gives_0(seed: int) -> None:
    noise = np.random.default_rng(seed)
    ds = np.datetime64("2023-01-02") + np.arange(900).astype("timedelta64[D]")
    open_days = (np.arange(900) % 7 != 6).astype(float)
    past = Past("days", ds, open_days * noise.lognormal(3, 0.3, 900), open_days, 1)

    for member in daily.members_for(enough=True).values():
        said = member(past.until(870), past.between(870, 898), 1)

        closed = open_days[870:898] == 0
        assert (said[closed] == 0).all()
        assert (said[~closed, 1] > 0).all()


@settings(FEW, max_examples=2)
@given(past=histories(), seed=st.integers(0, 1000))
def test_what_comes_after_a_cutoff_changes_nothing_said_at_it(past: Past, seed: int) -> None:
    """The future may be shuffled, doubled or lost: only its calendar was known."""
    plan = Plan(kind="supply", horizon=4, count=2, step=4)
    cutoff = WEEKS - 8
    y = past.y.copy()
    np.random.default_rng(seed).shuffle(y[cutoff:])
    other = Past(
        past.series, past.ds, y * np.where(np.arange(WEEKS) < cutoff, 1, 3), past.open_days, 7
    )

    said = judge(examine(past, plan), [])
    again = judge(examine(other, plan), [])

    for name in said.lines:
        assert (said.lines[name][0] == again.lines[name][0]).all(), name
    assert MIX in said.lines


@FEW
@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=7))
def test_weights_sum_to_one_and_follow_the_error(errors: list[float]) -> None:
    weights = weigh(np.array(errors)[:, None], [True] * len(errors))

    assert weights.sum() == pytest.approx(1.0)
    assert weights[int(np.argmin(errors))] == weights.max()


@pytest.mark.parametrize("y", [[3.0, 4.0], [0.0] * 60], ids=["two rows", "all zero"])
def test_nothing_is_said_of_two_rows_or_of_nothing(y: list[float]) -> None:
    ds = np.datetime64("2023-01-02") + 7 * np.arange(len(y)).astype("timedelta64[D]")

    with pytest.raises(Refused):
        examine(Past("basil", ds, np.array(y), None, 7), Plan())


def test_scattered_zeros_are_no_season_but_an_off_season_is() -> None:
    t = np.arange(208)
    ds = np.datetime64("2020-01-06") + 7 * t.astype("timedelta64[D]")
    seldom = np.where(np.random.default_rng(1).random(208) < 0.6, 0.0, 5.0)
    summer = np.where(t % 52 < 26, 5.0, 0.0)

    assert kinds.kind_of(Past("orders", ds, seldom, None, 7)) == "intermittent"
    assert kinds.kind_of(Past("asparagus", ds, summer, None, 7)) == "demand"
    assert kinds.kind_of(Past("asparagus", ds, summer, np.full(208, 5.0), 7)) == "supply"


def test_frames_of_a_history_say_which_week_is_wrong() -> None:
    from forecasting.table import read_history

    weeks = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=9, freq="W-MON"), "y": 1.0})
    gap = weeks.drop(index=4)
    negative = weeks.assign(y=[1.0] * 8 + [-1.0])
    tuesday = weeks.assign(ds=weeks["ds"] + pd.Timedelta(days=1))
    twice = pd.concat([weeks, weeks.tail(1)])

    for table, words in (
        (gap, "2024-01-29: is missing"),
        (negative, "2024-02-26: y is no amount"),
        (tuesday, "expected Monday, got Tuesday"),
        (twice, "comes twice"),
        (weeks.assign(ds=weeks["ds"].dt.tz_localize("UTC")), "time zone"),
        (weeks.assign(open_days=9), "more open days than days"),
        (weeks.assign(open_days=0), "closed but not empty"),
    ):
        with pytest.raises(Exception, match=words):
            read_history(table, series="basil")
