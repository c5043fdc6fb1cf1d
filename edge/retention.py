"""Old rows let go by the settings, never faster than time itself seems to allow.

A wall clock that leaps a year ahead would make everything old at once. So what counts as now here
follows the clock at most PACE times as fast as time goes by: a service that was off for a season
is as far in some days, and a leap has hours to be mended before it costs a week.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from edge import enrolment
from edge.clock import Clock
from edge.current import Current
from edge.metrics import Metric
from edge.settings import Settings
from edge.settings.retention import KEYS
from edge.timekeeping import is_clock_set
from traceability import retention
from traceability.database import reading_session, writing_session
from traceability.models import StoreFact
from traceability.resolutions import Resolution
from traceability.retention import Policy

PACE = 10
_REACHED = "retention_reached"
# How far what is written down may lag behind.
_NOTED = timedelta(hours=12)


def policy_of(settings: Settings, session: Session) -> Policy:
    """Return what the settings want."""
    days = [getattr(settings.retention, key) for key in KEYS]
    keep = {one: timedelta(days=d) if d else None for one, d in zip(Resolution, days, strict=True)}
    if not enrolment.is_wanted(settings, session):
        return Policy(keep)
    # What waits for longer the way to the hub gives up, too.
    waits = max(settings.hub.whole_days, settings.hub.minutes_days)
    return Policy(keep, hub=timedelta(days=waits))


class Expiry:
    """Deletes, step by step, and counts; used from one thread."""

    def __init__(self, engine: Engine, clock: Clock, current: Current) -> None:
        self._engine, self._clock, self._current = engine, clock, current
        self._gone = dict.fromkeys(Resolution, 0)
        self._held: dict[str, int] = {}
        self._reached: datetime | None = None
        self._looked_at = 0.0

    def step(self) -> bool:
        """Delete a little of what is old; return whether there was anything."""
        settings = self._current.settings
        if not settings.site.trust_clock and not is_clock_set(self._clock.now()):
            return False
        with reading_session(self._engine) as session:
            policy = policy_of(settings, session)
        now = self._now()
        gone = retention.step(self._engine, policy, now=now)
        for resolution, count in gone.items():
            self._gone[resolution] += count
        if not gone:
            with reading_session(self._engine) as session:
                self._held = retention.held(session, policy, now=now)
        return bool(gone)

    def metrics(self) -> Iterator[Metric]:
        yield Metric(
            "minori_expired_rows_total",
            "counter",
            "Rows deleted for their age since the start, by resolution.",
            [({"resolution": one.label}, count) for one, count in self._gone.items()],
        )
        yield Metric(
            "minori_held_series",
            "gauge",
            "Series whose readings are older than they are kept, by what needs them.",
            [({"reason": why}, count) for why, count in sorted(self._held.items())],
        )

    def _now(self) -> datetime:
        now, looked_at = self._clock.now(), self._clock.monotonic()
        if self._reached is None:
            self._reached = self._noted() or now
        else:
            gone_by = timedelta(seconds=(looked_at - self._looked_at) * PACE)
            self._reached += gone_by
        self._reached, self._looked_at = min(now, self._reached), looked_at
        self._note()
        return self._reached

    def _noted(self) -> datetime | None:
        with reading_session(self._engine) as session:
            fact = session.get(StoreFact, _REACHED)
            return datetime.fromisoformat(fact.value) if fact else None

    def _note(self) -> None:
        assert self._reached is not None
        noted = self._noted()
        if noted is None or abs(self._reached - noted) > _NOTED:
            with writing_session(self._engine) as session:
                value = self._reached.astimezone(UTC).isoformat()
                session.merge(StoreFact(key=_REACHED, value=value))
