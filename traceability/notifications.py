"""What is to be told, as rows: written with the thing itself, sent by an agent.

Anybody may tell: an alarm, a recall, a forecast that missed. The row says what, how grave, and for
whom; it is worded when it is sent, because only then it is known who reads it. A key makes it safe
to tell twice.

A dispatch is one notification on its way to one address. It is sent at least once, and always
under the same id, so that a receiver who cares can tell a repeat.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, func, or_, select

from traceability.models import Dispatch, Notification

# After the first failure, then ever longer; a mail server that is away for a night is reached.
RETRY_AFTER = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
)
# About a day of trying, counted and not timed: a clock that jumps must not give anything up. What
# could not be told in a day is no news any more; it is shown as not delivered.
MOST_TRIES = 52
# Nothing waits longer than a night; what seems to was written by a clock since set back.
_FURTHEST = timedelta(hours=25)


def tell(
    session: Session,
    key: str,
    kind: str,
    *,
    at: datetime,
    severity: str = "info",
    audience: Sequence[str] = (),
    subject: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Notification:
    """Have people told of something; saying the same key again tells nobody twice.

    Args:
        key: Names this one thing to tell, such as "alarm/0197…/raised".
        kind: How it is worded (`api.messages`).
        audience: Names of contacts; empty: everybody who wants this severity.
        subject: The id of what it is about.
    """
    known = session.exec(select(Notification).where(Notification.key == key)).first()
    if known is not None:
        return known
    row = Notification(
        key=key,
        kind=kind,
        severity=severity,
        audience=list(audience),
        subject=subject,
        facts=dict(facts or {}),
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


def is_told(session: Session, key: str) -> bool:
    return session.exec(select(Notification.id).where(Notification.key == key)).first() is not None


def about(session: Session, subject: str) -> Sequence[Notification]:
    """Return what was told of one thing, oldest first."""
    query = select(Notification).where(Notification.subject == subject)
    return session.exec(query.order_by(col(Notification.created_at))).all()


def unaddressed(session: Session) -> Sequence[Notification]:
    """Return what nobody has made dispatches of yet, oldest first."""
    query = select(Notification).where(col(Notification.addressed_at).is_(None))
    return session.exec(query.order_by(col(Notification.created_at))).all()


def address(
    session: Session, row: Notification, to: Iterable[tuple[str, str]], *, at: datetime
) -> None:
    """Make a dispatch for each (contact, address); one that is there already stays."""
    wanted = select(Dispatch.contact, Dispatch.address).where(Dispatch.notification_id == row.id)
    known = set(session.exec(wanted).all())
    for contact, place in to:
        if (contact, place) not in known:
            session.add(
                Dispatch(notification_id=row.id, contact=contact, address=place, next_at=at)
            )
    # Rows read in another session are told by what they are.
    session.get_one(Notification, row.id).addressed_at = at
    session.flush()


def waiting(session: Session, *, at: datetime) -> Sequence[tuple[Dispatch, Notification]]:
    """Return what is to be sent now, the gravest first, then the oldest.

    A clock that was set back must not hold up what was to be sent by the old time: what would wait
    longer than anything waits is due, too.
    """
    query = (
        select(Dispatch, Notification)
        .join(Notification, col(Notification.id) == col(Dispatch.notification_id))
        .where(Dispatch.state == "waiting")
        .where(or_(Dispatch.next_at <= at, Dispatch.next_at > at + _FURTHEST))
        .where(_is_free(at))
        .order_by(col(Notification.created_at), col(Dispatch.id))
    )
    gravity = {"critical": 0, "warning": 1, "info": 2}
    return sorted(session.exec(query).all(), key=lambda pair: gravity[pair[1].severity])


def claim(session: Session, ids: Sequence[str], *, until: datetime, at: datetime) -> bool:
    """Take dispatches for sending; False if somebody else has one of them.

    Whoever dies while sending loses its claim by time, and the same is sent again.
    """
    taken = session.connection().execute(
        update(Dispatch)
        .where(col(Dispatch.id).in_(ids), col(Dispatch.state) == "waiting", _is_free(at))
        .values(claimed_until=until)
    )
    return taken.rowcount == len(ids)


def sent(session: Session, ids: Sequence[str], *, at: datetime) -> None:
    """Mark dispatches as sent; all but the first went in the first one's message."""
    for number, row in enumerate(_rows(session, ids)):
        row.state, row.sent_at, row.error, row.claimed_until = "sent", at, "", None
        row.tries += 1
        row.told_in = ids[0] if number else None


def failed(session: Session, ids: Sequence[str], error: str, *, at: datetime) -> None:
    """Note a failure: tried again later and later, and after a day given up and shown."""
    for row in _rows(session, ids):
        row.tries += 1
        row.error, row.claimed_until = error, None
        row.next_at = at + RETRY_AFTER[min(row.tries, len(RETRY_AFTER)) - 1]
        if row.tries >= MOST_TRIES:
            row.state = "given_up"


def give_up(session: Session, ids: Sequence[str], error: str) -> None:
    """Note that trying again would not help."""
    for row in _rows(session, ids):
        row.state, row.error, row.claimed_until = "given_up", error, None


def postpone(session: Session, ids: Sequence[str], *, until: datetime) -> None:
    """Send them no earlier: whom they are for is asleep, or has been told enough for now."""
    for row in _rows(session, ids):
        row.next_at = until


def messages_between(
    session: Session, contact: str, address: str, *, start: datetime, end: datetime
) -> int:
    """Return how many messages that address was sent then; merged ones are one."""
    query = select(func.count()).where(
        Dispatch.contact == contact,
        Dispatch.address == address,
        col(Dispatch.sent_at) > start,
        col(Dispatch.sent_at) <= end,
        col(Dispatch.told_in).is_(None),
    )
    return session.exec(query).one()


def troubled(session: Session, *, limit: int = 50) -> Sequence[tuple[Dispatch, Notification]]:
    """Return what could not be delivered so far, or at all, newest first."""
    query = (
        select(Dispatch, Notification)
        .join(Notification, col(Notification.id) == col(Dispatch.notification_id))
        .where(Dispatch.state != "sent", Dispatch.error != "")
        .order_by(col(Notification.created_at).desc())
        .limit(limit)
    )
    return session.exec(query).all()


def count_by_state(session: Session) -> dict[str, int]:
    """Return how many dispatches are waiting, sent and given up."""
    query = select(Dispatch.state, func.count()).group_by(col(Dispatch.state))
    return dict(session.exec(query).all())


def of_subject(session: Session, subject: str) -> Sequence[tuple[Dispatch, Notification]]:
    """Return who was told of one thing, and how far that came, oldest first."""
    query = (
        select(Dispatch, Notification)
        .join(Notification, col(Notification.id) == col(Dispatch.notification_id))
        .where(Notification.subject == subject)
        .order_by(col(Notification.created_at), col(Dispatch.contact))
    )
    return session.exec(query).all()


def _is_free(at: datetime) -> ColumnElement[bool]:
    until = col(Dispatch.claimed_until)
    return or_(until.is_(None), until <= at, until > at + _FURTHEST)


def _rows(session: Session, ids: Sequence[str]) -> list[Dispatch]:
    return [session.get_one(Dispatch, one) for one in ids]
