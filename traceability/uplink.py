"""The edge's side of its hub: what the hub says it has is where sending goes on.

Nothing here believes what was sent, only what was receipted, and that only until the hub says
otherwise: one that was restored from a backup has less than its own receipts say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from sqlmodel import Session, col, delete, func, select

from sensors import utc_from_ms
from traceability import (
    outbox,
    uplink_journal,
    uplink_readings,
    uplink_records,
    uplink_thinning,
)
from traceability.models import Outbox, Site, StoreFact, UplinkReceipt
from traceability.store_id import renew
from traceability.thinned import ByMinute
from traceability.uplink_readings import TELEMETRY
from traceability.uplink_records import RECORDS, receipted, set_receipt
from traceability.wire import State, Waiting

# To which hub, as which edge, the receipts here belong.
_HUB = "uplink_edge"
_STATUS = "uplink_status"
# How long what the hub has is kept, for a hub that loses it.
KEEP = timedelta(days=60)


class Status(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the connection stands, for whoever looks: pages, doctor, alarms.

    Attributes:
        hub: Its address.
        code: "connected", or the code of what is in the way.
        detail: The sentence to that, in English.
        since: When that began; ISO 8601, UTC.
        at: When it was said last; a status that grows old says that no agent runs.
    """

    hub: str
    code: str
    since: str
    at: str
    detail: str = ""
    held: int = 0  # series whose readings wait because the hub does not know them
    fill: float = 0.0  # share of what may wait whole; at 1 the oldest goes by the minute


@dataclass(frozen=True, slots=True)
class Level:
    """How much is collected, safely at the hub, and waiting; times of the oldest that waits."""

    records: int
    records_waiting: int
    oldest_record_at: datetime | None
    oldest_reading_at: datetime | None
    refused: int
    receipted_at: datetime | None
    status: Status | None
    # From when to when what waits goes by the minute.
    thinned: ByMinute | None = None

    @property
    def records_there(self) -> int:
        return self.records - self.records_waiting - self.refused


def belongs_to(session: Session, edge_id: str) -> None:
    """Say as which edge this database sends from now on; to a new hub everything is sent anew."""
    known = session.get(StoreFact, _HUB)
    if known is None or known.value != edge_id:
        renew(session)
        uplink_readings.start_over(session.connection())
        session.merge(StoreFact(key=_HUB, value=edge_id))
        session.flush()


def is_enrolled(session: Session) -> bool:
    """Whether this database, or the one it is a copy of, ever sent to a hub."""
    return session.get(StoreFact, _HUB) is not None


def leave(session: Session) -> None:
    """Forget the hub; who is enrolled again sends everything anew. The caller commits."""
    session.execute(delete(StoreFact).where(col(StoreFact.key).in_((_HUB, _STATUS))))


def meet(session: Session, said: State, *, now: datetime) -> None:
    """Begin where the hub really is; the caller commits."""
    lost = said.records < receipted(session, RECORDS)
    if lost and not uplink_records.rewind(session, said.records, now):
        # It lost more than is kept here: everything goes anew, which doubles nothing.
        renew(session)
        return
    ours = receipted(session, TELEMETRY)
    if said.telemetry < ours:
        uplink_journal.send_again(session.connection(), said.telemetry)
    if said.telemetry != ours:
        set_receipt(session, TELEMETRY, said.telemetry, now)


def tidy(session: Session, *, now: datetime) -> int:
    """Delete records that the hub has had for long; return how many."""
    return outbox.prune(session, receipted(session, RECORDS), before=now - KEEP)


def level(session: Session) -> Level:
    """Return how much waits, for metrics, alarms and the page."""
    after = receipted(session, RECORDS)
    waiting_, oldest = session.exec(
        select(func.count(), func.min(Outbox.created_at)).where(col(Outbox.sequence) > after)
    ).one()
    oldest_ms = uplink_readings.oldest_waiting_ms(session.connection())
    newest: Sequence[datetime] = session.exec(select(UplinkReceipt.received_at)).all()
    return Level(
        records=outbox.collected(session),
        records_waiting=waiting_,
        oldest_record_at=oldest,
        oldest_reading_at=None if oldest_ms is None else utc_from_ms(oldest_ms),
        refused=len(uplink_records.refused(session)),
        receipted_at=max(newest, default=None),
        status=status(session),
        thinned=_thinned(session),
    )


def _thinned(session: Session) -> ByMinute | None:
    span = uplink_thinning.span(session.connection())
    zone = session.exec(select(Site.time_zone).order_by(col(Site.code))).first()
    return None if span is None else ByMinute(*span, zone or "UTC")


def as_told(level: Level) -> Waiting:
    """Return what is still to be sent, as the hub is told."""
    return Waiting(
        records=level.records_waiting,
        oldest_record=_said(level.oldest_record_at),
        oldest_reading=_said(level.oldest_reading_at),
        refused=level.refused,
    )


def status(session: Session) -> Status | None:
    """Return how the connection stood last, or None where there never was one."""
    fact = session.get(StoreFact, _STATUS)
    return msgspec.json.decode(fact.value, type=Status) if fact else None


def set_status(session: Session, said: Status) -> None:
    session.merge(StoreFact(key=_STATUS, value=msgspec.json.encode(said).decode()))


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
