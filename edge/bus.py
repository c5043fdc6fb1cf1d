"""Our one session at an MQTT broker: made, listened to, remade whenever it breaks.

Nothing else imports a client, so that a faster one can take its place (`edge.mqtt_session`).

We subscribe at QoS 1 only: at QoS 2 paho keeps a message in memory between PUBREC and PUBREL, and
a power cut there loses it, whereas a repeat at QoS 1 is harmless (readings are idempotent).
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.errors import (
    BrokerDeaf,
    BrokerLost,
    BrokerRefused,
    BrokerSilent,
    EdgeError,
    PublishRefused,
    SubscriptionRefused,
)
from edge.hearing import LOOK_EVERY_S, own_topic
from edge.mqtt_session import ANSWER_S, Broker, Message, Receiver, Session

__all__ = ["Broker", "Bus", "Message", "Receiver", "try_out", "wait_s"]

log = logging.getLogger(__name__)

# A connection that held this long was a good one: the next failure starts from the shortest wait.
STABLE_S = 60.0
LONGEST_WAIT_S = 60.0
# Reason codes of MQTT 5, and the one of 3.1.1, from here on say no.
_REFUSED = 0x80
# A store that took nothing for hours may be back any moment; looking costs nothing.
ROOM_EVERY_S = 1.0


class Bus:
    """Our one session at a broker, remade whenever it breaks."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.connections = 0
        self.deaf = 0  # how often a connection that was up heard nothing any more
        # What the broker does not let us do, as far as is known: for alarms and the doctor.
        self.denied: EdgeError | None = None
        self._unheard = 0  # connections in a row that never heard themselves
        self._session: Session | None = None
        self._connected = asyncio.Event()
        self._filters: list[str] = []
        # What earlier connections brought and the store has not taken yet.
        self._left: list[Message] = []

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    async def run(self, filters: Sequence[str] = (), receive: Receiver | None = None) -> None:
        """Stay connected and hand over what comes, until cancelled.

        `receive` gets messages in bursts, in the event loop; it must not block, and every message
        must be acknowledged some time, or the broker stops sending.
        """
        self._filters = list(filters)
        failures = 0
        while True:
            await self._wait_for_room()
            started = time.monotonic()
            try:
                await self._connect_and_hold(receive)
            except EdgeError as error:
                log.warning("%s", error, extra={"code": error.code})
            if time.monotonic() - started >= STABLE_S:
                failures = 0
            failures += 1
            await asyncio.sleep(wait_s(failures))

    async def _wait_for_room(self) -> None:
        """Stay away while as much waits for the store as one connection may bring.

        The broker sends all of it again with each new one: a disk that is full for a night and a
        line that flaps would fill the memory with copies.
        """
        is_said = False
        while len(self._left) >= self.broker.receive_maximum:
            if not is_said:
                said = "not connecting to %s yet: %d of its messages wait for the store"
                log.warning(said, self.broker, len(self._left), extra={"code": "store_behind"})
                is_said = True
            await asyncio.sleep(ROOM_EVERY_S)
            self._left = [message for message in self._left if not message.is_done]

    async def wait_connected(self) -> None:
        """Return once the connection stands and every subscription is confirmed."""
        await self._connected.wait()

    async def listen(self, filters: Sequence[str]) -> None:
        """Change what is subscribed to, on the connection that stands and on those to come.

        Raises:
            SubscriptionRefused: the broker does not allow one that is new; the others hold.
        """
        before, self._filters = self._filters, list(filters)
        session = self._session
        if session is None:
            return
        try:
            for topic in before:
                if topic not in filters:
                    await session.answer(session.client.unsubscribe(topic))
            await _subscribe(session, self.broker, [f for f in filters if f not in before])
        except aiomqtt.MqttError as error:
            # The connection is gone; the next one begins with what is wanted now.
            log.info("subscriptions change with the next connection: %s", error)

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> None:
        """Send one message; at QoS 1 return when the broker has it (which is not: on its disk).

        Raises:
            BrokerLost: the connection is not there, or broke before the broker confirmed.
            PublishRefused: the broker does not take it; only one of MQTT 5 says so.
        """
        await self._connected.wait()
        session = self._session
        if session is None:
            raise BrokerLost(broker=self.broker, cause="not connected")
        try:
            reason = await session.publish(topic, payload, qos=qos, retain=retain)
        except aiomqtt.MqttError as error:
            raise BrokerLost(broker=self.broker, cause=error) from error
        if reason >= _REFUSED:
            self.denied = PublishRefused(
                broker=self.broker, topic=topic, reason=f"{reason:#x}", username=_user(self.broker)
            )
            raise self.denied
        if isinstance(self.denied, PublishRefused) and self.denied.facts["topic"] == topic:
            self.denied = None

    async def _connect_and_hold(self, receive: Receiver | None) -> None:
        session = Session(self.broker, receive)
        try:
            async with session.client:
                session.take_over_reading()
                # From here on who changes the subscriptions does so on this connection.
                self._session = session
                await self._subscribe_all(session)
                topic = own_topic(self.broker.client_id)
                can_ask = receive is not None and await _may_hear_itself(
                    session, self.broker, topic
                )
                _heed_cancelling()
                self.connections += 1
                self._connected.set()
                log.info("connected to MQTT broker %s", self.broker)
                async with _beside(self._listen_for_silence(session) if can_ask else None):
                    # Its own queue stays empty: this only ends, with an error, when we are cut off.
                    async for _ in session.client.messages:
                        pass
        except MqttConnectError as error:
            raise BrokerRefused(broker=self.broker, reason=error) from error
        except aiomqtt.MqttError as error:
            if isinstance(error.__cause__, BrokerDeaf):
                raise error.__cause__ from None
            raise BrokerLost(broker=self.broker, cause=error.__cause__ or error) from error
        finally:
            self._connected.clear()
            self._session = None
            session.close()
            self._left = [m for m in [*self._left, *session.handed_over] if not m.is_done]

    async def _subscribe_all(self, session: Session) -> None:
        try:
            await _subscribe(session, self.broker, self._filters)
        except SubscriptionRefused as error:
            self.denied = error
            raise
        if isinstance(self.denied, SubscriptionRefused):
            self.denied = None

    async def _listen_for_silence(self, session: Session) -> None:
        """Ask a quiet connection whether it still hears, and cut one that does not.

        One that never heard itself may be deaf, or lack the right to read: Mosquitto's access lists
        grant every subscription and withhold the messages. So it is said at once, cut once, and
        left alone when the next one is the same.
        """
        topic = own_topic(self.broker.client_id)
        session.say(topic)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if session.is_paused:
                # We do not read because the store is behind: that is our silence, not theirs.
                session.hearing.heard(time.monotonic())
            self._judge(session, topic)
            state = session.hearing.state(time.monotonic())
            if state == "ask":
                # Only handed to the socket: on a dead line even this would wait for ever.
                session.say(topic)
            elif state == "deaf":
                if not session.heard_itself.is_set() and self._unheard > 1:
                    return
                self.deaf += 1
                session.cut(BrokerDeaf(broker=self.broker))
                return

    def _judge(self, session: Session, topic: str) -> None:
        """Say whether what we said to ourselves came back, once it is known."""
        if session.heard_itself.is_set():
            self._unheard = 0
            if isinstance(self.denied, BrokerSilent):
                self.denied = None
        elif session.is_quiet and not session.is_judged:
            session.is_judged = True
            self._unheard += 1
            self.denied = _silent(self.broker, topic)
            log.warning("%s", self.denied, extra={"code": self.denied.code})


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None] | None) -> AsyncIterator[None]:
    """Do some work while the block runs, and end it with the block."""
    task = None if work is None else asyncio.create_task(work, name="hearing")
    try:
        yield
    finally:
        if task is not None:
            task.cancel()


async def try_out(broker: Broker, filters: Iterable[str], *, service: str) -> list[EdgeError]:
    """Connect once, ask for every topic, and hang up without leaving a session behind.

    Args:
        broker: Under a name that nobody else has there: the broker hangs up on the other one.
        service: The name of the service whose rights are tried out.

    Returns:
        What it does not let us listen to; `BrokerSilent` where it lets us, and gives us nothing.

    Raises:
        BrokerRefused, BrokerLost: it did not let us in, or does not answer.
    """
    refused: list[EdgeError] = []
    topic = own_topic(service)
    session = Session(broker, None, is_kept=False, own=topic)
    try:
        async with session.client:
            for one in filters:
                try:
                    await _subscribe(session, broker, [one])
                except SubscriptionRefused as error:
                    refused.append(error)
            can_ask = await _may_hear_itself(session, broker, topic)
            if can_ask and not await _hears(session, topic):
                refused.append(_silent(broker, topic))
    except MqttConnectError as error:
        raise BrokerRefused(broker=broker, reason=error) from error
    except (aiomqtt.MqttError, OSError) as error:
        raise BrokerLost(broker=broker, cause=error.__cause__ or error) from error
    finally:
        session.close()
    return refused


async def _hears(session: Session, topic: str) -> bool:
    session.say(topic)
    try:
        await asyncio.wait_for(session.heard_itself.wait(), ANSWER_S)
    except TimeoutError:
        return False
    return True


def _silent(broker: Broker, topic: str) -> BrokerSilent:
    return BrokerSilent(broker=broker, topic=topic, username=_user(broker))


def wait_s(failures: int) -> float:
    """Return how long to wait before trying again: full jitter, so that a hall full of agents
    does not return to its broker all at once. [s]"""
    return random.uniform(0, min(LONGEST_WAIT_S, 2.0 ** min(failures - 1, 6)))  # noqa: S311


def _heed_cancelling() -> None:
    """End here if we were told to: Python 3.11's `wait_for`, which aiomqtt uses, swallows a
    cancellation that comes together with its result, and we would never stop."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _subscribe(session: Session, broker: Broker, filters: Sequence[str]) -> None:
    """Ask for all of them in one packet: a round trip each, behind a backlog, took seconds."""
    if not filters:
        return
    level = SubscribeOptions(qos=1) if broker.version == "5" else 1
    asked: Any = [(topic, level) for topic in filters]
    granted: Any = await session.answer(session.client.subscribe(asked))
    for topic, code in zip(filters, granted, strict=True):
        # At 3.1.1 codes are numbers, at 5 objects; 0x80 and above is a refusal in both.
        if (code if isinstance(code, int) else code.value) >= _REFUSED:
            raise SubscriptionRefused(
                broker=broker, topic=topic, reason=code, username=_user(broker)
            )


def _user(broker: Broker) -> str:
    return broker.username or "(none)"


async def _may_hear_itself(session: Session, broker: Broker, topic: str) -> bool:
    """Subscribe to our own topic; a broker whose access list forbids it is not asked later."""
    try:
        await _subscribe(session, broker, [topic])
    except SubscriptionRefused as error:
        log.warning("%s; a connection gone deaf will not be noticed", error)
        return False
    return True
