"""A real Mosquitto on a free port, started, killed and started again by a test."""

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

CONFIG = """
listener {port} 127.0.0.1
allow_anonymous true
user root
persistence {persistence}
persistence_location {folder}/
autosave_interval 0
max_queued_messages 0
{extra}
"""


def free_port() -> int:
    """Return a port nobody listens on; Mosquitto cannot be told to choose one itself.

    Never one that the kernel gives to outgoing connections (from 32768 on): a client that tries
    again while the broker is down would one day be given that number, connect to itself, and the
    broker could not have its port back.
    """
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return probe.getsockname()[1]


class Mosquitto:
    """`max_queued_messages 0` is unlimited: what a test publishes, the broker keeps."""

    def __init__(self, folder: Path, *, extra: str = "", persistence: bool = False) -> None:
        self.port = free_port()
        self._config = folder / f"mosquitto-{self.port}.conf"
        word = "true" if persistence else "false"
        self._config.write_text(
            CONFIG.format(port=self.port, folder=folder, extra=extra, persistence=word)
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which(
            "mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
        )
        assert program, "mosquitto is missing: apt install mosquitto"
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            [program, "-c", str(self._config)], stdout=quiet, stderr=quiet
        )
        self._wait_listening()

    def stop(self) -> None:
        self._end("terminate")

    def kill(self) -> None:
        self._end("kill")

    def reload(self) -> None:
        """Have it read its access list again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def _end(self, how: str) -> None:
        if self._process is not None:
            getattr(self._process, how)()
            self._process.wait()
            self._process = None

    def _wait_listening(self) -> None:
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise AssertionError("mosquitto does not listen")
