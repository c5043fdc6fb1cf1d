"""Many series from one file: any CSV (or .gz) with a column that names the series."""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.errors import ForecastingError, NotAHistory
from forecasting.mending import calendar_of, mended
from forecasting.table import Past, read_history

MOST_APART = 4  # days; who opens once a week has a weekly series
# What follows the date: a time, perhaps with a zone. The date as it is written is the local one.
_TIME = re.compile(r"[T ]\s*\d{1,2}:\d{2}.*$")
_JAPANESE = re.compile(r"^(\d{4})年(\d{1,2})月(\d{1,2})日$")
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
            next_step="sum the file by day, or by week and name the day weeks are stamped with; "
            "months are too coarse for a harvest",
        )
    return Frequency(7, WEEKDAYS.index(anchor))


def read_series(path: Path, every: Frequency, columns: Columns | None = None) -> Found:
    """Read, close gaps aloud, and check each series; one that is wrong does not stop the others.

    Raises:
        NotAHistory: the file is no table, or a column is missing.
    """
    names = columns or Columns()
    table = _table(path, names)
    said = _unnamed(path, table, names)
    _check_pace(path, table, every)
    series: list[Past] = []
    refused: dict[str, ForecastingError] = {}
    calendar = calendar_of(table) if every.step_days == 1 else None
    for name, rows in table.groupby("unique_id", sort=False):
        try:
            whole, sentences = mended(name, rows, every.step_days, calendar)
            said += [f"{name}: {sentence}" for sentence in sentences]
            series.append(
                read_history(
                    whole,
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
    table = _read(path, names)
    wanted = {names.series: "unique_id", names.ds: "ds", names.y: "y"}
    missing = [name for name in wanted if name not in table]
    if missing:
        raise _no_table(path, "lacks a column", ", ".join(missing), ", ".join(table.columns))
    if names.open_days in table:
        wanted[names.open_days] = "open_days"
    table = table[list(wanted)].rename(columns=wanted)
    if table.empty:
        raise _no_table(path, "has no rows", "one row a series and period", "a header")
    dates = table["ds"].astype(str).str.strip().str.replace(_TIME, "", regex=True)
    dates = dates.str.replace(_JAPANESE, r"\1-\2-\3", regex=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "could not infer format": we say it below
        stamps = pd.to_datetime(dates, errors="coerce")
    if stamps.isna().any():
        row = int(np.flatnonzero(stamps.isna())[0])
        raise _no_table(path, f"row {row + 2} has no date", "YYYY-MM-DD", table["ds"].iloc[row])
    return table.assign(ds=stamps)


def _read(path: Path, names: Columns) -> pd.DataFrame:
    """UTF-8, or Shift_JIS as Japanese spreadsheets write it; names stay as they are written."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return _read_as(path, encoding, names)
        except UnicodeDecodeError:
            continue
        except (ValueError, OSError, EOFError) as error:
            raise _no_table(path, "is no CSV table", "a CSV or CSV.gz file", error) from error
    raise _no_table(path, "is no CSV table", "text in UTF-8 or Shift_JIS", "other bytes")


def _read_as(path: Path, encoding: str, names: Columns) -> pd.DataFrame:
    """Commas; or tabs, or semicolons, beside which a comma stands in numbers."""
    first = pd.read_csv(path, sep="\0", nrows=0, encoding=encoding, engine="python")
    header = ",".join(map(str, first.columns))
    separator = next((one for one in ",;\t" if one in header), ",")
    decimal = "," if separator == ";" else "."
    kinds = {names.series: str}
    return pd.read_csv(path, sep=separator, decimal=decimal, encoding=encoding, dtype=kinds)


def _unnamed(path: Path, table: pd.DataFrame, names: Columns) -> list[str]:
    count = int(table["unique_id"].isna().sum())
    if count == len(table):
        raise _no_table(path, "names no series", f"a name in {names.series}", "none in any row")
    return [f"{count} rows have no {names.series} and are left out"] if count else []


def _check_pace(path: Path, table: pd.DataFrame, every: Frequency) -> None:
    """Refuse days read as weeks, or weeks as days: both would give a table, and it would lie."""
    days = table.drop_duplicates(["unique_id", "ds"]).sort_values("ds")
    gaps = days.groupby("unique_id")["ds"].diff().dt.days.dropna()
    if gaps.empty:
        return  # one row a series: too short, which is said of each
    apart = float(gaps.median())
    if (every.step_days == 1 and apart >= MOST_APART) or apart < every.step_days:
        raise NotAHistory(
            series=str(path),
            where="file",
            problem=f"most rows of a series are {apart:.0f} days apart",
            expected=f"{every.step_days}, or more where some are missing",
            got=f"{apart:.0f}",
            next_step="name the frequency of the file with --freq (D, W-MON to W-SUN), "
            "or sum days to weeks first",
        )


def _no_table(path: Path, problem: str, expected: object, got: object) -> NotAHistory:
    return NotAHistory(
        series=str(path),
        where="file",
        problem=problem,
        expected=expected,
        got=got,
        next_step="name the columns with --id, --ds, --y and --calendar",
    )
