"""What a look comes to: which alarms are raised, which are over, and what is remembered.

Pure: findings and what was known in, changes out. Silences that are noticed together become one
alarm, and a probe that turns out to be part of an open one joins it without another call.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.alarms import silence
from edge.alarms.engine import IN_ORDER, Change, Watched, step
from edge.alarms.finding import Finding
from edge.alarms.silence import Member


@dataclass(frozen=True, slots=True)
class Known:
    """What was kept of one cause; `alarm_id` is its open alarm."""

    watched: Watched = IN_ORDER
    alarm_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raised:
    """One alarm to raise; several findings where several probes fell silent together."""

    findings: Sequence[Finding]
    scope: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write. `known` is what to keep by key; None: nothing is left to remember."""

    raised: Sequence[Raised] = ()
    joined: Sequence[tuple[Finding, str]] = ()  # to the alarm of that id
    cleared: Sequence[tuple[Finding, str]] = ()
    gone: Sequence[tuple[str, str]] = ()  # (key, alarm id) of causes nobody watches any more
    known: Mapping[str, Known | None] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.raised or self.joined or self.cleared or self.gone or self.known)


def decide(
    findings: Sequence[Finding], known: Mapping[str, Known], *, elapsed_s: float
) -> Decision:
    """Take one look into account.

    Args:
        elapsed_s: Since the last look, by a monotonic clock. [s]
    """
    after: dict[str, Known] = {}
    due: list[Finding] = []
    cleared = []
    for one in findings:
        before = known.get(one.key, Known())
        watched, change = step(
            before.watched,
            one.side,
            elapsed_s=elapsed_s,
            raise_after_s=one.raise_after_s,
            clear_after_s=one.clear_after_s,
        )
        if change is Change.RAISED:
            due.append(one)
        if change is Change.CLEARED and before.alarm_id is not None:
            cleared.append((one, before.alarm_id))
        alarm_id = before.alarm_id if watched.is_raised else None
        after[one.key] = Known(watched, alarm_id, _kept(one, watched, before))
    raised, joined = _grouped(due, findings, after)
    for one in _silenced(raised):
        after[one.key] = Known(Watched(is_raised=True, is_out=True), None, dict(one.remember))
    for one, alarm_id in joined:
        after[one.key] = Known(Watched(is_raised=True, is_out=True), alarm_id, dict(one.remember))
    gone = [(key, row.alarm_id) for key, row in known.items() if key not in after and row.alarm_id]
    return Decision(raised, joined, cleared, gone, _changed(known, after))


def _kept(one: Finding, watched: Watched, before: Known) -> Mapping[str, Any]:
    if one.member is not None or (watched.is_raised and not before.watched.is_raised):
        return dict(one.remember)
    return before.facts if watched.is_raised else {}


def _changed(known: Mapping[str, Known], after: Mapping[str, Known]) -> Mapping[str, Known | None]:
    """What is to be written: a cause in order with nothing to remember has no row."""
    changed: dict[str, Known | None] = {key: None for key in known if key not in after}
    for key, row in after.items():
        kept = None if row.watched == IN_ORDER and not row.facts else row
        if kept != known.get(key):
            changed[key] = kept
    return changed


def _grouped(
    due: Sequence[Finding], findings: Sequence[Finding], after: Mapping[str, Known]
) -> tuple[list[Raised], list[tuple[Finding, str]]]:
    raised = [Raised([one]) for one in due if one.member is None]
    silent = {one.key: one for one in due if one.member is not None}
    joined = []
    for one in list(silent.values()):
        alarm_id = _same_cause(one, findings, after)
        if alarm_id is not None:
            joined.append((silent.pop(one.key), alarm_id))
    if silent:
        raised.extend(_together(list(silent.values()), findings, after))
    return raised, joined


def _same_cause(
    one: Finding, findings: Sequence[Finding], after: Mapping[str, Known]
) -> str | None:
    """Return the open alarm of a probe that fell silent when this one did."""
    for other in findings:
        row = after[other.key]
        if row.alarm_id is None or other.member is None or one.member is None:
            continue
        if other.rule.severity == one.rule.severity and silence.began_together(
            one.member, [other.member]
        ):
            return row.alarm_id
    return None


def _together(
    due: Sequence[Finding], findings: Sequence[Finding], after: Mapping[str, Known]
) -> Iterable[Raised]:
    """Yield one alarm for each severity among what is silent, with those that are nearly so."""
    for severity in dict.fromkeys(one.rule.severity for one in due):
        core = [one for one in due if one.rule.severity == severity]
        others = [
            one
            for one in findings
            if one.member is not None
            and one.rule.severity == severity
            and one not in due
            and not after[one.key].watched.is_raised
        ]
        near = silence.company(_members(core), _members(others))
        group = [*core, *(one for one in others if one.member in near)]
        everybody = {one.key: one.member for one in findings if one.member is not None}
        yield Raised(group, silence.scope(_members(group), everybody))


def _members(findings: Iterable[Finding]) -> list[Member]:
    return [one.member for one in findings if one.member is not None]


def _silenced(raised: Iterable[Raised]) -> Iterable[Finding]:
    return [one for alarm in raised for one in alarm.findings if one.member is not None]
