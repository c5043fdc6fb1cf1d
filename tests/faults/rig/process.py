"""`minori agent` as a process of its own, killed and started again as often as wanted."""

import asyncio
import random
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.edge.conftest import until
from tests.edge.processes import start
from tests.faults.rig import load


class AgentProcess:
    """Writes to `disk` if given, else to `folder`.

    Nothing here opens its database while it may be killed: whoever holds it open keeps SQLite
    from repairing it at the next start, and that is to be seen.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        version: str = "5",
        disk: Path | None = None,
        settings: str = "",
        environment: Mapping[str, str] | None = None,
        command: str = "agent",
    ) -> None:
        """Make ready to start `minori COMMAND`.

        Args:
            settings: Written before those that every agent here has.
        """
        self._command = command
        self.database = (disk or folder) / "minori.db"
        self._ahead = self.database.with_name("minori.db-wal")
        self.log = folder / "log"
        self.config = folder / "minori.toml"
        broker = f"[mqtt]\nhost = '127.0.0.1'\nport = {port}\nversion = '{version}'\n"
        store = f"[database]\nurl = 'sqlite:///{self.database}'\n"
        self.config.write_text(settings + store + broker + load.TOPICS)
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._said = 0

    def start(self) -> None:
        if self._process is None:
            self._said = self.log.stat().st_size if self.log.exists() else 0
            words = (self._command, "--config", str(self.config))
            self._process = start(*words, log=self.log, environment=self._environment)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether it ended by itself; then it may be started again."""
        if self._process is None or self._process.poll() is None:
            return False
        self._process = None
        return True

    def said(self, words: str) -> int:
        """Return how often it has said so, in all its lives."""
        return self.log.read_bytes().count(words.encode()) if self.log.exists() else 0

    def is_connected(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-10_000:]
        with self.log.open("rb") as log:
            log.seek(self._said)
            return b"connected to MQTT" in log.read()

    async def until_starting(self, chance: random.Random) -> None:
        """Start it, and return at some moment of its first second."""
        self.start()
        await asyncio.sleep(chance.uniform(0.2, 1.0))

    async def until_storing(self, chance: random.Random) -> None:
        """Start it if need be, and return at some moment between two of its commits."""
        self.start()
        await until(self.is_connected)
        written = self._last_write()
        await until(lambda: self._last_write() != written)
        await asyncio.sleep(chance.uniform(0, 0.1))

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
