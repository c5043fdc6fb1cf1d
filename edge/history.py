"""A recorded climate as history: straight into the store, as often as you like."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from edge.agents.judges import Judges
from edge.settings import Settings
from edge.store import ensure_place
from edge.table import Faults, Row, rows
from edge.table_map import TableMap
from sensors import Quality, Reading, Reason
from sensors.quality import spikes
from traceability import catalogue, readings
from traceability.database import writing_session
from traceability.models import Device, Placement, Zone
from traceability.readings import Delivery, Recorder

BATCH_ROWS = 500


@dataclass(slots=True)
class Imported:
    """What an import did; `known` were there before."""

    rows: int = 0
    new: int = 0
    known: int = 0
    blank: int = 0
    faults: Faults = field(default_factory=Faults)


def import_readings(
    file: Path,
    table_map: TableMap,
    settings: Settings,
    engine: Engine,
    *,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Imported:
    """Store every value of a CSV file; a repeat changes nothing.

    Blank cells are "no value" and store nothing. Values are judged as live ones
    are, and single spikes are named: both neighbours are known.

    Raises:
        TableInvalid: the file does not have what the map says.
    """
    done = Imported()
    judges = Judges()
    with writing_session(engine) as session:
        site_id = ensure_place(session, settings).id
    recorder = Recorder(engine, site_id)
    source = rows(file, table_map, done.faults)
    first: datetime | None = None
    while batch := list(islice(source, BATCH_ROWS)):
        first = first or min(row.at for row in batch)
        values = [reading for row in batch for reading in readings_of(row, table_map)]
        new = recorder.append([Delivery(with_spikes(judges.judged(values)))])
        done.rows += len(batch)
        done.new += new
        done.known += len(values) - new
        done.blank += len(batch) * len(table_map.columns) - len(values)
        progress(len(batch))
    if first is not None:
        place(engine, settings, table_map, since=first)
    return done


def with_spikes(values: Sequence[Reading]) -> list[Reading]:
    """Name the single values far from both their neighbours: history knows the next one, too.

    The first and the last of a batch have one neighbour here, and keep what their judge said.
    """
    marked = list(values)
    series: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(values):
        if one.value is not None:
            series[(one.device, one.quantity, one.channel)].append(place)
    for (_, quantity, _), places in series.items():
        points = [(values[place].value or 0.0, values[place].at) for place in places]
        for place, is_spike in zip(places, spikes(quantity, points), strict=True):
            if is_spike and values[place].reason in (Reason.NONE, Reason.RATE):
                doubt = {"quality": Quality.UNCERTAIN, "reason": Reason.SPIKE}
                marked[place] = replace(values[place], **doubt)
    return marked


def readings_of(row: Row, table_map: TableMap) -> Iterator[Reading]:
    """Yield the readings of one row: every column that is not blank."""
    for column in table_map.columns:
        value = row.values[column.column]
        if value is not None:
            yield Reading(column.device, column.quantity, value, row.at, channel=column.channel)


def place(engine: Engine, settings: Settings, table_map: TableMap, *, since: datetime) -> None:
    """Write the map's devices into the record, standing in the map's zone at least from `since`."""
    said = table_map.zone
    with writing_session(engine) as session:
        site = ensure_place(session, settings)
        zone = None
        if said is not None:
            facts = {"name": said.name or said.code, "name_ja": said.name_ja, "kind": said.kind}
            zone = catalogue.ensure_zone(session, site, said.code, **facts)
        for device in table_map.devices:
            row = readings.ensure_device(session, site.id, device.name, model=device.model)
            if zone is not None:
                _place_back_to(session, row, zone, since)


def _place_back_to(session: Session, device: Device, zone: Zone, since: datetime) -> None:
    """History may be older than the first placement known: then that one began earlier."""
    wanted = select(Placement).where(Placement.device_id == device.id)
    earliest = session.exec(wanted.order_by(col(Placement.start))).first()
    if earliest is None:
        readings.place_device(session, device, zone, since=since)
    elif earliest.zone_id == zone.id and since < earliest.start:
        earliest.start = since
        session.add(earliest)
