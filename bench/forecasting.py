"""How wrong, how calibrated and how slow: ours beside what anybody could take off the shelf.

Rolling origin on the shared series: weekly, horizon 8, 13 cutoffs a year back, step 4; daily,
horizon 28, 12 cutoffs, step 28, every third crop, and there only the rivals that take seconds
(AutoTheta, log-MSTL and AutoARIMA on nine years of days would take hours). About ten minutes
on two cores, most of it AutoARIMA and AutoTheta.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from bench.report import Row, show
from forecasting import pool, rivals, weekly
from forecasting.compare import Beside, rivals_beside
from forecasting.files import frequency, read_series
from forecasting.result import Score
from forecasting.study import MIX, Examined, Plan, Study, study
from forecasting.table import Past

TITLE = "Forecasts: error, coverage, seconds"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "forecasting"
EVERY = tuple(rivals.RIVALS)
DAILY_RIVALS = ("Prophet (default)", "naive", "last year", "AutoETS")
SINGLE = tuple(name for name in EVERY if name != "Prophet (default)")


def rows() -> Iterator[Row]:
    if not DATA.is_dir():
        yield Row("../shared/data is missing", 0.0, "nothing", 0.0, "-", "run where it is")
        return
    supply = study(_series(_supply(), "W-MON"), Plan("supply"))
    yield from _beside("supply", supply, EVERY, {"Prophet (default)": 0.76, "best single": 0.90})
    yield from _seconds(supply)
    demand = study(_series(_demand(), "W-SUN"), Plan("demand"))
    yield from _beside("demand", demand, EVERY, {"Prophet (default)": 0.68, "best single": 0.93})
    daily = study(_series(_daily(), "D"), Plan("auto", 28, 12, 28))
    yield from _beside("daily", daily, DAILY_RIVALS, {}, wape_aim=0.45)


def _beside(
    name: str,
    ours: Study,
    names: tuple[str, ...],
    aims: dict[str, float],
    wape_aim: float | None = None,
) -> Iterator[Row]:
    """Rows of one data set: MASE, WAPE, pinball and seconds by rival, and our coverage."""
    theirs = rivals_beside(ours, names)
    mix = ours.means()[MIX]
    singles = [rival for rival in names if rival in SINGLE]
    best = min(singles, key=lambda rival: _value(theirs.scores[rival], "mase"))
    for rival, score in theirs.scores.items():
        limit = aims.get(rival)
        if rival == best:
            limit = aims.get("best single")
        yield _row(name, "MASE", mix, rival, score, f"at most {limit}" if limit else "")
        default = rival == "Prophet (default)" and wape_aim
        yield _row(name, "WAPE", mix, rival, score, f"at most {wape_aim}" if default else "")
        yield _row(name, "pinball", mix, rival, score, "")
        yield _row(name, "coverage", mix, rival, score, "ours 0.77 to 0.83")
    yield from _fit_seconds(name, ours, theirs)
    worse = [
        _value(one.scores[MIX], "wape") > 1.1 * _value(one.scores[one.examined.naive], "wape")
        for one in ours.judged
    ]
    share = 100 * sum(worse) / len(worse)
    yield Row(f"{name}: series worse than naive by 10 %", share, "limit", 2.0, "%", "at most 1")


def _row(name: str, measure: str, ours: Score, rival: str, theirs: Score, aim: str) -> Row:
    field = measure.lower()
    return Row(f"{name}: {measure}", _value(ours, field), rival, _value(theirs, field), "", aim)


def _value(score: Score, field: str) -> float:
    value = getattr(score, field)
    return float("nan") if value is None else float(value)


def _fit_seconds(name: str, ours: Study, theirs: Beside) -> Iterator[Row]:
    """Seconds of one core to fit and forecast 100 series once, our members together."""
    fits = sum(len(one.examined.rolled.cutoffs) for one in ours.judged)
    judged = sum(len(one.examined.rows) for one in ours.judged)
    mine = 100 * ours.seconds()[MIX] / fits
    for rival, seconds in theirs.seconds.items():
        yield Row(f"{name}: 100 series once", mine, rival, 100 * seconds / judged, "s")


def _seconds(supply: Study) -> Iterator[Row]:
    """What a Sunday night costs: all series fitted by Stan and the rest, calibrated and stored."""
    work = [one.examined for one in supply.judged]
    work = (work * 5)[:100]
    serial = [one.rolled.past for one in work]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        for place, text in enumerate(pool.each(_made, work)):
            (Path(folder) / f"{place}.json").write_text(text)
        ours = time.perf_counter() - started
    started = time.perf_counter()
    for past in serial:
        rivals.prophet_default(past.until(len(past) - 8), past.between(len(past) - 8, len(past)), 1)
    plain = time.perf_counter() - started
    yield Row("100 series made and stored", ours, "plain serial Prophet", plain, "s", "at most 1")
    started = time.perf_counter()
    study([one.rolled.past for one in work[:24]], Plan("supply"))
    ours = (time.perf_counter() - started) / sum(len(one.rolled.cutoffs) for one in work[:24])
    yield Row("backtest, a cutoff", ours, "plain serial Prophet", plain / 100, "s", "at most 0.5")


def _made(one: Examined) -> str:
    past = one.rolled.past
    known = past.until(len(past) - one.rolled.horizon)
    ahead = past.between(len(known), len(past))
    return weekly.make(known, ahead, one).to_json()


def _series(table: pd.DataFrame, freq: str) -> list[Past]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "series.csv"
        table.to_csv(file, index=False)
        return read_series(file, frequency(freq)).series


def _supply() -> pd.DataFrame:
    table = pd.read_csv(DATA / "jp_wholesale_weekly.csv")
    return table.rename(columns={"item": "unique_id", "kg": "y"})


def _demand() -> pd.DataFrame:
    table = pd.read_csv(DATA / "us_retail_weekly.csv.gz")
    named = table.assign(unique_id=table["market"] + " " + table["type"], y=table["units"])
    return named[["unique_id", "ds", "y"]]


def _daily() -> pd.DataFrame:
    """Closed days count as 0, as in the reference."""
    table = pd.read_csv(DATA / "jp_wholesale_daily.csv.gz", parse_dates=["ds"])
    calendar = pd.read_csv(DATA / "jp_market_calendar.csv", parse_dates=["ds"])
    opened = calendar.set_index("ds")["open"]
    days = pd.date_range(table["ds"].min(), table["ds"].max())
    frames = []
    for item in sorted(table["item"].unique())[::3]:
        y = table[table["item"] == item].set_index("ds")["kg"].reindex(days).fillna(0.0)
        open_days = opened.reindex(days).fillna(0.0)
        values = {"unique_id": item, "ds": days, "y": y * open_days, "open_days": open_days}
        frames.append(pd.DataFrame(values))
    return pd.concat(frames)


if __name__ == "__main__":
    show(TITLE, rows())
