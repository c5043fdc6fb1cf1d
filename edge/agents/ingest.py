"""Broker to intake: messages become readings, or a counted refusal; none holds up the rest."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from edge.agents.intake import Intake, Waiting
from edge.agents.judges import Judges
from edge.agents.rebirth import Rebirths
from edge.bus import Broker, Bus, Message
from edge.clock import Clock
from edge.errors import UnknownTopic
from edge.refusals import Refusals
from edge.settings import Settings
from edge.timekeeping import JUMP, Timekeeping, read_both
from edge.topics import TopicTable, delivery_key
from sensors import BadPayload, Reading
from sensors.wires.payload import Decoded
from sensors.wires.sparkplug import command_topic
from traceability.readings import Delivery

# The store keeps whole milliseconds.
ONE_TICK = timedelta(milliseconds=1)
# Arrival times remembered; forgetting one only matters within the same millisecond.
MOST_TOPICS = 20_000


class Ingest:
    """Decodes in the event loop, a burst at a time; the store's part is a thread's."""

    def __init__(
        self,
        bus: Bus,
        topics: TopicTable,
        intake: Intake,
        refusals: Refusals,
        clock: Clock,
        *,
        keeping: Timekeeping | None = None,
    ) -> None:
        """Make ready to listen.

        Args:
            keeping: Is told when the clock that arrivals are timed by jumped.
        """
        self._bus = bus
        self._topics = topics
        self._intake = intake
        self._refusals = refusals
        self._clock = clock
        self._judges = Judges()
        self._arrivals: dict[str, datetime] = {}
        self._keeping = keeping or Timekeeping()
        self._keeping.look(*read_both(clock))
        self._began = self._keeping.began()
        self._rebirths = Rebirths(bus, clock)
        self._failed: asyncio.Future[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._session: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Listen until cancelled; an error that is no refusal is our bug, and ends us."""
        self._failed = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks:
            self._group = tasks
            self._connect()
            tasks.create_task(self._rebirths.run(), name="rebirths")
            await self._failed

    async def follow(self, settings: Settings, *, broker: Broker | None = None) -> None:
        """Listen as the settings say from now on.

        Args:
            broker: Where to connect instead of where we are; what the new one keeps for our
                session arrives once, what the old one keeps stays there.

        Raises:
            SubscriptionRefused: the broker does not allow one of the new topics.
        """
        # First what messages mean, then the messages.
        self._topics = TopicTable(settings, before=self._topics)
        if broker is None:
            await self._bus.listen(self._topics.filters)
            return
        if self._session is not None:
            self._session.cancel()
            await asyncio.wait([self._session])
        self._bus.broker = broker
        self._connect()

    def _connect(self) -> None:
        if self._group is not None:
            listening = self._bus.run(self._topics.filters, self.receive)
            self._session = self._group.create_task(listening, name="bus")

    def receive(self, burst: Sequence[Message]) -> None:
        """Take messages from the bus: each is stored and acknowledged, or refused and so."""
        try:
            for message in burst:
                self._take(message)
        except Exception as error:
            if self._failed is None or self._failed.done():
                raise
            self._failed.set_exception(error)

    def _take(self, message: Message) -> None:
        try:
            decoded = self._topics.decode(
                message.topic,
                message.payload,
                received_at=self._arrival(message.topic),
                retained=message.retained,
            )
        except BadPayload as error:
            if error.facts["fault"] == "unknown_alias":
                self._rebirths.wish(command_topic(message.topic))
            self._refuse(message, str(error.facts["fault"]), str(error))
        except UnknownTopic as error:
            self._refuse(message, error.code, str(error))
        else:
            self._accept(message, decoded)

    def _arrival(self, topic: str) -> datetime:
        """Return now, but later than the topic's last message: what the broker kept for us comes
        in one burst, and two values of one series in one millisecond would count as one."""
        now = self._clock.now()
        self._mind_jump(now)
        last = self._arrivals.get(topic)
        if last is not None and now < last + ONE_TICK:
            now = last + ONE_TICK
        if len(self._arrivals) >= MOST_TOPICS:
            self._arrivals.clear()
        self._arrivals[topic] = now
        return now

    def _mind_jump(self, now: datetime) -> None:
        """Move the last arrivals with a wall clock that jumped: else, when it is set back a year,
        what comes now would count as of last year's end, for a year.

        As far as `Timekeeping` says: measured twice, a jump differs by milliseconds, and what came
        before it and after would fall together. The recorder may also look too late to see one.
        """
        since_boot = timedelta(seconds=self._clock.monotonic())
        if abs(now - since_boot - self._keeping.began()) > JUMP:
            self._keeping.look(*read_both(self._clock))
        before, self._began = self._began, self._keeping.began()
        moved = self._began - before
        if abs(moved) > JUMP:
            self._arrivals = {topic: at + moved for topic, at in self._arrivals.items()}

    def _accept(self, message: Message, decoded: Decoded) -> None:
        for field in decoded.refused:
            why = f"{message.topic}: field {field.raw} refused, got {field.got}"
            self._count(message, field.fault, why)
        if "rebirth" in decoded.facts:
            self._rebirths.wish(str(decoded.facts["rebirth"]))
        readings: Sequence[Reading] = decoded.readings()
        if not readings:
            message.acknowledge()
            return
        key = None
        if message.qos and decoded.at_source == "arrival":
            name = self._bus.broker.client_id
            key = delivery_key(name, message.mid, message.topic, message.payload)
        delivery = Delivery(self._judges.judged(readings), key, message.redelivered)
        self._intake.offer(Waiting(delivery, message.acknowledge))

    def _refuse(self, message: Message, code: str, why: str) -> None:
        self._count(message, code, why)
        message.acknowledge()

    def _count(self, message: Message, code: str, why: str) -> None:
        self._refusals.add(
            code,
            at=self._clock.now(),
            source=message.topic,
            payload=message.payload,
            why=why,
        )
