"""A recorded day through simulated probes and the real agent is stored as it was recorded."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session

from edge import table_map
from edge.errors import TableInvalid
from edge.history import import_readings
from edge.replay import replay
from edge.settings_file import parse
from sensors.profile import load
from tests.edge.stores import count, open_new, stored
from traceability.models import Placement, Zone

MAP = Path(__file__).parents[2] / "docs" / "maps" / "greenhouse_reference.toml"
WEEK = "edge/greenhouse_climate_reference_feb01-07.csv"
SETTINGS = parse({})
# One reading: device, quantity, milliseconds.
Key = tuple[str, str, int]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_new(parse({}).inside(tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def day(shared_data: Path, tmp_path: Path) -> Path:
    """The first day of the week: 288 rows."""
    lines = (shared_data / WEEK).read_text().splitlines()
    chosen = [line for line in lines if line.startswith(("Date", "2/1/"))]
    file = tmp_path / "day.csv"
    file.write_text("\n".join(chosen) + "\n")
    return file


def recorded(file: Path, *, replayable: bool) -> dict[Key, float]:
    """What the file says, read by this test's own few lines."""
    mapped = table_map.load(MAP)
    models = {device.name: device.model for device in mapped.devices}
    zone = ZoneInfo("Europe/Amsterdam")
    values = {}
    with file.open() as source:
        for record in csv.DictReader(source):
            local = datetime.strptime(record["Date"], "%m/%d/%Y %H:%M").replace(tzinfo=zone)
            at_ms = round(local.timestamp() * 1000)
            for column in mapped.columns:
                if record[column.column] and (models[column.device] or not replayable):
                    key = (column.device, column.quantity, at_ms)
                    values[key] = float(record[column.column])
    return values


def in_store(engine: Engine) -> dict[Key, float]:
    rows = stored(engine)
    values = {(device, quantity, at_ms): value for device, quantity, _, at_ms, value, *_ in rows}
    assert len(values) == len(rows), "a reading is there twice"
    return values


def test_a_replayed_day_is_in_the_store_row_by_row(engine: Engine, day: Path) -> None:
    done = replay(day, table_map.load(MAP), SETTINGS, engine)

    expected, got = recorded(day, replayable=True), in_store(engine)
    assert (done.rows, done.stored) == (288, len(expected))
    assert got.keys() == expected.keys()
    resolution = {
        ("reference climate", quantity): value.step
        for quantity, value in ((v.quantity, v) for v in load("xy_md02").values)
    }
    for key, value in expected.items():
        step = resolution.get(key[:2], 0.1 if key[0] == "reference canopy" else 0.001)
        assert abs(got[key] - value) <= step / 2 + 1e-6, key
    assert done.left_out == ["Tleaf_ridder"]


def test_the_same_day_replayed_and_imported_is_one_history(engine: Engine, day: Path) -> None:
    """Import after replay adds only the column that no probe could speak for."""
    mapped = table_map.load(MAP)
    replay(day, mapped, SETTINGS, engine)
    before = count(engine)

    done = import_readings(day, mapped, SETTINGS, engine)
    again = import_readings(day, mapped, SETTINGS, engine)

    extra = len(recorded(day, replayable=False)) - len(recorded(day, replayable=True))
    assert (done.new, count(engine) - before) == (extra, extra)
    assert (again.new, again.known) == (0, len(recorded(day, replayable=False)))


def test_an_imported_day_says_where_it_was_measured(engine: Engine, day: Path) -> None:
    done = import_readings(day, table_map.load(MAP), SETTINGS, engine)

    assert in_store(engine) == recorded(day, replayable=False)
    assert done.new + done.blank == 288 * 7
    with Session(engine) as session:
        zone = session.scalars(select(Zone)).one()
        starts = {placement.start for placement in session.scalars(select(Placement))}
    assert (zone.code, zone.kind) == ("reference-greenhouse", "greenhouse")
    midnight = datetime(2022, 2, 1, tzinfo=ZoneInfo("Europe/Amsterdam")).astimezone(UTC)
    assert starts == {midnight}


def test_a_file_with_nothing_to_play_says_so(engine: Engine, tmp_path: Path) -> None:
    header = "Date,Tair,Rhair,CO2air,PARin,Tair_sigrow,Rhair_sigrow,Tleaf_ridder\n"
    empty = tmp_path / "empty.csv"
    empty.write_text(header)
    with pytest.raises(TableInvalid, match="no row that could be read"):
        replay(empty, table_map.load(MAP), SETTINGS, engine)

    empty.write_text("Date,Tair\n")
    with pytest.raises(TableInvalid, match="no column 'Rhair'"):
        replay(empty, table_map.load(MAP), SETTINGS, engine)
