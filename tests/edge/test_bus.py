"""One session at a real broker: what is not acknowledged comes again, and nothing piles up."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from amqtt.broker import Broker as Amqtt

from edge import mqtt_session
from edge.broker import _config, serving
from edge.bus import LONGEST_WAIT_S, Broker, Bus, Message, Receiver, try_out, wait_s
from edge.errors import AddressTaken, BrokerLost, BrokerRefused, SubscriptionRefused
from edge.mqtt_session import PIECE
from tests.edge.conftest import until
from tests.fakes.mosquitto import Mosquitto, free_port
from tests.faults.rig.proxy import Proxy

VERSIONS = ("5", "3.1.1")


def broker(at: Mosquitto, name: str, *, version: str = "5", window: int = 100) -> Broker:
    return Broker("127.0.0.1", at.port, name, version=version, receive_maximum=window)


@asynccontextmanager
async def running(bus: Bus, *filters: str, receive: Receiver | None = None) -> AsyncIterator[Bus]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(bus.run(filters, receive))
        await asyncio.wait_for(bus.wait_connected(), 20)
        yield bus
        task.cancel()


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_was_not_acknowledged_comes_again_marked_as_such(
    mosquitto: Mosquitto, version: str
) -> None:
    """The promise behind 'acknowledge after commit': a crash before it costs nothing."""
    first: list[Message] = []
    again: list[Message] = []
    async with running(Bus(broker(mosquitto, "sender"))) as sender:
        async with running(
            Bus(broker(mosquitto, "me", version=version)), "t", receive=first.extend
        ):
            for number in range(3):
                await sender.publish("t", b"%d" % number)
            await until(lambda: len(first) == 3)
            first[0].acknowledge()
            await asyncio.sleep(0.05)  # lets the acknowledgement leave before we hang up

        async with running(
            Bus(broker(mosquitto, "me", version=version)), "t", receive=again.extend
        ):
            await until(lambda: len(again) >= 2)

    assert [m.payload for m in first] == [b"0", b"1", b"2"]
    assert not any(m.redelivered for m in first)
    assert [m.payload for m in again] == [b"1", b"2"]
    assert all(m.redelivered for m in again)


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_acknowledgement_out_of_turn_waits_for_those_before_it(
    mosquitto: Mosquitto, version: str
) -> None:
    """MQTT wants acknowledgements in order; a refused message must not overtake a stored one."""
    first: list[Message] = []
    again: list[Message] = []
    async with running(Bus(broker(mosquitto, "sender"))) as sender:
        async with running(
            Bus(broker(mosquitto, "me", version=version)), "t", receive=first.extend
        ):
            await sender.publish("t", b"0")
            await sender.publish("t", b"1")
            await until(lambda: len(first) == 2)
            first[1].acknowledge()
            await asyncio.sleep(0.05)

        async with running(
            Bus(broker(mosquitto, "me", version=version)), "t", receive=again.extend
        ):
            await until(lambda: len(again) == 2)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("qos", [0, 1])
async def test_a_stuck_store_stops_the_stream_and_loses_nothing_once_it_moves(
    tmp_path: Path, version: str, qos: int
) -> None:
    """aiomqtt's bounded queue discards when full; ours stops reading instead."""
    at = Mosquitto(tmp_path, extra="max_inflight_messages 0")
    at.start()
    window, sent = 50, 1000
    held: list[Message] = []
    try:
        async with running(Bus(broker(at, "sender"))) as sender:
            me = Bus(broker(at, "me", version=version, window=window))
            async with running(me, "t", receive=held.extend):
                for number in range(sent):
                    await sender.publish("t", b"%d" % number, qos=qos)
                await until(lambda: len(held) >= window)
                # One burst may overshoot; after it nothing more is taken from the socket.
                assert len(held) <= window + 64

                seen = 0
                while seen < sent:
                    await until(lambda seen=seen: len(held) > seen)
                    for message in held[seen:]:
                        message.acknowledge()
                        seen += 1
    finally:
        at.stop()

    assert [m.payload for m in held] == [b"%d" % n for n in range(sent)]


async def test_a_slow_store_leaves_the_backlog_at_the_broker(tmp_path: Path) -> None:
    """Acknowledged one by one, each must not make room for more bytes than it freed."""
    at = Mosquitto(tmp_path, extra="max_inflight_messages 0")
    at.start()
    waiting: list[Message] = []
    longest = seen = 0
    try:
        async with running(Bus(broker(at, "sender"))) as sender:
            me = Bus(broker(at, "me", version="3.1.1", window=5))
            async with running(me, "t", receive=waiting.extend):
                for _ in range(1500):
                    await sender.publish("t", b"x" * 200, qos=0)
                while seen < 1500:
                    await until(lambda: waiting)
                    waiting.pop(0).acknowledge()
                    seen += 1
                    longest = max(longest, len(me._session._ahead.bytes))
    finally:
        at.stop()

    assert longest <= 2 * PIECE


async def test_the_session_is_remade_when_the_broker_comes_back(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.bus.wait_s", lambda failures: 0.05)
    got: list[Message] = []
    bus = Bus(broker(mosquitto, "me"))
    async with running(bus, "t", receive=got.extend):
        mosquitto.kill()
        await until(lambda: not bus.is_connected)
        mosquitto.start()
        await until(lambda: bus.is_connected)
        await bus.publish("t", b"after")
        await until(lambda: got)

    assert bus.connections == 2


async def test_a_line_that_flaps_does_not_fill_the_memory_while_the_store_is_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk full for a night: the broker sends all it was not told of with each connection."""
    monkeypatch.setattr("edge.bus.wait_s", lambda failures: 0.01)
    monkeypatch.setattr("edge.bus.ROOM_EVERY_S", 0.01)
    at = Mosquitto(tmp_path, extra="max_inflight_messages 0")
    at.start()
    held: list[Message] = []
    try:
        async with (
            Proxy(lambda: at.port) as line,
            running(Bus(broker(at, "sender"))) as sender,
        ):
            me = Bus(Broker("127.0.0.1", line.port, "me", receive_maximum=20))
            async with running(me, "t", receive=held.extend):
                for number in range(100):
                    await sender.publish("t", b"%d" % number)
                for _ in range(4):
                    await until(lambda: len(held) >= 20)
                    line.cut()
                    await until(lambda: not me.is_connected)
                    await asyncio.sleep(0.05)  # in which it would have come back
                assert len(held) <= 40

                seen = 0
                while len({m.payload for m in held}) < 100 or seen < len(held):
                    await until(lambda seen=seen: len(held) > seen)
                    for message in held[seen:]:
                        message.acknowledge()
                        seen += 1
    finally:
        at.stop()


async def test_an_acknowledgement_after_the_connection_broke_is_harmless(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.bus.wait_s", lambda failures: 0.05)
    got: list[Message] = []
    bus = Bus(broker(mosquitto, "me"))
    async with running(bus, "t", receive=got.extend):
        await bus.publish("t", b"before")
        await until(lambda: got)
        mosquitto.kill()
        await until(lambda: not bus.is_connected)
        got[0].acknowledge()
        mosquitto.start()
        await until(lambda: bus.is_connected)


async def test_who_hangs_up_before_letting_us_in_is_not_waited_for() -> None:
    """A broker that flaps each second would else cost ten seconds each time."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(BrokerLost, match="hung up before it let us in"):
            await Bus(Broker("127.0.0.1", port, "me"))._connect_and_hold(None)


async def test_a_broker_that_accepts_and_hangs_costs_no_file_with_every_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its kernel says yes to everybody; a night of tries must not use up our open files."""
    make = mqtt_session._client

    def hasty(*said: Any, **more: Any) -> aiomqtt.Client:
        client = make(*said, **more)
        client.timeout = 0.01
        return client

    monkeypatch.setattr(mqtt_session, "_client", hasty)

    async def tried() -> int:
        with pytest.raises(BrokerLost, match="timed out"):
            await try_out(Broker("127.0.0.1", silent.port, "me"), [], service="me")
        with pytest.raises(BrokerLost, match="timed out"):
            await Bus(Broker("127.0.0.1", silent.port, "me"))._connect_and_hold(None)
        return len(list(Path("/proc/self/fd").iterdir()))

    with socket.create_server(("127.0.0.1", 0)) as hung:
        silent = Broker("127.0.0.1", hung.getsockname()[1], "me")
        assert await tried() == [await tried() for _ in range(5)][-1]


async def test_a_message_on_its_way_when_the_line_breaks_is_not_waited_for(
    mosquitto: Mosquitto,
) -> None:
    async with (
        Proxy(lambda: mosquitto.port) as line,
        running(Bus(Broker("127.0.0.1", line.port, "me"))) as bus,
    ):
        line.hold()
        sending = asyncio.create_task(bus.publish("t", b"x"))
        await asyncio.sleep(0.05)  # it is on its way, and nobody will answer
        line.cut()
        with pytest.raises(BrokerLost, match="broke before it answered"):
            await sending


async def test_a_wrong_password_is_refused_with_words(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    at = Mosquitto(tmp_path, extra=f"allow_anonymous false\npassword_file {passwords}")
    at.start()
    try:
        with pytest.raises(BrokerRefused, match="check \\[mqtt\\] username"):
            await Bus(broker(at, "me"))._connect_and_hold(None)
    finally:
        at.stop()


async def test_a_subscription_that_is_not_granted_is_noticed() -> None:
    """Unconfirmed, it would be a connection that stays up and deaf."""
    port = free_port()
    config = _config(port)
    acl = {"acl": {"anonymous": ["open/#"]}}
    config.plugins["amqtt.plugins.topic_checking.TopicAccessControlListPlugin"] = acl
    at = Amqtt(config)
    await at.start()
    try:
        me = Bus(Broker("127.0.0.1", port, "me", version="3.1.1"))
        await me.listen(["secret/#"])
        with pytest.raises(SubscriptionRefused, match="secret"):
            await me._connect_and_hold(None)
    finally:
        await at.shutdown()


async def test_the_broker_inside_carries_a_message_and_refuses_a_taken_port() -> None:
    port = free_port()
    got: list[Message] = []
    async with serving(port):
        me = Broker("127.0.0.1", port, "me", version="3.1.1")
        async with running(Bus(me), "t/#", receive=got.extend) as bus:
            await bus.publish("t/1", b"x")
            await until(lambda: got)
            got[0].acknowledge()
        with pytest.raises(AddressTaken, match="is a broker installed"):
            async with serving(port):
                pass


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_stream_over_tls_arrives_whole_and_in_order(tmp_path: Path, version: str) -> None:
    """TLS hands over whole records: bytes that wait in it wake nobody."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=x"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command.split(), *names], cwd=tmp_path, check=True, capture_output=True)
    files = f"cafile {tmp_path}/cert\ncertfile {tmp_path}/cert\nkeyfile {tmp_path}/key"
    at = Mosquitto(tmp_path, extra=files)
    at.start()
    trust = ssl.create_default_context(cafile=str(tmp_path / "cert"))
    got: list[Message] = []

    def receive(burst: list[Message]) -> None:
        got.extend(burst)
        for message in burst:
            message.acknowledge()

    me = Broker("127.0.0.1", at.port, "me", version=version, tls=trust, receive_maximum=20)
    payloads = [bytes([n % 256]) * (n * 37 % 3000) for n in range(300)]
    try:
        async with running(Bus(me), "t", receive=receive) as bus:
            for payload in payloads:
                await bus.publish("t", payload)
            await until(lambda: len(got) == len(payloads))
    finally:
        at.stop()

    assert [m.payload for m in got] == payloads


def test_waits_are_spread_over_the_whole_span_and_bounded() -> None:
    """Full jitter: after a power cut a hall full of agents must not return in one moment."""
    waits = [wait_s(4) for _ in range(2000)]

    assert min(waits) < 0.5
    assert 7.5 < max(waits) <= 8
    assert max(wait_s(50) for _ in range(2000)) <= LONGEST_WAIT_S


@pytest.mark.parametrize("version", VERSIONS)
async def test_subscriptions_change_on_the_connection_that_stands(
    mosquitto: Mosquitto, version: str
) -> None:
    got: list[Message] = []
    me = Bus(broker(mosquitto, "me", version=version))
    async with (
        running(Bus(broker(mosquitto, "sender"))) as sender,
        running(me, "kept", "gone", receive=got.extend),
    ):
        await me.listen(["kept", "added"])
        for topic in ("gone", "added", "kept"):
            await sender.publish(topic, b"1")
        await until(lambda: len(got) == 2)

        # The next connection begins with what is wanted now.
        mosquitto.kill()
        await until(lambda: not me.is_connected)
        await me.listen(["late"])
        mosquitto.start()
        await until(lambda: me.is_connected and sender.is_connected)
        await sender.publish("late", b"2")
        await until(lambda: len(got) == 3)

    assert [m.topic for m in got] == ["added", "kept", "late"]
    assert me.connections == 2
