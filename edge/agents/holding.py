"""Readings taken while our clock is not to be believed wait for their time (`traceability.held`).

They are on disk, and acknowledged, like any other; only when they were taken is not said yet. What
carries a time of its own (a gateway's) is none of our clock's business and is stored as it is.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine

from edge.clock import Clock
from edge.metrics import Metric, counter, gauge
from edge.timekeeping import Timekeeping, read_both
from sensors import Reading
from traceability import held
from traceability.readings import Delivery, Held

log = logging.getLogger(__name__)

Append = Callable[[Sequence[Delivery]], int]


class Holding:
    """Stands before the store; used from the recorder's thread only."""

    def __init__(
        self,
        append: Append,
        engine: Engine,
        clock: Clock,
        *,
        boot: str,
        is_clock_set: Callable[[datetime], bool],
    ) -> None:
        self._append = append
        self._engine = engine
        self._clock = clock
        self._boot = boot
        self._is_clock_set = is_clock_set
        self.keeping = Timekeeping()
        # What an earlier run of this boot left behind waits for us, too.
        self._may_wait = True
        self.released = 0
        self.is_holding = False

    def append(self, deliveries: Sequence[Delivery]) -> int:
        """Store a batch, or let what of it is timed by our clock wait; return the new rows."""
        now, monotonic_s = read_both(self._clock)
        self.keeping.look(now, monotonic_s)
        self.is_holding = not (self._is_clock_set(now) and self.keeping.is_settled(monotonic_s))
        if self.is_holding:
            self._may_wait = True
            return self._append([self._held(one, monotonic_s) for one in deliveries])
        if self._may_wait:
            self._release()
        return self._append(deliveries)

    def metrics(self) -> Iterator[Metric]:
        words = "1 while readings wait because the clock is not to be believed."
        yield gauge("minori_clock_holding", words, self.is_holding)
        yield counter("minori_clock_jumps_total", "Jumps of the wall clock.", self.keeping.jumps)
        yield counter(
            "minori_held_released_total", "Readings that got their time later.", self.released
        )

    def _held(self, one: Delivery, monotonic_s: float) -> Delivery:
        kept: list[Reading] = []
        waits: list[Held] = []
        for reading in one.readings:
            since_boot_ms = self.keeping.since_boot_ms(reading.at, monotonic_s)
            if since_boot_ms is None:
                kept.append(reading)
            else:
                waits.append(Held(reading, self._boot, since_boot_ms))
        return replace(one, readings=kept, held=waits)

    def _release(self) -> None:
        count = held.release(self._engine, self._boot, began=self.keeping.began())
        self._may_wait = False
        self.released += count
        if count:
            log.info("%d readings got their time: the clock is set", count)
