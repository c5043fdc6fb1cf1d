"""The network between a site and its hub is cut in the middle of a batch, and comes back.

Two machines on one cable (network namespaces), HTTPS between them. The cable is pulled, so that both
sides see it, or swallows everything, so that neither does. Acts and readings go on meanwhile, days of
readings among them; afterwards what is measured then must not wait for those.
"""

import asyncio
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from edge.settings_file import load
from edge.store import ensure_place, open_store
from tests.edge import certificates
from tests.edge.conftest import until
from tests.edge.hubs import Farm, Hub, all_readings
from tests.edge.processes import start
from tests.edge.site_and_hub import EDGE, T0, Work
from tests.edge.test_uplink import acts, is_level
from tests.faults.figures import Figures
from tests.faults.rig.network import HUB_ADDRESS, Network
from traceability import database

SHORT, LONG = 2, 50
BACKLOG = 5_000
LONG_CUT_EVERY = 10  # each tenth cut lasts until the agent gives the connection up: a minute
MINUTE_MS = 60_000
HUB_OF_ITS_OWN = 'batch_readings = 500\nca_file = "{authority}"\n'


def run(size: int) -> Figures:
    """Cut the network `size` times, each way in turn."""
    with tempfile.TemporaryDirectory() as name, Network() as network:
        site = _Site(Path(name), network)
        try:
            asyncio.run(site.cut(size))
            return site.figures(size)
        finally:
            site.close()


class _Site:
    """A site on one machine, its hub on the other."""

    def __init__(self, folder: Path, network: Network) -> None:
        self._network, self._log = network, folder / "log"
        signed = certificates.make(folder / "certificates", name=HUB_ADDRESS)
        database.upgrade(f"sqlite:///{folder / 'hub.db'}")
        hub = database.open_database(f"sqlite:///{folder / 'hub.db'}")
        self._hub = Hub("", hub, ssl=signed.served, host=HUB_ADDRESS)
        self._hub.start(network.listen(network.hub, HUB_ADDRESS))
        self._config = folder / "edge" / "minori.toml"
        self._config.parent.mkdir()
        more = HUB_OF_ITS_OWN.format(authority=signed.authority)
        self._config.write_text(EDGE.format(port=1883).replace("[[zones]]", more + "[[zones]]"))
        settings = load(self._config)
        engine = open_store(settings, create=True)
        with database.writing_session(engine) as session:
            ensure_place(session, settings)
        self._farm = Farm(folder / "edge", settings, engine)
        self._farm.enrol(self._hub)
        self._work = Work(self._farm)
        self._minutes = 0
        self._waits_s: list[float] = []
        self._left: list[int] = []

    async def cut(self, cuts: int) -> None:
        words = ("agent", "--config", str(self._config))
        within = self._network.within(self._network.edge)
        self._agent = start(*words, log=self._log, within=within)
        chance = random.Random(cuts)
        enough = asyncio.Event()
        recording = asyncio.create_task(self._record(enough))
        for number in range(cuts):
            before = len(acts(self._hub.engine))
            await until(lambda n=before: len(acts(self._hub.engine)) > n + 3)
            await asyncio.sleep(chance.uniform(0, 0.3))
            (self._network.pull, self._network.swallow)[number % 2]()
            await asyncio.to_thread(self._measure, BACKLOG)
            if number % LONG_CUT_EVERY == LONG_CUT_EVERY - 1:
                given_up = self._given_up()
                await until(lambda n=given_up: self._given_up() > n, limit_s=300)
            await self._come_back()
        enough.set()
        await recording
        await until(lambda: is_level(self._farm), limit_s=600)

    def _given_up(self) -> int:
        return self._log.read_bytes().count(b"is not answering")

    async def _record(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            await asyncio.to_thread(self._work.once)
            await asyncio.sleep(0.02)

    async def _come_back(self) -> None:
        """Heal the line, measure once more, and see how much that overtakes."""
        self._network.heal()
        since, here = time.monotonic(), self._hub.count("reading")
        await asyncio.to_thread(self._measure, 1)
        newest = (T0 + self._minutes * MINUTE_MS,)
        count = f"SELECT count(*) FROM reading WHERE at_ms = {newest[0]}"
        await until(lambda: self._asked(count))
        self._waits_s.append(time.monotonic() - since)
        self._left.append(BACKLOG - (self._hub.count("reading") - here))

    def _measure(self, readings: int) -> None:
        """Measure once a minute, for so many minutes, of what then is the latest time."""
        first, self._minutes = self._minutes + 1, self._minutes + readings
        rows = [("room", T0 + n * MINUTE_MS, n / 1000) for n in range(first, self._minutes + 1)]
        self._farm.record(*rows)

    def _asked(self, query: str) -> int:
        with self._hub.engine.connect() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    def figures(self, cuts: int) -> Figures:
        acts_here, acts_there = acts(self._farm.engine), acts(self._hub.engine)
        here, there = self._farm.readings(), all_readings(self._hub.engine)
        lost = len(set(acts_here) - set(acts_there)), len(set(here) - set(there))
        doubled = [sum(n - 1 for n in Counter(rows).values()) for rows in (acts_there, there)]
        wrong = []
        if any(lost) or any(doubled) or acts_here != acts_there:
            wrong.append("what the site recorded is not what its hub has")
        if min(self._left) <= 0:
            wrong.append("a fresh reading waited until the whole backlog was sent")
        if b"Traceback" in self._log.read_bytes():
            wrong.append("the agent ended with a traceback")
        seen = (
            ("cuts: cable pulled / all swallowed", f"{cuts - cuts // 2} / {cuts // 2}"),
            ("acts recorded / at the hub", f"{len(acts_here)} / {len(acts_there)}"),
            ("readings recorded / at the hub", f"{len(here):,} / {len(there):,}"),
            ("lost acts / readings", f"{lost[0]} / {lost[1]}"),
            ("doubled acts / readings", f"{doubled[0]} / {doubled[1]}"),
            ("backlog a fresh reading overtook, least", f"{min(self._left):,} of {BACKLOG:,}"),
            ("back until a fresh reading was there, worst [s]", max(self._waits_s)),
        )
        return Figures("partition", seen, tuple(wrong))

    def close(self) -> None:
        if hasattr(self, "_agent"):
            self._agent.kill()
            self._agent.wait()
        self._hub.stop()
        self._hub.engine.dispose()
        self._farm.engine.dispose()
