"""What was out of order on a farm: an alarm, what happened to it, and what keeps it quiet.

An alarm keeps the readings that raised it, so that it can be understood when they have expired.
Its events are only added to; what it is now (acknowledged, snoozed, over) is a projection of them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from traceability.models.base import new_id

ALARM_KINDS = (
    "threshold",
    "rate",
    "recipe",
    "stuck",
    "no_data",
    "disk",
    "clock",
    "outbox",
    "broker",
    "database",
    "forecast",
)
SEVERITIES = ("info", "warning", "critical")
ALARM_EVENT_KINDS = (
    "raised",
    "acknowledged",
    "snoozed",
    "escalated",
    "joined",
    "left",
    "cleared",
)


class Alarm(SQLModel, table=True):
    """One cause, from when it was noticed until it was over."""

    # No CHECK on the kind: there will be more, and a hub may be older than its sites.
    __table_args__ = (CheckConstraint(f"severity IN {SEVERITIES}", name="severity"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    site_id: str = Field(foreign_key="site.id")
    rule: str  # the rule's name in the settings, or of one built in
    kind: str
    severity: str
    zone_id: str | None = Field(default=None, foreign_key="zone.id", index=True)
    device: str = ""  # the device's code, where it is about one
    quantity: str = ""
    channel: str = ""
    value: float | None = None  # what raised it, in the quantity's unit
    raised_at: datetime = Field(index=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # limits, devices …
    readings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)  # before it
    # projections of the events
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    cleared_at: datetime | None = Field(default=None, index=True)

    @property
    def is_open(self) -> bool:
        return self.cleared_at is None

    @property
    def handle(self) -> str:
        """What people say instead of the id; its end, because ids of one day begin alike."""
        return self.id[-6:]


class AlarmEvent(SQLModel, table=True):
    """What happened to an alarm, when and by whom; empty `by`: Minori itself."""

    __tablename__ = "alarm_event"
    # A second agent, or the same one after a crash, says the same again: it is the same event.
    __table_args__ = (
        UniqueConstraint("alarm_id", "key"),
        CheckConstraint(f"kind IN {ALARM_EVENT_KINDS}", name="kind"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    alarm_id: str = Field(foreign_key="alarm.id")
    key: str  # "raised", "escalated/2": once an alarm
    kind: str
    at: datetime
    by: str = ""
    note: str = ""
    until: datetime | None = None  # of a snooze
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class AlarmPause(SQLModel, table=True):
    """Somebody is at work there: alarms are recorded, and nobody is told before `until`.

    What is empty does not narrow. The newest pause of the same place, device and rule holds, so
    one is ended early by another that ends now.
    """

    __tablename__ = "alarm_pause"
    __table_args__ = (CheckConstraint('"until" >= start', name="ordered"),)

    sequence: int | None = Field(default=None, primary_key=True)  # order of recording
    site_id: str = Field(foreign_key="site.id")
    zone_id: str | None = Field(default=None, foreign_key="zone.id")
    device: str = ""
    rule: str = ""
    start: datetime
    until: datetime
    by: str
    why: str = ""


class AlarmWatch(SQLModel, table=True):
    """What the alarm agent remembers of one cause between two looks, and across a restart.

    Not a record: a row goes when there is nothing to remember.
    """

    __tablename__ = "alarm_watch"

    site_id: str = Field(foreign_key="site.id", primary_key=True)
    key: str = Field(primary_key=True)
    is_raised: bool = False
    is_out: bool = False
    held_s: float = 0.0
    alarm_id: str | None = Field(default=None, foreign_key="alarm.id", index=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
