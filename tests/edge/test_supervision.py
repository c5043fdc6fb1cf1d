"""The watchdog is fed while readings get on, and only then; a silent probe is not our hang."""

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from edge.agents.intake import Intake, Waiting
from edge.agents.record import Recorded, record
from edge.bus import Broker, Bus
from edge.flow import STUCK_S, Flow
from edge.settings_file import parse
from edge.supervision import Supervision
from edge.systemd import Notifier
from tests.edge.conftest import until
from tests.edge.processes import start
from tests.edge.stores import open_new
from tests.edge.test_bus import running
from tests.edge.test_faults import collecting
from tests.edge.test_record import Store, delivery, sqlite_error
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.service_manager import ServiceManager
from traceability.sqlite.guard import VERIFY_LIMIT_S


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    manager = ServiceManager(tmp_path / "notify")
    yield manager
    manager.close()


class Stopwatch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def recording(append: Callable[..., int]):
    """The real recorder, in its real thread."""
    intake, recorded = Intake(), Recorded()
    task = asyncio.create_task(record(intake, append, recorded))
    try:
        yield intake, recorded
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_recorder_that_hangs_is_noticed_and_one_that_goes_on_is_forgiven() -> None:
    store, clock = Store(), Stopwatch()
    store.may_end.clear()
    async with recording(store.append) as (intake, recorded):
        flow = Flow(intake, recorded, monotonic=clock)
        intake.offer(Waiting(delivery(0)))
        await until(store.began.is_set)
        assert flow.stuck_s() == 0

        clock.now += STUCK_S
        assert flow.stuck_s() == 0
        clock.now += 1
        assert flow.stuck_s() == STUCK_S + 1

        store.may_end.set()
        await until(lambda: recorded.batches)
        assert flow.stuck_s() == 0


async def test_waiting_that_begins_after_a_long_silence_is_not_a_hang() -> None:
    """All probes of a farm may be silent for days; the first reading after that is welcome."""
    store, clock = Store(), Stopwatch()
    async with recording(store.append) as (intake, recorded):
        flow = Flow(intake, recorded, monotonic=clock)
        for _ in range(100):
            clock.now += 3600
            assert flow.stuck_s() == 0

        store.may_end.clear()
        intake.offer(Waiting(delivery(0)))
        await until(store.began.is_set)
        assert flow.stuck_s() == 0
        store.may_end.set()


async def test_a_store_that_says_no_is_waited_for_and_not_restarted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full disk is full after a restart, too; what helps is a person, and the alarm calls one."""
    monkeypatch.setattr("edge.agents.patience.ROOM_EVERY_S", 0.01)
    clock = Stopwatch()

    def full(_deliveries: object) -> int:
        raise sqlite_error(sqlite3.SQLITE_FULL)

    async with recording(full) as (intake, recorded):
        flow = Flow(intake, recorded, monotonic=clock)
        intake.offer(Waiting(delivery(0)))
        for _ in range(5):
            before = recorded.answers
            await until(lambda b=before: recorded.answers > b)
            clock.now += STUCK_S
            assert flow.stuck_s() == 0


async def test_a_file_that_is_read_whole_is_given_its_minutes() -> None:
    store, clock = Store(), Stopwatch()
    store.may_end.clear()
    async with recording(store.append) as (intake, recorded):
        flow = Flow(intake, recorded, is_verifying=lambda: True, monotonic=clock)
        intake.offer(Waiting(delivery(0)))
        await until(store.began.is_set)
        flow.stuck_s()

        clock.now += VERIFY_LIMIT_S
        assert flow.stuck_s() == 0
        clock.now += STUCK_S + 1
        assert flow.stuck_s() > 0
        store.may_end.set()


def fed(said: list[dict[str, str]]) -> int:
    return sum("WATCHDOG" in one for one in said)


async def test_a_hung_recorder_thread_starves_the_watchdog_and_a_freed_one_feeds_it(
    manager: ServiceManager,
) -> None:
    store, clock = Store(), Stopwatch()
    async with recording(store.append) as (intake, recorded):
        flow = Flow(intake, recorded, monotonic=clock)
        notifier = Notifier(manager.address, watchdog_s=0.03)
        supervision = Supervision(notifier, stuck_s=flow.stuck_s)
        task = asyncio.create_task(supervision.run())
        await until(lambda: fed(manager.listen()) >= 3)

        store.began.clear()
        store.may_end.clear()
        intake.offer(Waiting(delivery(0)))
        await until(store.began.is_set)
        flow.stuck_s()
        clock.now += STUCK_S + 1
        await until(lambda: any("stuck" in one.get("STATUS", "") for one in manager.listen()))
        before = len(manager.heard)
        await until(lambda: len(manager.listen()) >= before + 5)
        starved = manager.heard[before:]

        store.may_end.set()
        await until(lambda: fed(manager.new()))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert fed(starved) == 0


async def test_while_the_loop_stands_still_nothing_is_said(manager: ServiceManager) -> None:
    supervision = Supervision(Notifier(manager.address, watchdog_s=0.03))
    task = asyncio.create_task(supervision.run())
    await until(lambda: fed(manager.listen()) >= 3)
    manager.new()

    time.sleep(0.3)  # ten times the watchdog's patience, and nothing of ours runs meanwhile
    said = manager.new()
    task.cancel()

    assert said == []


async def test_ready_comes_after_the_start_or_once_it_takes_too_long(
    manager: ServiceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that is away must not have systemd end a service that polls its own probes."""
    monkeypatch.setattr("edge.supervision.READY_S", 0.05)
    started = asyncio.Event()

    async def wait() -> None:
        await started.wait()

    for comes in (True, False):
        started.clear()
        task = asyncio.create_task(Supervision(Notifier(manager.address)).run(wait))
        if comes:
            await asyncio.sleep(0)
            assert not any("READY" in one for one in manager.new())
            started.set()
        await until(lambda: any("READY" in one for one in manager.new()))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_agent_says_ready_when_it_hears_reloading_when_told_and_stopping_at_the_end(
    manager: ServiceManager, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """Its one polled probe is silent all the time: that is an alarm's matter, and it is fed."""
    file, log = tmp_path / "minori.toml", tmp_path / "log"
    file.write_text(
        f"[mqtt]\nhost = '127.0.0.1'\nport = {mosquitto.port}\n"
        f"[[ports]]\nname = 'a'\ndevice = '{tmp_path / 'nowhere'}'\n"
        "[[devices]]\nname = 'silent'\nport = 'a'\nmodel = 'xy_md02'\n"
    )
    environment = {**os.environ, "NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "300000"}
    agent = start("agent", "--config", str(file), log=log, environment=environment)
    try:
        await until(lambda: any("READY" in one for one in manager.listen()))
        assert b"connected to MQTT" in log.read_bytes()
        await until(lambda: fed(manager.listen()) >= 5)

        agent.send_signal(signal.SIGHUP)
        await until(lambda: any("RELOADING" in one for one in manager.listen()))
        at = next(i for i, one in enumerate(manager.heard) if "RELOADING" in one)
        await until(lambda: any("READY" in one for one in manager.listen()[at:]))

        agent.terminate()
        assert agent.wait(30) == 0
    finally:
        agent.kill()
        agent.wait()
    assert any("STOPPING" in one for one in manager.listen())
    assert "never answered: silent" in manager.heard[at - 1].get("STATUS", "never answered: silent")


async def test_a_watchdogs_signal_leaves_every_threads_place_in_the_log(
    manager: ServiceManager, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    file, log = tmp_path / "minori.toml", tmp_path / "log"
    file.write_text(f"[mqtt]\nhost = '127.0.0.1'\nport = {mosquitto.port}\n")
    environment = {**os.environ, "NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "300000"}
    agent = start("agent", "--config", str(file), log=log, environment=environment)
    try:
        await until(lambda: any("READY" in one for one in manager.listen()))
        agent.send_signal(signal.SIGABRT)
        agent.wait(30)
    finally:
        agent.kill()
        agent.wait()

    assert b"Fatal Python error: Aborted" in log.read_bytes()
    assert b"most recent call first" in log.read_bytes()


async def test_the_collecting_part_watches_its_own_way_to_the_store(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds the database: for ten seconds SQLite gives the recorder no answer."""
    monkeypatch.setattr("edge.flow.STUCK_S", 0.1)
    settings = parse({"mqtt": {"host": "127.0.0.1", "port": mosquitto.port}}).inside(tmp_path)
    engine = open_new(settings)
    async with collecting(settings, engine) as collector:
        await collector.bus.wait_connected()
        with closing(sqlite3.connect(tmp_path / "minori.db", isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            async with running(Bus(Broker("127.0.0.1", mosquitto.port, "sender"))) as sender:
                await sender.publish("zigbee2mqtt/z", json.dumps({"temperature": 20}).encode())
            await until(lambda: collector.flow.stuck_s() > 0)
            assert "minori_stuck_seconds 0\n" not in collector.status.text()
            holder.execute("ROLLBACK")
        await until(lambda: collector.flow.stuck_s() == 0)
    engine.dispose()
