"""`minori import lots`: real lots come in by the map in docs/maps, all rows or none."""

import csv
from pathlib import Path

import pytest

from tests.edge.console import Console, new_console

DOCS = Path(__file__).parents[2] / "docs" / "maps"
MAP = """
[lot]
code = "lot"
sown = "sown"
harvested = "cut"
planted_pieces = "plants"
harvested_pieces = "heads"
harvested_weight = "kg"

[crop]
code = "lowk"

[zone]
column = "room"
codes = { one = "A", "?" = "" }

[[inspections]]
column = "potassium"
measure = "potassium"
unit = "mg/100 g"
"""
ROWS = """lot,sown,cut,plants,heads,kg,room,potassium
2025-01,2025-06-02,2025-07-14,120,110,9.0005,one,85
2025-02,2025-06-09,,100,,,one,
2025-03,,2025-07-21,,,8.2,?,91.5
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    file = tmp_path / "lots.csv"
    file.write_text(ROWS, encoding="utf-8")
    return file


def words(file: Path, *more: str) -> tuple[object, ...]:
    return ("import", "lots", file, "--map", file.parent / "map.toml", *more)


@pytest.mark.shared
def test_real_lots_come_in_and_twice_doubles_nothing(console: Console, shared_data: Path) -> None:
    console.ok(
        *("catalogue", "crop", "add", "lugano", "--name", "Lettuce Lugano"),
        *("--largest-head", "800g"),
    )
    file = shared_data / "forecasting" / "lettuce_lots.csv"
    call = ("import", "lots", file, "--map", DOCS / "lettuce_lots.toml")

    assert console.ok(*call).out == "4 rows: 4 lots written in 40 acts, 0 already known\n"
    before = console.records()
    assert console.ok(*call).out == "4 rows: 0 lots written in 0 acts, 4 already known\n"
    assert console.records() == before

    shown = console.ok("lot", "show", "CVA-1", "--json").json
    assert (shown["lot"]["pieces"], shown["lot"]["weight_g"]) == (None, None)
    assert shown["lot"]["opened_at"] == "2022-03-17T15:00:00Z"  # the 18th in Japan
    assert shown["inspections"][0]["value"] == 319.5
    assert "└─ CVA  unknown  harvest 2022-03-18" in console.ok("trace", "CVA-1").out


def test_what_the_file_says_is_there_and_the_rest_unknown(console: Console, table: Path) -> None:
    console.ok(*words(table))

    lots = {lot["code"]: lot for lot in console.ok("lot", "list", "--all", "--json").json}

    assert sorted(lots) == ["2025-01", "2025-01-1", "2025-02", "2025-03", "2025-03-1"]
    assert (lots["2025-01-1"]["pieces"], lots["2025-01-1"]["weight_g"]) == (110, 9000)
    assert (lots["2025-02"]["pieces"], lots["2025-02"]["zone"]) == (100, "A")
    assert (lots["2025-03-1"]["pieces"], lots["2025-03-1"]["weight_g"]) == (None, 8200)


def test_a_dry_run_says_what_would_be_and_writes_nothing(console: Console, table: Path) -> None:
    before = console.records()

    said = console.ok(*words(table, "--dry-run"))

    assert said.out == "3 rows: 3 lots would be written in 7 acts, 0 already known\n"
    assert console.records() == before


def test_one_wrong_row_keeps_all_out_and_a_dry_run_lists_every_one(
    console: Console, table: Path
) -> None:
    wrong = ROWS.replace("2025-06-09", "June").replace(",8.2,", ",heavy,")
    table.write_text(wrong + "2025-01,2025-06-02,,,,,one,\n", encoding="utf-8")
    before = console.records()

    refused = console.run(*words(table))
    listed = console.run(*words(table, "--dry-run"))

    assert (refused.code, listed.code) == (2, 2)
    assert "3 of 4 rows cannot be imported, so none was; first, line 3: sown" in refused.err
    assert [line.partition(", got")[0] for line in listed.lines] == [
        "line 3: sown: expected a day as %Y-%m-%d",
        "line 4: kg: expected a number from 0",
        "line 5: lot: expected one row a lot",
    ]
    assert console.records() == before


@pytest.mark.parametrize(
    ("cell", "instead", "said"),
    [
        (",120,110,", ",12,110,", "lot 2025-01 holds 12 pieces"),
        (",110,9.0005,", ",11,9.0005,", "more than heads of at most 200 g"),
        (",120,", ",1.5,", "plants: expected a whole number"),
        (",9.0005,", ",1e999999,", "kg: expected a number from 0"),
        (",9.0005,", ",-1,", "kg: expected a number from 0"),
        ("one,85", "two,85", "room: expected one of one, ?, got 'two'"),
        ("2025-07-14", "2199-07-14", "cut: expected a day from 1970-01-01 to today"),
        ("2025-06-02", "0001-06-02", "sown: expected a day from 1970-01-01 to today"),
        ("2025-07-14", "2025-05-14", "a day of sowing, transplanting or harvest, in that order"),
        ("2025-01,", "20 25,", "1 of 3 rows"),
        ("2025-02,2025-06-09,,", "2025-02,,,", "got none"),
        ("one,\n", "one,70\n", "potassium: expected a day"),
        ("lot,sown", "lots,sown", "no column 'lot'"),
    ],
)
def test_a_wrong_cell_is_named(
    console: Console, table: Path, cell: str, instead: str, said: str
) -> None:
    assert cell in ROWS
    table.write_text(ROWS.replace(cell, instead, 1), encoding="utf-8")

    assert said in console.refused(*words(table))


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ('code = "lot"', 'cod = "lot"', "did you mean 'code'?"),
        ('measure = "potassium"', 'measure = ""', "inspections[1].measure"),
        ('code = "lowk"', "", "either code, or column"),
        ('sown = "sown"\nharvested = "cut"\n', "", "at least one of sown, transplanted"),
        ('unit = "mg/100 g"', 'unit = "mg/100 g"\non = "transplanted"', "under [lot]"),
        ("[crop]", '[dates]\nformat = "%H"\n[crop]', "a format that says year, month and day"),
        ("[crop]", "[crop", "map_invalid"),
    ],
)
def test_a_wrong_map_is_refused_with_its_place(
    console: Console, table: Path, line: str, instead: str, said: str
) -> None:
    assert line in MAP
    (table.parent / "map.toml").write_text(MAP.replace(line, instead, 1), encoding="utf-8")

    refusal = console.refused(*words(table))

    assert refusal.startswith("map_invalid")
    assert said in refusal


def test_a_file_that_is_not_there_is_refused(console: Console, table: Path) -> None:
    table.rename(table.parent / "elsewhere.csv")

    assert console.refused(*words(table)).startswith("table_invalid")


@pytest.mark.shared
def test_a_real_lot_tells_the_real_climate_it_lived_through(
    tmp_path: Path, shared_data: Path
) -> None:
    """The heart of the product, on a real greenhouse: a code on a shelf, and its days of growth."""
    console = new_console(tmp_path / "farm")
    settings = console.config.read_text(encoding="utf-8")
    console.config.write_text(
        settings.replace("[web]", 'time_zone = "Europe/Amsterdam"\n[web]'), encoding="utf-8"
    )
    climate = shared_data / "edge" / "greenhouse_climate_reference_feb01-07.csv"
    console.ok("import", "readings", climate, "--map", DOCS / "greenhouse_reference.toml")
    console.ok("catalogue", "crop", "add", "lugano", "--largest-head", "800g")
    with_zone = tmp_path / "map.toml"
    text = (DOCS / "lettuce_lots.toml").read_text(encoding="utf-8")
    for key in ("[zone]", "column = ", "codes = "):
        text = text.replace(f"# {key}", key)
    with_zone.write_text(text, encoding="utf-8")
    file = shared_data / "forecasting" / "lettuce_lots.csv"
    console.ok("import", "lots", file, "--map", with_zone)

    lived = console.ok("lot", "show", "Reference-1", "--json").json["conditions"]["growing"]

    # One probe measured it; of air temperature there were two, and their mean is of both.
    co2 = next(one for one in lived["quantities"] if one["quantity"] == "co2")
    assert co2["mean"] == pytest.approx(mean_of(climate, "CO2air", since=3), rel=0.005)
    # Five of its forty days are in the file; the rest is said to be unknown.
    assert co2["covered"] == pytest.approx(5 / 40, abs=0.001)
    assert co2["gaps"][-1]["end"] == "2022-03-14T23:00:00Z"
    assert [day["covered"] for day in lived["daily_light"]][:5] == [1.0] * 5


def mean_of(climate: Path, column: str, *, since: int) -> float:
    """The plain mean of a column from a day of February on."""
    with climate.open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    values = [float(r[column]) for r in rows if int(r["Date"].split("/")[1]) >= since]
    return sum(values) / len(values)
