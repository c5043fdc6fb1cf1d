"""A site and its hub as two real processes, enrolled by the real commands, killed at any moment."""

import asyncio
import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from edge.settings_file import load
from edge.store import ensure_place, open_store
from tests.edge.conftest import until
from tests.edge.hubs import Farm, all_readings
from tests.edge.processes import run, start
from tests.edge.test_uplink import acts, is_level, sow
from tests.fakes.mosquitto import free_port
from tests.traceability.conftest import postgres_server, url  # noqa: F401  fixtures
from traceability import database

KILLS = 2
T0 = 1_780_000_000_000
EDGE = """
[site]
organisation = "aizu"
code = "main"
[mqtt]
port = {port}
[hub]
every_s = 0.2
[[zones]]
code = "A"
"""


@dataclass
class Process:
    """A real `minori` that can be killed and started again."""

    arguments: tuple[str, ...]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.running = start(*self.arguments, log=self.log)

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.running = None


@dataclass
class Sites:
    farm: Farm
    hub_url: str
    hub: Process
    edge: Process

    def at_hub(self) -> tuple[list[str], list[tuple[object, ...]]]:
        engine = create_engine(self.hub_url)
        try:
            return acts(engine), all_readings(engine)
        except DBAPIError:
            return [], []
        finally:
            engine.dispose()

    def here(self) -> tuple[list[str], list[tuple[object, ...]]]:
        return acts(self.farm.engine), self.farm.readings()


@pytest.fixture
def sites(tmp_path: Path, url: str) -> Iterator[Sites]:  # noqa: F811
    """A hub that serves and a site that is enrolled there, by the commands people type."""
    port = free_port()
    hub_file, edge_file = tmp_path / "hub.toml", tmp_path / "edge" / "minori.toml"
    hub_file.write_text(f'[web]\nport = {port}\n[database]\nurl = "{url}"\n')
    edge_file.parent.mkdir()
    edge_file.write_text(EDGE.format(port=free_port()))
    assert run("db", "upgrade", "--config", str(hub_file)).returncode == 0
    settings = load(edge_file)
    engine = open_store(settings, create=True)
    with database.writing_session(engine) as session:
        ensure_place(session, settings)
    sites = Sites(
        Farm(edge_file.parent, settings, engine),
        url,
        Process(("web", "--config", str(hub_file)), tmp_path / "hub.log"),
        Process(("agent", "--config", str(edge_file)), tmp_path / "edge.log"),
    )
    sites.hub.start()
    _enrol(hub_file, edge_file, port)
    yield sites
    sites.hub.kill()
    sites.edge.kill()
    engine.dispose()


def _enrol(hub_file: Path, edge_file: Path, port: int) -> None:
    said = run("hub", "enrol", "--config", str(hub_file))
    assert said.returncode == 0, said.stderr
    code = said.stdout.split()[0]
    for _ in range(300):
        done = run(
            *("enrol", code, "--hub", f"http://127.0.0.1:{port}", "--config", str(edge_file))
        )
        if "hub_unreachable" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr


class Work:
    """Somebody who records while everything else is killed."""

    def __init__(self, farm: Farm) -> None:
        self.farm, self.done = farm, 0

    def once(self) -> None:
        self.done += 1
        sow(self.farm, f"L{self.done}")
        at_ms = T0 + 10_000 * self.done
        self.farm.record(*((f"p{i}", at_ms + i, float(i)) for i in range(20)))
        if self.done % 5 == 0:  # something late
            self.farm.record(("p0", at_ms - 86_400_000, 1.0))


async def test_kills_at_any_moment_on_either_side_lose_and_double_nothing(sites: Sites) -> None:
    """What is committed at the site is at the hub once, in its order; only receipts count."""
    chance = random.Random(7)
    work = Work(sites.farm)
    sites.edge.start()
    enough = asyncio.Event()

    async def record() -> None:
        while not enough.is_set():
            await asyncio.to_thread(work.once)
            await asyncio.sleep(0.02)

    recording = asyncio.create_task(record())
    for _ in range(KILLS):
        for process in (sites.edge, sites.hub):
            before = len(sites.at_hub()[0])
            await until(_more_than(sites, before + 3))
            await asyncio.sleep(chance.uniform(0, 0.3))  # any moment of a batch
            process.kill()
            process.start()
    enough.set()
    await recording
    await until(lambda: sites.at_hub() == sites.here() and is_level(sites.farm), limit_s=300)

    assert len(acts(sites.farm.engine)) == work.done
    assert b"Traceback" not in sites.edge.log.read_bytes()


def _more_than(sites: Sites, count: int) -> Callable[[], bool]:
    return lambda: len(sites.at_hub()[0]) > count


async def test_both_sides_say_how_it_stands(sites: Sites) -> None:
    edge_file = str(sites.farm.folder / "minori.toml")
    before = run("hub", "status", "--config", edge_file).stdout
    sow(sites.farm, "L1")
    sites.farm.record(("probe", int(datetime.now(UTC).timestamp() * 1000), 800.0))
    sites.edge.start()
    await until(lambda: sites.at_hub() == sites.here() and is_level(sites.farm))

    after = run("hub", "status", "--config", edge_file).stdout
    listed = run("hub", "edges", "--config", str(sites.hub.log.parent / "hub.toml")).stdout

    assert "sends to no hub" in before
    assert "connected" in after
    assert "0 waiting" in after
    assert "readings  all safely there" in after
    assert "aizu/main" in listed
    assert "may send" in listed


async def test_a_revoked_site_says_so_within_seconds(sites: Sites) -> None:
    """A silent refusal would be a silent loss."""
    edge_file = str(sites.farm.folder / "minori.toml")
    sites.edge.start()
    await until(lambda: "connected" in run("hub", "status", "--config", edge_file).stdout)

    hub_file = str(sites.hub.log.parent / "hub.toml")
    revoked = run("hub", "revoke", "aizu/main", "--config", hub_file)
    sow(sites.farm, "L1")
    await until(lambda: "edge_revoked" in run("hub", "status", "--config", edge_file).stdout)

    assert revoked.returncode == 0
    assert b'"code": "edge_revoked"' in sites.edge.log.read_bytes()
    assert sites.at_hub()[0] == []
