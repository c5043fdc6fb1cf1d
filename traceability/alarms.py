"""Alarms as records: raised with their readings, and what people and time did to them since.

Nothing is edited: each verb adds an event, and what an alarm is now follows from its events. An
event has a key of its own, so that saying it twice (an agent after a crash, two hands on two
phones) leaves one. Whoever tells people of it is `traceability.notifications`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, and_, col, func, or_, select

from traceability.elsewhere import refuse_elsewhere
from traceability.errors import AlarmOver, AmbiguousAlarm, BadValue, UnknownAlarm
from traceability.models import Alarm, AlarmEvent, Site, Zone, new_id
from traceability.site_clock import clock_at
from traceability.texts import LONGEST_NAME, LONGEST_NOTE, refuse_text

# The end of an id is enough to name an alarm, if it is at least so long.
SHORTEST_HANDLE = 4
_IN_IDS = frozenset("0123456789abcdef-")
# Beyond a month nobody means to come back.
LONGEST_SNOOZE = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Cause:
    """What is out of order. `facts` is what the sentence about it needs, by kind of rule."""

    site_id: str
    rule: str
    kind: str
    severity: str
    zone_id: str | None = None
    device: str = ""
    quantity: str = ""
    channel: str = ""
    value: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def raise_alarm(
    session: Session, cause: Cause, *, at: datetime, readings: Sequence[Mapping[str, Any]] = ()
) -> Alarm:
    """Record that something is out of order, with the readings that led to it."""
    alarm = Alarm(
        site_id=cause.site_id,
        rule=cause.rule,
        kind=cause.kind,
        severity=cause.severity,
        zone_id=cause.zone_id,
        device=cause.device,
        quantity=cause.quantity,
        channel=cause.channel,
        value=cause.value,
        raised_at=at,
        facts=dict(cause.facts),
        readings=[dict(one) for one in readings],
    )
    session.add(alarm)
    session.flush()
    _add(session, alarm, "raised", "raised", at=at)
    return alarm


def acknowledge(
    session: Session, alarm: Alarm, *, by: str, at: datetime, note: str = ""
) -> AlarmEvent:
    """Record that somebody has seen it and takes care; the first one stays, again is harmless.

    Raises:
        AlarmOver: there is nothing left to take care of.
        BadValue: a text that cannot be kept.
        SiteElsewhere: this is a hub, and the alarm its site's own.
    """
    _refuse_texts(by, note)
    refuse_elsewhere(session, alarm.site_id, "acknowledgement")
    _lock(session, alarm)
    event = _known(session, alarm, "acknowledged")
    if event is not None:
        return event
    _refuse_over(session, alarm)
    alarm.acknowledged_at = at
    return _add(session, alarm, "acknowledged", "acknowledged", at=at, by=by, note=note)


def snooze(
    session: Session, alarm: Alarm, *, until: datetime, by: str, at: datetime, note: str = ""
) -> AlarmEvent:
    """Tell nobody of it until then; if it is not over by then, people are told again.

    Raises:
        AlarmOver: nobody is told of it any more anyway.
        BadValue: a time gone by, one more than a month ahead, or a text that cannot be kept.
        SiteElsewhere: this is a hub, and the alarm its site's own.
    """
    _refuse_texts(by, note)
    refuse_elsewhere(session, alarm.site_id, "snooze")
    _lock(session, alarm)
    _refuse_over(session, alarm)
    check_until(until, at=at)
    alarm.snoozed_until = until
    key = f"snoozed/{new_id()}"
    return _add(session, alarm, key, "snoozed", at=at, by=by, note=note, until=until)


def escalate(
    session: Session, alarm: Alarm, *, step: int, to: Sequence[str], at: datetime
) -> AlarmEvent:
    """Record that nobody acknowledged it in time and that the next people are told."""
    _lock(session, alarm)
    key = f"escalated/{step}"
    return _known(session, alarm, key) or _add(
        session, alarm, key, "escalated", at=at, facts={"to": list(to), "step": step}
    )


def join(session: Session, alarm: Alarm, device: str, *, at: datetime) -> AlarmEvent:
    """Record that another device turned out to be part of the same cause."""
    key = f"joined/{new_id()}"
    return _add(session, alarm, key, "joined", at=at, facts={"device": device})


def leave(session: Session, alarm: Alarm, device: str, *, at: datetime) -> AlarmEvent:
    """Record that one of several devices is in order again."""
    key = f"left/{new_id()}"
    return _add(session, alarm, key, "left", at=at, facts={"device": device})


def clear(
    session: Session,
    alarm: Alarm,
    *,
    at: datetime,
    note: str = "",
    facts: Mapping[str, Any] | None = None,
) -> AlarmEvent:
    """Record that it is over; again is harmless. `note` is the code of why, if not by itself."""
    _lock(session, alarm)
    event = _known(session, alarm, "cleared")
    if event is not None:
        return event
    alarm.cleared_at = at
    return _add(session, alarm, "cleared", "cleared", at=at, note=note, facts=facts)


def find(session: Session, text: str) -> Alarm:
    """Return the alarm of that id, or whose id ends so.

    Raises:
        UnknownAlarm: there is none.
        AmbiguousAlarm: several end so.
    """
    ending = text.strip().lower()
    if len(ending) < SHORTEST_HANDLE or not set(ending) <= _IN_IDS:
        raise UnknownAlarm(what="alarm", name=text)
    newest = col(Alarm.raised_at).desc()
    found = session.exec(select(Alarm).where(col(Alarm.id).endswith(ending)).order_by(newest)).all()
    if not found:
        raise UnknownAlarm(what="alarm", name=text)
    exact = next((alarm for alarm in found if alarm.id == ending), None)
    if exact is not None:
        return exact
    # Handles of old alarms may meet; the one that is open is meant.
    still_open = [alarm for alarm in found if alarm.is_open]
    if len(still_open or found) > 1:
        names = ", ".join(alarm.id for alarm in (still_open or found)[:5])
        raise AmbiguousAlarm(count=len(still_open or found), name=text, candidates=names)
    return (still_open or found)[0]


def open_alarms(
    session: Session, *, site_id: str | None = None, zone_id: str | None = None
) -> Sequence[Alarm]:
    """Return what is out of order now: the gravest first, then the newest."""
    query = select(Alarm).where(col(Alarm.cleared_at).is_(None))
    if site_id is not None:
        query = query.where(Alarm.site_id == site_id)
    if zone_id is not None:
        query = query.where(Alarm.zone_id == zone_id)
    found = session.exec(query.order_by(col(Alarm.raised_at).desc())).all()
    gravity = {"critical": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda alarm: gravity[alarm.severity])


def history(
    session: Session,
    *,
    before: tuple[datetime, str] | None = None,
    is_open: bool | None = None,
    zone_id: str | None = None,
    limit: int = 50,
) -> Sequence[Alarm]:
    """Return alarms newest first, `before` the (raised_at, id) of the last one seen."""
    query = select(Alarm)
    if before is not None:
        at, alarm_id = before
        same = and_(Alarm.raised_at == at, Alarm.id < alarm_id)
        query = query.where(or_(Alarm.raised_at < at, same))
    if is_open is not None:
        over = col(Alarm.cleared_at)
        query = query.where(over.is_(None) if is_open else over.is_not(None))
    if zone_id is not None:
        query = query.where(Alarm.zone_id == zone_id)
    newest = (col(Alarm.raised_at).desc(), col(Alarm.id).desc())
    return session.exec(query.order_by(*newest).limit(limit)).all()


def events(session: Session, alarm: Alarm) -> Sequence[AlarmEvent]:
    """Return what happened to it, oldest first."""
    query = select(AlarmEvent).where(AlarmEvent.alarm_id == alarm.id)
    return session.exec(query.order_by(col(AlarmEvent.at), col(AlarmEvent.id))).all()


def count_open(session: Session) -> dict[str, int]:
    """Return how many are open, by severity."""
    query = select(Alarm.severity, func.count()).where(col(Alarm.cleared_at).is_(None))
    return dict(session.exec(query.group_by(col(Alarm.severity))).all())


def places_of(session: Session, found: Sequence[Alarm]) -> list[tuple[Alarm, Site, Zone | None]]:
    """Return alarms, in their order, with the site and the zone they are about."""
    zone_ids = {alarm.zone_id for alarm in found if alarm.zone_id}
    zones = {zone.id: zone for zone in session.exec(select(Zone).where(col(Zone.id).in_(zone_ids)))}
    sites = {site.id: site for site in session.exec(select(Site))}
    return [(alarm, sites[alarm.site_id], zones.get(alarm.zone_id or "")) for alarm in found]


def nothing_chosen(field: str) -> BadValue:
    """Return the refusal of a choice that is none of those offered."""
    return BadValue(
        field=field,
        expected="one of those offered",
        got="something else",
        next_step="choose one of the list",
    )


def check_until(until: datetime, *, at: datetime) -> None:
    """Raise BadValue unless `until` is a time that people wait for."""
    if at < until <= at + LONGEST_SNOOZE:
        return
    raise BadValue(
        field="until",
        expected="a time within the next 31 days",
        got=until.isoformat(),
        next_step="choose a time by which the work is done",
    )


def _refuse_texts(by: str, note: str) -> None:
    refuse_text("by", by, LONGEST_NAME)
    refuse_text("note", note, LONGEST_NOTE)


def _lock(session: Session, alarm: Alarm) -> None:
    """Let two who do the same at once do it one after the other, each seeing what the first did."""
    session.refresh(alarm, with_for_update=True)


def _refuse_over(session: Session, alarm: Alarm) -> None:
    if alarm.cleared_at is not None:
        at = clock_at(session, alarm.cleared_at, site_id=alarm.site_id)
        raise AlarmOver(alarm=alarm.handle, at=at)


def _known(session: Session, alarm: Alarm, key: str) -> AlarmEvent | None:
    wanted = select(AlarmEvent).where(AlarmEvent.alarm_id == alarm.id, AlarmEvent.key == key)
    return session.exec(wanted).first()


def _add(
    session: Session,
    alarm: Alarm,
    key: str,
    kind: str,
    *,
    at: datetime,
    by: str = "",
    note: str = "",
    until: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> AlarmEvent:
    event = AlarmEvent(
        alarm_id=alarm.id,
        key=key,
        kind=kind,
        at=at,
        by=by,
        note=note,
        until=until,
        facts=dict(facts or {}),
    )
    session.add(event)
    session.flush()
    return event
