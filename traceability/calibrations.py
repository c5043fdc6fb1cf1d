"""Calibrations kept, and applied when readings are read: what is stored stays as it was said.

An event holds from its own date on, not from the day it was written down, so one entered late
changes every later answer and nothing that was stored. Nothing is edited: a wrong one is voided.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from math import isfinite
from typing import Any, cast

from sqlalchemy import ColumnElement, case
from sqlmodel import Session, col, select

from sensors import to_ms
from sensors.calibration import Calibration, Kind
from traceability.errors import BadValue, NotFound
from traceability.models import CalibrationEvent, Device, Series, new_id

# Clocks of two machines differ by a little.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Kept:
    """An event with the series it belongs to; `voided_by` is the id of what took it back."""

    event: CalibrationEvent
    device: str
    quantity: str
    channel: str
    voided_by: str | None


def record(
    session: Session,
    said: Calibration,
    *,
    site_id: str,
    now: datetime,
    recorder: str = "",
    event_id: str | None = None,
) -> CalibrationEvent:
    """Keep one calibration of a series that has been heard of.

    The same id again is a harmless repeat.

    Raises:
        NotFound: the site has no such series; says which the device has.
        BadValue: no reason, a date still to come, or numbers nobody can have read.
    """
    known = _of_id(session, event_id) if event_id else None
    if known is not None:
        return known
    _refuse_thin(said, now)
    return _add(
        session,
        CalibrationEvent(
            id=event_id or new_id(),
            series_id=_series(session, site_id, said),
            kind=said.kind,
            at=said.at,
            factor=said.factor,
            offset=said.offset,
            points=[list(point) for point in said.points],
            performer=said.by,
            why=said.why,
            recorder=recorder or said.by,
            recorded_at=now,
        ),
    )


def void(
    session: Session, event_id: str, *, by: str, why: str, now: datetime, recorder: str = ""
) -> CalibrationEvent:
    """Take a calibration back: answers are as if it had never been, and both stay readable.

    Raises:
        NotFound: no calibration has that id.
        BadValue: it is taken back already, or is itself a taking back; or no reason.
    """
    event = _of_id(session, event_id)
    if event is None:
        step = "`minori devices calibrations` lists them with their ids"
        raise NotFound(what="calibration", name=event_id, next_step=step)
    taken = session.exec(select(CalibrationEvent).filter_by(voids_id=event.id)).first()
    if event.kind == "void" or taken is not None:
        raise BadValue(
            field="calibration",
            expected="one that still holds",
            got=f"{event.id}, a void" if event.kind == "void" else f"{event.id}, voided before",
            next_step="record the calibration anew",
        )
    _refuse_silence(why)
    return _add(
        session,
        CalibrationEvent(
            id=new_id(),
            series_id=event.series_id,
            kind="void",
            at=event.at,
            factor=1.0,
            offset=0.0,
            points=[],
            performer=by,
            why=why,
            recorder=recorder or by,
            recorded_at=now,
            voids_id=event.id,
        ),
    )


def listed(session: Session, *, device: str | None = None) -> list[Kept]:
    """Return the calibrations of a device, or of all, by device, quantity and date."""
    query = (
        select(CalibrationEvent, Series, Device)
        .join(Series, col(Series.id) == col(CalibrationEvent.series_id))
        .join(Device, col(Device.id) == col(Series.device_id))
        .order_by(col(Device.code), col(Series.quantity), col(Series.channel))
        .order_by(col(CalibrationEvent.at), col(CalibrationEvent.sequence))
    )
    if device is not None:
        query = query.where(Device.code == device)
    rows = session.exec(query).all()
    voided = {event.voids_id: event.id for event, _, _ in rows if event.voids_id}
    return [
        Kept(event, owner.code, series.quantity, series.channel, voided.get(event.id))
        for event, series, owner in rows
        if event.kind != "void"
    ]


def of_series(session: Session, series_ids: Iterable[int]) -> Mapping[int, Sequence[Calibration]]:
    """Return the calibrations in force by series, oldest first; voided ones are left out."""
    found: dict[int, list[Calibration]] = defaultdict(list)
    wanted = col(CalibrationEvent.series_id).in_(set(series_ids))
    for series_id, event in _in_force(session, wanted):
        found[series_id].append(event)
    return found


def of_devices(session: Session, codes: Iterable[str]) -> list[Calibration]:
    """Return the calibrations in force of those devices, oldest first."""
    wanted = col(Device.code).in_(set(codes))
    return [event for _, event in _in_force(session, wanted)]


def calibrated(
    at_ms: ColumnElement[int], raw: ColumnElement[Any], events: Sequence[Calibration]
) -> ColumnElement[Any]:
    """Return the calibrated value of a row as the database computes it.

    Args:
        events: Of the row's series, as `of_series` gives them; with none it is the raw value.
    """
    if not events:
        return raw
    # The newest first; of two of one moment the one recorded later, as `in_force` chooses.
    steps = [(at_ms >= to_ms(e.at), raw * e.factor + e.offset) for e in reversed(events)]
    return case(*steps, else_=raw)


def _in_force(session: Session, wanted: ColumnElement[bool]) -> Iterator[tuple[int, Calibration]]:
    query = (
        select(CalibrationEvent, Series, Device)
        .join(Series, col(Series.id) == col(CalibrationEvent.series_id))
        .join(Device, col(Device.id) == col(Series.device_id))
        .where(wanted)
        .order_by(col(CalibrationEvent.at), col(CalibrationEvent.sequence))
    )
    rows = session.exec(query).all()
    voided = {event.voids_id for event, _, _ in rows}
    for event, series, device in rows:
        if event.kind != "void" and event.id not in voided:
            yield event.series_id, _calibration(event, series, device)


def _of_id(session: Session, event_id: str) -> CalibrationEvent | None:
    return session.exec(select(CalibrationEvent).where(CalibrationEvent.id == event_id)).first()


def _series(session: Session, site_id: str, said: Calibration) -> int:
    query = (
        select(Series)
        .join(Device, col(Device.id) == col(Series.device_id))
        .where(Device.site_id == site_id, Device.code == said.device)
    )
    of_device = {(row.quantity, row.channel): row.id for row in session.exec(query)}
    found = of_device.get((said.quantity, said.channel))
    if found is None:
        names = ", ".join("/".join(filter(None, key)) for key in sorted(of_device))
        step = f"{said.device} has: {names or 'nothing yet; let it be read first'}"
        name = "/".join(filter(None, (said.device, said.quantity, said.channel)))
        raise NotFound(what="series", name=name, next_step=step)
    return found


def _refuse_thin(said: Calibration, now: datetime) -> None:
    _refuse_silence(said.why)
    if said.at > now + _AHEAD:
        raise BadValue(
            field="at",
            expected="a time that has been",
            got=said.at.isoformat(),
            next_step="record it once it has happened",
        )
    # NaN passes every "is it too small"; an infinite shift makes all later answers infinite.
    numbers = (said.factor, said.offset, *chain.from_iterable(said.points))
    if not all(isfinite(number) for number in numbers):
        raise BadValue(
            field="calibration",
            expected="numbers of sensible size",
            got=f"factor {said.factor:g}, offset {said.offset:g}",
            next_step="read the probe and the standard again",
        )


def _refuse_silence(why: str) -> None:
    if not why.strip():
        raise BadValue(
            field="why",
            expected="the reason: what was compared with what",
            got="nothing",
            next_step="say it in a few words; whoever doubts a value later reads them",
        )


def _add(session: Session, event: CalibrationEvent) -> CalibrationEvent:
    session.add(event)
    session.flush()
    return event


def _calibration(event: CalibrationEvent, series: Series, device: Device) -> Calibration:
    return Calibration(
        device=device.code,
        quantity=series.quantity,
        at=event.at,
        kind=cast("Kind", event.kind),
        by=event.performer,
        why=event.why,
        factor=event.factor,
        offset=event.offset,
        channel=series.channel,
        points=tuple((raw, true) for raw, true in event.points),
    )
