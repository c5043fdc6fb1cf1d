"""Closing the gaps of series that are only looked back at, and saying so.

A study looks at what was, so gaps are closed here and said aloud, which a forecast for a farm
would refuse: an absent week is drawn between its neighbours. An absent day was closed where it
is absent for nearly all series of the file, else open and empty: that one product did not come
is not known beforehand. A day that has a row and no amount is not known, and drawn as a week is.
"""

from collections.abc import Hashable

import pandas as pd

from forecasting.errors import NotAHistory
from forecasting.table import fill_gaps

# A market is closed where less than a quarter of the usual comes (median of 61 days around it).
MOST_DRAWN = 2  # times as many weeks as there are rows
QUORUM, AROUND_DAYS, ENOUGH_SERIES = 0.25, 61, 5


def calendar_of(table: pd.DataFrame) -> "pd.Series[float]":
    """Which days were open, by date: as the file says, else where several series say it together.

    A day whose total, each series by its own mean, stays under a quarter of the usual one around
    it was closed. Fewer than five series cannot tell a closed day from a bad one: there, a day is
    open that has a row.
    """
    y = pd.to_numeric(table["y"], errors="coerce")
    if "open_days" in table:
        stated = pd.to_numeric(table["open_days"], errors="coerce").astype(float)
        return stated.fillna((y > 0).astype(float)).groupby(table["ds"]).max()
    days = pd.date_range(table["ds"].min(), table["ds"].max(), freq="D")
    if table["unique_id"].nunique() < ENOUGH_SERIES:
        return pd.Series(1.0, index=table["ds"].unique()).reindex(days, fill_value=0.0)
    share = y / y.groupby(table["unique_id"]).transform("mean")
    total = share.groupby(table["ds"]).sum()
    usual = total.rolling(AROUND_DAYS, center=True, min_periods=1).median()
    return (total > QUORUM * usual).astype(float).reindex(days, fill_value=0.0)


def mended(
    name: Hashable, rows: pd.DataFrame, step_days: int, calendar: "pd.Series[float] | None"
) -> tuple[pd.DataFrame, list[str]]:
    """Close the gaps of one series; a sentence says how many and how."""
    rows, said = _once(name, rows.drop(columns="unique_id").sort_values("ds", kind="stable"))
    unknown = rows.loc[rows["y"].isna(), "ds"]
    rows = _amounts(name, rows.dropna(subset=["y"]))
    if len(rows) < 2:
        return rows, said  # read_history says what is wrong with it
    if calendar is not None:
        mended, sentence = _days(rows, calendar, unknown)
        return mended, [*said, *filter(None, [sentence])]
    rows, about_calendar = _known_calendar(rows)
    said += about_calendar
    since = (rows["ds"] - rows["ds"].iloc[0]).dt.days
    whole = since.iloc[-1] // step_days + 1
    _check_grid(name, rows, since, whole, step_days)
    if whole == len(rows):
        return rows, said
    filled, sentences = fill_gaps(rows, step_days=step_days)
    said.append(f"{len(sentences)} weeks without a row are drawn between their neighbours")
    return filled, said


def _check_grid(
    name: Hashable, rows: pd.DataFrame, since: "pd.Series[int]", whole: int, step_days: int
) -> None:
    """What lies beside the grid would be lost, and most of a series cannot be drawn."""
    apart = float(since.diff().median())
    if apart >= 2 * step_days:
        raise NotAHistory(
            series=str(name),
            where="table",
            problem=f"its rows are {apart:.0f} days apart",
            expected="a row for most weeks",
            got=f"{len(rows)} rows in {whole} weeks",
            next_step="sum the days by week, with 0 for weeks without anything; months are too "
            "coarse for a harvest",
        )
    beside = rows[since % step_days != 0]
    if len(beside):
        raise NotAHistory(
            series=str(name),
            where=str(beside["ds"].iloc[0].date()),
            problem=f"is not a multiple of {step_days} days after the first row",
            expected=f"the same weekday as {rows['ds'].iloc[0].date()}",
            got=f"{beside['ds'].iloc[0]:%A}",
            next_step="name each week after the same day",
        )
    if whole > MOST_DRAWN * len(rows):
        raise NotAHistory(
            series=str(name),
            where="table",
            problem=f"{whole - len(rows)} of {whole} weeks have no row",
            expected="a row for most weeks",
            got=f"{len(rows)}",
            next_step="enter weeks without anything as 0; months and other spans are not weeks",
        )


def _once(name: Hashable, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Leave out rows said twice; of two different amounts for a period nobody knows which holds."""
    single = rows.drop_duplicates()
    twice = single[single["ds"].duplicated(keep=False)]
    if len(twice):
        raise NotAHistory(
            series=str(name),
            where=str(twice["ds"].iloc[0].date()),
            problem="comes more than once with different values",
            expected="one row a series and period",
            got=", ".join(str(value) for value in twice["y"].iloc[:2]),
            next_step="take out the wrong one, or add them up",
        )
    count = len(rows) - len(single)
    return single, [f"{count} rows that come twice are left out"] if count else []


def _amounts(name: Hashable, rows: pd.DataFrame) -> pd.DataFrame:
    numbers = pd.to_numeric(rows["y"], errors="coerce")
    if numbers.isna().any():
        wrong = rows[numbers.isna()].iloc[0]
        raise NotAHistory(
            series=str(name),
            where=str(wrong["ds"].date()),
            problem="y is no amount",
            expected="a number >= 0, without thousands separators",
            got=wrong["y"],
            next_step="mend the row",
        )
    return rows.assign(y=numbers)


def _known_calendar(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Weeks whose open days nobody wrote down were usual ones; without any, none are known."""
    if "open_days" not in rows or rows["open_days"].notna().all():
        return rows, []
    if rows["open_days"].isna().all():
        return rows.drop(columns="open_days"), ["no open days are known"]
    count, usual = int(rows["open_days"].isna().sum()), rows["open_days"].median()
    said = f"{count} weeks without open days are taken to have the usual {usual:g}"
    return rows.assign(open_days=rows["open_days"].fillna(usual)), [said]


def _days(
    rows: pd.DataFrame, calendar: "pd.Series[float]", unknown: "pd.Series[pd.Timestamp]"
) -> tuple[pd.DataFrame, str]:
    """Every day from the first to the last row, open or closed as the calendar says.

    Args:
        unknown: days that have a row without an amount.
    """
    whole = pd.date_range(rows["ds"].iloc[0], rows["ds"].iloc[-1], freq="D")
    known = rows.set_index("ds")
    y = known["y"].reindex(whole)
    open_days = calendar.reindex(whole).fillna(0.0)
    if "open_days" in known:  # the market's where the series says nothing
        own = known["open_days"].astype(float).reindex(whole)
        open_days = own.where(own.notna(), open_days)
    drawn = whole.isin(unknown) & (open_days > 0)
    absent = y.isna() & ~drawn
    empty = int((absent & (open_days > 0)).sum())
    y = y.mask(absent, 0.0)
    # Between open neighbours: a closed day beside it says nothing about it.
    y = y.mask(drawn, y[open_days > 0].interpolate(limit_direction="both").reindex(whole))
    filled = pd.DataFrame({"ds": whole, "y": y.to_numpy()})
    said = _said(int(absent.sum()) - empty, empty, int(drawn.sum()))
    if open_days.all():
        return filled, said
    return filled.assign(open_days=open_days.to_numpy()), said


def _said(closed: int, empty: int, drawn: int) -> str:
    parts = []
    if closed + empty:
        parts.append(f"{closed} days without a row are taken as closed, {empty} as open and empty")
    if drawn:
        parts.append(f"{drawn} days without an amount are drawn between their neighbours")
    return "; ".join(parts)
