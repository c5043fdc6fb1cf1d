"""What systemd is told of us: one datagram each, to the socket it named; nothing without one.

Source: sd_notify(3), sd_watchdog_enabled(3).
"""

import logging
import os
import socket
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from threading import Event, Thread

log = logging.getLogger(__name__)

# How often more time is asked for, each time twice as much.
_EVERY_S = 15
_NAMES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Notifier:
    """Speaks to the service manager. Saying something never waits and never fails."""

    def __init__(self, address: str = "", *, watchdog_s: float | None = None) -> None:
        """Speak to this socket; a name that begins with @ is an abstract one.

        Args:
            watchdog_s: Within this time it wants to hear that we are well; None: it does not.
        """
        self.watchdog_s = watchdog_s
        self._address = "\0" + address[1:] if address.startswith("@") else address

    @classmethod
    def of_environment(cls, environment: MutableMapping[str, str] = os.environ) -> "Notifier":
        """Take over what systemd said; processes of ours must not speak in our name."""
        address, usec, pid = (environment.pop(name, "") for name in _NAMES)
        is_ours = not pid or pid == str(os.getpid())
        watchdog_s = int(usec) / 1e6 if usec.isdigit() and int(usec) and is_ours else None
        return cls(address, watchdog_s=watchdog_s)

    def ready(self, status: str) -> None:
        """Say that what was asked for is in place: started, or read again."""
        self._send(f"READY=1\nSTATUS={status}")

    @contextmanager
    def starting(self, words: str) -> Iterator[None]:
        """Have more time than usual to start, for as long as the block takes."""
        done = Event()

        def ask() -> None:
            self._send(f"EXTEND_TIMEOUT_USEC={2 * _EVERY_S * 1_000_000}\nSTATUS={words}")
            while not done.wait(_EVERY_S):
                self._send(f"EXTEND_TIMEOUT_USEC={2 * _EVERY_S * 1_000_000}")

        asking = Thread(target=ask, name="starting", daemon=True)
        asking.start()
        try:
            yield
        finally:
            done.set()
            asking.join()

    def reloading(self) -> None:
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1\nSTATUS=stopping")

    def status(self, words: str) -> None:
        self._send(f"STATUS={words}")

    def feed_watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def _send(self, said: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as outgoing:
                outgoing.sendto(said.encode(), socket.MSG_DONTWAIT, self._address)
        except OSError as error:
            # Who does not listen is not told; what we are here for is another matter.
            log.debug("service manager not told: %s", error)
