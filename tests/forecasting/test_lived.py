"""Light and warmth before anybody weighs: believed as far as our own lots have shown it."""

import numpy as np
import pandas as pd
import pytest

from forecasting.ground import expect
from forecasting.growth import fit_curve

NOTHING = pd.DataFrame({"lot": [], "weighed_on": pd.to_datetime([]), "head_g": []})
TODAY = pd.Timestamp("2026-03-02")


def lots(count: int, *, power: float, growing_light: float | None) -> pd.DataFrame:
    """Finished lots whose heads weigh as their light to a power, and one that grows."""
    draw = np.random.default_rng(5)
    light = draw.uniform(8, 20, count)
    head_g = 90 * (light / 13) ** power * draw.lognormal(0, 0.05, count)
    started = pd.date_range("2025-01-06", periods=count, freq="7D")
    done = pd.DataFrame(
        {
            "lot": [f"L{number}" for number in range(count)],
            "recipe": "leaf",
            "started_on": started,
            "harvested_on": started + pd.Timedelta(days=40),
            "pieces": 100,
            "harvested_pieces": 100.0,
            "harvested_g": 100 * head_g,
            "light_mol": light,
        }
    )
    grows = done.iloc[[0]].assign(
        lot="grows",
        started_on=TODAY - pd.Timedelta(days=30),
        harvested_on=pd.NaT,
        harvested_pieces=np.nan,
        harvested_g=np.nan,
        light_mol=np.nan if growing_light is None else growing_light,
    )
    return pd.concat([done, grows], ignore_index=True)


def kg(table: pd.DataFrame, weighings: pd.DataFrame = NOTHING) -> float:
    found = expect(table, weighings, at=TODAY.date(), weeks=3)
    return next(lot for lot in found.lots if lot.lot == "grows").kg[1]


def test_a_bright_lot_is_expected_heavier_where_light_made_lots_heavier() -> None:
    table = lots(24, power=0.8, growing_light=18.0)

    usual = kg(table.drop(columns="light_mol"))

    assert kg(table) == pytest.approx(usual * (18 / 13.5) ** 0.8, rel=0.1)
    assert fit_curve(table, NOTHING, recipe="leaf").spread_unweighed < 0.15


def test_where_light_made_no_difference_it_makes_none() -> None:
    """Grams a mole differed twofold between rooms of one site: a book's slope is no evidence."""
    table = lots(24, power=0.0, growing_light=18.0)

    assert kg(table) == pytest.approx(kg(table.drop(columns="light_mol")), rel=0.05)


def test_three_lots_teach_little_and_no_light_says_nothing() -> None:
    few = lots(3, power=0.8, growing_light=18.0)
    whole = few["light_mol"].iloc[:3].mean()
    full = (18 / whole) ** 0.8 - 1

    moved = kg(few) / kg(few.drop(columns="light_mol")) - 1

    assert abs(moved) < abs(full) / 2
    unknown = lots(24, power=0.8, growing_light=None)
    assert kg(unknown) == pytest.approx(kg(unknown.drop(columns="light_mol")), rel=0.02)


def test_a_weighing_takes_the_place_of_light() -> None:
    weighed = pd.DataFrame({"lot": ["grows"], "weighed_on": [TODAY], "head_g": [50.0]})

    bright, dark = (kg(lots(24, power=0.8, growing_light=light), weighed) for light in (20.0, 8.0))

    assert bright == dark
