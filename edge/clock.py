"""Time, handed in: the system's own, or one that a replay sets.

Two clocks (DESIGN 8): `monotonic` for intervals and order, `now` for meaning. A wall clock may
jump a year when the network comes up; an interval must not notice.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What an agent may ask of time."""

    def now(self) -> datetime:
        """Return the wall clock as aware UTC."""

    def monotonic(self) -> float:
        """Return seconds since some moment; never goes back. [s]"""

    async def sleep(self, seconds: float) -> None:
        """Come back after so much of this clock's time."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ReplayClock:
    """A clock its owner sets: a recorded week passes as fast as the wires can carry it."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = start

    def set(self, moment: datetime) -> None:
        """Move to `moment`; both clocks move, so intervals are those of the recording."""
        self._now = moment

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        # Only the owner moves this clock; whoever sleeps on it lets the others run.
        await asyncio.sleep(0)
