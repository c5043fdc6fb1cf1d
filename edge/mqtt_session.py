"""One MQTT connection: bytes in, acknowledgements out.

A message is acknowledged when its receiver says so (after the commit), in the order it came
(MQTT 4.6), many in one packet. What is received and not acknowledged is bounded: by the receive
maximum in MQTT 5, and for every version and QoS by no longer reading from the socket.

aiomqtt connects, subscribes and publishes. Its queue is bypassed: bounded, it discards when full;
unbounded, it grows; and it costs a task a message. What that takes of private names, of aiomqtt
2.5 and paho 2, stands here and nowhere else; tests/edge/test_bus.py runs all of it.
"""

import asyncio
import ssl
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.hearing import QUIET_AT_FIRST_S, Hearing, own_topic
from edge.publish_packet import PUBLISH, Publish, packet_end, parse

T = TypeVar("T")

# The broker keeps what we missed this long; the store knows redelivered messages as long.
SESSION_EXPIRY_S = 7 * 24 * 3600
KEEPALIVE_S = 30
# As long as aiomqtt waits for any answer.
ANSWER_S = 10.0
# Bytes taken from the socket before the other tasks get their turn: some 60 messages, about 3 ms.
PIECE = 16_384


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how we present ourselves. `tls` None: not encrypted."""

    host: str
    port: int
    client_id: str
    version: str = "5"
    username: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    receive_maximum: int = 1000

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Message:
    """One message as it came. It stays ours until `acknowledge`, then the broker forgets it."""

    __slots__ = ("_done", "_session", "mid", "payload", "qos", "redelivered", "retained", "topic")

    def __init__(self, session: "Session", said: Publish) -> None:
        self._session = session
        self._done = False
        self.topic, self.payload, self.qos, self.mid, self.retained, self.redelivered = said

    def acknowledge(self) -> None:
        """Say that it is stored (or counted as refused). Harmless after the connection broke:
        the broker sends it again, and storing it again changes nothing."""
        self._done = True
        self._session.wake()

    @property
    def is_done(self) -> bool:
        return self._done


Receiver = Callable[[list[Message]], None]


class Session:
    """One connection. The only user of private names.

    PUBLISH packets are read here, many a system call; all others are left to paho, which finds
    them in `_ReadAhead`. That is a third of paho's CPU a message (measured: 33 against 11 µs).
    """

    def __init__(
        self, broker: Broker, receive: Receiver | None, *, is_kept: bool = True, own: str = ""
    ) -> None:
        self.client = _client(broker, is_kept=is_kept)
        self._paho = self.client._client  # noqa: SLF001 no public way to manual acknowledgement
        self._paho.manual_ack_set(True)
        self._paho.on_message = self._on_message
        self._paho.on_disconnect = self._on_disconnect
        self._paho.on_publish = self._on_publish
        self._paho.on_socket_register_write = self._on_wish_to_write
        self._loop = asyncio.get_running_loop()
        self._receive = receive
        self._five = broker.version == "5"
        self._limit = broker.receive_maximum
        self._burst: list[Message] = []
        self._outstanding: deque[Message] = deque()
        self._is_waking = False
        self._is_open = True
        self._is_paused = False
        self._ahead: _ReadAhead | None = None
        self._own_topic = own or own_topic(broker.client_id)
        self.hearing = Hearing(time.monotonic())
        self.heard_itself = asyncio.Event()
        self.is_judged = False
        self._confirmations: dict[int, asyncio.Future[int]] = {}

    @property
    def is_paused(self) -> bool:
        return self._is_paused

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come at all for a while, though we read: what is behind a backlog
        is not missing yet."""
        return not self._is_paused and self.hearing.silent_s(time.monotonic()) >= QUIET_AT_FIRST_S

    @property
    def handed_over(self) -> Sequence[Message]:
        """What came and was not acknowledged, oldest first."""
        return self._outstanding

    def say(self, topic: str) -> None:
        """Hand one small message to the socket, without waiting for anything."""
        self._paho.publish(topic, b"", qos=0)

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> int:
        """Send one message; at QoS 1 return what the broker makes of it: from 0x80 on a refusal.

        At QoS 0, and at MQTT 3.1.1, a broker refuses in silence, and 0 is returned.

        Raises:
            aiomqtt.MqttError: it was not handed over, or the broker never answered.
        """
        if qos:
            return await self.answer(self._confirmed(topic, payload, qos, retain))
        await self.answer(self.client.publish(topic, payload, qos=qos, retain=retain))
        return 0

    async def _confirmed(self, topic: str, payload: bytes, qos: int, retain: bool) -> int:
        # aiomqtt does not look at the reason a broker gives.
        info = self._paho.publish(topic, payload, qos, retain)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(info.rc, "Could not publish message")
        confirmed: asyncio.Future[int] = self._loop.create_future()
        self._confirmations[info.mid] = confirmed
        try:
            return await asyncio.wait_for(confirmed, ANSWER_S)
        except TimeoutError:
            raise aiomqtt.MqttError("the broker did not confirm it") from None
        finally:
            self._confirmations.pop(info.mid, None)

    def _on_publish(self, client: Any, userdata: Any, mid: int, reason: Any, facts: Any) -> None:
        confirmed = self._confirmations.get(mid)
        if confirmed is not None and not confirmed.done():
            confirmed.set_result(reason.value)
        self.client._on_publish(client, userdata, mid, reason, facts)  # noqa: SLF001

    def cut(self, error: Exception) -> None:
        """End a connection that is of no use, whatever the line still pretends."""
        self._fail(error)
        self._paho._sock_close()  # noqa: SLF001  disconnecting in good order would wait for it

    def take_over_reading(self) -> None:
        """From here on bytes are read by us, and no more of them than may be outstanding."""
        self._ahead = _ReadAhead(self._paho.socket())
        self._paho._sock = self._ahead  # noqa: SLF001
        self._loop.add_reader(self._ahead.fileno(), self._read)
        # What came between connecting and now was read by paho, or lies in TLS.
        self._read()

    async def answer(self, call: Awaitable[T]) -> T:
        """Wait for what the broker says, or until the line breaks: aiomqtt waits on for 10 s.

        Raises:
            aiomqtt.MqttError: it refused, or never answered.
        """
        asked = asyncio.ensure_future(call)
        lost = self.client._disconnected  # noqa: SLF001
        try:
            await asyncio.wait((asked, lost), return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                return asked.result()
            raise aiomqtt.MqttError("the connection broke before it answered") from _why(lost)
        finally:
            asked.cancel()

    def close(self) -> None:
        """Forget this connection; acknowledgements that come later go nowhere."""
        self._is_open = False
        # aiomqtt leaves the line open where nobody let us in: a broker that accepts and hangs
        # would cost a file with every try, until there are none left.
        self._paho._sock_close()  # noqa: SLF001

    def wake(self) -> None:
        """Send acknowledgements before the loop sleeps; many calls cost one packet."""
        if self._is_open and not self._is_waking:
            self._is_waking = True
            self._loop.call_soon(self._acknowledge)

    def _on_message(self, _client: Any, _userdata: Any, raw: paho.MQTTMessage) -> None:
        payload = bytes(raw.payload)
        self._add(Publish(raw.topic, payload, raw.qos, raw.mid, raw.retain, raw.dup))

    def _on_disconnect(self, *said: Any) -> None:
        """Tell also who still waits to be let in, whom aiomqtt lets wait 10 s."""
        waiting = self.client._connected  # noqa: SLF001
        if waiting.cancelled():
            return  # it took too long, and nobody waits to be let in any more
        self.client._on_disconnect(*said)  # noqa: SLF001
        if not waiting.done():
            waiting.set_exception(aiomqtt.MqttError("it hung up before it let us in"))
            waiting.exception()  # seen: who connects may have failed already, and wait no more

    def _on_wish_to_write(self, _client: Any, _userdata: Any, sock: Any) -> None:
        # paho connects in a thread.
        self._loop.call_soon_threadsafe(self._add_writer, sock)

    def _add_writer(self, sock: Any) -> None:
        # Closed meanwhile, its number may already be another connection's: aiomqtt, which notes
        # the number, would then be called again and again about a line that is not ours.
        if sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), self._write)

    def _write(self) -> None:
        try:
            self._paho.loop_write()
        except Exception as error:  # noqa: BLE001 as aiomqtt does: any failure here is the line's
            self._fail(error)

    def _add(self, said: Publish) -> None:
        self.hearing.heard(time.monotonic())
        if said.topic == self._own_topic:
            self.heard_itself.set()
            return
        message = Message(self, said)
        self._outstanding.append(message)
        self._burst.append(message)

    def _read(self) -> None:
        ahead = self._ahead
        if ahead is None or not self._is_open or self._paho.socket() is None:
            return
        try:
            # What lies here first: with no more room than that, the rest stays at the broker.
            self._take_packets(ahead)
            if len(self._outstanding) <= self._limit:
                ahead.fill()
                self._take_packets(ahead)
        except Exception as error:  # noqa: BLE001 as aiomqtt does: any failure here is the line's
            self._fail(error)
        self._hand_over()

    def _take_packets(self, ahead: "_ReadAhead") -> None:
        while len(self._outstanding) <= self._limit:
            # Mid-packet, or at the end of the stream: both are paho's to finish.
            is_theirs = self._paho._in_packet["command"] != 0 or ahead.is_at_end  # noqa: SLF001
            ends = None if is_theirs else packet_end(ahead.bytes, ahead.at)
            if not is_theirs and ends is None:
                return
            if ends is not None and ahead.bytes[ahead.at] & 0xF4 == PUBLISH:  # QoS 0 or 1
                said = parse(ahead.bytes, ahead.at, *ends, five=self._five)
                ahead.at = ends[1]
                self._add(said)
                continue
            before = ahead.at
            self._paho.loop_read()
            if ahead.at == before:
                return

    def _hand_over(self) -> None:
        burst, self._burst = self._burst, []
        if len(self._outstanding) > self._limit and not self._is_paused and self._ahead:
            self._is_paused = self._loop.remove_reader(self._ahead.fileno())
        if burst and self._receive is not None:
            self._receive(burst)
        elif burst:
            for message in burst:
                message.acknowledge()

    def _acknowledge(self) -> None:
        self._is_waking = False
        packets = bytearray()
        while self._outstanding and self._outstanding[0].is_done:
            message = self._outstanding.popleft()
            if message.qos:
                packets += struct.pack("!BBH", paho.PUBACK, 2, message.mid)
        if not self._is_open or self._paho.socket() is None:
            return
        if packets:
            # Many acknowledgements as one write: paho's own ack() costs a system call each.
            self._paho._packet_queue(paho.PUBACK, bytes(packets), 0, 1)  # noqa: SLF001
        if self._is_paused and len(self._outstanding) <= self._limit and self._ahead:
            self._is_paused = False
            self._loop.add_reader(self._ahead.fileno(), self._read)
            # Some may have been read already, and no more need come for us to be woken.
            self._loop.call_soon(self._read)

    def _fail(self, error: Exception) -> None:
        lost = self.client._disconnected  # noqa: SLF001
        if not lost.done():
            lost.set_exception(error)
            lost.exception()  # seen: nobody may be waiting for it any more


def _why(lost: "asyncio.Future[None]") -> BaseException | None:
    return lost.exception() if lost.done() and not lost.cancelled() else None


class _ReadAhead:
    """A socket whose bytes are read in large pieces; paho, who wants one at a time, is fed here.

    `at` is where the next packet begins in `bytes`.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.bytes = bytearray()
        self.at = 0
        self.is_at_end = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def fill(self) -> None:
        """Take what has arrived, `PIECE` bytes of it, and all that TLS has already decrypted."""
        del self.bytes[: self.at]
        self.at = 0
        pending = getattr(self._inner, "pending", lambda: 0)
        try:
            while True:
                piece = self._inner.recv(PIECE)
                self.is_at_end = not piece
                self.bytes += piece
                if not piece or not pending():
                    return
        except (BlockingIOError, ssl.SSLWantReadError):
            return

    def recv(self, size: int) -> bytes:
        """Give paho its bytes, as a non-blocking socket would."""
        piece = bytes(self.bytes[self.at : self.at + size])
        if not piece and not self.is_at_end:
            raise BlockingIOError
        self.at += len(piece)
        return piece


def _client(broker: Broker, *, is_kept: bool = True) -> aiomqtt.Client:
    """Return a client; `is_kept`: the broker keeps what comes while we are away."""
    five = broker.version == "5"
    properties = None
    if five:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S if is_kept else 0
        properties.ReceiveMaximum = broker.receive_maximum
    return aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=broker.client_id,
        username=broker.username or None,
        password=broker.password or None,
        protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
        clean_session=None if five else not is_kept,
        # paho refuses anything but its default at 3.1.1, where the flag above says it.
        clean_start=not is_kept if five else paho.MQTT_CLEAN_START_FIRST_ONLY,
        properties=properties,
        keepalive=KEEPALIVE_S,
        tls_context=broker.tls,
    )
