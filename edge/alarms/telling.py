"""Whom an alarm is told to, and when: at once, again after a snooze, to the next ones in time.

It looks at the state: an open alarm that nobody was told of and nothing keeps quiet is told now.
So it may run twice, and what was raised during a pause is told when the pause ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from edge.alarms.rules import escalate_after_s
from edge.settings import AlarmRule, Contact
from traceability import alarm_pauses, alarms, notifications
from traceability.models import SEVERITIES, Alarm, AlarmPause

RAISED, AGAIN, ESCALATED, CLEARED = (
    "alarm_raised",
    "alarm_again",
    "alarm_escalated",
    "alarm_cleared",
)


@dataclass(frozen=True, slots=True)
class Circle:
    """The contacts of one alarm, in the order they are told."""

    steps: Sequence[Sequence[str]]

    @classmethod
    def of(cls, contacts: Sequence[Contact], severity: str, names: Sequence[str] = ()) -> "Circle":
        """Return who of the farm wants that severity, or of `names` those who do."""
        grave = SEVERITIES.index(severity)
        wanted = [
            one
            for one in contacts
            if SEVERITIES.index(one.least_severity) <= grave
            and (one.name in names if names else not one.partner)
        ]
        orders = sorted({one.order for one in wanted})
        return cls([[one.name for one in wanted if one.order == order] for order in orders])

    @property
    def everybody(self) -> list[str]:
        return [name for step in self.steps for name in step]


def tell(
    session: Session,
    open_alarms: Sequence[Alarm],
    *,
    rules: Mapping[str, AlarmRule],
    contacts: Sequence[Contact],
    unseen_s: Mapping[str, float],
    now: datetime,
) -> None:
    """Write what people are to be told of open alarms.

    Args:
        unseen_s: For how long each alarm has been told and not acknowledged, by its id. [s]
    """
    pauses = alarm_pauses.in_force(session, at=now)
    for alarm in open_alarms:
        rule = rules.get(alarm.rule)
        circle = Circle.of(contacts, alarm.severity, rule.contacts if rule else ())
        if not circle.steps or _is_quiet(alarm, pauses, now):
            continue
        if not notifications.is_told(session, _key(alarm, "raised")):
            _tell(session, alarm, "raised", RAISED, circle.steps[0], now)
            continue
        _again(session, alarm, circle, now)
        if rule is not None:
            _escalate(session, alarm, circle, rule, unseen_s.get(alarm.id, 0.0), now)


def tell_over(session: Session, alarm: Alarm, *, now: datetime) -> None:
    """Tell whoever was told of an alarm that it is over; nobody, if nobody was."""
    told = {name for row in notifications.about(session, alarm.id) for name in row.audience}
    if told:
        _tell(session, alarm, "cleared", CLEARED, sorted(told), now)


def is_waiting_for_somebody(session: Session, alarm: Alarm) -> bool:
    """Whether people were told and nobody has acknowledged: time runs towards the next ones."""
    return alarm.acknowledged_at is None and notifications.is_told(session, _key(alarm, "raised"))


def _again(session: Session, alarm: Alarm, circle: Circle, now: datetime) -> None:
    """A snooze ended and it is not over."""
    until = alarm.snoozed_until
    if until is not None:
        what = f"again/{until.isoformat()}"
        _tell(session, alarm, what, AGAIN, circle.steps[0], now)


def _escalate(
    session: Session,
    alarm: Alarm,
    circle: Circle,
    rule: AlarmRule,
    unseen_s: float,
    now: datetime,
) -> None:
    after_s = escalate_after_s(rule)
    if after_s is None or alarm.acknowledged_at is not None:
        return
    for number, names in enumerate(circle.steps[1:], start=1):
        if unseen_s >= after_s * number:
            alarms.escalate(session, alarm, step=number, to=names, at=now)
            _tell(session, alarm, f"escalated/{number}", ESCALATED, names, now)


def _is_quiet(alarm: Alarm, pauses: Sequence[AlarmPause], now: datetime) -> bool:
    if alarm.snoozed_until is not None and now < alarm.snoozed_until:
        return True
    return any(alarm_pauses.covers(pause, alarm) for pause in pauses)


def _tell(
    session: Session, alarm: Alarm, what: str, kind: str, names: Sequence[str], now: datetime
) -> None:
    notifications.tell(
        session,
        _key(alarm, what),
        kind,
        at=now,
        severity=alarm.severity,
        audience=names,
        subject=alarm.id,
    )


def _key(alarm: Alarm, what: str) -> str:
    return f"alarm/{alarm.id}/{what}"
