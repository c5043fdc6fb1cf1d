"""What one look says of one cause: which side it is on, and what an alarm of it would say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edge.alarms.engine import Side
from edge.alarms.silence import Member
from edge.settings import AlarmRule


@dataclass(frozen=True, slots=True)
class Series:
    """A series whose readings belong to a cause: its number, and what it is called."""

    number: int
    device: str
    quantity: str
    channel: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause at one look.

    Attributes:
        key: The cause; at most one alarm of it is open at a time.
        facts: What the sentence about it needs.
        series: Whose readings the alarm keeps, the one that raised it first.
        until: The last of those readings; None: now.
        remember: What is kept until the next look, beside the state.
        member: The silent probe, where it is about one: those that fall silent together become
            one alarm.
    """

    key: str
    rule: AlarmRule
    side: Side
    raise_after_s: float = 0.0
    clear_after_s: float = 0.0
    zone_id: str | None = None
    device: str = ""
    quantity: str = ""
    channel: str = ""
    value: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    series: Sequence[Series] = ()
    until: datetime | None = None
    remember: Mapping[str, Any] = field(default_factory=dict)
    member: Member | None = None
