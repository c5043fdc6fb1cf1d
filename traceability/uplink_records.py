"""Records on their way to the hub: the next of the outbox, and what the hub said of them.

A record leaves the outbox long after its receipt: a hub that is restored from a backup asks for
what it lost, and gets the same records in the same order.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete
from sqlmodel import Session, SQLModel, col, select

from traceability import outbox
from traceability.models import (
    Act,
    Lot,
    Outbox,
    UplinkReceipt,
    UplinkRefusal,
)
from traceability.replicated import ACT, BY_NAME, HANGING, LOT, PROJECTED, facts_of, find
from traceability.wire import Record, RecordsReceipt

RECORDS = "records"
# Records a batch; an act with what hangs on it is about 2 kB.
BATCH = 500


def receipted(session: Session, stream: str) -> int:
    """Return the last number of a stream that the hub has."""
    row = session.get(UplinkReceipt, stream)
    return row.number if row else 0


def set_receipt(session: Session, stream: str, number: int, now: datetime) -> None:
    session.merge(UplinkReceipt(stream=stream, number=number, received_at=now))


def following(session: Session, after: int, *, limit: int = BATCH) -> list[Record]:
    """Return the records after a number, oldest first, as they travel."""
    query = select(Outbox).where(col(Outbox.sequence) > after).order_by(col(Outbox.sequence))
    rows = session.exec(query.limit(limit)).all()
    acts = _acts(session, [row.ref for row in rows if row.kind == ACT])
    return [acts[row.ref](row) if row.ref in acts else _plain(session, row) for row in rows]


def note_receipt(
    session: Session, sent: Sequence[Record], receipt: RecordsReceipt, *, now: datetime
) -> None:
    """Keep what the hub said of a batch; the caller commits before it goes on."""
    refused = {refusal.sequence for refusal in receipt.refused}
    for record in sent:
        if record.sequence not in refused:
            _settle(session, record)
    for refusal in receipt.refused:
        session.merge(
            UplinkRefusal(
                sequence=refusal.sequence,
                kind=refusal.kind,
                ref=refusal.ref,
                code=refusal.code,
                detail=refusal.detail,
                facts=refusal.facts,
                refused_at=now,
            )
        )
    set_receipt(session, RECORDS, receipt.number, now)


def rewind(session: Session, to: int, now: datetime) -> bool:
    """Go back to what a hub really has; return False where that is no longer kept here."""
    if outbox.pruned(session).last > to:
        return False
    set_receipt(session, RECORDS, to, now)
    return True


def refused(session: Session) -> list[UplinkRefusal]:
    """Return what the hub does not take and somebody should look at, in the order it was sent.

    An act that was taken back here since, and the void that did it, ask for nothing any more.
    """
    rows = session.exec(select(UplinkRefusal).order_by(col(UplinkRefusal.sequence))).all()
    refs = {row.ref for row in rows if row.kind == ACT}
    voids = session.exec(select(Act).where(col(Act.voids_id).in_(refs))).all()
    settled = {ref for act in voids for ref in (act.id, act.voids_id)}
    return [row for row in rows if row.kind != ACT or row.ref not in settled]


def retry(session: Session, *, sequences: Sequence[int] | None = None) -> int:
    """Queue refused records again, all or some, in their order; return how many.

    Master data goes as it is now; so an item that was corrected is taken in its corrected state.
    """
    chosen = [
        row for row in refused(session) if sequences is None or row.sequence in set(sequences)
    ]
    for row in chosen:
        kind = BY_NAME[row.kind]
        there = find(session, kind, row.ref)
        if there is not None:
            outbox.queue_again(session, kind, there)
        session.delete(row)
    return len(chosen)


def _settle(session: Session, record: Record) -> None:
    """What was refused before is there now."""
    session.execute(
        delete(UplinkRefusal).where(
            col(UplinkRefusal.kind) == record.kind, col(UplinkRefusal.ref) == record.ref
        )
    )


def _plain(session: Session, row: Outbox) -> Record:
    body: Any = msgspec.Raw(row.body) if row.body is not None else None
    if row.body is None:
        there = find(session, BY_NAME[row.kind], row.ref)
        body = None if there is None else facts_of(there)
    return Record(row.sequence or 0, row.kind, row.ref, body)


@dataclass(frozen=True, slots=True)
class _Whole:
    """An act with what hangs on it, to be sent under any number."""

    act: Act
    parts: dict[str, list[dict[str, Any]]]

    def __call__(self, row: Outbox) -> Record:
        return Record(row.sequence or 0, ACT, row.ref, facts_of(self.act), self.parts)


def _acts(session: Session, ids: Sequence[str]) -> dict[str, _Whole]:
    found = session.exec(select(Act).where(col(Act.id).in_(ids))).all()
    whole = {act.id: _Whole(act, defaultdict(list)) for act in found}
    for name, model in HANGING.items():
        for row in _of(session, model, ids):
            whole[row.act_id].parts[name].append(_without(row, "act_id"))
    made = {
        line["lot_id"]: act_id
        for act_id, act in whole.items()
        for line in act.parts.get("act_line", ())
        if line["role"] == "output"
    }
    for lot in session.exec(select(Lot).where(col(Lot.id).in_(made))):
        whole[made[lot.id]].parts[LOT].append(_without(lot, *PROJECTED))
    return whole


def _of(session: Session, model: Any, ids: Sequence[str]) -> Sequence[Any]:
    query = select(model).where(col(model.act_id).in_(ids))
    rows: Sequence[Any] = session.exec(query.order_by(col(model.id))).all()
    return rows


def _without(row: SQLModel, *names: str) -> dict[str, Any]:
    return {name: value for name, value in facts_of(row).items() if name not in names}
