"""Rows and maps: what is right comes through in UTC and the quantity's unit, the rest is named."""

from pathlib import Path

import pytest

from edge import table_map
from edge.errors import MapInvalid, TableInvalid
from edge.table import Faults, Row, rows

MAP = """
[time]
column = "t"
format = "%Y-%m-%d %H:%M"
time_zone = "Europe/Amsterdam"
[[devices]]
name = "d"
[[columns]]
column = "ec"
device = "d"
quantity = "ec"
unit = "µS/cm"
"""


def read(folder: Path, text: str) -> tuple[list[Row], Faults]:
    mapped, file, faults = folder / "map.toml", folder / "data.csv", Faults()
    mapped.write_text(MAP, encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    return list(rows(file, table_map.load(mapped), faults)), faults


def test_values_come_in_utc_and_in_the_quantitys_unit(tmp_path: Path) -> None:
    (row,), faults = read(tmp_path, "\ufefft,ec\n2026-07-01 12:00,1800\n")

    assert (row.at.isoformat(), row.values["ec"]) == ("2026-07-01T10:00:00+00:00", 1.8)
    assert not faults.counts


def test_bad_cells_are_counted_with_their_line_and_good_ones_kept(tmp_path: Path) -> None:
    lines = [
        "t,ec",
        "2026-07-01 12:00,1,800",
        "soon,1",
        "2026-07-01 12:05,x",
        "2026-07-01 12:10,nan",
    ]
    got, faults = read(tmp_path, "\n".join([*lines, "2026-07-01 12:15,", "2026-07-01 12:20,900"]))

    assert [row.values["ec"] for row in got] == [0.001, None, None, None, 0.9]
    assert dict(faults.counts) == {"unreadable time": 1, "not a number": 1, "not finite": 1}
    assert faults.samples["unreadable time"] == ["line 3: 'soon'"]


def test_the_hour_that_comes_twice_is_told_by_its_order(tmp_path: Path) -> None:
    """Amsterdam, 25 October 2026: 02:00 to 03:00 happens first in summer, then in winter time."""
    times = ["02:30", "02:55", "02:05", "02:30", "03:00"]
    got, _ = read(tmp_path, "t,ec\n" + "".join(f"2026-10-25 {time},1\n" for time in times))

    assert [row.at.strftime("%H:%M") for row in got] == [
        "00:30",
        "00:55",
        "01:05",
        "01:30",
        "02:00",
    ]


def test_a_time_that_never_was_is_refused(tmp_path: Path) -> None:
    got, faults = read(tmp_path, "t,ec\n2026-03-29 02:30,1\n")

    assert (got, list(faults.counts)) == ([], ["a time that never was (clocks went forward)"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"ec"\nunit = "µS/cm"', '"ec"\nunit = "ppm"', ["line 12", "µS/cm", "'ppm'"]),
        ('quantity = "ec"', 'quantity = "conductivity"', ["line 11", "air_temperature"]),
        ('device = "d"', 'device = "e"', ["line 10", "one of d"]),
        ('format = "%Y', 'format = "%', ["line 2", "a format such as"]),
        ('"Europe/Amsterdam"', '"Dutch"', ["line 5", "IANA"]),
        ("[[devices]]", "[[device]]", ["unknown key 'device'", "did you mean 'devices'?"]),
    ],
)
def test_each_fault_of_a_map_names_line_expected_and_got(
    tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    file = tmp_path / "map.toml"
    file.write_text(MAP.replace(old, new), encoding="utf-8")

    with pytest.raises(MapInvalid) as caught:
        table_map.load(file)

    assert [part for part in said if part not in str(caught.value)] == []


def test_a_missing_file_or_column_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableInvalid, match="no column 'ec'"):
        read(tmp_path, "t,other\n")
    mapped = table_map.load(tmp_path / "map.toml")
    with pytest.raises(TableInvalid, match="cannot be read"):
        list(rows(tmp_path / "nowhere.csv", mapped, Faults()))
