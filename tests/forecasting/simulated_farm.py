"""A declared simulator of lettuce lots: sown by a grower who changes her mind, weighed now and then.

The size of a sowing wanders with orders the harvest history knows nothing of; days and weight
follow a light that changes with the season. It shows whether lots help, not how much in life.
"""

import numpy as np
import pandas as pd


def farm(weeks: int = 120, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return (lots, weighings, weekly history) of a farm that sows four times a week."""
    draw = np.random.default_rng(seed)
    first = pd.Timestamp("2023-01-02")
    lots, weighings = [], []
    level = 0.0
    for number in range(weeks * 4):
        level = 0.96 * level + draw.normal(0, 0.15)
        started = first + pd.Timedelta(days=int(number * 1.75))
        light = np.sin(2 * np.pi * started.day_of_year / 365.25)
        days = round(38 - 3 * light + draw.normal(0, 1.5))
        pieces = int(400 * np.exp(level))
        vigour = draw.normal(0, 0.12)
        name = f"L{number:04}"
        harvested = started + pd.Timedelta(days=days)
        head_g = 90 * np.exp(vigour) * (days / 38) ** 3
        lots.append(
            (
                name,
                "leaf",
                started,
                harvested,
                pieces,
                int(pieces * 0.95),
                head_g * int(pieces * 0.95),
            )
        )
        for age in (20, 28):
            weighed = 90 * np.exp(vigour + draw.normal(0, 0.05)) * (age / 38) ** 3
            weighings.append((name, started + pd.Timedelta(days=age), weighed))
    columns = [
        "lot",
        "recipe",
        "started_on",
        "harvested_on",
        "pieces",
        "harvested_pieces",
        "harvested_g",
    ]
    table = pd.DataFrame(lots, columns=columns)
    monday = table["harvested_on"] - pd.to_timedelta(table["harvested_on"].dt.day_of_week, unit="D")
    weekly = table.groupby(monday)["harvested_g"].sum() / 1000
    whole = pd.date_range(first, first + pd.Timedelta(weeks=weeks - 1), freq="W-MON")
    history = pd.DataFrame({"ds": whole, "y": weekly.reindex(whole).fillna(0.0).to_numpy()})
    return table, pd.DataFrame(weighings, columns=["lot", "weighed_on", "head_g"]), history
