"""Keeps the store in order: rollups made, conditions of closed lots kept, what is old let go.

Takes no input: it looks at what is there, does what is missing in small transactions, and may run
twice, in two services at once. Between two of them it rests as long as one took, so that the
recorder never waits long for its turn.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from edge.clock import Clock
from edge.current import Current
from edge.growth import GrowthWatch
from edge.lasting import outlasting_the_database
from edge.metrics import Metric, gauge
from edge.retention import Expiry
from traceability import backfill, closing, rollups
from traceability.database import reading_session, writing_session
from traceability.errors import GraphCycle

log = logging.getLogger(__name__)

# Newer readings than the rollups' are read from themselves, so there is no hurry.
LOOK_EVERY_S = 120.0
# A recorder that waits for the lock looks again every few ms.
LEAST_REST_S = 0.02
# One task with much to do lets the others go on after so long.
TURN_S = 30.0

# Does a little in one small transaction; returns whether there was anything to do.
Step = Callable[[], bool]


class Upkeep:
    """All that repeats. Made once, run once."""

    def __init__(self, engine: Engine, clock: Clock, current: Current | None = None) -> None:
        """Make ready.

        Args:
            current: Says how long what was measured is kept; without it, for ever.
        """
        self._engine = engine
        self._clock = clock
        self.stopping = threading.Event()
        self._expiry = Expiry(engine, clock, current) if current else None
        self._steps: dict[str, Step] = {
            "rollups": self._rollups,
            "corrections": lambda: closing.notice_corrections(engine),
            "conditions": self._conditions,
        }
        self._growth = GrowthWatch(engine, clock, current) if current else None
        if self._expiry and self._growth:
            self._steps |= {"retention": self._expiry.step, "growth": self._growth.step}
        # Lots whose record cannot be made; tried again after the next start.
        self._failed: set[str] = set()
        self._done = dict.fromkeys(self._steps, 0)
        self._ended_at: float | None = None

    async def run(self) -> None:
        """Work every two minutes until cancelled; ends within one small transaction."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="upkeep") as thread:
            try:
                while True:
                    await loop.run_in_executor(thread, self._try)
                    await self._clock.sleep(LOOK_EVERY_S)
            finally:
                self.stopping.set()

    def work(self) -> None:
        """Do all there is to do."""
        waiting = list(self._steps)
        while waiting and not self.stopping.is_set():
            waiting = [name for name in self._steps if not self._take_turn(name)]
        self._ended_at = self._clock.monotonic()

    def metrics(self) -> Iterator[Metric]:
        """Say how much was done and when it was last all done."""
        yield Metric(
            "minori_upkeep_steps_total",
            "counter",
            "Small transactions that kept the store in order, by task.",
            [({"task": name}, count) for name, count in self._done.items()],
        )
        if self._expiry and self._growth:
            yield from self._expiry.metrics()
            yield from self._growth.metrics()
        if self._ended_at is not None:
            age_s = self._clock.monotonic() - self._ended_at
            yield gauge("minori_upkeep_age_seconds", "Since all of it was done.", age_s)

    def _take_turn(self, name: str) -> bool:
        """Do a task's steps for a while; return whether all of them are done."""
        turn_ends = time.monotonic() + TURN_S
        while not self.stopping.is_set() and (began := time.monotonic()) < turn_ends:
            if not self._steps[name]():
                return True
            self._done[name] += 1
            self.stopping.wait(max(LEAST_REST_S, time.monotonic() - began))
        return False

    def _try(self) -> None:
        # Nothing is half done, and it is tried again.
        with outlasting_the_database("upkeep"):
            self.work()

    def _conditions(self) -> bool:
        now = self._clock.now()
        with reading_session(self._engine) as session:
            lot = closing.due(session, now=now, without=self._failed)
        if lot is None:
            return False
        try:
            closing.keep(self._engine, lot.id, now=now)
        except (ArithmeticError, LookupError, ValueError, GraphCycle):
            # One strange past must not end the collecting; its readings are not let go.
            log.exception("the conditions of lot %s cannot be kept", lot.code)
            self._failed.add(lot.id)
        return True

    def _rollups(self) -> bool:
        with self._engine.connect() as connection:
            if not rollups.is_behind(connection):
                return False
        with writing_session(self._engine) as session:
            connection = session.connection()
            is_done = rollups.step(connection)
            backfill.prune(connection)
        return is_done
