"""Asks Sparkplug nodes for their births where messages were lost: the only thing we ever send them.

Messages travel at QoS 0, so losses are normal after a restart of ours; without its birth a node's
aliases mean nothing.
"""

import asyncio
import logging

from edge.bus import Bus
from edge.clock import Clock
from edge.errors import BrokerLost
from sensors.wires.sparkplug import rebirth

log = logging.getLogger(__name__)

# A node that loses messages all the time must not be kept busy with births. [s]
NOT_AGAIN_WITHIN_S = 60.0
# Nodes that may wait for their turn; who comes later is noticed again by its next message.
BOUND = 100


class Rebirths:
    """Collects wishes and publishes each once in a while."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._wishes: asyncio.Queue[str] = asyncio.Queue(BOUND)
        self._asked_at: dict[str, float] = {}

    def wish(self, topic: str) -> None:
        """Ask for a rebirth on a command topic, soon and not too often; never waits."""
        now = self._clock.monotonic()
        asked_at = self._asked_at.get(topic)
        if asked_at is not None and now - asked_at < NOT_AGAIN_WITHIN_S:
            return
        if self._wishes.full() or len(self._asked_at) >= BOUND * BOUND:
            self._asked_at.clear()
            return
        self._asked_at[topic] = now
        self._wishes.put_nowait(topic)

    async def run(self) -> None:
        """Publish what is wished until cancelled."""
        while True:
            topic = await self._wishes.get()
            try:
                await self._bus.publish(topic, rebirth(self._clock.now()), qos=0)
                log.info("messages of a Sparkplug node were lost: rebirth asked on %s", topic)
            except BrokerLost as error:
                log.info("rebirth not asked on %s: %s", topic, error)
