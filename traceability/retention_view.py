"""What retention would delete now and what is held back, counted; nothing is deleted here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlmodel import Session, col

from sensors import utc_from_ms
from traceability import obligations, retention
from traceability.models import Device, Lot, Series
from traceability.obligations import Why
from traceability.resolutions import Resolution
from traceability.retention import Policy

# Of how many lots it is said that they hold something back.
_MOST_LOTS = 10


@dataclass(slots=True)
class Held:
    """Rows that are older than they are kept, and stay: why, of which devices, for which lots."""

    why: Why
    rows: int = 0
    since: datetime | None = None
    devices: set[str] = field(default_factory=set)
    lots: dict[str, Lot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one resolution stands. `keep` None: for ever. `oldest` None: there is no row."""

    resolution: Resolution
    keep: timedelta | None
    oldest: datetime | None
    goes: int
    held: Sequence[Held]


def of(session: Session, policy: Policy, *, now: datetime) -> list[Standing]:
    """Return how each resolution stands, the finest first."""
    return [_standing(session, policy, resolution, now) for resolution in Resolution]


def _standing(session: Session, policy: Policy, resolution: Resolution, now: datetime) -> Standing:
    connection = session.connection()
    first = retention.firsts(connection, resolution)
    until = retention.bounds(session, policy, resolution, now=now) if first else {}
    old_ms = policy.before_ms(resolution, now)
    held: dict[Why, Held] = {}
    goes = 0
    for series_id, first_ms in first.items():
        bound = until.get(series_id)
        if bound is None or first_ms >= old_ms:
            continue
        goes += _count(connection, resolution, series_id, 0, bound.at_ms)
        if bound.why is not None and resolution is Resolution.RAW:
            start_ms = max(bound.at_ms, first_ms)
            one = held.setdefault(bound.why, Held(bound.why))
            one.rows += _count(connection, resolution, series_id, start_ms, old_ms)
            one.devices.add(_device(session, series_id))
            one.since = min(utc_from_ms(start_ms), one.since or now)
            if bound.why in (Why.OPEN_LOT, Why.NO_RECORD) and len(one.lots) < _MOST_LOTS:
                holding = obligations.lots_that_hold(session, series_id, old_ms)
                one.lots |= {lot.id: lot for lot in holding[:_MOST_LOTS]}
    oldest = utc_from_ms(min(first.values())) if first else None
    found = sorted(held.values(), key=lambda one: -one.rows)
    return Standing(resolution, policy.keep.get(resolution), oldest, goes, found)


def _count(
    connection: Connection, resolution: Resolution, series_id: int, start_ms: int, end_ms: int
) -> int:
    table = resolution.table
    at = retention.at_of(resolution)
    of_series = table.c.series_id == series_id
    query = select(func.count()).select_from(table)
    return connection.scalar(query.where(of_series, at >= start_ms, at < end_ms)) or 0


def _device(session: Session, series_id: int) -> str:
    query = select(col(Device.code)).join(Series, col(Series.device_id) == col(Device.id))
    return str(session.connection().scalar(query.where(col(Series.id) == series_id)))
