"""A real greenhouse's week, imported: what Minori computes is what its climate computer said."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from edge.history import import_readings
from edge.settings_file import parse
from edge.table_map import load as load_map
from tests.edge.stores import open_new
from traceability import conditions
from traceability.conditions import Span
from traceability.database import reading_session
from traceability.models import Zone

MAP = Path(__file__).parents[2] / "docs" / "maps" / "greenhouse_reference.toml"
WEEK = "edge/greenhouse_climate_reference_feb01-07.csv"
MINUTE = timedelta(minutes=1)


def test_the_humidity_deficit_is_the_climate_computers(shared_data: Path, tmp_path: Path) -> None:
    """Within 0.05 g/m³ on every row, from what is stored; and a day's mean, time-weighted."""
    told = _told(shared_data / WEEK)
    settings = parse({}).inside(tmp_path)
    engine = open_new(settings)
    table_map = load_map(MAP)
    # The canopy's wireless probe measures the same air elsewhere; the computer's is one probe.
    columns = [one for one in table_map.columns if one.device == "reference climate"]
    one_probe = table_map.model_copy(update={"columns": columns})
    import_readings(shared_data / WEEK, one_probe, settings, engine)

    start, end = min(told), max(told) + MINUTE
    with reading_session(engine) as session:
        zone = session.exec(select(Zone).where(Zone.code == "reference-greenhouse")).one()
        minutes = (end - start) // MINUTE
        spans = [Span(zone, start, end)]
        points = conditions.chart(session, spans, "humidity_deficit", points=minutes)
        (found,) = conditions.summaries(session, spans, ["humidity_deficit"])
    engine.dispose()

    computed = {point.at: point.mean for point in points if point.mean is not None}
    assert computed.keys() == told.keys()
    assert len(computed) > 2000
    worst = max(abs(computed[at] - told[at]) for at in told)
    assert worst < 0.05
    assert found.mean == pytest.approx(sum(told.values()) / len(told), abs=0.05)
    assert found.derived_from == ("air_temperature", "relative_humidity")


def _told(file: Path) -> dict[datetime, float]:
    """The computer's own column by UTC time; rows without it, or without a source, say nothing."""
    zone = ZoneInfo("Europe/Amsterdam")
    with file.open(encoding="utf-8") as lines:
        rows = [r for r in csv.DictReader(lines) if r["HumDef"] and r["Tair"] and r["Rhair"]]
    utc = ZoneInfo("UTC")
    return {
        datetime.strptime(row["Date"], "%m/%d/%Y %H:%M")
        .replace(tzinfo=zone)
        .astimezone(utc): float(row["HumDef"])
        for row in reversed(rows)  # of two rows of one minute the first is kept, as stored
    }
