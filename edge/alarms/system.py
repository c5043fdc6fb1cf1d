"""Rules about Minori itself: its clock, its broker, its disk, its way to the hub.

Each part says how it is in a `Source`; here that becomes a finding. A part that is not there (no
broker, no hub) says nothing, and nothing is watched.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from edge.alarms.engine import Side
from edge.alarms.finding import Finding
from edge.alarms.rules import delay_s, of_kind
from edge.disk import Disk
from edge.errors import EdgeError
from edge.settings import AlarmRule
from traceability.uplink import Level

# What waits for the hub for so long, or fills so much of what may wait, calls for somebody: of the
# 30 days after which readings are thinned 27 are left then.
_LATE, _FULL = timedelta(hours=12), 0.1
# Trying again will not mend these.
_ASKS_FOR_SOMEBODY = frozenset(
    {
        "edge_revoked",
        "edge_unknown",
        "hub_address_wrong",
        "hub_not_enrolled",
        "hub_too_old",
        "hub_unsafe",
        "hub_speaks_no_tls",
        "hub_untrusted",
    }
)
# A disk that failed for a moment is verified by itself; longer than that, a person is needed. [s]
_IN_DOUBT_S = 60.0
# What is over must stay over for so long.
_CLEAR_AFTER_S = 60.0
# A larger card has to be bought, and somebody has to go there.
_DISK_DAYS = 14


@dataclass(frozen=True, slots=True)
class State:
    """How one part is. `name` tells apart several of a kind; `facts` is for the sentence."""

    kind: str
    side: Side
    name: str = ""
    value: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


Source = Callable[[], Iterable[State]]


def found(rules: Sequence[AlarmRule], states: Iterable[State]) -> list[Finding]:
    """Return a finding for each part and the first rule of its kind."""
    findings = []
    for state in states:
        for rule in of_kind(rules, state.kind)[:1]:
            wait_s = delay_s(rule)
            findings.append(
                Finding(
                    key=f"{rule.name}/{state.name}",
                    rule=rule,
                    side=state.side,
                    raise_after_s=wait_s,
                    clear_after_s=max(wait_s, _CLEAR_AFTER_S) if wait_s else _CLEAR_AFTER_S,
                    value=state.value,
                    facts=state.facts,
                )
            )
    return findings


def of_clock(*, is_set: bool) -> State:
    return State("clock", Side.BACK if is_set else Side.OUT)


def of_disk(disk: Disk, days_left: float | None = None) -> State:
    """Well before readings have to wait: less than twice the floor is free, or two weeks of room.

    Args:
        days_left: Until they have to wait, at the present pace; None: nobody knows.
    """
    free = disk.free_bytes
    is_short = free < 2 * disk.floor_bytes or not disk.takes_readings
    is_short = is_short or (days_left is not None and days_left < _DISK_DAYS)
    days = None if days_left is None else round(days_left)
    facts = {"free_mb": free >> 20, "floor_mb": disk.floor_bytes >> 20, "days_left": days}
    if not disk.takes_readings:
        facts |= {"is_full": True}
    return State("disk", Side.OUT if is_short else Side.BACK, value=free >> 20, facts=facts)


def of_broker(address: str, *, is_connected: bool) -> State:
    side = Side.BACK if is_connected else Side.OUT
    return State("broker", side, facts={"broker": address})


def of_access(address: str, denied: EdgeError | None) -> State:
    """What the broker does not let us do though it lets us in."""
    facts = {"broker": address}
    if denied is not None:
        facts |= {"code": denied.code, "topic": str(denied.facts.get("topic", ""))}
    return State("broker", Side.OUT if denied else Side.BACK, name="access", facts=facts)


def of_uplink(level: Level, code: str, fill: float, now: datetime) -> State:
    """Long before anything is thinned: what waits is late or much, or waiting will not mend it."""
    oldest = min(filter(None, (level.oldest_record_at, level.oldest_reading_at)), default=now)
    hours = round((now - oldest) / timedelta(hours=1), 1)
    why = code if code in _ASKS_FOR_SOMEBODY else ""
    is_out = bool(why) or level.refused > 0 or now - oldest > _LATE or fill > _FULL
    facts = {"hours": hours, "full_pct": round(100 * fill), "refused": level.refused, "code": why}
    return State("outbox", Side.OUT if is_out else Side.BACK, value=hours, facts=facts)


def of_database(doubt_s: float, losses: int) -> list[State]:
    """Two of them: the disk fails now, and something is lost that nobody has taken notice of."""
    is_out = doubt_s > _IN_DOUBT_S
    return [
        State("database", Side.OUT if is_out else Side.BACK, "doubt", round(doubt_s)),
        State("database", Side.OUT if losses else Side.BACK, "loss", facts={"losses": losses}),
    ]
