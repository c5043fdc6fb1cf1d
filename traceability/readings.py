"""Readings in and out: appended in batches by one recorder, read back by series and span.

The key is (series, time), so a repeat is harmless: redelivery, replay after a crash and a batch
written twice leave one row. Values go in as plain rows, many a statement, never as objects
(measured: 33 times the CPU at batches of 1000).
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, text
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from sensors import Quality, Reading, Reason, to_ms, utc_from_ms
from sensors.calibration import Calibration, corrected
from traceability import calibrations
from traceability.held import HeldRow, insert_held
from traceability.inserting import ReadingRow, insert_readings
from traceability.models import Device, Placement, Series, Zone, delivery, reading
from traceability.sqlite import guard

__all__ = [
    "KEEP_DELIVERY_KEYS",
    "Delivery",
    "ReadingRow",
    "Recorder",
    "Sample",
    "StoredReading",
    "ensure_device",
    "ensure_series",
    "insert_readings",
    "latest",
    "place_device",
    "span",
]

log = logging.getLogger(__name__)

# How many keys are remembered. A redelivery can only be of a message that was on its way when the
# connection broke, so one of the last few thousand; and packet ids come round after 65,535, so an
# older key would take a new message for an old one, and lose it.
KEEP_DELIVERY_KEYS = 20_000


@dataclass(frozen=True, slots=True)
class StoredReading:
    """A reading with where it was taken; `raw` is what the device said, `value` calibrated."""

    device: str
    quantity: str
    channel: str
    zone: str | None  # the zone's code at that time
    at: datetime
    value: float | None
    quality: Quality
    reason: Reason
    raw: float | None
    series_id: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a series; `raw` is what the device said, `value` calibrated."""

    at: datetime
    value: float | None
    quality: Quality
    reason: Reason
    raw: float | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Readings that came together. `key` is set where the payload had no time of its own: a
    redelivery under a known key is the same message again, and none of it is stored twice.

    Only a delivery marked `redelivered` (MQTT's DUP) is looked up: packet ids start again after
    65,535, and a steady probe sends the same bytes, so an equal key alone proves nothing.
    """

    readings: Sequence[Reading]
    key: str | None = None
    redelivered: bool = False
    held: Sequence["Held"] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A reading whose time is not known yet: so long after a boot began (`traceability.held`)."""

    reading: Reading
    boot: str
    since_boot_ms: int


class Recorder:
    """The only writer of readings: one per process, used from one thread."""

    def __init__(self, engine: Engine, site_id: str) -> None:
        self._engine = engine.execution_options(write=True)
        self._site_id = site_id
        self._series: dict[tuple[str, str, str], int] = {}
        self._last: Sequence[Delivery] = ()
        self._verified = 0

    def append(self, deliveries: Sequence[Delivery]) -> int:
        """Store a batch in one transaction, durable when this returns; return the new rows.

        Appending the same batch again changes nothing, so whoever cannot know whether a write
        landed writes it again. Nothing is stored if anything raises.

        Raises:
            DatabaseInDoubt: the disk failed; nothing is stored until the file was verified.
        """
        verified = guard.trusted(self._engine)
        try:
            with self._engine.begin() as connection:
                if verified != self._verified:
                    self._rewrite(connection)
                fresh = _unseen(connection, deliveries)
                rows = [self._row(connection, r) for d in fresh for r in d.readings]
                new = insert_readings(connection, rows) + self._hold(connection, fresh)
            guard.require(self._engine)  # the log may have failed to reach the file just now
        except Exception:
            # Series made in a transaction that did not commit do not exist.
            self._series.clear()
            raise
        self._last, self._verified = deliveries, verified
        return new

    def _rewrite(self, connection: Connection) -> None:
        """Write the last acknowledged batch again: the disk failed since, and it must be there."""
        rows = [self._row(connection, r) for d in self._last for r in d.readings]
        lost = insert_readings(connection, rows) + self._hold(connection, self._last)
        if lost:
            log.warning("%d readings of the last batch had been lost, and were written again", lost)

    def _hold(self, connection: Connection, deliveries: Sequence[Delivery]) -> int:
        waits = [one for delivery in deliveries for one in delivery.held]
        return insert_held(connection, [self._held_row(connection, one) for one in waits])

    def _held_row(self, connection: Connection, one: Held) -> HeldRow:
        series_id, clocked_ms, value, quality, reason = self._row(connection, one.reading)
        return (one.boot, series_id, one.since_boot_ms, value, quality, reason, clocked_ms)

    def _row(self, connection: Connection, item: Reading) -> ReadingRow:
        name = (item.device, item.quantity, item.channel)
        series_id = self._series.get(name)
        if series_id is None:
            series_id = self._series[name] = ensure_series(connection, self._site_id, *name)
        return (series_id, to_ms(item.at), item.value, int(item.quality), int(item.reason))


def ensure_series(
    connection: Connection, site_id: str, device: str, quantity: str, channel: str = ""
) -> int:
    """Return the series' number, making series and device at their first reading."""
    with Session(connection) as session:
        owner = ensure_device(session, site_id, device)
        wanted = select(Series).where(
            Series.device_id == owner.id, Series.quantity == quantity, Series.channel == channel
        )
        row = session.exec(wanted).first()
        if row is None:
            row = Series(device_id=owner.id, quantity=quantity, channel=channel)
            session.add(row)
            session.flush()
        assert row.id is not None
        return row.id


def ensure_device(session: Session, site_id: str, code: str, *, model: str = "") -> Device:
    """Return the device of that code at the site, making it at its first mention."""
    wanted = select(Device).where(Device.site_id == site_id, Device.code == code)
    device = session.exec(wanted).first()
    if device is None:
        device = Device(site_id=site_id, code=code)
        session.add(device)
    if model and device.model != model:
        device.model = model
    session.flush()
    return device


def place_device(session: Session, device: Device, zone: Zone, *, since: datetime) -> None:
    """Say that the device is in the zone from then on; earlier placements stay as they were.

    Saying again what is already so changes nothing.
    """
    wanted = select(Placement).where(Placement.device_id == device.id, col(Placement.end).is_(None))
    current = session.exec(wanted).first()
    if current is not None:
        if current.zone_id == zone.id:
            return
        current.end = max(since, current.start + timedelta(milliseconds=1))
        since = current.end
    session.add(Placement(device_id=device.id, zone_id=zone.id, start=since))
    session.flush()


def latest(session: Session, *, zone_id: str | None = None) -> list[StoredReading]:
    """Return the newest reading of every series, by zone and quantity, calibrated."""
    query = (
        core_select(
            col(Device.code),
            col(Series.quantity),
            col(Series.channel),
            col(Zone.code),
            col(Series.id),
            *(_newest(name) for name in ("at_ms", "value", "quality", "reason")),
        )
        .select_from(Series)
        .join(Device, col(Device.id) == col(Series.device_id))
        .join(Placement, col(Placement.device_id) == col(Device.id), isouter=True)
        .join(Zone, col(Zone.id) == col(Placement.zone_id), isouter=True)
        .where(col(Placement.end).is_(None))
        .order_by(col(Zone.code), col(Series.quantity), col(Device.code))
    )
    if zone_id is not None:
        query = query.where(col(Placement.zone_id) == zone_id)
    rows = [row for row in session.connection().execute(query) if row.at_ms is not None]
    events = calibrations.of_series(session, (row.id for row in rows))
    return [_stored(row, events.get(row.id, ())) for row in rows]


def last_heard(session: Session, devices: Collection[str]) -> dict[str, datetime]:
    """Return the time of the newest reading of each of these devices; those never heard are not
    among them."""
    query = core_select(col(Device.code), func.max(_newest("at_ms")))
    query = query.select_from(Series).join(Device, col(Device.id) == col(Series.device_id))
    query = query.where(col(Device.code).in_(devices)).group_by(col(Device.code))
    found = session.connection().execute(query)
    return {code: utc_from_ms(at_ms) for code, at_ms in found if at_ms is not None}


def _newest(column: str) -> Any:
    """That column of a series' last row: one look at the end of its key, however long it is."""
    rows = core_select(reading.c[column]).where(col(Series.id) == reading.c.series_id)
    return rows.order_by(reading.c.at_ms.desc()).limit(1).scalar_subquery().label(column)


def span(session: Session, series_id: int, *, start: datetime, end: datetime) -> list[Sample]:
    """Return one series for start <= time < end, oldest first, calibrated."""
    events = calibrations.of_series(session, [series_id]).get(series_id, ())
    query = (
        core_select(
            reading.c.at_ms,
            calibrations.calibrated(reading.c.at_ms, reading.c.value, events),
            reading.c.quality,
            reading.c.reason,
            reading.c.value,
        )
        .where(reading.c.series_id == series_id)
        .where(reading.c.at_ms >= to_ms(start), reading.c.at_ms < to_ms(end))
        .order_by(reading.c.at_ms)
    )
    return [
        Sample(utc_from_ms(at), value, Quality(quality), Reason(reason), raw)
        for at, value, quality, reason, raw in session.connection().execute(query)
    ]


def _stored(row: Any, events: Sequence[Calibration]) -> StoredReading:
    device, quantity, channel, zone, series_id, at_ms, raw, quality, reason = row
    at = utc_from_ms(at_ms)
    value = corrected(raw, at, events)
    judged = (value, Quality(quality), Reason(reason), raw)
    return StoredReading(device, quantity, channel, zone, at, *judged, series_id)


def _unseen(connection: Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Leave out messages that came before, in an earlier batch or in this one."""
    keyed = [d for d in deliveries if d.key is not None]
    if not keyed:
        return list(deliveries)
    known = _known_keys(connection, [d for d in keyed if d.redelivered])
    fresh = []
    for item in deliveries:
        if item.redelivered and item.key in known:
            continue
        if item.key is not None:
            known.add(item.key)
        fresh.append(item)
    _remember(connection, [d for d in fresh if d.key is not None])
    return fresh


def _known_keys(connection: Connection, repeats: Sequence[Delivery]) -> set[str | None]:
    if not repeats:
        return set()
    wanted = core_select(delivery.c.key).where(delivery.c.key.in_({d.key for d in repeats}))
    return set(connection.scalars(wanted))


def _remember(connection: Connection, fresh: Sequence[Delivery]) -> None:
    if not fresh:
        return
    last = connection.scalar(core_select(func.max(delivery.c.number))) or 0
    rows = [{"key": d.key, "number": last + i} for i, d in enumerate(fresh, 1)]
    connection.execute(
        text(
            "INSERT INTO delivery (key, number) VALUES (:key, :number) "
            "ON CONFLICT (key) DO UPDATE SET number = excluded.number"
        ),
        rows,
    )
    oldest = last + len(rows) - KEEP_DELIVERY_KEYS
    connection.execute(delivery.delete().where(delivery.c.number <= oldest))
