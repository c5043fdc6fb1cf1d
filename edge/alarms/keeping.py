"""What a look decided, written into the record, in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from edge.alarms.decide import Decision, Known, Raised
from edge.alarms.engine import Watched
from edge.alarms.finding import Finding
from traceability import alarm_readings, alarms
from traceability.alarms import Cause
from traceability.models import Alarm, AlarmWatch

# Why an alarm ended that did not end by itself.
UNWATCHED = "unwatched"


def known(session: Session, site_id: str) -> dict[str, Known]:
    """Return what is remembered of every cause, by its key."""
    is_cause = col(AlarmWatch.key).not_like("~%")
    rows = session.exec(select(AlarmWatch).where(AlarmWatch.site_id == site_id, is_cause))
    return {
        row.key: Known(Watched(row.is_raised, row.is_out, row.held_s), row.alarm_id, row.facts)
        for row in rows
    }


def keep(session: Session, site_id: str, decision: Decision, *, now: datetime) -> list[Alarm]:
    """Write a decision; return the alarms that are over by it."""
    ids: dict[str, str] = {}
    for raised in decision.raised:
        alarm = _raise(session, site_id, raised, now)
        ids |= {one.key: alarm.id for one in raised.findings}
    for one, alarm_id in decision.joined:
        alarms.join(session, session.get_one(Alarm, alarm_id), _name(one), at=now)
    _remember(session, site_id, decision.known, ids)
    left = [(alarm_id, _name(one), "") for one, alarm_id in decision.cleared]
    left += [(alarm_id, key.partition("/")[2], UNWATCHED) for key, alarm_id in decision.gone]
    over = []
    for alarm_id, name, note in left:
        alarm = session.get_one(Alarm, alarm_id)
        if _others_remain(session, alarm_id):
            alarms.leave(session, alarm, name, at=now)
        elif alarm.is_open:
            kept = alarm_readings.since_raised(session, alarm, until=now)
            alarms.clear(session, alarm, at=now, note=note, facts={"readings": kept})
            over.append(alarm)
    return over


def _raise(session: Session, site_id: str, raised: Raised, now: datetime) -> Alarm:
    first = raised.findings[0]
    several = len(raised.findings) > 1
    cause = Cause(
        site_id=site_id,
        rule=first.rule.name,
        kind=first.rule.kind,
        severity=first.rule.severity,
        zone_id=_shared_zone(raised),
        device="" if several else first.device,
        quantity=first.quantity,
        channel=first.channel,
        value=first.value,
        facts={**_facts(raised), **raised.scope},
    )
    series = [
        (one.number, one.device, one.quantity, one.channel)
        for finding in raised.findings
        for one in finding.series
    ]
    until = first.until or now
    kept = alarm_readings.around(session, series, until=min(until, now))
    return alarms.raise_alarm(session, cause, at=now, readings=kept)


def _facts(raised: Raised) -> dict[str, object]:
    found: dict[str, object] = dict(raised.findings[0].facts)
    if len(raised.findings) > 1:
        found["devices"] = [one for f in raised.findings for one in f.facts.get("devices", ())]
    return found


def _shared_zone(raised: Raised) -> str | None:
    zones = {one.zone_id for one in raised.findings}
    return zones.pop() if len(zones) == 1 else None


def _remember(
    session: Session, site_id: str, changed: Mapping[str, Known | None], ids: Mapping[str, str]
) -> None:
    for key, kept in changed.items():
        row = session.get(AlarmWatch, (site_id, key))
        if kept is None:
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = AlarmWatch(site_id=site_id, key=key)
            session.add(row)
        row.is_raised, row.is_out = kept.watched.is_raised, kept.watched.is_out
        row.held_s = kept.watched.held_s
        row.alarm_id = ids.get(key, kept.alarm_id)
        row.facts = dict(kept.facts)
    session.flush()


def _others_remain(session: Session, alarm_id: str) -> bool:
    wanted = select(AlarmWatch.key).where(
        AlarmWatch.alarm_id == alarm_id, col(AlarmWatch.is_raised).is_(True)
    )
    return session.exec(wanted).first() is not None


def _name(finding: Finding) -> str:
    return finding.member.device if finding.member else finding.device
