"""How fast the database grows, measured from its own past: what is in use, noted now and then.

What deleted rows left inside a file of SQLite is not in use: it is filled again before the file
grows. A server's disk is its own matter.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from traceability.models import StoreFact

NOTED_EVERY = timedelta(hours=6)
# What happened before that says little of the weeks to come.
_LOOKS_BACK = timedelta(days=14)
_KEPT = timedelta(days=40)
# Of less nobody can say what a day brings.
_LEAST = timedelta(hours=20)
_NOTED = "disk_used"


@dataclass(frozen=True, slots=True)
class Growth:
    """How much more is in use a day, over the time it was looked at; less than 0: it shrinks.

    `reusable_bytes` are free inside the file.
    """

    bytes_a_day: float
    over: timedelta
    reusable_bytes: int

    def days_left(self, room_bytes: int) -> float | None:
        """Return for how many days room on the disk lasts; None: it does not grow."""
        if self.bytes_a_day <= 0:
            return None
        return max(0, room_bytes + self.reusable_bytes) / self.bytes_a_day


def is_due(session: Session, now: datetime) -> bool:
    """Return whether it is time to note what is in use; never for a server."""
    if session.get_bind().dialect.name != "sqlite":
        return False
    noted = _noted(session)
    return not noted or not timedelta() <= now - noted[-1][0] < NOTED_EVERY


def note(session: Session, now: datetime) -> None:
    """Note what is in use now; what was noted under a clock that was ahead is left out."""
    kept = [one for one in _noted(session) if now - _KEPT < one[0] < now]
    said = [(at.isoformat(), used) for at, used in [*kept, (now, _bytes(session)[0])]]
    session.merge(StoreFact(key=_NOTED, value=json.dumps(said)))


def of(session: Session, now: datetime) -> Growth | None:
    """Return how it grows, None while nobody can say."""
    near = [one for one in _noted(session) if now - _LOOKS_BACK <= one[0] <= now]
    if not near or near[-1][0] - near[0][0] < _LEAST:
        return None
    (first, before), (last, after) = near[0], near[-1]
    days = (last - first) / timedelta(days=1)
    return Growth((after - before) / days, last - first, _bytes(session)[1])


def _noted(session: Session) -> list[tuple[datetime, int]]:
    fact = session.get(StoreFact, _NOTED)
    said = json.loads(fact.value) if fact else []
    return [(datetime.fromisoformat(at), int(used)) for at, used in said]


def _bytes(session: Session) -> tuple[int, int]:
    """Return how many bytes of a SQLite file are in use, and how many are free in it."""
    size, count, free = (
        int(session.connection().scalar(text(f"PRAGMA {name}")) or 0)
        for name in ("page_size", "page_count", "freelist_count")
    )
    return size * (count - free), size * free
