"""Pauses of alarms: somebody cleans the room, so what goes wrong there is recorded and not told.

The newest pause of a scope (place, device, rule) holds; ending one early is a newer one that ends
now. What is still out of order when a pause ends is told then.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from traceability.alarms import check_until
from traceability.elsewhere import refuse_elsewhere
from traceability.errors import NotFound
from traceability.models import Alarm, AlarmPause
from traceability.texts import LONGEST_NAME, LONGEST_NOTE, refuse_text


def pause(
    session: Session,
    *,
    site_id: str,
    zone_id: str | None = None,
    device: str = "",
    rule: str = "",
    until: datetime,
    by: str,
    at: datetime,
    why: str = "",
) -> AlarmPause:
    """Tell nobody of alarms of that place, device and rule until then; all of the site if none.

    Raises:
        BadValue: a time gone by, one more than a month ahead, or a text that cannot be kept.
        SiteElsewhere: this is a hub, and the site records at its own edge.
    """
    refuse_elsewhere(session, site_id, "pause")
    for field, text, most in (("by", by, LONGEST_NAME), ("why", why, LONGEST_NOTE)):
        refuse_text(field, text, most)
    for field, text in (("device", device), ("rule", rule)):
        refuse_text(field, text, LONGEST_NAME)
    check_until(until, at=at)
    return _add(
        session,
        AlarmPause(**_scope(site_id, zone_id, device, rule), start=at, until=until, by=by, why=why),
    )


def end(session: Session, row: AlarmPause, *, by: str, at: datetime) -> AlarmPause:
    """End a pause before its time; one that is over stays so."""
    if at >= row.until:
        return row
    scope = _scope(row.site_id, row.zone_id, row.device, row.rule)
    start = min(row.start, at)
    return _add(session, AlarmPause(**scope, start=start, until=at, by=by, why=row.why))


def find(session: Session, number: int) -> AlarmPause:
    """Return the pause of that number.

    Raises:
        NotFound: there is none; says which hold.
    """
    row = session.get(AlarmPause, number)
    if row is None:
        raise NotFound(what="pause", name=str(number), next_step="list the pauses that hold")
    return row


def in_force(session: Session, *, at: datetime) -> Sequence[AlarmPause]:
    """Return the pauses that hold now, the one that ends first first."""
    newest: dict[tuple[str | None, ...], AlarmPause] = {}
    for row in session.exec(select(AlarmPause).order_by(col(AlarmPause.sequence))):
        newest[(row.site_id, row.zone_id, row.device, row.rule)] = row
    holding = [row for row in newest.values() if row.start <= at < row.until]
    return sorted(holding, key=lambda row: row.until)


def covers(row: AlarmPause, alarm: Alarm) -> bool:
    """Whether a pause keeps this alarm quiet."""
    devices = {alarm.device, *(one.get("device") for one in alarm.facts.get("devices", ()))}
    return (
        row.site_id == alarm.site_id
        and row.zone_id in (None, alarm.zone_id)
        and (not row.device or row.device in devices)
        and row.rule in ("", alarm.rule)
    )


def _scope(site_id: str, zone_id: str | None, device: str, rule: str) -> dict[str, Any]:
    return {"site_id": site_id, "zone_id": zone_id, "device": device, "rule": rule}


def _add(session: Session, row: AlarmPause) -> AlarmPause:
    session.add(row)
    session.flush()
    return row
