"""Many series from one file: any CSV (or .gz) with a column that names the series.

A study looks at what was, so gaps are closed here and said aloud, which a forecast for a farm
would refuse: an absent week is drawn between its neighbours. An absent day was closed where it
is absent for nearly all series of the file, else open and empty: that one product did not come
is not known beforehand.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.errors import ForecastingError, NotAHistory
from forecasting.table import Past, fill_gaps, read_history

# A market is closed where less than a quarter of the usual comes (median of 61 days around it).
QUORUM, AROUND_DAYS, ENOUGH_SERIES = 0.25, 61, 5
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True, slots=True)
class Frequency:
    step_days: int
    weekday: int | None  # Monday 0; None for days


@dataclass(frozen=True, slots=True)
class Columns:
    """How the file names what we need; open days are optional."""

    series: str = "unique_id"
    y: str = "y"
    open_days: str = "open_days"
    ds: str = "ds"


@dataclass(frozen=True, slots=True)
class Found:
    series: list[Past]
    said: list[str]  # what was mended, a sentence a series
    refused: dict[str, ForecastingError]


def frequency(text: str) -> Frequency:
    """Read D, W-MON ... W-SUN, or W (which is W-SUN, as in pandas)."""
    name = text.upper()
    if name == "D":
        return Frequency(1, None)
    anchor = {"W": "W-SUN"}.get(name, name).removeprefix("W-")
    if anchor not in WEEKDAYS or not name.startswith("W"):
        raise NotAHistory(
            series="--freq",
            where="frequency",
            problem="is unknown",
            expected="D or W-MON to W-SUN",
            got=text,
            next_step="name the day the weeks are stamped with",
        )
    return Frequency(7, WEEKDAYS.index(anchor))


def read_series(path: Path, every: Frequency, columns: Columns | None = None) -> Found:
    """Read, close gaps aloud, and check each series; one that is wrong does not stop the others.

    Raises:
        NotAHistory: the file is no table, or a column is missing.
    """
    names = columns or Columns()
    table = _table(path, names)
    series: list[Past] = []
    said: list[str] = []
    refused: dict[str, ForecastingError] = {}
    calendar = _calendar(table) if every.step_days == 1 else None
    for name, rows in table.groupby("unique_id", sort=False):
        mended, sentence = _mended(rows.drop(columns="unique_id"), every, calendar)
        if sentence:
            said.append(f"{name}: {sentence}")
        try:
            series.append(
                read_history(
                    mended,
                    series=str(name),
                    step_days=every.step_days,
                    weekday=every.weekday,
                    closed_is_empty=False,
                )
            )
        except ForecastingError as error:
            refused[str(name)] = error
    return Found(series, said, refused)


def _table(path: Path, names: Columns) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except (ValueError, OSError, UnicodeDecodeError) as error:
        raise _no_table(path, "is no CSV table", "a CSV or CSV.gz file", error) from error
    wanted = {names.series: "unique_id", names.ds: "ds", names.y: "y"}
    missing = [name for name in wanted if name not in table]
    if missing:
        raise _no_table(path, "lacks a column", ", ".join(missing), ", ".join(table.columns))
    if names.open_days in table:
        wanted[names.open_days] = "open_days"
    table = table[list(wanted)].rename(columns=wanted)
    stamps = pd.to_datetime(table["ds"], errors="coerce")
    if stamps.isna().any():
        row = int(np.flatnonzero(stamps.isna())[0])
        raise _no_table(path, f"row {row + 2} has no date", "YYYY-MM-DD", table["ds"].iloc[row])
    return table.assign(ds=stamps.dt.tz_localize(None))


def _no_table(path: Path, problem: str, expected: object, got: object) -> NotAHistory:
    return NotAHistory(
        series=str(path),
        where="file",
        problem=problem,
        expected=expected,
        got=got,
        next_step="name the columns with --id, --ds, --y and --calendar",
    )


def _calendar(table: pd.DataFrame) -> "pd.Series[float]":
    """Which days were open, by date: as the file says, else where several series say it together.

    A day whose total, each series by its own mean, stays under a quarter of the usual one around
    it was closed. Fewer than five series cannot tell a closed day from a bad one: there, a day is
    open that has a row.
    """
    if "open_days" in table:
        return table.groupby("ds")["open_days"].max()
    days = pd.date_range(table["ds"].min(), table["ds"].max(), freq="D")
    if table["unique_id"].nunique() < ENOUGH_SERIES:
        return pd.Series(1.0, index=table["ds"].unique()).reindex(days, fill_value=0.0)
    share = table["y"] / table.groupby("unique_id")["y"].transform("mean")
    total = share.groupby(table["ds"]).sum()
    usual = total.rolling(AROUND_DAYS, center=True, min_periods=1).median()
    return (total > QUORUM * usual).astype(float).reindex(days, fill_value=0.0)


def _mended(
    rows: pd.DataFrame, every: Frequency, calendar: "pd.Series[float] | None"
) -> tuple[pd.DataFrame, str]:
    """Close the gaps of one series; the sentence says how many and how, empty if none."""
    rows = rows.dropna(subset=["y"]).sort_values("ds")
    if len(rows) < 2 or rows["ds"].duplicated().any():
        return rows, ""  # read_history says what is wrong with it
    if calendar is not None:
        return _days(rows, calendar)
    days = (rows["ds"].iloc[-1] - rows["ds"].iloc[0]).days
    if days // every.step_days + 1 <= len(rows):
        return rows, ""
    filled, sentences = fill_gaps(rows, step_days=every.step_days)
    return filled, f"{len(sentences)} weeks without a row are drawn between their neighbours"


def _days(rows: pd.DataFrame, calendar: "pd.Series[float]") -> tuple[pd.DataFrame, str]:
    """Every day from the first to the last row, open or closed as the calendar says."""
    whole = pd.date_range(rows["ds"].iloc[0], rows["ds"].iloc[-1], freq="D")
    filled = rows.set_index("ds")[["y"]].reindex(whole)
    open_days = calendar.reindex(whole).fillna(0.0)
    absent = filled["y"].isna()
    empty = int((absent & (open_days > 0)).sum())
    if open_days.all():
        return filled.fillna(0.0).rename_axis("ds").reset_index(), _said(0, empty)
    filled = filled.fillna(0.0).assign(open_days=open_days).rename_axis("ds").reset_index()
    return filled, _said(int(absent.sum()) - empty, empty)


def _said(closed: int, empty: int) -> str:
    if closed + empty == 0:
        return ""
    return f"{closed} days without a row are taken as closed, {empty} as open and empty"
