"""A connection that is up but deaf is noticed, remade, and counted; a quiet one is not."""

import pytest

from edge import bus as bus_module
from edge import hearing
from edge.bus import Bus, Message
from edge.hearing import ANSWER_S, QUIET_S, Hearing, own_topic
from edge.mqtt_session import Session
from tests.edge.conftest import until
from tests.edge.test_bus import VERSIONS, broker, running
from tests.fakes.mosquitto import Mosquitto


def test_a_quiet_connection_is_asked_once_and_believed_when_it_answers() -> None:
    one = Hearing(now=0.0)

    assert one.state(QUIET_S - 1) == "hears"
    assert [one.state(QUIET_S), one.state(QUIET_S + 1)] == ["ask", "asked"]
    one.heard(QUIET_S + 2)
    assert one.state(QUIET_S + ANSWER_S + 3) == "hears"


def test_what_does_not_even_hear_itself_is_deaf() -> None:
    one = Hearing(now=0.0)
    one.state(QUIET_S)

    assert one.state(QUIET_S + ANSWER_S - 1) == "asked"
    assert one.state(QUIET_S + ANSWER_S) == "deaf"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "QUIET_S", 0.2)
    monkeypatch.setattr(hearing, "ANSWER_S", 5.0)
    monkeypatch.setattr(bus_module, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(bus_module, "wait_s", lambda _failures: 0.0)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_quiet_farm_hears_itself_and_stays_connected(
    mosquitto: Mosquitto, version: str, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    say = Session.say
    monkeypatch.setattr(Session, "say", lambda self, topic: (asked.append(topic), say(self, topic)))
    got: list[Message] = []
    async with running(
        Bus(broker(mosquitto, "me", version=version)), "t", receive=got.extend
    ) as bus:
        await until(lambda: len(asked) >= 3)

        assert (bus.connections, bus.deaf, got) == (1, 0, [])
    assert set(asked) == {own_topic("me")}


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_deaf_connection_is_made_anew_and_hears_again(
    mosquitto: Mosquitto, version: str, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegraf #6232 and Mycodo #1053: subscribed once, silent for days, until toggled by hand."""
    monkeypatch.setattr(hearing, "ANSWER_S", 0.3)
    got: list[Message] = []
    me = Bus(broker(mosquitto, "me", version=version))
    async with (
        running(Bus(broker(mosquitto, "sender"))) as sender,
        running(me, "t", receive=got.extend),
    ):
        # The broker forgets us; the connection stands, and its keep-alive is answered.
        assert me._session is not None
        await me._session.client.unsubscribe(["t", own_topic("me")])

        await until(lambda: me.connections >= 2 and me.is_connected)

        assert me.deaf >= 1
        await sender.publish("t", b"heard")
        await until(lambda: [message.payload for message in got] == [b"heard"])


async def test_a_store_that_is_behind_is_not_taken_for_a_deaf_line(
    mosquitto: Mosquitto, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read then, our own words neither; cutting the line would help nobody."""
    monkeypatch.setattr(hearing, "ANSWER_S", 0.1)
    looked: list[float] = []
    heard = Hearing.heard
    monkeypatch.setattr(Hearing, "heard", lambda self, now: (looked.append(now), heard(self, now)))
    waiting: list[Message] = []
    # At 3.1.1 nothing but our not reading holds the broker back.
    me = Bus(broker(mosquitto, "me", version="3.1.1", window=2))
    async with (
        running(Bus(broker(mosquitto, "sender"))) as sender,
        running(me, "t", receive=waiting.extend),
    ):
        for number in range(6):
            await sender.publish("t", b"%d" % number)
        await until(lambda: me._session is not None and me._session.is_paused)
        before = len(looked)

        await until(lambda: len(looked) >= before + 10)

        assert (me.connections, me.deaf) == (1, 0)
