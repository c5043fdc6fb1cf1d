"""What waits to be stored: deliveries of readings, taken out in batches worth a commit.

A commit costs about the same for one row as for a thousand, so a batch waits up to 50 ms for
company. But a broker that allows few unacknowledged messages (Mosquitto: 20 at 3.1.1) sends no
more until we commit, and waiting would starve it. So the batch learns how much company comes:
once a second it waits the whole 50 ms, and until the next time it goes as soon as as many are here.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from traceability.readings import Delivery

# A full batch: 8 readings each make 8,000 rows, some 20 ms of work on two slow cores.
BATCH = 1000
LINGER_S = 0.05
LEARN_EVERY_S = 1.0
# Polled deliveries that wait: a minute of a hundred probes asked each second, so a slow card's
# longest write fits; beyond it polling waits, and that is seen as late polls. What comes by MQTT
# is bounded by the bus, which stops reading.
POLLED_BOUND = 6000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One delivery and whom to tell once it is on disk (nobody, for what we polled)."""

    delivery: Delivery
    acknowledge: Callable[[], None] | None = None


class Intake:
    """The one way into the recorder, for polled and for networked probes alike."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._enough = BATCH
        self._learned_at = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, item: Waiting) -> None:
        """Add what its sender bounds (the bus stops reading); never waits."""
        self._waiting.append(item)
        if len(self._waiting) == 1 or len(self._waiting) >= self._enough:
            self._changed.set()

    async def put(self, item: Waiting) -> None:
        """Add one delivery, waiting while the store is that far behind."""
        if len(self._waiting) >= POLLED_BOUND:
            self._room.clear()
            await self._room.wait()
        self.offer(item)

    async def take(self) -> list[Waiting]:
        """Return the next batch, oldest first; waits until there is something."""
        while not self._waiting:
            await self._next_change()
        await self._gather()
        return self.drain(BATCH)

    def drain(self, most: int | None = None) -> list[Waiting]:
        """Take what is there now, `most` at most."""
        count = len(self._waiting) if most is None else min(most, len(self._waiting))
        batch = [self._waiting.popleft() for _ in range(count)]
        if len(self._waiting) < POLLED_BOUND:
            self._room.set()
        return batch

    async def _gather(self) -> None:
        """Wait for company, as long as experience says that more is coming."""
        now = time.monotonic()
        if now - self._learned_at >= LEARN_EVERY_S:
            self._enough = BATCH
        try:
            async with asyncio.timeout(LINGER_S):
                while len(self._waiting) < self._enough:
                    await self._next_change()
        except TimeoutError:
            self._enough, self._learned_at = len(self._waiting), time.monotonic()

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
