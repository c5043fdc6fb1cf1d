"""What must still reach the hub: every change of a row that travels, in the order of the commits.

Rows are queued by the session itself as it writes them, in the same transaction, so that no verb
can forget it. What changes is written down at once, so that the hub lives through the same states
in the same order; an act never changes and is written down when it is sent.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, event, func, insert, inspect, literal, select
from sqlalchemy.orm import UOWTransaction
from sqlmodel import Session, SQLModel, col

from traceability.models import Outbox, StoreFact
from traceability.replicated import BY_MODEL, KINDS, PLACE, Kind, written

# Any number, the same in every process: who holds it writes to the outbox until its commit.
_LOCK = 0x6D696E6F7269
DELETED = b"null"
_PRUNED = "outbox_pruned"

_is_silent: ContextVar[bool] = ContextVar("outbox_is_silent", default=False)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is no longer here: the last number, and how many."""

    last: int
    count: int


@contextmanager
def silent() -> Iterator[None]:
    """Queue nothing while the block runs: a hub does not send on what it was sent."""
    token = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(token)


def queue_all(session: Session) -> int:
    """Queue every row anew, each after those it refers to; return how many there are."""
    _take_turn(session)
    session.flush()
    session.execute(delete(Outbox))
    session.execute(delete(StoreFact).where(col(StoreFact.key) == _PRUNED))
    now = datetime.now(UTC)
    for kind in KINDS:
        if kind.is_fixed:
            _queue_refs(session, kind, now)
        else:
            rows = session.scalars(select(kind.model).order_by(kind.column(kind.order)))
            _queue_rows(session, kind, rows, now)
    return session.scalar(select(func.count()).select_from(Outbox)) or 0


def queue_again(session: Session, kind: Kind, row: SQLModel) -> None:
    """Queue one row as it is now, at the end of the stream."""
    _take_turn(session)
    _queue_rows(session, kind, [row], datetime.now(UTC))


def last_queued(session: Session) -> int:
    """Return the number of the newest record; 0 where there is none."""
    return session.scalar(select(func.max(col(Outbox.sequence)))) or 0


def prune(session: Session, up_to: int, *, before: datetime) -> int:
    """Delete records up to a number that are older than a time; return how many."""
    old = col(Outbox.sequence) <= up_to, col(Outbox.created_at) < before
    last = session.scalar(select(func.max(col(Outbox.sequence))).where(*old))
    if last is None:
        return 0
    result = session.execute(delete(Outbox).where(col(Outbox.sequence) <= last))
    count = int(result.rowcount)  # type: ignore[attr-defined]
    gone = Pruned(last, pruned(session).count + count)
    session.merge(StoreFact(key=_PRUNED, value=f"{gone.last} {gone.count}"))
    return count


def pruned(session: Session) -> "Pruned":
    fact = session.get(StoreFact, _PRUNED)
    return Pruned(*(int(part) for part in fact.value.split())) if fact else Pruned(0, 0)


def collected(session: Session) -> int:
    """Return how many records this stream ever held."""
    kept = session.scalar(select(func.count()).select_from(Outbox)) or 0
    return kept + pruned(session).count


def _queue_refs(session: Session, kind: Kind, now: datetime) -> None:
    rows = select(literal(kind.name), kind.column(kind.identity[0]), literal(now))
    ordered = rows.order_by(kind.column(kind.order))
    session.execute(insert(Outbox).from_select(["kind", "ref", "created_at"], ordered))


def _queue_rows(session: Session, kind: Kind, rows: Iterable[SQLModel], now: datetime) -> None:
    said = [_said(kind, row, now) for row in rows]
    if said:
        session.execute(insert(Outbox), said)


def _said(kind: Kind, row: SQLModel, now: datetime, *, is_deleted: bool = False) -> dict[str, Any]:
    body = DELETED if is_deleted else None if kind.is_fixed else written(row)
    return {"kind": kind.name, "ref": kind.ref(row), "created_at": now, "body": body}


@event.listens_for(Session, "before_flush")
def _wait(session: Session, _context: UOWTransaction, _instances: object) -> None:
    if not _is_silent.get() and any(_changed(session)):
        _take_turn(session)


@event.listens_for(Session, "after_flush")
def _queue(session: Session, _context: UOWTransaction) -> None:
    if _is_silent.get():
        return
    # Rows of one flush in the order they need each other, those of a table as they were made.
    changed = sorted(_changed(session), key=lambda it: (PLACE[it[0].name], it[1]))
    if changed:
        now = datetime.now(UTC)
        rows = [_said(kind, row, now, is_deleted=gone) for kind, _, row, gone in changed]
        session.connection().execute(insert(Outbox), rows)


def _changed(session: Session) -> Iterator[tuple[Kind, int, SQLModel, bool]]:
    for row in session.new:
        kind = BY_MODEL.get(type(row))
        if kind is not None:
            yield kind, inspect(row).insert_order or 0, row, False
    for row in session.dirty:
        kind = BY_MODEL.get(type(row))
        if kind is not None and session.is_modified(row):
            yield kind, 0, row, False
    for row in session.deleted:
        kind = BY_MODEL.get(type(row))
        if kind is not None:
            yield kind, 0, row, True


def _take_turn(session: Session) -> None:
    """Let one transaction at a time write here: numbers must become visible in their order, or a
    sender that has seen 7 would never look for a 6 that was committed later. SQLite has one
    writer anyway."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
