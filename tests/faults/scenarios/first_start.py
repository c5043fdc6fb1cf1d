"""Killed in its first second, while it makes its database: the next start begins again by itself.

A board that loses its power just after it was installed has an empty file, or one with half of a
schema in its journal; nobody is there to type `minori db upgrade`.
"""

import asyncio
import random
import tempfile
from pathlib import Path

from tests.edge.conftest import until
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig.process import AgentProcess

SHORT, LONG = 2, 100
# Making the database takes some 0.3 s on an idle machine.
LATEST_S = 0.5
PAGE = 4096


def run(size: int) -> Figures:
    """Kill `size` first starts."""
    chance, empty, stuck = random.Random(size), 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = Mosquitto(folder)
        broker.start()
        try:
            for number in range(size):
                after_s = chance.uniform(0, LATEST_S) if number else 0.0
                agent = AgentProcess(folder, broker.port)
                asyncio.run(_killed(agent, after_s))
                empty += _is_empty(agent.database)
                said = asyncio.run(_started(agent))
                stuck += [f"killed {after_s:.3f} s after the file appeared: {said}"] if said else []
                for file in folder.glob("minori.db*"):
                    file.unlink()
        finally:
            broker.stop()
    seen = (("first starts killed", size), ("left a database without a schema", empty))
    return Figures("first_start", seen, tuple(stuck))


def _is_empty(database: Path) -> bool:
    # Nothing of ours may open it in between: that alone would repair it.
    return database.stat().st_size <= PAGE


async def _killed(agent: AgentProcess, after_s: float) -> None:
    agent.start()
    try:
        await until(agent.database.exists)
        await asyncio.sleep(after_s)
    finally:
        agent.kill()


async def _started(agent: AgentProcess) -> str:
    """Start it again; return what it said if it ended, else nothing."""
    agent.start()
    try:
        await until(agent.is_connected)
    except AssertionError as said:
        return str(said)
    finally:
        agent.kill()
    return ""
