"""Backtests in a pool, and files whose gaps are closed aloud."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting import pool
from forecasting.errors import WorkerDied
from forecasting.files import frequency, read_series
from forecasting.kinds import members_for
from forecasting.prophet_model import log_with_carry
from forecasting.report import summary_of
from forecasting.study import MIX, Plan, study
from forecasting.table import Past


def past(name: str, weeks: int = 140) -> Past:
    t = np.arange(weeks)
    ds = np.datetime64("2022-01-03") + 7 * t.astype("timedelta64[D]")
    y = (100 + 30 * np.sin(t / 8.3)) * np.random.default_rng(len(name)).lognormal(0, 0.1, weeks)
    return Past(name, ds, y, None, 7)


def fit_one(of: Past) -> float:
    lines, _ = log_with_carry(of.until(132), of.between(132, 140), 1)
    return float(lines[0, 1])


def die_at(number: int) -> int:
    if number == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_pool_works_after_a_fit_in_its_parent() -> None:
    """Forked workers hang for ever there; these are started by forkserver."""
    here = [fit_one(past("a")), fit_one(past("bb"))]

    there = list(pool.each(fit_one, [past("a"), past("bb")], processes=2))

    assert there == here


def test_a_study_in_a_pool_gives_the_same_bytes_as_alone() -> None:
    """What a worker refuses comes over with its facts, and the others are judged all the same."""
    nothing = replace(past("出荷"), y=np.zeros(140))
    series = [past("a"), nothing, past("bb")]
    plan = Plan(kind="supply", horizon=4, count=1)
    seen: list[tuple[int, int]] = []

    alone = study(series, plan, processes=1)
    pooled = study(series, plan, processes=2, progress=lambda done, of: seen.append((done, of)))

    for one, other in zip(alone.judged, pooled.judged, strict=True):
        assert one.lines[MIX].tobytes() == other.lines[MIX].tobytes()
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert pooled.refused["出荷"].facts == {"series": "出荷", "periods": 140, "unit": "weeks"}


def test_a_worker_that_is_killed_is_said_with_a_way_out() -> None:
    with pytest.raises(WorkerDied, match="--processes 1"):
        list(pool.each(die_at, [1, 0], processes=2))


def test_a_slip_of_the_unit_is_judged_and_said() -> None:
    """One week in grams among kilograms makes every error of the table meaningless."""
    y = past("a").y.copy()
    y[60] *= 1000

    found = study([replace(past("a"), y=y)], Plan("demand", horizon=4, count=1), processes=1)

    assert "slip of the unit" in summary_of(found)["notes"]["a"][0]


def test_what_never_misses_is_not_worse_than_a_line_that_never_misses(tmp_path: Path) -> None:
    """A constant series: what sums leave of no error is no error."""
    same = replace(past("a"), y=np.full(140, 25.1))

    found = study([same], Plan("demand", horizon=4, count=2), processes=1)

    assert summary_of(found)["worse_than_naive"] == 0


def test_days_closed_for_all_are_closed_and_days_empty_for_one_are_not(tmp_path: Path) -> None:
    """That one product did not come is not known beforehand; that the market is shut is."""
    days = pd.date_range("2024-01-01", "2024-03-31")
    rows = [
        {"unique_id": name, "ds": day, "y": 10.0}
        for name in "abcdef"
        for day in days
        if day.weekday() != 6 and not (name == "a" and day == pd.Timestamp("2024-02-14"))
    ]
    file = tmp_path / "days.csv"
    pd.DataFrame(rows).to_csv(file, index=False)

    found = read_series(file, frequency("D"))

    first = found.series[0]
    assert first.open_days is not None
    place = int(np.flatnonzero(first.ds == np.datetime64("2024-02-14"))[0])
    assert (first.y[place], first.open_days[place]) == (0.0, 1.0)
    assert first.open_days[6] == 0.0
    assert "1 as open and empty" in found.said[0]


def scattered(seed: int, weeks: int = 60) -> Past:
    """Orders of a product few people want: two weeks of three without any."""
    draw = np.random.default_rng(seed)
    ds = np.datetime64("2022-01-03") + 7 * np.arange(weeks).astype("timedelta64[D]")
    y = (draw.random(weeks) < 0.35) * draw.poisson(6, weeks).astype(float)
    return Past(f"orders {seed}", ds, y, None, 7)


def test_scattered_orders_are_said_by_their_quantiles_and_nothing_else() -> None:
    """The last order says nothing about the next; mixed in, it tripled the pinball loss."""
    made = study([scattered(seed) for seed in range(4)], Plan("auto", 4, 5, 4), processes=1)

    for one in made.judged:
        assert one.examined.kind == "intermittent"
        assert one.lines[MIX].tobytes() == one.lines["recent_quantiles"].tobytes()


def test_a_line_of_zeros_gives_no_interval_of_thousands() -> None:
    """Misses were counted in units of P50, and one above a P50 of 0 was a thousand of them."""
    made = study([scattered(seed) for seed in range(4)], Plan("demand", 4, 5, 4), processes=1)

    for one in made.judged:
        highest = one.examined.rolled.past.y.max()
        assert np.isfinite(one.lines["served"]).all()
        assert one.lines["served"].max() < 5 * highest


def test_a_year_of_orders_is_said_by_its_last_weeks_and_a_year_of_harvest_by_the_year_before() -> (
    None
):
    weeks = past("a", 52)

    orders, _, _ = members_for("demand", weeks)
    harvest, _, _ = members_for("supply", weeks)

    assert "recent_quantiles" in orders
    assert "last_year" in harvest
