"""What an MQTT client costs by itself: CPU a message at QoS 1, nothing stored, all acknowledged.

A real Mosquitto holds the messages already. Beside ours: aiomqtt as it comes, gmqtt, and the bare
`mqtt5` codec on a socket, which is no client (no session, no keep-alive) but the least there is.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import gmqtt
import mqtt5

from bench import mqtt
from bench.report import Row
from edge.bus import Broker

TITLE = "CPU of an MQTT client, nothing stored"
MESSAGES = 20_000

Client = Callable[[Broker, Path, int], Awaitable[object]]


def rows() -> Iterator[Row]:
    ours = _cost_us(mqtt.bus_alone)
    for name, client in (
        ("aiomqtt", mqtt.aiomqtt_alone),
        ("gmqtt", _gmqtt),
        ("mqtt5 codec", _codec),
    ):
        yield Row("CPU a message, our bus", ours, name, _cost_us(client), "µs")


def _cost_us(client: Client) -> float:
    """Return the CPU this process spends on a message."""

    async def consume(broker: Broker, folder: Path, messages: int) -> float:
        before = time.process_time()
        await client(broker, folder, messages)
        return time.process_time() - before

    messages_a_second = asyncio.run(mqtt.drained(consume, MESSAGES))
    return 1e6 / messages_a_second


async def _gmqtt(broker: Broker, _folder: Path, messages: int) -> None:
    seen, done = 0, asyncio.Event()

    async def on_message(*_: object) -> int:
        nonlocal seen
        seen += 1
        if seen >= messages:
            done.set()
        return 0

    client = gmqtt.Client(
        broker.client_id,
        clean_session=False,
        optimistic_acknowledgement=False,
        session_expiry_interval=3600,
        receive_maximum=broker.receive_maximum,
    )
    client.on_message = on_message
    await client.connect(broker.host, broker.port)
    await done.wait()
    await client.disconnect()


async def _codec(broker: Broker, _folder: Path, messages: int) -> None:
    reader, writer = await asyncio.open_connection(broker.host, broker.port)
    connect = mqtt5.ConnectPacket(
        broker.client_id, session_expiry_interval=3600, receive_max=broker.receive_maximum
    )
    writer.write(connect.write())
    waiting, seen = b"", 0
    while seen < messages:
        waiting += await reader.read(65536)
        packets, taken = _read(memoryview(waiting))
        waiting = waiting[taken:]
        arrived = [one for one in packets if isinstance(one, mqtt5.PublishPacket)]
        for packet in arrived:
            assert packet.packet_id is not None
            writer.write(mqtt5.PubAckPacket(packet.packet_id).write())
        seen += len(arrived)
    writer.close()


def _read(waiting: memoryview) -> tuple[list[mqtt5.Packet], int]:
    """Return the packets that are whole, and how many bytes they took."""
    packets, at = [], 0
    while at < len(waiting):
        try:
            packet, size = mqtt5.read(waiting[at:])
        except IndexError:
            break
        packets.append(packet)
        at += size
    return packets, at
