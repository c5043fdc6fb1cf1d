"""The climate of the demo's rooms: one model a zone, for the past and for now.

The past is laid down every quarter of an hour, with what a real year has in it: a power cut, a
probe that was dead for three days, a radio message lost now and then.
"""

import math
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from edge.demo.farm import DemoFarm
from edge.demo.plant import PROBES, Probe
from sensors import Quality, Reason, to_ms
from sensors.quantities import STATES
from sensors.simulator import RoomModel
from traceability import readings
from traceability.database import writing_session
from traceability.readings import ReadingRow

STEP = timedelta(minutes=15)
# What the probes of each quantity resolve; a value is laid down as its probe would have said it.
_DECIMALS = {"air_temperature": 1, "relative_humidity": 1, "co2": 0, "ppfd": 1, "ph": 3, "ec": 3}
_DECIMALS |= dict.fromkeys(STATES, 1)
_LOST_SHARE = 0.002
# Before the end: (from, to, device or "" for all).
_OUTAGES = (
    (timedelta(days=97, hours=7), timedelta(days=97, hours=1), ""),
    (timedelta(days=203), timedelta(days=200), "room-b-co2"),
)
# Rows a transaction: long enough to be fast, short enough to be interrupted.
_BATCH = 50_000

Values = Mapping[str, float | None]


class Climate:
    """All zones of the farm, stepped together; the same seed and start give the same weather."""

    def __init__(self, seed: int, start: datetime) -> None:
        self._rooms = {
            "room-a": RoomModel("plant_factory", seed, start=start),
            "room-b": RoomModel("plant_factory", seed + 1, start=start),
            "bay-g": RoomModel("greenhouse", seed + 2, start=start),
        }

    def at(self, moment: datetime) -> dict[str, Values]:
        """Return zone -> quantity -> value at a moment not before the last one asked for."""
        values = {zone: room.step(moment).values() for zone, room in self._rooms.items()}
        return {**values, "cold": _cold_store(moment)}


def lay_down(
    engine: Engine,
    farm: DemoFarm,
    *,
    seed: int,
    start: datetime,
    end: datetime,
    outages_before: datetime,
) -> Climate:
    """Store the readings of start <= time < end; return the climate as it is at the end.

    Outages are counted back from `outages_before`. Storing it all again changes nothing.
    """
    with writing_session(engine) as session:
        series = _place(session, farm, start)
    climate = Climate(seed, start)
    rows: list[ReadingRow] = []
    for row in _rows(climate, series, seed, (start, end), outages_before):
        rows.append(row)
        if len(rows) >= _BATCH:
            _store(engine, rows)
            rows.clear()
    _store(engine, rows)
    return climate


def _place(session: Session, farm: DemoFarm, start: datetime) -> list[tuple[Probe, str, int]]:
    series = []
    for probe in PROBES:
        device = readings.ensure_device(session, farm.site.id, probe.name, model=probe.model)
        readings.place_device(session, device, farm.zones[probe.zone], since=start)
        for quantity in probe.quantities:
            number = readings.ensure_series(
                session.connection(), farm.site.id, probe.name, quantity
            )
            series.append((probe, quantity, number))
    return series


def _rows(
    climate: Climate,
    series: list[tuple[Probe, str, int]],
    seed: int,
    span: tuple[datetime, datetime],
    outages_before: datetime,
) -> Iterator[ReadingRow]:
    dice = random.Random(seed)  # noqa: S311  a believable loss, not a secret
    good, none = int(Quality.GOOD), int(Reason.NONE)
    states: dict[int, float] = {}
    moment, end = span
    while moment < end:
        at_ms, values = to_ms(moment), climate.at(moment)
        ago = outages_before - moment
        silent = {device for far, near, device in _OUTAGES if near < ago <= far}
        for probe, quantity, number in series:
            value = values[probe.zone][quantity]
            heard = dice.random() > _LOST_SHARE and not silent & {"", probe.name}
            if value is None or not heard:
                continue
            if quantity in STATES:
                # A relay speaks when it is switched, and each hour to say that it is alive.
                if moment.minute and states.get(number) == value:
                    continue
                states[number] = value
            yield (number, at_ms, round(value, _DECIMALS[quantity]), good, none)
        moment += STEP


def _store(engine: Engine, rows: list[ReadingRow]) -> None:
    with engine.execution_options(write=True).begin() as connection:
        readings.insert_readings(connection, rows)


def _cold_store(moment: datetime) -> Values:
    """A cold store: cooled in cycles of 40 minutes, warmer while lots go in and out."""
    minutes = moment.astimezone(UTC).timestamp() / 60
    hour = (moment.astimezone(UTC).hour + 9) % 24
    opened = 1.6 if hour in (8, 9, 15) else 0.0
    cycle = math.sin(2 * math.pi * minutes / 40)
    return {
        "air_temperature": 3.4 + 0.7 * cycle + opened,
        "relative_humidity": 88.0 - 3.0 * cycle - 2.0 * opened,
    }
