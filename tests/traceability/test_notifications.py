"""What is to be told is a row: said twice it is told once, sent at least once, and never lost."""

from datetime import timedelta

from sqlmodel import Session

from tests.factories import START
from traceability import notifications
from traceability.models import Dispatch

HOUR = timedelta(hours=1)


def one_waiting(session: Session, key: str = "k", *, severity: str = "warning", to=("Sato",)):
    row = notifications.tell(session, key, "test", at=START, severity=severity)
    notifications.address(session, row, [(name, "mail 1") for name in to], at=START)
    return row


def due(session: Session, at=START) -> list[str]:
    return [told.key for _, told in notifications.waiting(session, at=at)]


def test_the_same_key_tells_nobody_twice(session: Session) -> None:
    first = notifications.tell(session, "alarm/1/raised", "test", at=START)
    again = notifications.tell(session, "alarm/1/raised", "test", at=START + HOUR)

    assert first.id == again.id
    assert notifications.is_told(session, "alarm/1/raised")
    assert notifications.unaddressed(session) == [first]


def test_addressing_twice_makes_one_dispatch_for_each_address(session: Session) -> None:
    row = one_waiting(session, to=("Sato", "Hoshi"))
    notifications.address(session, row, [("Sato", "mail 1"), ("Abe", "line 1")], at=START)

    assert notifications.unaddressed(session) == []
    assert len(notifications.waiting(session, at=START)) == 3


def test_the_gravest_goes_first(session: Session) -> None:
    for key, severity in (("a", "info"), ("b", "critical"), ("c", "warning")):
        one_waiting(session, key, severity=severity)

    assert due(session) == ["b", "c", "a"]


def test_who_claims_first_sends(session: Session) -> None:
    """Two agents at once must not call twice; one that died loses its claim by time."""
    one_waiting(session)
    (dispatch, _), *_ = notifications.waiting(session, at=START)
    ids = [dispatch.id]

    assert notifications.claim(session, ids, until=START + HOUR, at=START)
    assert not notifications.claim(session, ids, until=START + HOUR, at=START)
    session.expire_all()
    assert due(session) == []
    assert due(session, START + HOUR) == ["k"]
    assert notifications.claim(session, ids, until=START + 2 * HOUR, at=START + HOUR)


def test_a_failure_is_tried_later_and_later_then_given_up_and_shown(session: Session) -> None:
    one_waiting(session)
    (dispatch, _), *_ = notifications.waiting(session, at=START)
    at, waits = START, []
    while dispatch.state == "waiting":
        notifications.failed(session, [dispatch.id], "no route", at=at)
        waits.append(dispatch.next_at - at)
        at = dispatch.next_at

    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=10)
    assert timedelta(hours=20) < at - START < timedelta(hours=26)
    assert dispatch.state == "given_up"
    assert due(session, at) == []
    assert [d.error for d, _ in notifications.troubled(session)] == ["no route"]


def test_what_went_in_one_message_says_in_which(session: Session) -> None:
    for key in "abc":
        one_waiting(session, key)
    ids = [d.id for d, _ in notifications.waiting(session, at=START)]

    notifications.sent(session, ids, at=START)

    rows = [session.get_one(Dispatch, one) for one in ids]
    assert [row.told_in for row in rows] == [None, ids[0], ids[0]]
    counted = {"start": START - HOUR, "end": START}
    assert notifications.messages_between(session, "Sato", "mail 1", **counted) == 1
    assert notifications.messages_between(session, "Hoshi", "mail 1", **counted) == 0


def test_a_clock_set_back_a_year_holds_nothing_up(session: Session) -> None:
    """What was postponed by a wrong clock is not postponed until that clock comes true."""
    one_waiting(session)
    (dispatch, _), *_ = notifications.waiting(session, at=START)
    notifications.failed(session, [dispatch.id], "no route", at=START + timedelta(days=365))

    assert due(session, START) == ["k"]
    notifications.claim(session, [dispatch.id], until=START + timedelta(days=365), at=START)
    session.expire_all()
    assert due(session, START) == ["k"]
    assert notifications.claim(session, [dispatch.id], until=START + HOUR, at=START)


def test_a_year_ahead_and_back_leaves_the_count_of_messages_right(session: Session) -> None:
    one_waiting(session)
    (dispatch, _), *_ = notifications.waiting(session, at=START)
    notifications.sent(session, [dispatch.id], at=START + timedelta(days=365))

    counted = {"start": START - HOUR, "end": START}
    assert notifications.messages_between(session, "Sato", "mail 1", **counted) == 0
