"""What edges send, taken in order: each record is here afterwards, or its refusal is.

The caller commits and only then answers: the receipt is the one thing an edge believes. A record
that is sent again is known by its number; one that cannot be taken is refused by name and never
holds up those behind it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from traceability import inbox_acts, inbox_rows, outbox
from traceability.errors import RecordUnreadable, StreamBroken, TraceabilityError
from traceability.inbox_rows import Here
from traceability.models import Edge, EdgeRefusal, EdgeStream
from traceability.replicated import ACT
from traceability.wire import Record, Records, RecordsReceipt, Refusal


def take(session: Session, edge: Edge, batch: Records, *, now: datetime) -> RecordsReceipt:
    """Take a batch of records; the caller commits, then gives the receipt.

    Raises:
        StreamBroken: records between what is here and this batch are missing; nothing was taken.
    """
    stream = stream_of(session, edge, batch.store, now=now)
    if batch.after > stream.records:
        raise StreamBroken(stream="records", after=batch.after, have=stream.records)
    here = Here(session, edge, batch.store)
    with outbox.silent():
        for record in batch.records:
            if record.sequence > stream.records:
                _take_one(session, here, record, now)
                stream.records = record.sequence
    session.add(stream)
    session.flush()
    return RecordsReceipt(stream.records, _refused(session, edge, batch))


def stream_of(session: Session, edge: Edge, store_id: str, *, now: datetime) -> EdgeStream:
    """Return how much of one database of an edge is here, for this transaction alone to change."""
    # Two requests of one edge, the first given up by its sender, must not count side by side.
    session.exec(select(Edge.id).where(Edge.id == edge.id).with_for_update()).one()
    stream = session.get(EdgeStream, (edge.id, store_id), populate_existing=True)
    if stream is None:
        stream = EdgeStream(edge_id=edge.id, store_id=store_id, first_at=now, last_at=now)
    stream.last_at = now
    session.add(stream)
    return stream


def _take_one(session: Session, here: Here, record: Record, now: datetime) -> None:
    try:
        with session.begin_nested():
            if record.kind == ACT:
                inbox_acts.take(session, here, record)
            else:
                inbox_rows.take(session, here, record)
    except TraceabilityError as error:
        here.forget()
        _refuse(session, here, record, error, now)
    except IntegrityError as error:
        here.forget()
        _refuse(session, here, record, _unexpected(record, error), now)
    else:
        _settle(session, here, record)


def _unexpected(record: Record, error: IntegrityError) -> RecordUnreadable:
    return RecordUnreadable(
        kind=record.kind,
        ref=record.ref,
        because=str(error.orig).splitlines()[0],
        next_step="see what else here is like it, then run: minori hub retry",
    )


def _refuse(
    session: Session, here: Here, record: Record, error: TraceabilityError, now: datetime
) -> None:
    _settle(session, here, record)
    session.add(
        EdgeRefusal(
            edge_id=here.edge.id,
            store_id=here.store_id,
            sequence=record.sequence,
            kind=record.kind,
            ref=record.ref,
            code=error.code,
            detail=str(error),
            facts={key: _plain(value) for key, value in error.facts.items()},
            refused_at=now,
        )
    )


def _settle(session: Session, here: Here, record: Record) -> None:
    """Forget an earlier refusal of the same row."""
    session.execute(
        delete(EdgeRefusal).where(
            col(EdgeRefusal.edge_id) == here.edge.id,
            col(EdgeRefusal.kind) == record.kind,
            col(EdgeRefusal.ref) == record.ref,
        )
    )


def _refused(session: Session, edge: Edge, batch: Records) -> list[Refusal]:
    """The refusals among a batch, whether it came the first time or again."""
    numbers = [record.sequence for record in batch.records]
    if not numbers:
        return []
    query = select(EdgeRefusal).where(
        EdgeRefusal.edge_id == edge.id,
        EdgeRefusal.store_id == batch.store,
        EdgeRefusal.sequence >= min(numbers),
        EdgeRefusal.sequence <= max(numbers),
    )
    rows: Sequence[EdgeRefusal] = session.exec(query.order_by(col(EdgeRefusal.sequence))).all()
    return [
        Refusal(row.sequence, row.kind, row.ref, row.code, row.detail, row.facts) for row in rows
    ]


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
