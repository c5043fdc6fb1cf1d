"""The power goes while people record acts: what a page or a command called done is there, whole.

Acts come by HTTP to `minori web` and by `minori lot sow`, side by side. An act that was on its way
when the power went is said again under its id, as a phone does: afterwards it is there once.
"""

import asyncio
import itertools
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import httpx

from tests.edge.conftest import until
from tests.edge.console import SETTINGS, Console
from tests.edge.processes import ENTRY, start
from tests.fakes.mosquitto import free_port
from tests.faults.figures import Figures
from tests.faults.rig.disk import Disk
from traceability.models.base import new_id

# Starting the web server anew is most of it; `power_cut_readings` has three in short.
SHORT, LONG = 1, 100
AT = "2026-06-02T08:00:00+09:00"
# An act is one transaction: its lines, its lot and what the hub is to hear of it come with it.
TORN = {
    "acts without lines": "SELECT id FROM act WHERE id NOT IN (SELECT act_id FROM act_line)",
    "lots without an act": "SELECT id FROM lot WHERE id NOT IN (SELECT lot_id FROM act_line)",
    "acts the hub will not hear of": (
        "SELECT id FROM act WHERE id NOT IN (SELECT ref FROM outbox WHERE kind = 'act')"
    ),
    "rows that refer to nothing": "PRAGMA foreign_key_check",
    "damage": "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
}


def run(size: int) -> Figures:
    """Cut the power `size` times."""
    with tempfile.TemporaryDirectory() as name, Disk() as disk:
        farm = _Farm(Path(name), disk)
        try:
            return asyncio.run(farm.cut(size))
        finally:
            farm.power_off()


class _Farm:
    def __init__(self, folder: Path, disk: Disk) -> None:
        self._disk, self._log = disk, folder / "log"
        self._port = free_port()
        self._console = Console(folder)
        database = f"\n[database]\nurl = 'sqlite:///{disk.folder}/minori.db'\n"
        web = f"[web]\nport = {self._port}\n"
        self._console.config.write_text(SETTINGS.replace("[web]\n", web) + database)
        self._console.ok(
            "catalogue", "crop", "add", "lowk", "--name", "L", "--largest-head", "200g"
        )
        self._web: subprocess.Popen[bytes] | None = None
        self._command: asyncio.subprocess.Process | None = None
        self._has_power = asyncio.Event()
        self._is_over = False
        self._done: dict[str, set[str]] = {"HTTP": set(), "command": set()}
        self._missing: set[str] = set()
        self._on_the_way = self._unheard = 0
        self._torn: list[str] = []

    async def cut(self, cuts: int) -> Figures:
        chance = random.Random(cuts)
        base_url = f"http://127.0.0.1:{self._port}"
        async with (
            httpx.AsyncClient(base_url=base_url) as self._client,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(self._say("HTTP", self._by_http))
            tasks.create_task(self._say("command", self._by_command))
            for _ in range(cuts):
                self._power_on()
                answered = len(self._done["HTTP"])
                await until(lambda n=answered: len(self._done["HTTP"]) > n + 3)
                await asyncio.sleep(chance.uniform(0, 0.6))
                known = self._known()
                await asyncio.to_thread(self._disk.take)
                self.power_off()
                await asyncio.to_thread(self._disk.come_back)
                self._look(known)
            self._is_over = True
            self._power_on()
        return self._figures(cuts)

    def power_off(self) -> None:
        self._has_power.clear()
        if self._web is not None:
            self._web.kill()
            self._web.wait()
        if self._command is not None and self._command.returncode is None:
            self._command.kill()

    def _power_on(self) -> None:
        self._web = start("web", "--config", str(self._console.config), log=self._log)
        self._has_power.set()

    async def _say(self, way: str, act: Callable[[str, str], Awaitable[bool]]) -> None:
        """Record acts one after another, each as often as it takes to hear that it is done."""
        for number in itertools.count():
            if self._is_over:
                return
            act_id = new_id()
            while not await act(act_id, f"{way}-{number}"):
                await asyncio.sleep(0.02)
                await self._has_power.wait()
            self._done[way].add(act_id)

    async def _by_http(self, act_id: str, code: str) -> bool:
        body = {"at": AT, "act_id": act_id, "site": "main", "zone": "A", "crop": "lowk"}
        try:
            said = await self._client.post(
                "/api/v1/acts/sow", json={**body, "code": code, "pieces": 9}
            )
        except httpx.TransportError:
            return False
        assert said.status_code in {200, 201}, said.text
        return True

    async def _by_command(self, act_id: str, code: str) -> bool:
        words = ("lot", "sow", code, "--crop", "lowk", "--zone", "A", "--pieces", "9")
        more = ("--id", act_id, "--at", AT, "--config", str(self._console.config))
        with self._log.open("ab") as log:
            self._command = await asyncio.create_subprocess_exec(
                sys.executable, "-c", ENTRY, *words, *more, stdout=log, stderr=log
            )
        ended = await self._command.wait()
        assert ended in {0, -signal.SIGKILL}, self._log.read_text()
        return ended == 0

    def _known(self) -> set[str]:
        return self._done["HTTP"] | self._done["command"]

    def _look(self, known: set[str]) -> None:
        """Compare the disk that came back with what had been called done."""
        with closing(sqlite3.connect(self._disk.folder / "minori.db")) as connection:
            there = {row[0] for row in connection.execute("SELECT id FROM act")}
            for what, query in TORN.items():
                self._torn += [f"{what}: {row}" for row in connection.execute(query)]
        self._missing |= known - there
        self._on_the_way += len(there - known)
        # What was called done after the instant of the cut, by processes that were still to be killed,
        # nobody would have heard with the plug really pulled.
        self._unheard += len(self._known() - known - there)
        self._done = {way: done & (known | there) for way, done in self._done.items()}

    def _figures(self, cuts: int) -> Figures:
        with closing(sqlite3.connect(self._disk.folder / "minori.db")) as connection:
            (acts,) = connection.execute("SELECT count(*) FROM act").fetchone()
        told = len(self._known())
        wrong = [*self._torn]
        if self._missing:
            wrong.append(f"{len(self._missing)} acts called done were gone after a cut")
        if acts != told:
            wrong.append(f"{told} acts were called done in the end, and {acts} are there")
        seen = (
            ("power cuts", cuts),
            *((f"acts called done by {way}", len(done)) for way, done in self._done.items()),
            ("called done and missing after a cut", len(self._missing)),
            ("there after a cut before anybody heard", self._on_the_way),
            ("called done after the instant of the cut", self._unheard),
            ("torn acts", len(self._torn)),
            ("acts in the end", acts),
        )
        return Figures("power_cut_acts", seen, tuple(wrong))
