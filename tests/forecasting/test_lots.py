"""Lots in the ground: a weighing beats the calendar, and near weeks know what was sown."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import forecasting
from forecasting.ground import expect, past_error, with_lots
from forecasting.growth import fit_curve, last_weighing
from tests.forecasting.simulated_farm import farm


@pytest.fixture(scope="module")
def lettuce(shared_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = shared_data / "forecasting"
    known = pd.read_csv(
        folder / "lettuce_lots.csv", parse_dates=["transplant_date", "harvest_date"]
    )
    lots = pd.DataFrame(
        {
            "lot": known["lot"],
            "recipe": known["crop"],
            "started_on": known["transplant_date"],
            "harvested_on": known["harvest_date"],
            "pieces": known["n_weighed"],
            "harvested_pieces": known["n_weighed"],
            "harvested_g": known["mean_fw_g"] * known["n_weighed"],
        }
    )
    samples = pd.read_csv(folder / "lettuce_samples.csv", parse_dates=["ds"])
    samples = samples.rename(columns={"ds": "weighed_on", "fresh_weight_g": "head_g"})
    return lots, samples[["lot", "weighed_on", "head_g"]]


@pytest.mark.shared
def test_one_weighing_7_to_13_days_ahead_comes_within_15_percent(
    lettuce: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """Leave one lot out: its final head weight from the others' curve and its own weighing."""
    lots, weighings = lettuce
    misses = []
    for lot in lots["lot"]:
        row = lots.set_index("lot").loc[lot]
        others = lots[lots["lot"] != lot]
        curve = fit_curve(others, weighings[weighings["lot"] != lot], recipe=row["recipe"])
        weighed = last_weighing(weighings, lot, row["harvested_on"] - pd.Timedelta(days=7))
        assert weighed is not None
        days = (weighed[1] - row["started_on"]).days
        level = curve.level_from(weighed[0], days)
        end = np.array([float((row["harvested_on"] - row["started_on"]).days)])
        said = float(np.exp(curve.log_weight(level, end))[0])
        misses.append(abs(said / (row["harvested_g"] / row["harvested_pieces"]) - 1))

    assert np.mean(misses) < 0.15


def test_near_weeks_are_a_quarter_better_with_lots_than_without() -> None:
    """On a declared simulator: only the lots know how much was sown."""
    lots, weighings, history = farm()
    with_, without = 0.0, 0.0
    for end in (92, 104, 116):
        past = history.iloc[:end]
        sunday = (past["ds"].iloc[-1] + pd.Timedelta(days=6)).date()
        known = lots[lots["started_on"] <= pd.Timestamp(sunday)]
        alone = forecasting.forecast(past, horizon_weeks=4, accept={"level_shift"})
        cutoffs = [sunday - timedelta(weeks=back) for back in (4, 8, 12)]
        error = past_error(known, weighings, past, cutoffs=cutoffs, weeks=4)

        joined = with_lots(alone, expect(known, weighings, at=sunday, weeks=4), error)

        came = history["y"].iloc[end : end + 4].to_numpy()
        without += sum(abs(step.p50 - y) for step, y in zip(alone.steps, came, strict=True))
        with_ += sum(abs(step.p50 - y) for step, y in zip(joined.steps, came, strict=True))
        assert all(step.p10 <= step.p50 <= step.p90 for step in joined.steps)
        assert all(0 < step.lots_share <= 1 for step in joined.steps)
    assert with_ < 0.75 * without


def test_the_front_door_takes_lots_and_says_their_share() -> None:
    lots, weighings, history = farm(weeks=40)

    made = forecasting.forecast(
        history.iloc[8:30],
        horizon_weeks=8,
        lots=lots.iloc[:120],
        weighings=weighings,
        accept={"level_shift"},
    )

    shares = [step.lots_share for step in made.steps]
    assert all(0 < share <= 1 for share in shares[:4])
    assert shares[7] < shares[0]


def test_a_lost_lot_leaves_the_week_it_was_expected_in() -> None:
    lots, weighings, _ = farm(weeks=40)
    sunday = pd.Timestamp("2023-08-06").date()
    growing = lots[
        (lots["started_on"] <= pd.Timestamp(sunday)) & (lots["harvested_on"] > pd.Timestamp(sunday))
    ]
    lost = growing["lot"].iloc[0]

    before = expect(lots, weighings, at=sunday, weeks=6)
    after = expect(lots[lots["lot"] != lost], weighings, at=sunday, weeks=6)

    assert after.kg[:, 1].sum() < before.kg[:, 1].sum()
    assert lost not in {lot.lot for lot in after.lots}


def test_a_recipe_nobody_has_finished_says_it_rests_on_a_prior() -> None:
    lots, weighings, _ = farm(weeks=4)

    found = expect(lots, weighings, at=pd.Timestamp("2023-01-15").date(), weeks=4)

    assert {lot.basis for lot in found.lots} == {"prior"}
