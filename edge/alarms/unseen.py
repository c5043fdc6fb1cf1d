"""For how long each alarm has been told and not acknowledged, counted by the looks.

By the wall clock a board that learns the time after a power cut would call everybody at once. What
is counted survives a restart to the minute.
"""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from edge.alarms.telling import is_waiting_for_somebody
from traceability.models import Alarm, AlarmWatch

# No rule's name begins so; `keeping.known` leaves it out.
PREFIX = "~unseen/"


class Unseen:
    """Seconds by the id of the alarm. Belongs to one agent."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] | None = None

    def count(
        self, session: Session, site_id: str, open_alarms: Iterable[Alarm], elapsed_s: float
    ) -> dict[str, float]:
        """Add a look's time to those that somebody should acknowledge; forget the others."""
        before = self._seconds
        if before is None:
            before = {key.removeprefix(PREFIX): s for key, s in _rows(session, site_id)}
        self._seconds = {
            alarm.id: before.get(alarm.id, 0.0) + elapsed_s
            for alarm in open_alarms
            if is_waiting_for_somebody(session, alarm)
        }
        return self._seconds

    def is_due(self, session: Session, site_id: str) -> bool:
        """Whether what is stored is more than a minute behind."""
        return dict(_rows(session, site_id)) != self._by_minute()

    def keep(self, session: Session, site_id: str) -> None:
        wanted = self._by_minute()
        for key, _ in _rows(session, site_id):
            if key not in wanted:
                session.delete(session.get_one(AlarmWatch, (site_id, key)))
        for key, seconds in wanted.items():
            row = session.get(AlarmWatch, (site_id, key)) or AlarmWatch(site_id=site_id, key=key)
            row.held_s, row.alarm_id = seconds, key.removeprefix(PREFIX)
            session.add(row)
        session.flush()

    def _by_minute(self) -> dict[str, float]:
        return {PREFIX + key: s // 60 * 60 for key, s in (self._seconds or {}).items()}


def _rows(session: Session, site_id: str) -> Iterable[tuple[str, float]]:
    wanted = select(AlarmWatch.key, AlarmWatch.held_s).where(
        AlarmWatch.site_id == site_id, col(AlarmWatch.key).startswith(PREFIX)
    )
    return session.exec(wanted).all()
