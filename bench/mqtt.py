"""From an MQTT message at QoS 1 to a committed reading, beside the client alone and the disk alone.

A message carries eight readings with their own time (Zigbee2MQTT's shape). The broker is a real
Mosquitto and holds the messages already, so that no sender is measured: what is timed is the time
from connecting until the last message is acknowledged. "Live" rows have a sender running beside,
as a farm has; there the sender is usually the slower part.
"""

import asyncio
import json
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bench.report import Row
from edge.agents.ingest import Ingest
from edge.agents.intake import Intake
from edge.agents.record import Recorded, record
from edge.bus import Broker, Bus, Message
from edge.clock import SystemClock
from edge.refusals import Refusals
from edge.settings_file import parse
from edge.topics import TopicTable
from sensors import Reading
from tests.edge.stores import new_store
from tests.fakes.mosquitto import Mosquitto
from traceability.readings import Delivery, Recorder

TITLE = "MQTT QoS 1 to committed readings (8 a message)"
MESSAGES = 20_000
COMMITTED_ONE_BY_ONE = 1_500
FILTER = "zigbee2mqtt/#"
READINGS = 8
QUANTITIES = (
    "air_temperature",
    "relative_humidity",
    "co2",
    "air_pressure",
    "illuminance",
    "battery",
    "soil_moisture",
    "battery_voltage",
)

Consume = Callable[[Broker, Path, int], Awaitable[float]]


def rows() -> Iterator[Row]:
    stored = asyncio.run(drained(_stored, MESSAGES))
    one_by_one = asyncio.run(drained(_commit_each, COMMITTED_ONE_BY_ONE))
    plain = asyncio.run(drained(aiomqtt_alone, MESSAGES))
    alone = asyncio.run(drained(bus_alone, MESSAGES))
    yield Row("stored", stored, "a commit a message", one_by_one, "messages/s", "25 or more")
    yield Row("stored", stored, "aiomqtt storing nothing", plain, "messages/s", "0.9 or more")
    yield Row("stored", stored, "our bus storing nothing", alone, "messages/s")
    live, live_alone = asyncio.run(_live(_stored)), asyncio.run(_live(bus_alone))
    what = "stored, live from one sender"
    yield Row(what, live, "our bus storing nothing", live_alone, "messages/s", "0.9 or more")
    ours, theirs = _cpu_per_reading()
    yield Row("CPU to store", ours, "sqlite3.executemany", theirs, "µs/reading")


async def drained(consume: Consume, messages: int) -> float:
    """Return messages a second of a consumer that finds all of them waiting."""
    with tempfile.TemporaryDirectory() as name:
        async with _broker(Path(name)) as broker:
            await _subscribed(broker)
            await _send(broker.port, messages)
            return messages / await consume(broker, Path(name), messages)


async def _live(consume: Consume) -> float:
    """Return messages a second of a consumer beside a paho sender that keeps 100 on their way."""
    with tempfile.TemporaryDirectory() as name:
        async with _broker(Path(name)) as broker:
            await _subscribed(broker)
            command = [sys.executable, "-m", "bench.mqtt", str(broker.port), str(MESSAGES)]
            with subprocess.Popen(command):
                return MESSAGES / await consume(broker, Path(name), MESSAGES)


async def _stored(broker: Broker, folder: Path, messages: int) -> float:
    engine, site_id = new_store(folder)
    recorder, intake, recorded = Recorder(engine, site_id), Intake(), Recorded()
    # The series exist on a farm that has run for a minute; making them is not what is timed.
    recorder.append(
        [Delivery(_row(index, datetime(2020, 1, 1, tzinfo=UTC))) for index in range(50)]
    )
    bus = Bus(broker)
    ingest = Ingest(bus, TopicTable(parse({})), intake, Refusals(), SystemClock())
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(record(intake, recorder.append, recorded)),
            tasks.create_task(ingest.run()),
        ]
        await _until(lambda: recorded.deliveries >= messages)
        took_s = time.perf_counter() - began
        for task in running:
            task.cancel()
    engine.dispose()
    return took_s


async def _commit_each(broker: Broker, folder: Path, messages: int) -> float:
    engine, site_id = new_store(folder)
    recorder, table, clock, done = (
        Recorder(engine, site_id),
        TopicTable(parse({})),
        SystemClock(),
        [],
    )

    def receive(burst: list[Message]) -> None:
        for message in burst:
            found = table.decode(
                message.topic, message.payload, received_at=clock.now(), retained=False
            )
            recorder.append([Delivery(found.readings())])
            message.acknowledge()
            done.append(1)

    try:
        return await _run(broker, receive, lambda: len(done) >= messages)
    finally:
        engine.dispose()


async def bus_alone(broker: Broker, _folder: Path, messages: int) -> float:
    seen = 0

    def receive(burst: list[Message]) -> None:
        nonlocal seen
        seen += len(burst)
        for message in burst:
            message.acknowledge()

    return await _run(broker, receive, lambda: seen >= messages)


async def aiomqtt_alone(broker: Broker, _folder: Path, messages: int) -> float:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3600
    properties.ReceiveMaximum = broker.receive_maximum
    began, seen = time.perf_counter(), 0
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=broker.client_id,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=False,
        properties=properties,
    ) as client:
        async for _ in client.messages:
            seen += 1
            if seen >= messages:
                return time.perf_counter() - began
    raise AssertionError("cut off")


async def _run(
    broker: Broker, receive: Callable[[list[Message]], None], is_done: Callable[[], bool]
) -> float:
    began = time.perf_counter()
    task = asyncio.create_task(Bus(broker).run([FILTER], receive))
    await _until(is_done)
    took_s = time.perf_counter() - began
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return took_s


async def _until(is_done: Callable[[], bool]) -> None:
    while not is_done():
        await asyncio.sleep(0.002)


def _row(index: int, at: datetime) -> list[Reading]:
    return [Reading(f"gh1/p{index % 50}", quantity, 20.5, at) for quantity in QUANTITIES]


def _cpu_per_reading() -> tuple[float, float]:
    """Return µs CPU a reading of our recorder, and of bare executemany with ready rows."""
    batches = [
        [
            Delivery(
                _row(
                    index,
                    datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=60 * b + index // 50),
                )
            )
            for index in range(500)
        ]
        for b in range(20)
    ]
    count = len(batches) * 500 * READINGS
    with tempfile.TemporaryDirectory() as name:
        engine, site_id = new_store(Path(name))
        recorder = Recorder(engine, site_id)
        recorder.append(batches[0])
        began = time.process_time()
        for batch in batches:
            recorder.append(batch)
        ours_s = time.process_time() - began
        engine.dispose()
        plain = sqlite3.connect(f"{name}/plain.db")
        plain.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE reading "
            "(s INTEGER, t INTEGER, v REAL, q INTEGER, r INTEGER, PRIMARY KEY (s, t)) WITHOUT ROWID"
        )
        ready = [
            [(index % 400, b * 1000 + index // 400, 20.5, 0, 0) for index in range(4000)]
            for b in range(20)
        ]
        began = time.process_time()
        for values in ready:
            with plain:
                plain.executemany("INSERT OR IGNORE INTO reading VALUES (?, ?, ?, ?, ?)", values)
        theirs_s = time.process_time() - began
        plain.close()
    return ours_s / count * 1e6, theirs_s / count * 1e6


@asynccontextmanager
async def _broker(folder: Path) -> AsyncIterator[Broker]:
    at = Mosquitto(folder)
    at.start()
    try:
        yield Broker("127.0.0.1", at.port, "bench", receive_maximum=1000)
    finally:
        at.kill()


async def _subscribed(broker: Broker) -> None:
    """Leave a session behind that keeps what is sent from now on."""
    bus = Bus(broker)
    task = asyncio.create_task(bus.run([FILTER]))
    await bus.wait_connected()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _message(index: int) -> tuple[str, bytes]:
    payload = {
        "temperature": 20 + index % 50 / 10,
        "humidity": 60 + index % 7 / 10,
        "co2": 800 + index % 9,
        "pressure": 1013.2,
        "illuminance_lux": 1200 + index % 11,
        "battery": 98,
        "soil_moisture": 31,
        "voltage": 3000,
        "last_seen": 1_780_000_000_000 + index * 1000,
    }
    return f"zigbee2mqtt/gh1/p{index % 50}", json.dumps(payload).encode()


async def _send(port: int, messages: int) -> None:
    """Publish at QoS 1 with bytes of our own, 500 on their way: faster than any client."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04send")
    await reader.readexactly(4)
    for start in range(0, messages, 500):
        chunk = range(start, min(start + 500, messages))
        writer.write(b"".join(_packet(index) for index in chunk))
        await reader.readexactly(4 * len(chunk))
    writer.close()
    await writer.wait_closed()


def _packet(index: int) -> bytes:
    topic, payload = _message(index)
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!H", index % 65535 + 1) + payload
    # All are between 128 and 16,383 bytes long: two bytes of length.
    return b"\x32" + bytes((len(body) % 128 | 0x80, len(body) // 128)) + body


async def _send_live(port: int, messages: int) -> None:
    async with aiomqtt.Client("127.0.0.1", port, max_inflight_messages=100) as client:
        client.pending_calls_threshold = 1000
        gate = asyncio.Semaphore(100)

        async def one(index: int) -> None:
            async with gate:
                topic, payload = _message(index)
                await client.publish(topic, payload, qos=1, timeout=60)

        async with asyncio.TaskGroup() as tasks:
            for index in range(messages):
                tasks.create_task(one(index))


if __name__ == "__main__":
    asyncio.run(_send_live(int(sys.argv[1]), int(sys.argv[2])))
