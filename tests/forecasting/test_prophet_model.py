"""Prophet as it is today, and our solver beside it: both must go on agreeing."""

import logging
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting import candidates, prophet_model, rivals, seasons, solver
from forecasting.scale import scale_for
from forecasting.table import Past


@pytest.fixture(scope="module")
def vegetables(shared_data: Path) -> list[Past]:
    table = pd.read_csv(shared_data / "forecasting" / "jp_wholesale_weekly.csv", parse_dates=["ds"])
    return [
        Past(
            str(name),
            rows["ds"].to_numpy("datetime64[D]"),
            rows["kg"].to_numpy(float),
            rows["open_days"].to_numpy(float),
            7,
        )
        for name, rows in list(table.groupby("item"))[:6]
    ]


@pytest.mark.shared
def test_what_is_served_is_what_was_judged(vegetables: list[Past]) -> None:
    """Backtests are solved in process and forecasts served by Stan: the same line, or no proof."""
    for past in vegetables[:3]:
        known, ahead = past.until(480), past.between(480, 488)

        ours = candidates.prophet_log(known, ahead, 1)
        theirs, _ = prophet_model.log_with_carry(known, ahead, 1)

        assert theirs == pytest.approx(ours, rel=1e-5), past.series


@pytest.mark.shared
def test_where_stan_begins_is_a_better_mode_by_its_own_measure(
    vegetables: list[Past], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From our solver's mode Stan finds no step, whether it is one or not: another prior in the
    next Prophet would go unseen, and we would serve our own model under its name."""
    began = _posteriors(vegetables)
    monkeypatch.setattr(prophet_model, "as_start", lambda *_: {})
    alone = _posteriors(vegetables)

    assert all(ours >= theirs for ours, theirs in zip(began, alone, strict=True))


def _posteriors(vegetables: list[Past]) -> list[float]:
    found = []
    for past in (one.until(480) for one in vegetables):
        calendar = seasons.weekly(past.ds, past.open_days, 7)
        y = scale_for(past.rates).forward(past.rates)
        model = prophet_model._fitted(past, y, calendar)
        found.append(float(model.stan_fit.optimized_params_dict["lp__"]))
    return found


def test_where_nothing_can_be_climbed_prophet_begins_as_ever() -> None:
    """A line without noise is a mode from which Stan finds no step and ends with an error."""
    ds = np.datetime64("2025-01-06") + 7 * np.arange(68).astype("timedelta64[D]")
    past = Past("basil", ds, np.r_[np.zeros(30), np.full(38, 5.0)], None, 7)

    said, _ = prophet_model.log_with_carry(past.until(60), past.between(60, 68), 1)

    assert np.isfinite(said).all()


@pytest.mark.shared
def test_what_prophet_found_is_read_as_prophet_reads_it(vegetables: list[Past]) -> None:
    """Its own predict takes as long as the fit; the line computed from its parameters is the same."""
    past = vegetables[0].until(480)
    calendar = seasons.weekly(past.ds, past.open_days, 7)
    model = prophet_model._fitted(past, np.log(past.rates), calendar)

    said = model.predict(prophet_model._frame(past.ds, calendar))["yhat"]
    ours, _ = prophet_model.as_solution(model).predict(
        past.ds, prophet_model._columns(past.ds, calendar, solver.YEAR_ORDER)
    )

    assert ours == pytest.approx(said.to_numpy(), abs=1e-6)


@pytest.mark.shared
def test_a_fit_leaves_no_files_and_says_nothing(
    vegetables: list[Past],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Stan leaves its files until the process ends; a service that never ends fills its disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    past = vegetables[0]
    with caplog.at_level(logging.DEBUG):
        _, model = prophet_model.log_with_carry(past.until(480), past.between(480, 488), 1)

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [
        record for record in caplog.records if record.name.startswith(("cmdstanpy", "prophet"))
    ]
    assert '"__prophet_version"' in model


@pytest.mark.parametrize("multiplicative", [False, True], ids=["additive", "multiplicative"])
def test_the_solver_finds_a_season_it_was_given(multiplicative: bool) -> None:
    t = np.arange(260)
    ds = np.datetime64("2019-01-07") + 7 * t.astype("timedelta64[D]")
    true = (100 + 0.1 * t) * (1 + 0.3 * np.sin(2 * np.pi * ds.astype("int64") / 365.25))
    columns = solver.fourier(ds, solver.YEAR_DAYS, 3)

    found = solver.solve(solver.Problem(ds[:252], true[:252], columns[:252], multiplicative))
    mean, sd = found.predict(ds[252:], columns[252:])

    assert mean == pytest.approx(true[252:], rel=0.05)
    assert (sd > 0).all()


def test_the_holidays_of_2026_are_known() -> None:
    """The holidays package has broken its users four times; substitute holidays are the first to go."""
    days = np.array(["2026-01-01", "2026-05-06", "2026-09-22", "2026-06-10"], dtype="datetime64[D]")

    assert list(seasons.holidays(days)) == [1.0, 1.0, 1.0, 0.0]


def test_gaps_count_days_since_and_until_an_open_one() -> None:
    since, until = seasons.gaps(np.array([True, False, False, True, True]))

    assert list(since) == [1, 1, 2, 3, 1]
    assert list(until) == [3, 2, 1, 1, 1]


@pytest.mark.parametrize(
    "name", ["Prophet (default)", "AutoETS", "AutoTheta", "log-MSTL", "last year", "naive"]
)
def test_every_rival_answers_in_order(name: str) -> None:
    t = np.arange(130)
    ds = np.datetime64("2021-01-04") + 7 * t.astype("timedelta64[D]")
    y = 100 + 20 * np.sin(2 * np.pi * t / 52.18) + np.random.default_rng(2).normal(0, 3, 130)
    past = Past("basil", ds, y, None, 7)

    said = rivals.RIVALS[name](past.until(122), past.between(122, 130), 1)

    assert (np.diff(said, axis=1) >= 0).all()
    assert np.abs(said[:, 1] / y[122:] - 1).mean() < 0.5
