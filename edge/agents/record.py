"""The only writer of readings: batches from the intake to the store, then the acknowledgements.

The order is the promise (DESIGN 1): first the commit, then the sender hears of it. While the store
takes nothing, nothing is acknowledged; what never was is sent again.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from edge.agents.intake import Intake, Waiting
from edge.agents.patience import Patience
from traceability.readings import Delivery

# `Recorder.append`: one transaction, durable when it returns; the number of new rows.
Append = Callable[[Sequence[Delivery]], int]


@dataclass(slots=True)
class Recorded:
    """What was stored since the start, for /metrics."""

    deliveries: int = 0
    rows: int = 0
    batches: int = 0
    # Batches the store has now, and how often it answered: with a commit, or with an error.
    in_hand: int = 0
    answers: int = 0
    stored_at: float | None = None  # wall clock of the last commit, seconds since 1970
    patience: Patience = field(default_factory=Patience)


async def record(intake: Intake, append: Append, recorded: Recorded) -> None:
    """Store what arrives until cancelled, then what still waits.

    Raises:
        StoreFailed: a batch was not stored; neither it nor anything after it was acknowledged.
    """
    batch: list[Waiting] = []
    # The store takes one writer; in a thread, because an fsync of a slow card must not stop polls.
    with ThreadPoolExecutor(1, thread_name_prefix="recorder") as thread:
        try:
            while True:
                batch = await intake.take()
                await _store(thread, batch, append, recorded)
                batch = []
        except asyncio.CancelledError:
            # Cancelled halfway through a write, we cannot know whether it landed. Appending is
            # idempotent, so write the batch again, and whatever was still waiting behind it.
            left = [*batch, *intake.drain()]
            await _store(thread, left, append, recorded, is_stopping=True)
            raise


async def _store(
    thread: ThreadPoolExecutor,
    batch: Sequence[Waiting],
    append: Append,
    recorded: Recorded,
    *,
    is_stopping: bool = False,
) -> None:
    if not batch:
        return
    deliveries = [item.delivery for item in batch]
    recorded.rows += await recorded.patience.until_stored(
        lambda: _handed_over(thread, append, deliveries, recorded),
        readings=sum(len(delivery.readings) for delivery in deliveries),
        is_stopping=is_stopping,
    )
    recorded.deliveries += len(deliveries)
    recorded.batches += 1
    recorded.stored_at = time.time()
    for item in batch:
        if item.acknowledge is not None:
            item.acknowledge()


async def _handed_over(
    thread: ThreadPoolExecutor, append: Append, deliveries: Sequence[Delivery], recorded: Recorded
) -> int:
    """Have the store take a batch; that it answers at all is what `edge.flow` looks for."""
    recorded.in_hand += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, append, deliveries)
    finally:
        recorded.in_hand -= 1
        recorded.answers += 1
