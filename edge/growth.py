"""How fast the record grows, and for how long its disk lasts: noted, and told as numbers."""

from collections.abc import Iterator

from sqlalchemy import Engine

from edge.clock import Clock
from edge.current import Current
from edge.disk import Disk
from edge.metrics import Metric, gauge
from traceability import growth
from traceability.database import reading_session, sqlite_file, writing_session


class GrowthWatch:
    """Notes what is in use every few hours; used from one thread, but for its numbers."""

    def __init__(self, engine: Engine, clock: Clock, current: Current) -> None:
        self._engine, self._clock, self._current = engine, clock, current

    def step(self) -> bool:
        """Note what is in use, if it is time to; return whether it was."""
        now = self._clock.now()
        with reading_session(self._engine) as session:
            if not growth.is_due(session, now):
                return False
        with writing_session(self._engine) as session:
            growth.note(session, now)
        return True

    def metrics(self) -> Iterator[Metric]:
        with reading_session(self._engine) as session:
            found = growth.of(session, self._clock.now())
        if found is None:
            return
        yield gauge(
            "minori_database_growth_bytes_per_day",
            "How much more of the database is in use each day, of the last two weeks.",
            round(found.bytes_a_day),
        )
        settings = self._current.settings
        file = sqlite_file(settings.database_url)
        days = None if file is None else days_left(Disk(file.parent, settings.disk), found)
        if days is not None:
            about = "Until readings have to wait, at that pace."
            yield gauge("minori_disk_days_left", about, round(days, 1))


def days_left(disk: Disk, found: growth.Growth | None) -> float | None:
    """Return in how many days the floor is reached; None: never at this pace, or nobody knows."""
    return None if found is None else found.days_left(disk.free_bytes - disk.floor_bytes)
