"""What a history is: one row a week or a day, none missing, never negative, closed is not missing.

A week without harvest is a row with 0. A week in which the place was closed has 0 open days. A
week nobody entered is an error, and the message says which one: filling it silently would teach
every model that nothing grew.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.errors import MissingCalendar, NotAHistory

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

WEEK_DAYS = 7
# Grams of one seed and more than the world eats: beyond them squares and quotients are no numbers.
SMALLEST, LARGEST = 1e-12, 1e15
SEASON = {7: 52, 1: 7}  # periods in the season a naive forecast repeats, by step


@dataclass(frozen=True, slots=True)
class Ahead:
    """The periods to forecast, with what is known about them beforehand."""

    ds: Days
    open_days: Floats | None = None

    def __len__(self) -> int:
        return len(self.ds)


@dataclass(frozen=True, slots=True)
class Past:
    """A checked history: equally long arrays, oldest first, `step_days` apart."""

    series: str
    ds: Days
    y: Floats  # >= 0
    open_days: Floats | None  # of each period; None where no calendar is known
    step_days: int

    def __len__(self) -> int:
        return len(self.ds)

    @property
    def season(self) -> int:
        return SEASON[self.step_days]

    @property
    def unit(self) -> str:
        return "week" if self.step_days == WEEK_DAYS else "day"

    @property
    def rates(self) -> Floats:
        """Y per open day, NaN where nothing was open; y itself where no calendar is known."""
        if self.open_days is None:
            return self.y
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.open_days > 0, self.y / self.open_days, np.nan)

    def until(self, end: int) -> "Past":
        """The first `end` periods: what was known at a past cutoff."""
        open_days = None if self.open_days is None else self.open_days[:end]
        return replace(self, ds=self.ds[:end], y=self.y[:end], open_days=open_days)

    def between(self, start: int, end: int) -> Ahead:
        """Periods `start` to `end` as they looked beforehand: dates and calendar, no y."""
        open_days = None if self.open_days is None else self.open_days[start:end]
        return Ahead(self.ds[start:end], open_days)

    def scaled(self, factor: float) -> "Past":
        return replace(self, y=self.y * factor)

    def digest(self, ahead: Ahead | None = None) -> str:
        """Name exactly this history (and calendar ahead) by its sha256."""
        total = hashlib.sha256(f"{self.series}\0{self.step_days}\0".encode())
        parts = [self.ds.astype("int64"), self.y, self.open_days]
        parts += [] if ahead is None else [ahead.ds.astype("int64"), ahead.open_days]
        for part in parts:
            total.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
        return total.hexdigest()


def read_history(
    table: pd.DataFrame,
    *,
    series: str = "history",
    step_days: int = 7,
    weekday: int | None = 0,
    closed_is_empty: bool = True,
) -> Past:
    """Check a table and return it as arrays; nothing is repaired on the way.

    Args:
        table: One row a period. Columns:
            ds  datetime64 without a zone (local date), the day the period is named after
            y   numbers >= 0, e.g. harvested weight [kg]; 0 is a period without harvest
            open_days  optional, numbers 0 to step_days: open days in the period
        closed_is_empty: Refuse an amount on a closed period. A market's calendar is coarser than
            its arrivals, so a study keeps such amounts; they are forecast as 0 and scored.
        weekday: Which day weekly rows are named after, Monday 0; None takes the first row's.

    Raises:
        NotAHistory: says which row is wrong and what would be right.
    """
    refuse = _refusal(series)
    _check_columns(table, refuse)
    ds = _dates(table["ds"], refuse)
    _check_regular(ds, step_days=step_days, weekday=weekday, refuse=refuse)
    y = _numbers(table["y"], ds, "y", refuse)
    open_days = None
    if "open_days" in table:
        open_days = _numbers(table["open_days"], ds, "open_days", refuse)
        _check_open_days(open_days, ds, step_days, refuse)
        if closed_is_empty:
            _check_closed(open_days, y, ds, refuse)
    return Past(series, ds, y, open_days, step_days)


def periods_ahead(past: Past, horizon: int, calendar: pd.DataFrame | None = None) -> Ahead:
    """The `horizon` periods after the history, with their open days where the history has them.

    Args:
        calendar: Columns ds, open_days; must cover the horizon where the history has open days.

    Raises:
        MissingCalendar: a period ahead is not in the calendar.
    """
    step = np.timedelta64(past.step_days, "D")
    ds = past.ds[-1] + step * np.arange(1, horizon + 1)
    if past.open_days is None:
        return Ahead(ds)
    if calendar is None:
        raise MissingCalendar(series=past.series, ds=ds[0])
    known = dict(zip(calendar["ds"].to_numpy("datetime64[D]"), calendar["open_days"], strict=True))
    for day in ds:
        if known.get(day) is None or not np.isfinite(known[day]):
            raise MissingCalendar(series=past.series, ds=day)
    return Ahead(ds, np.array([known[day] for day in ds], dtype=np.float64))


def fill_gaps(table: pd.DataFrame, *, step_days: int) -> tuple[pd.DataFrame, list[str]]:
    """Repair what was asked to be repaired: absent periods become rows whose y is interpolated.

    Returns:
        The regular table and one sentence for each repair, so that nobody mistakes it for a record.
    """
    table = table.sort_values("ds").drop_duplicates("ds", keep="last").set_index("ds")
    whole = pd.date_range(table.index[0], table.index[-1], freq=f"{step_days}D")
    missing = whole.difference(pd.DatetimeIndex(table.index))
    said = [
        f"{day.date()} was absent; its value is drawn between its neighbours" for day in missing
    ]
    filled = table.reindex(whole)
    numeric = filled.select_dtypes("number").columns
    filled[numeric] = filled[numeric].interpolate()
    return filled.rename_axis("ds").reset_index(), said


_Refuse = Callable[[str, str, object, object, str], NotAHistory]


def _refusal(series: str) -> _Refuse:
    def refuse(
        where: str, problem: str, expected: object, got: object, next_step: str
    ) -> NotAHistory:
        return NotAHistory(
            series=series,
            where=where,
            problem=problem,
            expected=expected,
            got=got,
            next_step=next_step,
        )

    return refuse


def _check_columns(table: pd.DataFrame, refuse: _Refuse) -> None:
    missing = [name for name in ("ds", "y") if name not in table]
    if missing:
        raise refuse("header", "a column is missing", missing, list(table), "name the columns")
    if table.empty:
        raise refuse("table", "no rows", "one row a period", 0, "enter the first harvest")


def _dates(column: "pd.Series[pd.Timestamp]", refuse: _Refuse) -> Days:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        raise refuse(
            "ds", "has a time zone", "local dates", column.dtype, "convert to local dates first"
        )
    try:
        stamps = pd.to_datetime(column)
    except (ValueError, TypeError) as error:
        raise refuse("ds", "is no date", "YYYY-MM-DD", error, "mend the date") from error
    if stamps.isna().any():
        row = int(np.flatnonzero(stamps.isna())[0])
        raise refuse(f"row {row + 1}", "no date", "YYYY-MM-DD", None, "enter the date")
    return stamps.to_numpy().astype("datetime64[D]")


def _check_regular(ds: Days, *, step_days: int, weekday: int | None, refuse: _Refuse) -> None:
    # 1970-01-01 was a Thursday, hence the 3.
    first = int((ds[0].astype("int64") + 3) % WEEK_DAYS)
    if step_days == WEEK_DAYS and weekday is not None and first != weekday:
        names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        raise refuse(
            str(ds[0]),
            "the week does not start on its day",
            names[weekday],
            names[first],
            "name weeks after that day",
        )
    gaps = np.diff(ds).astype("int64")
    wrong = np.flatnonzero(gaps != step_days)
    if len(wrong) == 0:
        return
    where, gap = int(wrong[0]), int(gaps[wrong[0]])
    expected = ds[where] + np.timedelta64(step_days, "D")
    if gap <= 0:
        raise refuse(
            str(ds[where + 1]),
            "comes twice or out of order",
            expected,
            ds[where + 1],
            "sort the rows",
        )
    raise refuse(
        str(expected), "is missing", expected, ds[where + 1], "enter it, with 0 if nothing came"
    )


def _numbers(column: "pd.Series[float]", ds: Days, name: str, refuse: _Refuse) -> Floats:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    is_amount = (values == 0) | ((values >= SMALLEST) & (values <= LARGEST))
    if not is_amount.all():
        row = int(np.flatnonzero(~is_amount)[0])
        expected = f"0, or a number from {SMALLEST:g} to {LARGEST:g}"
        raise refuse(
            str(ds[row]), f"{name} is no amount", expected, column.iloc[row], "mend the row"
        )
    return values


def _check_open_days(open_days: Floats, ds: Days, step_days: int, refuse: _Refuse) -> None:
    above = np.flatnonzero(open_days > step_days)
    if len(above):
        row = int(above[0])
        raise refuse(
            str(ds[row]), "more open days than days", step_days, open_days[row], "mend the calendar"
        )


def _check_closed(open_days: Floats, y: Floats, ds: Days, refuse: _Refuse) -> None:
    closed = np.flatnonzero((open_days == 0) & (y > 0))
    if len(closed):
        row = int(closed[0])
        raise refuse(
            str(ds[row]), "closed but not empty", 0, y[row], "mend the calendar or the amount"
        )
