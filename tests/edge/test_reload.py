"""Settings rewritten under load: what changed starts anew, nothing else does, nothing is lost."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from edge.bus import Broker, Bus
from edge.changes import Changes
from edge.clock import SystemClock
from edge.collector import Collector
from edge.current import Current
from edge.errors import SettingsInvalid
from edge.metrics import exposition
from edge.reload import Reload
from edge.settings_file import load
from tests.edge.conftest import until
from tests.edge.stores import open_new, stored
from tests.edge.test_bus import running
from tests.edge.test_faults import room
from tests.fakes.mosquitto import Mosquitto
from traceability.models import Device, Placement, Zone

LOOK_S = 0.02
TIMED = "[[mqtt.topics]]\ntopic = 'timed/{device}'\nshape = 'zigbee2mqtt'\n"


@pytest.fixture(autouse=True)
def _quick_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.agents.poll.REOPEN_S", 0.05)
    monkeypatch.setattr("edge.bus.wait_s", lambda failures: 0.05)


@dataclass
class Farm:
    """A settings file on two ports and a broker, and the agent that runs on it."""

    folder: Path
    broker: Mosquitto
    engine: Engine
    collector: Collector
    current: Current
    reload: Reload

    def write(self, text: str) -> None:
        (self.folder / "minori.toml").write_text(text, encoding="utf-8")

    def told(self, **parts: str) -> str:
        return told(self.folder, self.broker, **parts)

    async def follows(self, text: str) -> None:
        before = self.current.changed
        self.write(text)
        await until(lambda: self.current.changed > before)

    def heard(self) -> Counter[str]:
        return Counter(device for device, *_ in stored(self.engine))


def told(
    folder: Path,
    broker: Mosquitto,
    *,
    a: str = "interval_s = 1",
    b: str = "",
    more: str = "",
    mqtt: str = "",
) -> str:
    return (
        f"[mqtt]\nhost = '127.0.0.1'\nport = {broker.port}\n{mqtt}\n{TIMED}"
        + "".join(
            f"[[ports]]\nname = '{name}'\ndevice = '{folder / name}'\nbaud = 115200\n"
            for name in "ab"
        )
        + "".join(
            f"[[devices]]\nname = '{name}1'\nport = '{name}'\nmodel = 'xy_md02'\n"
            f"address = 1\n{extra or 'interval_s = 1'}\n"
            for name, extra in (("a", a), ("b", b))
        )
        + more
    )


@asynccontextmanager
async def running_farm(folder: Path, broker: Mosquitto) -> AsyncIterator[Farm]:
    file = folder / "minori.toml"
    file.write_text(told(folder, broker))
    settings = load(file)
    engine = open_new(settings)
    current = Current(settings)
    collector = Collector(settings, engine, SystemClock(), current=current)
    reload = Reload(current, every_s=LOOK_S, again_s=0.2)
    with room(folder, "a"), room(folder, "b"):
        collecting = asyncio.create_task(collector.run())
        watching = asyncio.create_task(reload.run())
        try:
            await collector.bus.wait_connected()
            farm = Farm(folder, broker, engine, collector, current, reload)
            await until(lambda: {"a1", "b1"} <= set(farm.heard()))
            yield farm
        finally:
            for task in (watching, collecting):
                task.cancel()
            await asyncio.gather(watching, collecting, return_exceptions=True)
    assert watching.cancelled(), watching.exception()
    assert collecting.cancelled(), collecting.exception()
    engine.dispose()


def tasks_named(name: str) -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == name]


async def test_only_the_port_that_changed_is_made_anew(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with running_farm(tmp_path, mosquitto) as farm:
        before = {name: tasks_named(name) for name in ("poll a", "poll b", "bus", "record")}

        await farm.follows(farm.told(a="interval_s = 2"))

        after = {name: tasks_named(name) for name in before}
        changed = [name for name in before if before[name] != after[name]]
        assert changed == ["poll a"]
        assert len(after["poll a"]) == 1
        seen = farm.heard()
        await until(lambda: farm.heard()["a1"] > seen["a1"] and farm.heard()["b1"] > seen["b1"])
        assert farm.collector.bus.connections == 1


async def test_a_probe_that_is_added_is_heard_and_one_that_goes_is_asked_no_more(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    more = "[[devices]]\nname = 'a2'\nport = 'a'\nmodel = 'xy_md02'\naddress = 2\n"
    async with running_farm(tmp_path, mosquitto) as farm:
        await farm.follows(farm.told(more=more))
        await until(lambda: farm.heard()["a2"])

        await farm.follows(farm.told())

        assert "a2" not in farm.collector.status.devices
        assert set(farm.collector.status.devices) == {"a1", "b1"}


async def test_a_zone_and_a_move_are_recorded_from_now_on(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    zones = "[[zones]]\ncode = 'A'\nname = 'Room A'\n"
    async with running_farm(tmp_path, mosquitto) as farm:
        await farm.follows(farm.told(a="interval_s = 1\nzone = 'A'", more=zones))

        with Session(farm.engine) as session:
            placed = session.exec(
                select(Device.code, Zone.code)
                .join(Placement, Placement.device_id == Device.id)
                .join(Zone, Zone.id == Placement.zone_id)
            ).all()
        assert placed == [("a1", "A")]


async def test_topics_change_on_the_same_connection(mosquitto: Mosquitto, tmp_path: Path) -> None:
    more = "[[mqtt.topics]]\ntopic = 'late/{device}'\nshape = 'zigbee2mqtt'\n"
    async with (
        running_farm(tmp_path, mosquitto) as farm,
        running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender,
    ):
        await farm.follows(farm.told(mqtt=more))
        await sender.publish("late/z", json.dumps({"temperature": 20}).encode())
        await until(lambda: farm.heard()["late/z"])

        assert farm.collector.bus.connections == 1


async def test_another_broker_is_gone_to_and_the_probes_notice_nothing(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    other = Mosquitto(tmp_path)
    other.start()
    try:
        async with (
            running_farm(tmp_path, mosquitto) as farm,
            running(Bus(Broker("127.0.0.1", other.port, "sender"))) as sender,
        ):
            polls = tasks_named("poll a") + tasks_named("poll b")
            await farm.follows(told(tmp_path, other))
            await until(lambda: farm.collector.bus.is_connected)
            await sender.publish("timed/z", json.dumps({"temperature": 20}).encode())
            await until(lambda: farm.heard()["timed/z"])

            assert tasks_named("poll a") + tasks_named("poll b") == polls
    finally:
        other.stop()


UNKNOWN_MODEL = """
[[ports]]
name = 'a'
device = '/dev/x'
[[devices]]
name = 'q'
port = 'a'
model = 'no_such'
"""
BAD = [
    ("[mqtt\n", "line 1", "TOML"),
    ("[web]\nport = 'eight'\n", "line 2", "web.port"),
    ("", "empty file", "restarts the service"),
    (UNKNOWN_MODEL, "no_such", "model"),
    ("[mqtt]\nhost='127.0.0.1'\npassword_file='nowhere'\n", "nowhere", "password_file"),
]


@pytest.mark.parametrize(("text", "said", "also"), BAD)
async def test_a_bad_file_changes_nothing_and_mending_it_takes_effect(
    mosquitto: Mosquitto, tmp_path: Path, text: str, said: str, also: str
) -> None:
    async with running_farm(tmp_path, mosquitto) as farm:
        names = ("poll a", "poll b", "bus")
        before = [tasks_named(name) for name in names]
        farm.write(text)
        await until(lambda: farm.current.refused)

        problem = str(farm.current.refused)
        assert said in problem
        assert also in problem
        assert "\n" not in problem
        assert [tasks_named(name) for name in names] == before
        assert farm.current.settings.ports[0].name == "a"
        assert "minori_settings_refused 1\n" in _numbers(farm)

        await farm.follows(farm.told(a="interval_s = 3"))
        await until(lambda: farm.current.refused is None)
        assert "minori_settings_refused 0\n" in _numbers(farm)
        assert farm.current.settings.devices[0].interval_s == 3


async def test_a_file_that_is_put_back_is_no_longer_refused(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with running_farm(tmp_path, mosquitto) as farm:
        farm.write("[mqtt")
        await until(lambda: farm.current.refused)
        farm.write(farm.told())
        await until(lambda: farm.current.refused is None)

        assert farm.current.changed == 0


async def test_what_was_missing_beside_the_file_is_looked_for_again(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """The file is right; it is the password that comes a little later."""
    async with running_farm(tmp_path, mosquitto) as farm:
        farm.write(farm.told(mqtt="password_file = 'word'\nusername = 'me'"))
        await until(lambda: farm.current.refused)
        (tmp_path / "word").write_text("secret")
        await until(lambda: farm.current.refused is None)

        assert farm.collector.bus.broker.password == "secret"


async def test_a_profile_of_ours_is_followed_too(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The same model, in the operator's own words: only its ports start anew."""
    package = Path(__file__).parents[2] / "sensors" / "models" / "xy_md02.toml"
    own = tmp_path / "profiles" / "own.toml"
    own.parent.mkdir()
    own.write_text(package.read_text(encoding="utf-8"), encoding="utf-8")
    async with running_farm(tmp_path, mosquitto) as farm:
        mine = farm.told().replace("'xy_md02'", "'own'", 1)
        await farm.follows(mine)
        before = [tasks_named("poll a"), tasks_named("poll b")]

        own.write_text("wire = 'modbus'\n")
        await until(lambda: farm.current.refused)
        assert "own.toml" in str(farm.current.refused)
        assert [tasks_named("poll a"), tasks_named("poll b")] == before

        own.write_text(package.read_text(encoding="utf-8") + "\n# mended\n", encoding="utf-8")
        await until(lambda: farm.current.refused is None)
        assert tasks_named("poll a") != before[0]
        assert tasks_named("poll b") == before[1]


async def test_what_needs_a_start_says_so_and_the_rest_is_in_force(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with running_farm(tmp_path, mosquitto) as farm:
        await farm.follows(farm.told(a="interval_s = 2", more="[web]\nport = 8123\n"))

        assert farm.current.waiting == ("web.port",)
        (notice,) = farm.current.notices()
        assert str(notice).startswith("web.port: changed in the settings, takes effect at the next")
        assert farm.current.settings.devices[0].interval_s == 2

        await farm.follows(farm.told())
        assert farm.current.notices() == []


async def test_a_part_that_cannot_follow_holds_everybody_back(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """In force everywhere or nowhere: half the agents on other settings is a farm nobody knows."""

    async def cannot(changes: Changes) -> Callable[[], object]:
        raise SettingsInvalid(
            file="f", line="", key="k", expected="x", got="y", next_step="something else"
        )

    async with running_farm(tmp_path, mosquitto) as farm:
        farm.current.takes_part(cannot)
        before = tasks_named("poll a")
        farm.write(farm.told(a="interval_s = 7"))
        await until(lambda: farm.current.refused)

        assert tasks_named("poll a") == before
        assert farm.current.settings.devices[0].interval_s == 1


async def test_fifty_rewrites_under_load_lose_no_reading(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """By every kind of writer: one that replaces the file, one that writes it in two halves, one
    that writes rubbish first. What was published is stored once; polls go on in between."""
    chance = random.Random(4)
    sent, enough = 0, asyncio.Event()

    async def publish(sender: Bus) -> None:
        nonlocal sent
        while not enough.is_set():
            timed = {"temperature": 20.0, "last_seen": 1_780_000_000_000 + sent}
            await sender.publish("timed/radio", json.dumps(timed).encode())
            sent += 1

    async with (
        running_farm(tmp_path, mosquitto) as farm,
        running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender,
    ):
        publishing = asyncio.create_task(publish(sender))
        file = tmp_path / "minori.toml"
        for number in range(50):
            text = farm.told(a=f"interval_s = {1 + number % 3}", mqtt=_extra(number))
            await _rewritten(file, text, chance)
            if number % 10 == 9:
                await until(lambda t=text: farm.current.settings == load(file))
        enough.set()
        await publishing
        await until(lambda: farm.heard()["timed/radio"] >= sent)
        seen = farm.heard()
        await until(lambda: farm.heard()["a1"] > seen["a1"] and farm.heard()["b1"] > seen["b1"])

        assert sent > 50
        assert farm.heard()["timed/radio"] == sent
        assert farm.current.changed >= 5
        assert farm.current.refused is None
        # One owner a line, whatever happened.
        assert len(tasks_named("poll a")) == len(tasks_named("bus")) == 1


def _extra(number: int) -> str:
    """Topics that come and go, and now and then another session."""
    if number % 10 == 5:
        return "receive_maximum = 500"
    if number % 2:
        return "[[mqtt.topics]]\ntopic = 'bare/{device}'\nshape = 'plain'\nquantity = 'co2'\n"
    return ""


async def _rewritten(file: Path, text: str, chance: random.Random) -> None:
    how = chance.choice(("replace", "halves", "rubbish"))
    if how == "replace":
        other = file.with_suffix(".new")
        other.write_text(text)
        other.replace(file)
    else:
        half = len(text) // 2
        file.write_text(text[:half] if how == "halves" else "[[[")
        await asyncio.sleep(chance.uniform(0, 3 * LOOK_S))
        file.write_text(text)
    await asyncio.sleep(chance.uniform(0, 3 * LOOK_S))


def _numbers(farm: Farm) -> str:
    return exposition(farm.current.metrics())
