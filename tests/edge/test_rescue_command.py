"""`minori db check` and `minori db rescue`, and the start of a service on a damaged database."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import aiomqtt
import pytest

from edge.settings_file import load
from edge.store import open_store
from tests.edge.conftest import until
from tests.edge.processes import run, start
from tests.fakes.mosquitto import free_port
from tests.traceability.sqlite.damage import EACH, SERIES, a_store, overwrite, pages_of
from traceability.errors import DatabaseUnusable
from traceability.sqlite import start as start_
from traceability.sqlite.lease import Lease, lease_of


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("whole") / "minori.db"
    a_store(file)
    return file


@pytest.fixture
def healthy(whole: Path, tmp_path: Path) -> str:
    """Settings beside a copy of the database."""
    for file in whole.parent.glob("minori.db*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    settings = tmp_path / "minori.toml"
    settings.write_text(
        f"[mqtt]\nport = {free_port()}\n[web]\nport = {free_port()}\n"
        '[[mqtt.topics]]\ntopic = "bare/{device}"\nshape = "plain"\nquantity = "co2"\n'
    )
    return str(settings)


@pytest.fixture
def config(healthy: str) -> str:
    """Settings beside a copy of the database that has lost one page of readings."""
    lose_a_page(healthy)
    return healthy


def lose_a_page(config: str) -> None:
    file = Path(config).with_name("minori.db")
    overwrite(file, pages_of(file, "reading")[5:6])


@contextmanager
def ended(running: list[subprocess.Popen[bytes]]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """End services with SIGTERM, which they take for an order, unless they ended by themselves."""
    try:
        yield running
        for process in running:
            process.terminate()
            process.wait(60)
    finally:
        for process in running:
            process.kill()
            process.wait()


def readings(config: str) -> int:
    with closing(sqlite3.connect(Path(config).with_name("minori.db"))) as database:
        return int(database.execute("SELECT count(*) FROM reading").fetchone()[0])


def asides(config: str) -> list[Path]:
    return list(Path(config).parent.glob("minori.db.broken-*"))


def test_a_damaged_database_is_said_to_be_and_rescued_when_asked(config: str) -> None:
    said = run("db", "check", "--config", config)
    assert said.returncode == 1
    assert "minori db rescue" in said.stderr
    assert asides(config) == []

    done = run("db", "rescue", "--config", config)
    assert done.returncode == 0, done.stderr
    assert "rows are in the new database" in done.stdout
    assert "reading of probe-0 co2: rows between 2026-06-01 02:" in done.stdout
    assert "No copy lies in" in done.stdout
    assert max(map(len, done.stdout.partition("missing")[2].split("No copy")[0].splitlines())) <= 80
    assert len(asides(config)) == 1

    again = run("db", "check", "--config", config)
    assert again.returncode == 0
    assert "whole: every page was read" in again.stdout
    assert "losses of an earlier damage: 1" in again.stdout
    assert run("db", "rescue", "--config", config).stdout.startswith("nothing to do")
    assert len(asides(config)) == 1


def test_a_look_up_rescues_nothing_and_a_running_service_keeps_its_file(config: str) -> None:
    """Replaced under it, it would write on into the file that was set aside."""
    run("lot", "list", "--config", config)
    assert asides(config) == []

    engine = open_store(load(Path(config)))
    refused = run("db", "rescue", "--config", config)
    engine.dispose()

    assert refused.returncode == 2
    assert "another process has it open" in refused.stderr
    assert asides(config) == []
    assert run("db", "rescue", "--config", config).returncode == 0


async def test_an_agent_started_after_a_power_cut_rescues_and_collects(
    config: str, tmp_path: Path
) -> None:
    lease_of(tmp_path / "minori.db").write_text("another boot")
    log = tmp_path / "log"
    agent = start("agent", "--config", config, log=log)
    try:
        await until(lambda: b"connected to MQTT" in log.read_bytes())
        agent.terminate()
        assert agent.wait(60) == 0
    finally:
        agent.kill()
        agent.wait()

    events = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (rescued,) = [event for event in events if event.get("code") == "database_rescued"]
    assert "set aside as minori.db.broken-" in rescued["event"]
    assert SERIES * EACH - 400 < readings(config) < SERIES * EACH
    assert lease_of(tmp_path / "minori.db").read_text() == ""


async def test_agent_and_pages_leave_a_file_found_damaged_and_rescue_it_once(
    healthy: str, tmp_path: Path
) -> None:
    """Neither can replace it while the other has it open, and nobody is there to stop one."""
    log = tmp_path / "log"

    def both() -> list[subprocess.Popen[bytes]]:
        log.write_bytes(b"")
        return [start(role, "--config", healthy, log=log) for role in ("agent", "web")]

    async def work() -> None:
        await until(lambda: b"connected to MQTT" in log.read_bytes())
        await until(lambda: b"open http" in log.read_bytes())

    with ended(both()) as running:
        await work()
        # Not before both run: the agent finds it in its first seconds, and is gone before the web is up.
        lose_a_page(healthy)
        assert asides(healthy) == []
        Lease(tmp_path / "minori.db").say_damaged()
        assert [process.wait(60) for process in running] == [2, 2]
        assert b"is damaged" in log.read_bytes()
    with ended(both()):
        await work()

    assert len(asides(healthy)) == 1
    assert SERIES * EACH - 400 < readings(healthy) < SERIES * EACH


async def test_an_agent_that_finds_a_page_damaged_ends_and_rescues_it_when_started_anew(
    config: str, tmp_path: Path
) -> None:
    """Nobody is at the farm at night: only the service manager starts it again."""
    log = tmp_path / "log"
    with ended([start("agent", "--config", config, log=log)]) as (agent,):
        await until(lambda: b"connected to MQTT" in log.read_bytes())
        file = tmp_path / "minori.db"
        overwrite(file, pages_of(file, "reading")[10:30])
        async with aiomqtt.Client("127.0.0.1", load(Path(config)).mqtt.port) as probe:
            await probe.publish("bare/probe-0", b"612", qos=1, timeout=5)
        assert agent.wait(120) == 2
    assert b"Traceback" not in log.read_bytes()

    with ended([start("agent", "--config", config, log=log)]):
        await until(lambda: b"database_rescued" in log.read_bytes())
        await until(lambda: log.read_bytes().count(b"connected to MQTT") == 2)

    assert readings(config) > SERIES * EACH / 2


def test_an_agent_whose_database_vanished_does_not_begin_an_empty_one(
    config: str, tmp_path: Path
) -> None:
    (tmp_path / "minori.db").unlink()

    for command in (["agent"], ["lot", "list"], ["catalogue", "zone", "add", "A"]):
        done = run(*command, "--config", config)
        assert done.returncode == 2, command
        assert "the file is gone" in done.stderr

    assert not (tmp_path / "minori.db").exists()


def test_an_engine_that_is_used_again_holds_the_file_again(config: str) -> None:
    file = Path(config).with_name("minori.db")
    first, second = open_store(load(Path(config))), open_store(load(Path(config)))
    first.dispose()
    second.dispose()
    with first.connect(), pytest.raises(DatabaseUnusable, match="another process has it open"):
        start_.put_in_order(file)
    first.dispose()
    assert start_.put_in_order(file) is not None
