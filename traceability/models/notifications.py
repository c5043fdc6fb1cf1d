"""What people are to be told, and how far each way of telling them has come.

Whoever has something to tell writes a notification in the transaction of the thing itself; an
agent in `edge` makes a dispatch of it for each address and carries it out.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.alarms import SEVERITIES
from traceability.models.base import new_id

DISPATCH_STATES = ("waiting", "sent", "given_up")


class Notification(SQLModel, table=True):
    """One thing to tell. It is worded when it is sent, in the language of who reads it."""

    __table_args__ = (CheckConstraint(f"severity IN {SEVERITIES}", name="severity"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    key: str = Field(unique=True)  # "alarm/0197…/raised": telling again tells nothing
    kind: str  # what it is about and how it is worded: "alarm_raised"
    severity: str
    audience: list[str] = Field(default_factory=list, sa_type=JSON)  # contacts; none: who wants it
    subject: str = Field(default="", index=True)  # the id of what it is about
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(index=True)
    addressed_at: datetime | None = Field(default=None, index=True)  # dispatches were made


class Dispatch(SQLModel, table=True):
    """One notification on its way to one address of one contact."""

    __table_args__ = (
        UniqueConstraint("notification_id", "contact", "address"),
        CheckConstraint(f"state IN {DISPATCH_STATES}", name="state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)  # what the receiver knows it by
    notification_id: str = Field(foreign_key="notification.id")
    contact: str
    address: str  # without secrets: "line 1"
    state: str = Field(default="waiting", index=True)
    tries: int = 0
    next_at: datetime  # not before
    claimed_until: datetime | None = None  # somebody is sending it
    sent_at: datetime | None = Field(default=None, index=True)
    told_in: str | None = None  # the dispatch whose message said "and N more"
    error: str = ""  # of the last try
