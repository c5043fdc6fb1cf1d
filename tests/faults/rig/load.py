"""A stream of readings by MQTT at QoS 1 that can be counted afterwards, one by one.

Every second message carries its own time, which identifies it. The others are only known again by
packet id and content, and say their number as their value.
"""

import asyncio
import json
import logging
import math
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from edge.bus import Bus
from edge.errors import BrokerLost

FIRST_MS = 1_780_000_000_000
PROBES = 7
BURST = 50
AT_ONCE = 200
PAUSE_S = 0.02
TOPICS = """
[[mqtt.topics]]
topic = "timed/{device}"
shape = "zigbee2mqtt"
[[mqtt.topics]]
topic = "bare/{device}"
shape = "plain"
quantity = "illuminance"
"""


def message(number: int) -> tuple[str, bytes]:
    """Return topic and payload of message `number`."""
    probe = f"p{number // 2 % PROBES}"
    if number % 2:
        # Thousandths: a number that grows for hours stays within what a probe can say.
        return f"bare/{probe}", b"%.3f" % (number / 1000)
    said = {"temperature": 20.0, "last_seen": FIRST_MS + number}
    return f"timed/{probe}", json.dumps(said).encode()


def number_of(topic: str, payload: bytes) -> int:
    """Return which message that was."""
    if topic.startswith("bare/"):
        return round(float(payload) * 1000)
    return int(json.loads(payload)["last_seen"]) - FIRST_MS


@dataclass(slots=True)
class Load:
    """Publishes until told to stop; `acknowledged` are those whose PUBACK came."""

    sender: Bus
    acknowledged: set[int] = field(default_factory=set)
    sent: int = 0
    _enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        # It tells of more than ten messages on their way, and of every connection that broke.
        logging.getLogger("mqtt").setLevel(logging.CRITICAL)
        # So many wait for a broker that is away, and fall upon it when it is back.
        room = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            while not self._enough.is_set():
                for number in range(self.sent, self.sent + BURST):
                    await room.acquire()
                    task = tasks.create_task(self._publish(number))
                    task.add_done_callback(lambda _: room.release())
                self.sent += BURST
                await asyncio.sleep(PAUSE_S)

    def stop(self) -> None:
        self._enough.set()

    async def _publish(self, number: int) -> None:
        # A message without a time of its own is not sent again: it would be a new one.
        while number not in self.acknowledged:
            with suppress(BrokerLost):
                await self.sender.publish(*message(number))
                self.acknowledged.add(number)
            if number % 2:
                return


def stored(database: Path) -> Counter[int]:
    """Return how often each message lies in the store."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT series.quantity, reading.at_ms, reading.value FROM reading "
            "JOIN series ON series.id = reading.series_id"
        )
        return Counter(
            round(value * 1000) if quantity == "illuminance" else at_ms - FIRST_MS
            for quantity, at_ms, value in rows
        )


def count(database: Path) -> int:
    """Return how many readings lie in the store."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM reading").fetchone()[0])


async def settled(
    database: Path, expected: float = math.inf, *, patience_s: float = 20
) -> Counter[int]:
    """Return what is stored once all is, or once nothing more has come for so long."""
    seen, since = -1, time.monotonic()
    while True:
        found = count(database)
        if found != seen:
            seen, since = found, time.monotonic()
        if found >= expected or time.monotonic() - since > patience_s:
            return stored(database)
        await asyncio.sleep(0.05)
