"""Any CSV is read as far as it honestly can be, and what was mended is said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasting.errors import NotAHistory
from forecasting.files import Found, frequency, read_series

WEEKS = pd.date_range("2024-01-01", periods=20, freq="W-MON")
TABLE = pd.DataFrame({"unique_id": "小松菜", "ds": WEEKS, "y": np.arange(20.0)})


def read(folder: Path, table: pd.DataFrame, freq: str = "W-MON", encoding: str = "utf-8") -> Found:
    file = folder / "series.csv"
    table.to_csv(file, index=False, encoding=encoding)
    return read_series(file, frequency(freq))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_names_come_through_as_they_are_written(tmp_path: Path, encoding: str) -> None:
    (series,) = read(tmp_path, TABLE, encoding=encoding).series
    assert series.series == "小松菜"

    (series,) = read(tmp_path, TABLE.assign(unique_id="007")).series
    assert series.series == "007"


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_a_date_is_the_local_one_whatever_its_zone(tmp_path: Path, zone: str) -> None:
    """Over the change to summer time the offsets differ within one column."""
    (series,) = read(tmp_path, TABLE.assign(ds=WEEKS.tz_localize(zone))).series

    assert list(series.ds) == list(WEEKS.to_numpy("datetime64[D]"))


def test_order_and_rows_said_twice_change_nothing(tmp_path: Path) -> None:
    shuffled = pd.concat([TABLE, TABLE.iloc[[3]]]).sample(frac=1, random_state=1)

    found = read(tmp_path, shuffled)

    assert found.series[0].digest() == read(tmp_path, TABLE).series[0].digest()
    assert found.said == ["小松菜: 1 rows that come twice are left out"]


@pytest.mark.parametrize(
    ("row", "y", "words"),
    [
        (3, 99.0, "comes more than once with different values"),
        (3, "1,234", "y is no amount"),
        (3, -1.0, "y is no amount"),
    ],
)
def test_what_nobody_can_know_is_refused_for_that_series_alone(
    tmp_path: Path, row: int, y: object, words: str
) -> None:
    wrong = TABLE.astype({"y": object}).assign(unique_id="bad")
    if y == 99.0:
        wrong = pd.concat([wrong, wrong.iloc[[row]].assign(y=y)])
    else:
        wrong.loc[row, "y"] = y

    found = read(tmp_path, pd.concat([wrong, TABLE]))

    assert [one.series for one in found.series] == ["小松菜"]
    assert words in str(found.refused["bad"])


def test_a_day_without_an_amount_is_drawn_and_an_absent_one_is_empty(tmp_path: Path) -> None:
    days = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=60), "y": 10.0})
    frames = [days.assign(unique_id=name) for name in "abcdef"]
    frames[0].loc[20, "y"] = np.nan
    frames[0] = frames[0].drop(index=30)

    found = read(tmp_path, pd.concat(frames), "D")

    assert list(found.series[0].y[[19, 20, 30]]) == [10.0, 10.0, 0.0]
    assert "1 days without an amount are drawn" in found.said[0]


def test_a_series_keeps_its_own_days_and_unwritten_weeks_are_usual(tmp_path: Path) -> None:
    """Every partner has a delivery calendar of its own."""
    days = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=60), "y": 10.0})
    shut = days.assign(unique_id="shut", open_days=(days["ds"].dt.weekday < 5).astype(float))
    both = pd.concat([shut, days.assign(unique_id="always", open_days=1.0)])
    first, second = read(tmp_path, both, "D").series
    assert first.open_days is not None
    assert list(first.open_days[:7]) == [1, 1, 1, 1, 1, 0, 0]
    assert second.open_days is None

    weeks = TABLE.assign(open_days=5.0)
    weeks.loc[4, "open_days"] = np.nan
    found = read(tmp_path, weeks)
    assert "1 weeks without open days are taken to have the usual 5" in found.said[0]


@pytest.mark.parametrize(("freq", "step"), [("D", "W-MON"), ("W-MON", "D")])
def test_days_are_not_read_as_weeks_nor_weeks_as_days(tmp_path: Path, freq: str, step: str) -> None:
    """Both gave a table with numbers that meant nothing."""
    dates = pd.date_range("2024-01-01", periods=20, freq=step)

    with pytest.raises(NotAHistory, match="--freq"):
        read(tmp_path, TABLE.assign(ds=dates), freq)


@pytest.mark.parametrize(
    "dates",
    [WEEKS.strftime("%Y年%m月%d日"), WEEKS.strftime("%Y/%m/%d"), WEEKS.strftime("%Y-%m-%d 09:00")],
)
def test_dates_are_read_as_spreadsheets_write_them(tmp_path: Path, dates: pd.Index) -> None:
    (series,) = read(tmp_path, TABLE.assign(ds=dates)).series

    assert list(series.ds) == list(WEEKS.to_numpy("datetime64[D]"))


@pytest.mark.parametrize(("separator", "decimal"), [(";", ","), ("\t", "."), (",", ".")])
def test_columns_are_told_apart_by_what_stands_between_them(
    tmp_path: Path, separator: str, decimal: str
) -> None:
    file = tmp_path / "series.csv"
    TABLE.assign(y=TABLE["y"] + 0.5).to_csv(file, index=False, sep=separator, decimal=decimal)

    (series,) = read_series(file, frequency("W-MON")).series

    assert series.y[3] == 3.5


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (
            pd.date_range("2020-01-01", periods=20, freq="MS"),
            "31 days apart.* sum the days by week",
        ),
        (pd.date_range("2020-01-06", periods=20, freq="14D"), "14 days apart.* in 39 weeks"),
        (WEEKS.where(WEEKS[7] != WEEKS, WEEKS[7] + pd.Timedelta(days=1)), "same weekday"),
        (
            WEEKS[0]
            + pd.to_timedelta(
                np.where(np.arange(20) < 14, np.arange(20), np.arange(20) * 7) * 7, unit="D"
            ),
            "of 134 weeks have no row",
        ),
    ],
)
def test_what_lies_beside_the_weeks_is_not_dropped_in_silence(
    tmp_path: Path, dates: pd.DatetimeIndex, words: str
) -> None:
    """Months read as weeks were drawn between the five that began on a Monday."""
    found = read(tmp_path, TABLE.assign(ds=dates))

    assert found.series == []
    with pytest.raises(NotAHistory, match=words):
        raise found.refused["小松菜"]


@pytest.mark.parametrize("y", [1e300, 1e-300, np.inf])
def test_numbers_no_arithmetic_holds_are_no_amounts(tmp_path: Path, y: float) -> None:
    found = read(tmp_path, TABLE.assign(y=y))

    assert "a number from 1e-12 to 1e+15" in str(found.refused["小松菜"])


def test_a_file_that_names_no_series_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotAHistory, match="names no series"):
        read(tmp_path, TABLE.assign(unique_id=None))
