"""Who is silent, and what fell silent together.

A probe is silent when nothing new has come for its limit. How long that is is counted by the looks
themselves, never by the wall clock: after a jump of the clock, or after our own absence, nobody is
silent who was not before. It is back when it was heard twice: one word in an hour is no cure.

What falls silent together has one cause: a port, a gateway, the power of a room. So whoever is
nearly silent joins the alarm of the first one that is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from edge.alarms.engine import Side

# A probe that has been quiet for this share of its limit is suspected to have the same cause.
SUSPECT = 1 / 3
BACK_AFTER = 2


@dataclass(frozen=True, slots=True)
class Silence:
    """How long one probe has been quiet. `newest_ms` only tells a new reading from the last."""

    newest_ms: int | None = None
    silent_s: float = 0.0
    heard: int = BACK_AFTER  # times since it was last silent, counted no further than it matters

    def side(self, limit_s: float) -> Side:
        if self.silent_s >= limit_s:
            return Side.OUT
        return Side.BACK if self.heard >= BACK_AFTER else Side.BETWEEN

    def is_suspect(self, limit_s: float) -> bool:
        return self.silent_s >= limit_s * SUSPECT


def listened(
    before: Silence | None, newest_ms: int | None, *, elapsed_s: float, limit_s: float
) -> Silence:
    """Take one look into account.

    Args:
        before: What was known; None: first look at this probe.
        newest_ms: When its newest reading was taken; None: it never said anything.
    """
    if before is None:
        return Silence(newest_ms)
    if newest_ms is not None and newest_ms != before.newest_ms:
        return Silence(newest_ms, 0.0, min(before.heard + 1, BACK_AFTER))
    silent_s = before.silent_s + elapsed_s
    return replace(before, silent_s=silent_s, heard=0 if silent_s >= limit_s else before.heard)


@dataclass(frozen=True, slots=True)
class Member:
    """A watched probe at one look. `line` is its port, or the broker's name for networked ones."""

    device: str
    zone: str | None
    line: str
    limit_s: float
    silence: Silence


def company(due: Iterable[Member], others: Iterable[Member]) -> list[Member]:
    """Return those of `others` that probably share the cause of the ones that are due."""
    due = list(due)
    lines, zones = {m.line for m in due}, {m.zone for m in due if m.zone}
    return [
        one
        for one in others
        if one.silence.is_suspect(one.limit_s) and (one.line in lines or one.zone in zones)
    ]


def began_together(one: Member, raised: Iterable[Member]) -> bool:
    """Whether a probe that falls silent now did so with one whose alarm is already open.

    Its last word may have come up to an interval before or after; a limit is five of them.
    """
    return any(
        (other.line == one.line or (one.zone is not None and other.zone == one.zone))
        and abs(other.silence.silent_s - one.silence.silent_s) <= one.limit_s * SUSPECT
        for other in raised
    )


def scope(members: Iterable[Member], all_members: Mapping[str, Member]) -> dict[str, str]:
    """Return what the members have in common that nobody else shares: a line, a zone.

    Empty: they are just several probes; or one.
    """
    silent = list(members)
    names = {m.device for m in silent}
    if len(names) < 2:
        return {}
    for what in ("line", "zone"):
        shared = {getattr(m, what) for m in silent}
        value = shared.pop()
        if shared or not value:
            continue
        if {m.device for m in all_members.values() if getattr(m, what) == value} <= names:
            return {what: value}
    return {}
