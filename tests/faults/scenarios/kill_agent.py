"""kill -9 of the agent under load: each message is stored once, whatever the moment.

The broker lives and keeps what we had not acknowledged. One kill in four comes while the agent is
still starting (making its database, migrating, connecting); the others within a batch or two.
"""

import asyncio
import random
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from edge.bus import Broker, Bus
from tests.edge.conftest import until
from tests.edge.processes import start
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto
from tests.faults.figures import Figures
from tests.faults.rig import load

SHORT, LONG = 20, 200
VERSIONS = ("5", "3.1.1")


def run(size: int) -> Figures:
    """Kill `size` times, half of them at each version of MQTT."""
    seen, wrong = [], []
    for version in VERSIONS:
        kills = size // len(VERSIONS)
        with tempfile.TemporaryDirectory() as name:
            sent, stored = asyncio.run(_killed(Path(name), version, kills))
        doubled = sum(times > 1 for times in stored.values())
        lost = [number for number in range(sent) if number not in stored]
        seen += [
            (f"MQTT {version}: kills", kills),
            (f"MQTT {version}: acknowledged to the sender", sent),
            (f"MQTT {version}: stored", stored.total()),
            (f"MQTT {version}: lost / doubled", f"{len(lost)} / {doubled}"),
        ]
        if lost or doubled:
            wrong.append(f"MQTT {version}: {len(lost)} lost {lost[:5]}, {doubled} doubled")
    return Figures("kill_agent", tuple(seen), tuple(wrong))


async def _killed(folder: Path, version: str, kills: int) -> tuple[int, Counter[int]]:
    broker = Mosquitto(folder)
    broker.start()
    agent = Agent(folder, broker.port, version)
    chance = random.Random(kills)
    try:
        await agent.kill_starting(chance)  # in the middle of making its database
        agent.start()
        await until(agent.is_connected)  # from here on the broker keeps a session for it
        async with running(Bus(Broker("127.0.0.1", broker.port, "sender"))) as sender:
            stream = load.Load(sender)
            publishing = asyncio.create_task(stream.run())
            for number in range(1, kills):
                await (agent.kill_starting if number % 4 == 0 else agent.kill_storing)(chance)
            stream.stop()
            await publishing
        agent.start()
        stored = await load.settled(agent.database, stream.sent)
        assert agent.stop() == 0
        return stream.sent, stored
    finally:
        agent.kill()
        broker.kill()


class Agent:
    """`minori agent` as a process that is killed and started again.

    Nothing here opens its database while it may be killed: whoever holds it open keeps SQLite
    from repairing it at the next start, and that is to be seen.
    """

    def __init__(self, folder: Path, port: int, version: str) -> None:
        self.database = folder / "minori.db"
        self._ahead = folder / "minori.db-wal"
        self._log = folder / "log"
        self._config = folder / "minori.toml"
        broker = f"[mqtt]\nhost = '127.0.0.1'\nport = {port}\nversion = '{version}'\n"
        self._config.write_text(broker + load.TOPICS)
        self._process: subprocess.Popen[bytes] | None = None
        self._said = 0

    def start(self) -> None:
        if self._process is None:
            self._said = self._log.stat().st_size if self._log.exists() else 0
            self._process = start("agent", "--config", str(self._config), log=self._log)

    def is_connected(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        with self._log.open("rb") as log:
            log.seek(self._said)
            return b"connected to MQTT" in log.read()

    async def kill_starting(self, chance: random.Random) -> None:
        """Kill it at some moment of its first second."""
        self.start()
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        self.kill()

    async def kill_storing(self, chance: random.Random) -> None:
        """Kill it at some moment between two of its commits."""
        self.start()
        await until(self.is_connected)
        written = self._last_write()
        await until(lambda: self._last_write() != written)
        await asyncio.sleep(chance.uniform(0, 0.1))
        self.kill()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """Ask it to end, as systemd does; return its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(30)
        self._process = None
        return code

    def _last_write(self) -> int:
        return self._ahead.stat().st_mtime_ns if self._ahead.exists() else 0
