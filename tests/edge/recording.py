"""Run as a program: records numbered readings without end, and says so once each is acknowledged.

`python -m tests.edge.recording FOLDER [--hasty]`: prints "ack N", and the log between, in one stream, so
that a test sees what was promised before and after a fault.
"""

import asyncio
import logging
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.agents import patience
from edge.agents.intake import Intake, Waiting
from edge.agents.record import Recorded, record
from edge.errors import EdgeError
from sensors import Reading
from tests.edge.stores import new_store
from traceability.readings import Delivery, Recorder
from traceability.sqlite import guard

START = datetime(2026, 11, 1, tzinfo=UTC)
# A hundred series, so that the log grows long enough to be copied every few batches.
SERIES = 100


def delivery(number: int) -> Delivery:
    at = START + timedelta(seconds=number)
    return Delivery([Reading(f"p{n}", "co2", float(number), at) for n in range(SERIES)])


async def run(folder: Path) -> None:
    engine, site_id = new_store(folder)
    intake = Intake()
    recorder = Recorder(engine, site_id)

    async def feed() -> None:
        number = 0
        while True:
            told = asyncio.Event()
            intake.offer(Waiting(delivery(number), told.set))
            await told.wait()
            print("ack", number, flush=True)
            number += 1

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(record(intake, recorder.append, Recorded()))
        tasks.create_task(feed())


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, format="log %(message)s")
    if "--hasty" in sys.argv:  # a dead disk is given up at once, not after a minute
        guard.AGAIN_S = patience.LONGEST_S = 0.0
    try:
        asyncio.run(run(Path(sys.argv[1])))
    except* EdgeError as group:
        print("end", group.exceptions[0], flush=True)
