"""`minori alarms`: what an operator sees and does at a terminal."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from edge.bus import Broker, Bus
from edge.settings_file import load
from edge.store import ensure_place, writing
from tests.edge.conftest import until
from tests.edge.console import Console
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.webhooks import Webhooks
from traceability import alarms, notifications
from traceability.alarms import Cause
from traceability.catalogue import find
from traceability.models import Zone

NOW = datetime.now(UTC)


def raised(console: Console, **facts) -> str:
    """Raise an alarm as the agent would; return what people call it."""
    with writing(load(console.config)) as session:
        site = ensure_place(session, load(console.config))
        cause = Cause(
            **{
                "site_id": site.id,
                "rule": "too-hot",
                "kind": "threshold",
                "severity": "critical",
                "zone_id": find(session, Zone, "A", site_id=site.id).id,
                "device": "A-air",
                "quantity": "air_temperature",
                "value": 34.24,
                "facts": {"low": None, "high": 30.0},
            }
            | facts
        )
        alarm = alarms.raise_alarm(session, cause, at=NOW - timedelta(minutes=12))
        return alarm.handle


def test_nothing_is_said_in_words(console: Console) -> None:
    assert console.ok("alarms", "list").out == "nothing is out of order\n"
    assert console.ok("alarms", "list", "--all").out == "no alarm yet\n"


def test_open_alarms_stand_in_eighty_columns(console: Console) -> None:
    handle = raised(console)

    said = console.ok("alarms", "list")

    assert handle in said.out
    assert "Room A: Air temperature 34.2 °C, above 30 °C" in said.out
    assert "critical" in said.out
    assert all(len(line) <= 80 for line in said.lines)


def test_a_japanese_terminal_reads_japanese(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = raised(console)
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")

    said = console.ok("alarms", "show", handle)

    assert "A室 気温 34.2 °C(上限30 °Cを超過)" in said.out
    assert "緊急" in said.out


def test_it_is_acknowledged_once_and_stays_readable(console: Console) -> None:
    handle = raised(console)

    console.ok("alarms", "acknowledge", handle, "--by", "Sato", "--note", "fan is off")
    console.ok("alarms", "acknowledge", handle, "--by", "Hoshi")
    shown = console.ok("alarms", "show", handle, "--json").json

    assert [(e["kind"], e["by"], e["note"]) for e in shown["events"]] == [
        ("raised", "", ""),
        ("acknowledged", "Sato", "fan is off"),
    ]
    assert shown["acknowledged_at"] is not None
    assert "fan is off" in console.ok("alarms", "show", handle).out


def test_snoozing_says_until_when(console: Console) -> None:
    handle = raised(console)

    said = console.ok("alarms", "snooze", handle, "--for", "2時間", "--by", "Sato")

    assert "Snoozed until" in said.out
    assert "snoozed" in console.ok("alarms", "list").out


@pytest.mark.parametrize("span", ["", "2", "2x", "99999999h", "-1h", "60d"])
def test_a_span_that_is_none_is_refused(console: Console, span: str) -> None:
    handle = raised(console)

    assert "bad_value" in console.refused("alarms", "snooze", handle, f"--for={span}")


def test_an_alarm_nobody_knows_says_how_to_list_them(console: Console) -> None:
    raised(console)

    for verb in (["show"], ["acknowledge"], ["snooze", "--for", "1h"]):
        refusal = console.refused("alarms", *verb, "abcdef")
        assert refusal.startswith("unknown_alarm: no alarm has the id 'abcdef'")
        assert "minori alarms list" in refusal


def test_what_is_over_is_refused_by_name(console: Console) -> None:
    handle = raised(console)
    with writing(load(console.config)) as session:
        alarms.clear(session, alarms.find(session, handle), at=NOW)

    assert console.refused("alarms", "acknowledge", handle).startswith("alarm_over: ")
    assert "over" in console.ok("alarms", "list", "--all").out
    assert console.ok("alarms", "list").out == "nothing is out of order\n"


def test_a_room_is_paused_and_the_list_says_so(console: Console) -> None:
    console.ok("alarms", "pause", "--zone", "A", "--for", "2h", "--why", "filters", "--by", "Sato")

    assert "paused: A until" in console.ok("alarms", "list").out
    assert "by Sato: filters" in console.ok("alarms", "list").out
    console.ok("alarms", "pause", "--zone", "A", "--end")

    assert "paused" not in console.ok("alarms", "list").out
    assert "no such pause" in console.refused("alarms", "pause", "--zone", "A", "--end")
    assert "none of them" in console.refused("alarms", "pause", "--for", "2h")
    assert "not_found" in console.refused("alarms", "pause", "--zone", "Z", "--for", "2h")


def test_a_message_that_did_not_arrive_is_shown(console: Console) -> None:
    """An alarm that reached nobody must not look like one that did."""
    handle = raised(console)
    with writing(load(console.config)) as session:
        _failed(session, handle)

    assert "not delivered yet: Sato, mail 1: no route" in console.ok("alarms", "list").out
    assert "no route" in console.ok("alarms", "show", handle).out


def _failed(session: Session, handle: str) -> None:
    alarm = alarms.find(session, handle)
    told = notifications.tell(session, "k", "alarm_raised", at=NOW, subject=alarm.id)
    notifications.address(session, told, [("Sato", "mail 1")], at=NOW)
    (dispatch, _), *_ = notifications.waiting(session, at=NOW)
    notifications.failed(session, [dispatch.id], "no route", at=NOW)


CONTACTS = """
[[contacts]]
name = "Sato"
urls = ["{url}", "mailto:sato@farm.example", "nosuch://secret-token"]
language = "en"

[smtp]
host = "127.0.0.1"
port = 1
security = "none"
"""


async def test_a_test_message_says_of_each_address_whether_it_arrived(console: Console) -> None:
    async with Webhooks() as hooks:
        with console.config.open("a") as file:
            file.write(CONTACTS.format(url=hooks.url))
        said = await asyncio.to_thread(console.run, "alarms", "test", "Sato")

    assert said.code == 1
    assert said.lines[0] == "http 1: sent"
    assert said.lines[1].startswith("mailto 1: not delivered: the mail server cannot be reached")
    assert said.lines[2].startswith("nosuch 1: not delivered: that is no nosuch address")
    assert "secret-token" not in said.out + said.err
    (got,) = hooks.posted
    assert json.loads(got.body)["title"] == "Test message from Aizu plant factory"


async def test_a_test_message_reaches_a_real_broker(console: Console, mosquitto: Mosquitto) -> None:
    with console.config.open("a") as file:
        file.write(f"[mqtt]\nhost = '127.0.0.1'\nport = {mosquitto.port}\n")
        file.write("[[contacts]]\nname = 'Sato'\nurls = ['mqtt:farm/told']\n")
    got: list[bytes] = []

    def receive(burst) -> None:
        for message in burst:
            got.append(message.payload)
            message.acknowledge()

    ear = Bus(Broker("127.0.0.1", mosquitto.port, "ear"))
    listening = asyncio.create_task(ear.run(("farm/told",), receive))
    await ear.wait_connected()

    said = await asyncio.to_thread(console.run, "alarms", "test", "Sato")

    await until(lambda: got)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert (said.code, said.out) == (0, "mqtt 1: sent\n")
    assert json.loads(got[0])["title"] == "会津植物工場からのテスト通知"


def test_a_contact_nobody_named_is_refused_with_those_there_are(console: Console) -> None:
    refusal = console.refused("alarms", "test", "Sato")

    assert refusal.startswith("not_found: no contact 'Sato' here; known are: none yet")
