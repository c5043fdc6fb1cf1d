"""Lots in the ground: a weighing beats the calendar, and near weeks know what was sown."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import forecasting
from forecasting import ground
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


def test_lots_that_were_never_judged_do_not_halve_a_line_that_was() -> None:
    """A new farm's first lots say little yet; its measured history must not be thrown away."""
    lots, weighings, _ = farm(weeks=4)
    found = expect(lots, weighings, at=pd.Timestamp("2023-01-15").date(), weeks=4)
    found.known[:] = 1.0
    step = forecasting.Step(pd.Timestamp("2023-01-16").date(), 300.0, 400.0, 500.0, 400.0)
    score = forecasting.Score(0.1, None, None, None, None, 12)

    (blended, *_) = ground.blended((step,) * 4, score, found, np.full(4, np.nan))

    assert blended.p50 > 0.85 * 400


def test_heads_that_are_gone_are_not_expected() -> None:
    lots, weighings, _ = farm(weeks=40)
    sunday = pd.Timestamp("2023-08-06").date()
    halved = lots.assign(left=np.where(lots["harvested_on"] > "2023-08-06", 10.0, np.nan))

    before = expect(lots, weighings, at=sunday, weeks=6)
    after = expect(halved, weighings, at=sunday, weeks=6)

    assert after.kg[:, 1].sum() < 0.2 * before.kg[:, 1].sum()


def test_no_weighing_makes_a_head_heavier_than_heads_can_be() -> None:
    """A young lot weighed like a grown one would be drawn out along the curve to a pumpkin."""
    lots, weighings, _ = farm(weeks=40)
    sunday = pd.Timestamp("2023-08-06").date()
    growing = lots[(lots["started_on"] <= "2023-07-23") & (lots["harvested_on"] > "2023-08-06")]
    odd = growing.iloc[-1]
    slip = pd.DataFrame(
        {"lot": [odd["lot"]], "weighed_on": [pd.Timestamp(sunday)], "head_g": [140.0]}
    )
    both = pd.concat([weighings, slip])

    found = expect(lots.assign(largest_head_g=150.0), both, at=sunday, weeks=8)
    free = expect(lots, both, at=sunday, weeks=8)

    said = {lot.lot: lot.kg for lot in found.lots}
    assert said[odd["lot"]][2] <= odd["pieces"] * 0.150
    assert {lot.lot: lot.kg for lot in free.lots}[odd["lot"]][2] > 2 * odd["pieces"] * 0.150


def test_the_running_week_is_the_first_and_keeps_its_monday() -> None:
    """On a Thursday, lots due by Sunday belong to this week, the next ones to the week after."""
    lots, weighings, _ = farm(weeks=40)
    sunday, thursday = (pd.Timestamp(day).date() for day in ("2023-08-06", "2023-08-10"))
    monday = pd.Timestamp("2023-08-07").date()

    found = expect(lots, weighings, at=thursday, weeks=3, first=monday)
    before = expect(lots, weighings, at=sunday, weeks=3)

    # Part of the week has been cut by Thursday; the weeks after it hold about the same lots.
    assert found.kg[0, 1] < before.kg[0, 1]
    assert found.kg[1, 1] == pytest.approx(before.kg[1, 1], rel=0.35)
    assert found.known[0] == pytest.approx(1.0)


def test_what_is_planned_up_to_its_last_day_counts_as_known() -> None:
    lots, weighings, _ = farm(weeks=40)
    sunday = pd.Timestamp("2023-08-06").date()
    known = lots[lots["started_on"] <= "2023-08-06"]
    planned = lots[(lots["started_on"] > "2023-08-06") & (lots["started_on"] <= "2023-08-27")]
    both = pd.concat([known, planned.assign(harvested_on=pd.NaT)])

    without = expect(known, weighings, at=sunday, weeks=8)
    with_plan = expect(both, weighings, at=sunday, weeks=8)

    assert np.all(with_plan.known >= without.known)
    assert with_plan.known[6] > without.known[6]
    assert with_plan.kg[6, 1] > without.kg[6, 1]


def test_what_is_left_today_says_nothing_of_what_was_expected_then() -> None:
    """Of a finished lot nothing is left: read back, every lot of the past would bring nothing."""
    lots, weighings, history = farm(weeks=60)
    today = pd.Timestamp("2024-01-07")
    seen = lots[lots["started_on"] <= today]
    left = seen.assign(left=np.where(seen["harvested_on"] <= today, 0.0, seen["pieces"]))
    past = history[history["ds"] < today]

    plain = ground.error_before(seen, weighings, past, weeks=4)
    told = ground.error_before(left, weighings, past, weeks=4)

    np.testing.assert_array_equal(told, plain)
    assert np.nanmax(told) < 0.5
