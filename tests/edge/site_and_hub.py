"""A site and its hub as two real processes, enrolled by the commands people type."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from edge.settings_file import load
from edge.store import ensure_place
from tests.edge.hubs import Farm, all_readings
from tests.edge.processes import run, start
from tests.edge.stores import open_new
from tests.edge.test_uplink import acts, sow
from tests.fakes.mosquitto import free_port
from traceability import database

T = TypeVar("T")
T0 = 1_780_000_000_000
EDGE = """
[site]
organisation = "aizu"
code = "main"
[mqtt]
port = {port}
[hub]
every_s = 0.2
# What is recorded here is of last spring, and is to reach the hub whole.
whole_days = 3650
minutes_days = 3650
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
        """Return the acts in their order, and the readings."""
        return self.acts_at_hub(), self._at_hub(all_readings)

    def acts_at_hub(self) -> list[str]:
        return self._at_hub(acts)

    def _at_hub(self, look: Callable[[Engine], list[T]]) -> list[T]:
        engine = create_engine(self.hub_url)
        try:
            return look(engine)
        except DBAPIError:
            return []
        finally:
            engine.dispose()

    def here(self) -> tuple[list[str], list[tuple[object, ...]]]:
        return acts(self.farm.engine), self.farm.readings()


@contextmanager
def site_and_hub(folder: Path, url: str) -> Iterator[Sites]:
    """Give a hub that serves from the database at `url`, and a site that is enrolled there."""
    port = free_port()
    hub_file, edge_file = folder / "hub.toml", folder / "edge" / "minori.toml"
    hub_file.write_text(f'[web]\nport = {port}\n[database]\nurl = "{url}"\n')
    edge_file.parent.mkdir()
    edge_file.write_text(EDGE.format(port=free_port()))
    assert run("db", "upgrade", "--config", str(hub_file)).returncode == 0
    settings = load(edge_file)
    engine = open_new(settings)
    with database.writing_session(engine) as session:
        ensure_place(session, settings)
    sites = Sites(
        Farm(edge_file.parent, settings, engine),
        url,
        Process(("web", "--config", str(hub_file)), folder / "hub.log"),
        Process(("agent", "--config", str(edge_file)), folder / "edge.log"),
    )
    try:
        sites.hub.start()
        _enrol(hub_file, edge_file, port)
        yield sites
    finally:
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
