"""How far the message of a recall came on its way to each partner who received some."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from traceability import notifications
from traceability.models import Dispatch, Notification, Recall

# How a notification to a partner is worded, and one that a partner answered.
NOTICE, ANSWERED = "recall", "recall_answered"

State = Literal["waiting", "sent", "given_up", "nobody"]


@dataclass(frozen=True, slots=True)
class Told:
    """`at` is when the first message arrived; `error` what the last one failed of.

    Attributes:
        state: "nobody": no contact in the settings is that partner's.
    """

    state: State
    at: datetime | None = None
    error: str = ""


def told(session: Session, recall: Recall) -> dict[str, Told]:
    """Return it by the partner's code; of an exercise, and where another machine tells, nothing."""
    ways: dict[str, list[Dispatch]] = {}
    for dispatch, row in notifications.of_subject(session, recall.id):
        ways.setdefault(row.id, []).append(dispatch)
    return {
        row.audience[0]: _told(row, ways.get(row.id, []))
        for row in notifications.about(session, recall.id)
        if row.kind == NOTICE
    }


def _told(row: Notification, ways: Sequence[Dispatch]) -> Told:
    sent = [one.sent_at for one in ways if one.sent_at is not None]
    if sent:
        return Told("sent", min(sent))
    if not ways and row.addressed_at is not None:
        return Told("nobody")
    failed = next((one.error for one in ways if one.error), "")
    is_over = bool(ways) and all(one.state == "given_up" for one in ways)
    return Told("given_up" if is_over else "waiting", error=failed)
