"""What a broker's access list forbids is said within seconds, though the broker itself is silent."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import bus as bus_module
from edge import hearing, mqtt_session
from edge.bus import Broker, Bus, Message, try_out
from edge.errors import BrokerSilent, PublishRefused
from edge.hearing import own_topic
from tests.edge.conftest import until
from tests.edge.test_bus import VERSIONS, running
from tests.fakes.mosquitto import Mosquitto

NOTHING = "topic read other/#"
ALL = "topic readwrite #"
# Without a bound Mosquitto 2.0 hangs up on whoever publishes what its list forbids.
BOUNDED = "max_queued_messages 1000"


class Listed:
    """A Mosquitto with an access list that a test may change while it runs."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "acl"
        self.allow(ALL)
        self.at = Mosquitto(folder, extra=f"acl_file {self.file}\n{BOUNDED}")

    def allow(self, *lines: str) -> None:
        self.file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def broker(self, version: str = "5") -> Broker:
        return Broker("127.0.0.1", self.at.port, "me", version=version)


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Listed]:
    found = Listed(tmp_path)
    yield found
    found.at.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_session, "QUIET_AT_FIRST_S", 0.5)
    monkeypatch.setattr(bus_module, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(bus_module, "wait_s", lambda _failures: 0.0)


@pytest.mark.parametrize("version", VERSIONS)
async def test_subscriptions_that_are_granted_and_give_nothing_are_said(
    listed: Listed, version: str, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Mosquitto grants any subscription and withholds what the list does not let be read."""
    listed.allow(NOTHING)
    listed.at.start()

    async with running(Bus(listed.broker(version)), "probes/#", receive=_done) as bus:
        await until(lambda: bus.denied is not None)

        assert isinstance(bus.denied, BrokerSilent)
        assert own_topic("me") in str(bus.denied)
    assert [record.code for record in caplog.records if hasattr(record, "code")] == [  # type: ignore[attr-defined]
        "broker_silent"
    ]


async def test_a_list_that_lets_us_hear_is_said_to_be_nothing(
    listed: Listed, impatient: None
) -> None:
    listed.at.start()

    async with running(Bus(listed.broker()), "probes/#", receive=_done) as bus:
        session = bus._session
        assert session is not None
        await asyncio.wait_for(session.heard_itself.wait(), 20)

        assert (bus.denied, bus.connections) == (None, 1)


async def test_it_is_remade_once_and_then_left_alone(
    listed: Listed, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting anew mends a deaf line, not a list; each time costs the readings in between."""
    monkeypatch.setattr(hearing, "QUIET_S", 0.6)
    monkeypatch.setattr(hearing, "ANSWER_S", 0.2)
    listed.allow(NOTHING)
    listed.at.start()

    async with running(Bus(listed.broker()), "probes/#", receive=_done) as bus:
        await until(lambda: bus.connections == 2)
        hears = {task.get_name() for task in asyncio.all_tasks()}
        await until(lambda: "hearing" not in {task.get_name() for task in asyncio.all_tasks()})

        assert "hearing" in hears
        assert (bus.deaf, bus.connections, bus.is_connected) == (1, 2, True)


async def test_what_we_may_not_publish_is_said_and_forgotten_when_we_may(listed: Listed) -> None:
    """An alarm by MQTT that nobody gets, because the broker dropped it with a polite answer."""
    listed.allow("topic read #", "topic write minori/#")
    listed.at.start()

    async with running(Bus(listed.broker())) as bus:
        await bus.publish("minori/x", b"1")
        with pytest.raises(PublishRefused, match="alarms/room"):
            await bus.publish("alarms/room", b"1")
        assert isinstance(bus.denied, PublishRefused)
        await bus.publish("minori/x", b"2")
        assert bus.denied is not None

        listed.allow(ALL)
        listed.at.reload()
        await _published(bus, "alarms/room")

        assert bus.denied is None


async def _published(bus: Bus, topic: str) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                return await bus.publish(topic, b"1")
            except PublishRefused:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_doctor_tries_whether_anything_comes_through(
    listed: Listed, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "ANSWER_S", 2.0)
    listed.allow(f"topic readwrite {own_topic('me')}")
    listed.at.start()
    as_doctor = Broker("127.0.0.1", listed.at.port, "me-doctor", version=version)
    assert await try_out(as_doctor, ["probes/#"], service="me") == []

    listed.allow(NOTHING)
    listed.at.reload()

    async with asyncio.timeout(20):
        while not (refused := await try_out(as_doctor, ["probes/#"], service="me")):
            await asyncio.sleep(0.05)
    assert [type(one) for one in refused] == [BrokerSilent]


def _done(burst: list[Message]) -> None:
    for message in burst:
        message.acknowledge()
