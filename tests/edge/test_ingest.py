"""From a real broker to the database: every message is stored or counted, none blocks the rest."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from edge.agents.ingest import Ingest
from edge.agents.intake import Intake
from edge.agents.record import Recorded, record
from edge.bus import Broker, Bus
from edge.clock import SystemClock
from edge.refusals import SAMPLES, Refusals
from edge.settings_file import parse
from edge.timekeeping import Timekeeping
from edge.topics import TopicTable, delivery_key
from sensors import Quality, Reason
from sensors.errors import BadPayload
from sensors.wires.sparkplug import Metric, Payload
from tests.edge.conftest import until
from tests.edge.stores import count, new_store, stored
from tests.edge.test_bus import running
from tests.edge.test_holding import TwoClocks
from tests.fakes.mosquitto import Mosquitto
from traceability.readings import Recorder

VERSIONS = ("5", "3.1.1")
SETTINGS = parse(
    {
        "mqtt": {
            "topics": [
                {"topic": "zigbee2mqtt/{device}", "shape": "zigbee2mqtt"},
                {"topic": "spBv1.0/{device}", "shape": "sparkplug"},
                {"topic": "farm/{device}/heat", "shape": "plain", "quantity": "air_temperature"},
                {
                    "topic": "own/{device}",
                    "shape": "mapped",
                    "time": "t",
                    "fields": [{"path": "climate.ec_us", "quantity": "ec", "scale": 0.001}],
                },
            ]
        },
        "zones": [{"code": "A"}],
        "devices": [{"name": "climate A", "identity": "gh1/climate", "zone": "A"}],
    }
)


@asynccontextmanager
async def collecting(
    at: Mosquitto, engine: Engine, site_id: str, refusals: Refusals, *, version: str = "5"
) -> AsyncIterator[Recorded]:
    bus = Bus(Broker("127.0.0.1", at.port, "agent", version=version))
    intake, recorded = Intake(), Recorded()
    ingest = Ingest(bus, TopicTable(SETTINGS), intake, refusals, SystemClock())
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(record(intake, Recorder(engine, site_id).append, recorded)),
            tasks.create_task(ingest.run()),
        ]
        await asyncio.wait_for(bus.wait_connected(), 20)
        yield recorded
        for task in running:
            task.cancel()


@pytest.mark.parametrize("version", VERSIONS)
async def test_messages_of_each_shape_are_stored_under_their_names(
    mosquitto: Mosquitto, tmp_path: Path, version: str
) -> None:
    engine, site_id = new_store(tmp_path)
    seen = "2026-11-01T03:00:00Z"
    messages = {
        "zigbee2mqtt/gh1/climate": {"temperature": 21.79, "humidity": 72.2, "last_seen": seen},
        "farm/b/heat": 19.5,
        "own/c": {"t": seen, "climate": {"ec_us": 1800}},
        "zigbee2mqtt/out": {"temperature": 99.0, "last_seen": seen},
    }
    async with (
        running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender,
        collecting(mosquitto, engine, site_id, Refusals(), version=version) as recorded,
    ):
        for topic, payload in messages.items():
            await sender.publish(topic, json.dumps(payload).encode())
        await until(lambda: recorded.rows == 5)

    rows = {(device, quantity): row for device, quantity, *row in stored(engine)}
    assert rows["climate A", "air_temperature"][2:] == [21.79, Quality.GOOD, Reason.NONE]
    assert rows["climate A", "relative_humidity"][2] == 72.2
    assert rows["b", "air_temperature"][2] == 19.5
    assert rows["c", "ec"][2] == 1.8
    assert rows["out", "air_temperature"][2:] == [99.0, Quality.UNCERTAIN, Reason.RANGE]


async def test_each_bad_message_is_counted_with_a_sample_and_the_next_good_one_stored(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    engine, site_id = new_store(tmp_path)
    refusals = Refusals()
    async with (
        running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender,
        collecting(mosquitto, engine, site_id, refusals) as recorded,
    ):
        await sender.publish("farm/b/c/other", b"1")  # {device} widens the filter
        await sender.publish("farm/a/heat", b"nan")
        await sender.publish("farm/a/heat", b"21,5")
        await sender.publish("farm/a/heat", b"")
        await sender.publish("farm//heat", b"1")
        await sender.publish("zigbee2mqtt/x", b"{")
        await sender.publish("own/c", b'{"other": 1}')
        for _ in range(10):
            await sender.publish("zigbee2mqtt/x", b"\xff\xfe")
        await sender.publish("farm/a/heat", b"20.5")
        await until(lambda: recorded.rows == 1)

    assert dict(refusals.counts) == {
        "not_finite": 1,
        "decimal_comma": 1,
        "empty": 1,
        "unknown_topic": 2,
        "not_json": 1,
        "nothing_mapped": 1,
        "not_utf8": 10,
    }
    assert len(refusals.samples["not_utf8"]) == SAMPLES
    assert count(engine) == 1


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_message_stored_but_not_acknowledged_in_time_is_not_stored_again(
    mosquitto: Mosquitto, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between commit and acknowledgement; a bare number has only its arrival as time."""
    engine, site_id = new_store(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("edge.bus.Message.acknowledge", lambda self: None)
        async with (
            running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender,
            collecting(mosquitto, engine, site_id, Refusals(), version=version) as recorded,
        ):
            await sender.publish("farm/a/heat", b"20.5")
            await until(lambda: recorded.rows == 1)

    async with collecting(mosquitto, engine, site_id, Refusals(), version=version) as recorded:
        await until(lambda: recorded.deliveries == 1)

    assert (recorded.rows, count(engine)) == (0, 1)


async def test_a_fault_of_ours_ends_the_service_instead_of_hiding(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, site_id = new_store(tmp_path)
    monkeypatch.setattr(TopicTable, "decode", lambda *_, **__: 1 / 0)

    async def a_message_arrives() -> None:
        async with (
            running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender,
            collecting(mosquitto, engine, site_id, Refusals()),
        ):
            await sender.publish("farm/a/heat", b"20.5")
            await asyncio.sleep(20)

    with pytest.raises(ExceptionGroup) as caught:
        await a_message_arrives()

    assert caught.group_contains(ZeroDivisionError)


def test_an_unlisted_device_may_be_kept_out() -> None:
    strict = parse(
        {
            "mqtt": {"accept_unlisted": False, "topics": [{"topic": "zigbee2mqtt/{device}"}]},
            "devices": [{"name": "known"}],
        }
    )
    table = TopicTable(strict)
    now = SystemClock().now()
    payload = b'{"temperature": 1}'

    assert table.decode("zigbee2mqtt/known", payload, received_at=now, retained=False).values
    with pytest.raises(Exception, match="expected one of known"):
        table.decode("zigbee2mqtt/new", payload, received_at=now, retained=False)


PLAIN = TopicTable(parse({"mqtt": {"topics": [{"topic": "f/{device}/{quantity}"}]}}))


@pytest.mark.parametrize(
    ("topic", "payload", "reading"),
    [
        ("f/p1/co2", b"612", ("p1", "co2", 612)),
        ("f/p1/water_temperature", b"18.5", ("p1", "water_temperature", 18.5)),
        ("f/bench/2/temp", b"21", ("bench/2", "air_temperature", 21)),
        ("f/p1/state", b'{"humidity": 70, "uptime": 3}', ("p1", "relative_humidity", 70)),
    ],
)
def test_a_plain_topic_names_the_device_and_what_a_bare_number_means(
    topic: str, payload: bytes, reading: tuple[str, str, float]
) -> None:
    found = PLAIN.decode(topic, payload, received_at=SystemClock().now(), retained=False)

    assert [(r.device, r.quantity, r.value) for r in found.readings()] == [reading]


@pytest.mark.parametrize(("topic", "payload"), [("f/p1/x7", b"612"), ("f/p1/x", b'{"up": 3}')])
def test_a_message_of_which_nothing_could_be_stored_is_refused_and_not_passed_over(
    topic: str, payload: bytes
) -> None:
    """Acknowledged in silence, a farm saw neither a reading nor a reason."""
    with pytest.raises(BadPayload, match="no number in it is of a known quantity"):
        PLAIN.decode(topic, payload, received_at=SystemClock().now(), retained=False)


def test_a_relay_is_filed_under_what_it_is_of() -> None:
    """`state: ON` says nothing of a lamp; the settings do."""
    settings = parse(
        {
            "devices": [
                {"name": "lamps-a", "identity": "plug7", "state_of": "lamp"},
                {"name": "strip", "state_of": {"l1": "pump"}},
                {"name": "hatch", "state_of": "vent"},
            ]
        }
    )
    table, now = TopicTable(settings), SystemClock().now()

    def said(device: str, payload: bytes) -> list[tuple[str, str, str, float | None]]:
        topic = f"zigbee2mqtt/{device}"
        found = table.decode(topic, payload, received_at=now, retained=False).readings()
        return [(r.device, r.quantity, r.channel, r.value) for r in found]

    assert said("plug7", b'{"state": "ON"}') == [("lamps-a", "lamp", "", 1)]
    assert said("strip", b'{"state_l1": "ON", "state_l2": "OFF"}') == [
        ("strip", "pump", "l1", 1),
        ("strip", "switch", "l2", 0),
    ]
    assert said("hatch", b'{"contact": true, "temperature": 9.5}') == [
        ("hatch", "vent", "", 0),
        ("hatch", "air_temperature", "", 9.5),
    ]


def test_a_delivery_key_tells_topics_payloads_and_packets_apart() -> None:
    keys = {
        delivery_key(client, mid, topic, payload)
        for client in ("a", "b")
        for mid in (1, 2)
        for topic in ("t", "u")
        for payload in (b"1", b"2")
    }
    assert len(keys) == 16


async def test_a_sparkplug_node_whose_birth_was_missed_is_asked_for_it(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """A collector that starts after the node knows no alias, and says so once, not each second."""
    engine, site_id = new_store(tmp_path)
    commands: list[str] = []
    sender = Bus(Broker("127.0.0.1", mosquitto.port, "node"))
    birth = Metric("bay/co2", alias=1, timestamp=1, datatype=7, raw=(10, 800))
    wishes = asyncio.Event()

    def heard(burst) -> None:
        for message in burst:
            commands.append(message.topic)
            message.acknowledge()
        wishes.set()

    async with collecting(mosquitto, engine, site_id, Refusals()) as recorded:
        node = asyncio.create_task(sender.run(["spBv1.0/farm/NCMD/edge1"], heard))
        await asyncio.wait_for(sender.wait_connected(), 20)
        for seq in range(3):
            data = Payload(2, (Metric(alias=1, raw=(10, 810)),), seq).to_bytes()
            await sender.publish("spBv1.0/farm/NDATA/edge1", data)
        await asyncio.wait_for(wishes.wait(), 20)
        await sender.publish("spBv1.0/farm/NBIRTH/edge1", Payload(1, (birth,), 0).to_bytes())
        await sender.publish(
            "spBv1.0/farm/NDATA/edge1",
            Payload(2_000_000_000_000, (Metric(alias=1, raw=(10, 820)),), 1).to_bytes(),
        )
        await until(lambda: recorded.rows == 2)
        node.cancel()

    assert commands == ["spBv1.0/farm/NCMD/edge1"]
    assert {row[4] for row in stored(engine)} == {800, 820}


def test_arrivals_follow_a_clock_that_was_set_back() -> None:
    """A clock a year ahead for a moment must not time everything of a topic a year ahead, for a
    year; and within one time no two arrivals are the same."""
    clock = TwoClocks(datetime(2026, 11, 1, tzinfo=UTC))
    bus, keeping = Bus(Broker("127.0.0.1", 1, "agent")), Timekeeping()
    ingest = Ingest(bus, TopicTable(SETTINGS), Intake(), Refusals(), clock, keeping=keeping)
    keeping.look(clock.now(), clock.monotonic())

    arrivals = []
    for year in (0, 1, 0, -1, 0):
        clock.set(datetime(2026 + year, 11, 1, tzinfo=UTC))
        arrivals += [(2026 + year, ingest._arrival("t")) for _ in range(3)]

    assert [at.year for _, at in arrivals] == [year for year, _ in arrivals]
    assert len({at for _, at in arrivals}) == len(arrivals)
    assert keeping.jumps == 4
