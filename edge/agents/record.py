"""The only writer of readings: batches from the intake to the store, then the acknowledgements.

The order is the promise (DESIGN 1): first the commit, then the sender hears of it. After an error
of the store nothing more is acknowledged; the service ends, and what it had not acknowledged is
sent again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from edge.agents.intake import Intake, Waiting
from edge.errors import StoreFailed
from traceability.readings import Delivery

log = logging.getLogger(__name__)

# A restore or a long import may hold the database for a minute; who holds it longer hangs.
LOCKED_TRIES = 6

# `Recorder.append`: one transaction, durable when it returns; the number of new rows.
Append = Callable[[Sequence[Delivery]], int]


@dataclass(slots=True)
class Recorded:
    """What was stored since the start, for /metrics."""

    deliveries: int = 0
    rows: int = 0
    batches: int = 0


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
            await _store(thread, [*batch, *intake.drain()], append, recorded)
            raise


async def _append(
    thread: ThreadPoolExecutor, deliveries: Sequence[Delivery], append: Append
) -> int:
    loop = asyncio.get_running_loop()
    tried = 0
    while True:
        try:
            return await loop.run_in_executor(thread, append, deliveries)
        except (SQLAlchemyError, OSError) as error:
            tried += 1
            # Held by another program, it has refused nothing; each try waits its ten seconds.
            if not _is_locked(error) or tried == LOCKED_TRIES:
                readings = sum(len(delivery.readings) for delivery in deliveries)
                raise StoreFailed(readings=readings, cause=str(error).splitlines()[0]) from error
            log.warning("the database is held by another program; trying again (%d)", tried)


def _is_locked(error: Exception) -> bool:
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


async def _store(
    thread: ThreadPoolExecutor, batch: Sequence[Waiting], append: Append, recorded: Recorded
) -> None:
    if not batch:
        return
    deliveries = [item.delivery for item in batch]
    recorded.rows += await _append(thread, deliveries, append)
    recorded.deliveries += len(deliveries)
    recorded.batches += 1
    for item in batch:
        if item.acknowledge is not None:
            item.acknowledge()
