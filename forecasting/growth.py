"""How heavy a head is after so many days: one curve a recipe, pooled over lots, moved by weighings.

log weight = level of the lot + a log(days) + b days. The two slopes are shared by all lots of a
recipe, the level is the lot's own; a weighing replaces the level and keeps the slopes. Light and
temperature are only a prior of the level (forecasting.lived): grams per mol differed 10 to 24
between six compartments of one site, while one weighing 7 to 13 days before harvest brings the
error of the final head to about a tenth.

Tables (pandas), weights in grams, dates local and naive:
    lots       lot, recipe, started_on, harvested_on (NaT while growing), pieces (started),
               harvested_pieces, harvested_g (both NaN while growing); if known, largest_head_g
               (no head weighs more) and the columns of forecasting.lived
    weighings  lot, weighed_on, head_g (one row a sampled head, or their mean)
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.errors import NotAHistory
from forecasting.lived import NOTHING_KNOWN, Lived, learn
from forecasting.table import Floats

LOT_COLUMNS = (
    "lot",
    "recipe",
    "started_on",
    "harvested_on",
    "pieces",
    "harvested_pieces",
    "harvested_g",
)
WEIGHING_COLUMNS = ("lot", "weighed_on", "head_g")
RECENT_LOTS = 20  # days and losses follow the season: the last lots say what the next will do
ENOUGH_LOTS = 5  # below, a curve leans on the prior and says so
# A crude prior, weak on purpose: mass with the cube of time, as a sphere whose radius grows evenly.
PRIOR_SLOPES, PRIOR_WEIGHT = np.array([3.0, 0.0]), 0.01
SLOPE_DAYS = 20.0  # unit of the second slope, so that both have a like size
LEAST_AHEAD_DAYS = 5  # between a weighing and a harvest, for the weighing to be judged by it
SPREAD_WEIGHED, SPREAD_UNWEIGHED, LEAST_SPREAD = 0.15, 0.30, 0.04  # of log weight, where unknown


@dataclass(frozen=True, slots=True)
class Curve:
    """What finished lots of one recipe say about the next.

    Attributes:
        level: mean log weight [g] that remains after the slopes, NaN without a finished lot.
        lived: how light and warmth move the level of a lot that nobody has weighed.
        spread_weighed, spread_unweighed: sd of log final weight with and without a weighing.
        days: days to harvest of each of the last finished lots.
        survival: harvested over started pieces, mean of the same.
    """

    recipe: str
    slopes: Floats
    level: float
    lived: Lived
    spread_weighed: float
    spread_unweighed: float
    days: Floats
    survival: float

    @property
    def finished(self) -> int:
        return len(self.days)

    @property
    def basis(self) -> str:
        """site, or prior where too few lots of this site have spoken."""
        return "site" if self.finished >= ENOUGH_LOTS else "prior"

    def log_weight(self, level: float, days: Floats) -> Floats:
        return np.asarray(level + _shape(days) @ self.slopes)

    def level_from(self, head_g: float, days: float) -> float:
        """The level of a lot whose mean head weighed that much after so many days."""
        return float(np.log(head_g) - (_shape(np.array([days])) @ self.slopes)[0])


def fit_curve(lots: pd.DataFrame, weighings: pd.DataFrame, *, recipe: str) -> Curve:
    """Pool the finished lots of one recipe.

    Raises:
        NotAHistory: a column is missing, or a weight is not above 0.
    """
    check(lots, weighings)
    done = lots[(lots["recipe"] == recipe) & lots["harvested_on"].notna()]
    points = _points(done, weighings)
    lately = done.sort_values(["harvested_on", "lot"]).tail(RECENT_LOTS)
    slopes = _slopes(points)
    final = points[points["final"]]
    levels = (
        np.log(final["head_g"].to_numpy(float)) - _shape(final["days"].to_numpy(float)) @ slopes
    )
    lived, rest = NOTHING_KNOWN, np.empty(0)
    if len(levels):
        lived, rest = learn(done.set_index("lot").reindex(final["lot"]), levels)
    return Curve(
        recipe=recipe,
        slopes=slopes,
        level=float(np.mean(levels)) if len(levels) else float("nan"),
        lived=lived,
        spread_weighed=_spread_weighed(points, slopes),
        spread_unweighed=_spread(rest, SPREAD_UNWEIGHED),
        days=_days(lately),
        survival=float((lately["harvested_pieces"] / lately["pieces"]).mean())
        if len(done)
        else 1.0,
    )


def last_weighing(
    weighings: pd.DataFrame, lot: str, at: pd.Timestamp
) -> tuple[float, pd.Timestamp] | None:
    """(mean head [g], day) of the latest weighing of a lot up to a day; None if never weighed."""
    known = weighings[(weighings["lot"] == lot) & (weighings["weighed_on"] <= at)]
    if known.empty:
        return None
    day = known["weighed_on"].max()
    return float(known.loc[known["weighed_on"] == day, "head_g"].mean()), day


def check(lots: pd.DataFrame, weighings: pd.DataFrame) -> None:
    for name, table, columns in (
        ("lots", lots, LOT_COLUMNS),
        ("weighings", weighings, WEIGHING_COLUMNS),
    ):
        missing = [column for column in columns if column not in table]
        if missing:
            raise _wrong(name, "header", "a column is missing", missing, list(table.columns))
    light = weighings[~(weighings["head_g"] > 0)]
    if len(light):
        row = light.iloc[0]
        raise _wrong(
            "weighings", f"lot {row['lot']}", "a head weighs nothing", "> 0", row["head_g"]
        )


def _wrong(series: str, where: str, problem: str, expected: object, got: object) -> NotAHistory:
    return NotAHistory(
        series=series,
        where=where,
        problem=problem,
        expected=expected,
        got=got,
        next_step="mend the table",
    )


def _points(done: pd.DataFrame, weighings: pd.DataFrame) -> pd.DataFrame:
    """Every known (lot, days, head weight) of finished lots; the harvest is one of them."""
    started = done.set_index("lot")["started_on"]
    own = weighings[weighings["lot"].isin(started.index)]
    mean = own.groupby(["lot", "weighed_on"])["head_g"].mean().reset_index()
    # By reindex, not by map: of no weighings at all, map makes numbers in pandas 3.
    harvested = done.set_index("lot")["harvested_on"].reindex(mean["lot"])
    mean = mean[mean["weighed_on"].to_numpy() < harvested.to_numpy()]
    mean = mean.rename(columns={"weighed_on": "on"}).assign(final=False)
    final = pd.DataFrame(
        {
            "lot": done["lot"],
            "on": done["harvested_on"],
            "head_g": done["harvested_g"] / done["harvested_pieces"],
            "final": True,
        }
    )
    points = pd.concat([mean, final[final["head_g"] > 0]], ignore_index=True)
    since = points["on"].to_numpy() - started.reindex(points["lot"]).to_numpy()
    return points.assign(days=pd.Series(since, index=points.index).dt.days.clip(lower=1))


def _days(done: pd.DataFrame) -> Floats:
    grown = (done["harvested_on"] - done["started_on"]).dt.days
    return np.asarray(grown, dtype=np.float64)


def _shape(days: Floats) -> Floats:
    days = np.maximum(days, 1.0)
    return np.column_stack([np.log(days), days / SLOPE_DAYS])


def _slopes(points: pd.DataFrame) -> Floats:
    """Least squares within lots: each lot's own level falls out by taking its means away."""
    if points.empty:
        return PRIOR_SLOPES
    shape = pd.DataFrame(_shape(points["days"].to_numpy(float)))
    grams = pd.Series(np.log(points["head_g"].to_numpy(float)))
    lot = points["lot"].to_numpy()
    x = (shape - shape.groupby(lot).transform("mean")).to_numpy()
    y = (grams - grams.groupby(lot).transform("mean")).to_numpy()
    gram = x.T @ x + PRIOR_WEIGHT * np.eye(2)
    return np.asarray(np.linalg.solve(gram, x.T @ y + PRIOR_WEIGHT * PRIOR_SLOPES))


def _spread_weighed(points: pd.DataFrame, slopes: Floats) -> float:
    """Sd of log(final / said), said from the last weighing at least 5 days before the harvest."""
    if points.empty:
        return SPREAD_WEIGHED
    is_final = points["final"].astype(bool)
    final = points[is_final].set_index("lot")[["days", "head_g"]].add_suffix("_final")
    # pandas names the index of an empty join after its key, which then is there twice.
    joined = points[~is_final].join(final, on="lot", how="inner")
    before = joined.reset_index(drop=True)
    before = before[before["days"] <= before["days_final"] - LEAST_AHEAD_DAYS]
    last = before.sort_values("days").groupby("lot").last()
    if last.empty:
        return SPREAD_WEIGHED
    grown = _shape(last["days_final"].to_numpy(float)) - _shape(last["days"].to_numpy(float))
    came = np.log(last["head_g_final"].to_numpy(float) / last["head_g"].to_numpy(float))
    return _spread(came - grown @ slopes, SPREAD_WEIGHED)


def _spread(errors: Floats, unknown: float) -> float:
    """Root mean square, drawn to what is usual while few have spoken (as if one more had)."""
    return max(LEAST_SPREAD, float(np.sqrt((np.sum(errors**2) + unknown**2) / (len(errors) + 1))))
