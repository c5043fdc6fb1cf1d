"""The wall clock jumps a year forward and back while readings come in: each is there once, in order.

What comes without a time of its own is timed by our clock, and waits while that is not to be
believed; a minute after the last jump it gets its true time. A clock that stays where it jumped to is
believed after that minute, and nothing is lost or doubled for it. The minutes pass at once here.
"""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from edge.bus import Broker, Bus
from edge.timekeeping import SETTLED_S
from tests.edge.conftest import until
from tests.edge.test_bus import running
from tests.fakes.false_clock import FalseClock
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig import load
from tests.faults.rig.process import AgentProcess

SHORT, LONG = 1, 50
YEAR = timedelta(days=365)
IN_ORDER = (
    "SELECT series_id, value FROM reading JOIN series ON series.id = series_id "
    "WHERE quantity = 'illuminance' ORDER BY series_id, at_ms"
)
OUTSIDE = (
    "SELECT count(*) FROM reading JOIN series ON series.id = series_id "
    "WHERE quantity = 'illuminance' AND at_ms NOT BETWEEN {} AND {}"
)
TAKEN = "SELECT (SELECT count(*) FROM reading) + (SELECT count(*) FROM held_reading)"
RELEASED = "readings got their time"


def run(size: int) -> Figures:
    """Jump `size` times forward and back, as often back and forward, and as often to stay."""
    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(_jumping(Path(name), size))


async def _jumping(folder: Path, size: int) -> Figures:
    broker, clock = Mosquitto(folder), FalseClock(folder)
    broker.start()
    agent = AgentProcess(folder, broker.port, environment=clock.environment)
    try:
        agent.start()
        await until(agent.is_connected)
        async with running(Bus(Broker("127.0.0.1", broker.port, "sender"))) as sender:
            stream = load.Load(sender)
            farm = _Farm(agent, clock, stream)
            publishing = asyncio.create_task(stream.run())
            for _ in range(size):
                await farm.wrong_for_a_moment(YEAR)
                await farm.wrong_for_a_moment(-YEAR)
            in_order = farm.out_of_order()
            false = farm.of_another_time()
            for number in range(size):
                await farm.set_for_good(-YEAR if number % 2 else YEAR)
            stream.stop()
            await publishing
        stored = await load.settled(agent.database, stream.sent)
        assert agent.stop() == 0
    finally:
        agent.kill()
        broker.kill()
    lost = [number for number in range(stream.sent) if number not in stored]
    doubled = sum(times > 1 for times in stored.values())
    wrong = list(in_order[:5])
    if false:
        wrong.append(f"{false} readings are said to be of another time than that of the run")
    if lost or doubled:
        wrong.append(f"{len(lost)} lost {lost[:5]}, {doubled} doubled")
    if agent.said("Traceback"):
        wrong.append("the agent said a traceback")
    seen = (
        ("jumps of a year: there and back / to stay", f"{2 * size} / {size}"),
        ("messages sent / stored", f"{stream.sent:,} / {stored.total():,}"),
        ("lost / doubled", f"{len(lost)} / {doubled}"),
        ("times readings got their time later", agent.said(RELEASED)),
        (
            "after jumps there and back: out of order / at a wrong time",
            f"{len(in_order)} / {false}",
        ),
    )
    return Figures("clock_jumps", seen, tuple(wrong))


class _Farm:
    def __init__(self, agent: AgentProcess, clock: FalseClock, stream: load.Load) -> None:
        self._agent, self._clock, self._stream = agent, clock, stream
        self._began = clock.now() - timedelta(minutes=1)

    async def wrong_for_a_moment(self, by: timedelta) -> None:
        """As by a bad time server: readings are taken before, between and after."""
        await self._until_stored()
        self._clock.jump(by)
        await self._until_stored()
        self._clock.jump(-by)
        await self.settle()

    async def set_for_good(self, by: timedelta) -> None:
        await self._until_stored()
        self._clock.jump(by)
        await self.settle()

    async def settle(self) -> None:
        """Let the minute pass after which the clock is believed."""
        sent = self._stream.sent
        # What waits to be stored for longer than a minute is not known as ours any more.
        await until(lambda: self._asked(TAKEN)[0][0] >= sent)
        self._clock.go_on(SETTLED_S + 1)
        await self._until_stored()
        await until(lambda: not self._asked("SELECT count(*) FROM held_reading")[0][0])

    async def _until_stored(self) -> None:
        """Return once more readings with a time of their own are there: those never wait."""
        before = load.count(self._agent.database)
        await until(lambda: load.count(self._agent.database) > before)

    def out_of_order(self) -> list[str]:
        rows = self._asked(IN_ORDER)
        return [
            f"{then[1]} is said to have come before {now[1]}"
            for then, now in pairwise(rows)
            if then[0] == now[0] and then[1] > now[1]
        ]

    def of_another_time(self) -> int:
        """Return how many readings timed by our clock are not of the time since it all began."""
        span = [round(at.timestamp() * 1000) for at in (self._began, self._clock.now())]
        return int(self._asked(OUTSIDE.format(*span))[0][0])

    def _asked(self, query: str) -> list[tuple[float, ...]]:
        with closing(sqlite3.connect(self._agent.database)) as connection:
            return connection.execute(query).fetchall()
