"""A bus that is not there: simulated probes behind a pseudo-terminal, at the pace of the wire.

Always 8N1, because a pseudo-terminal refuses parity. A thread of its own plays the devices.
"""

import contextlib
import os
import select
import threading
import time
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

from sensors.line import Line
from sensors.simulator.probe import SimulatedProbe

# Bytes that nobody understands for so long are noise, and the next ones start a new frame.
_FORGET_S = 0.05
# Written in pieces of about so much line time: paced, yet not a wake-up a byte.
_PIECE_S = 0.002


class SimulatedBus:
    """Simulated probes on one line, behind the link `name`, which plays `/dev/serial/by-id/…`.

    Args:
        link: Where the link to the pseudo-terminal is made.
        line: The line's speed (parity is dropped).
        pace: 1 takes the time that line and devices take, 0 answers at once (a replay's choice).
        echo: The adapter sends back what it is sent.
    """

    def __init__(
        self, link: Path, line: Line | None = None, *, pace: float = 1.0, echo: bool = False
    ) -> None:
        self.name = str(link)
        self.line = (line or Line()).without_parity()
        self._link, self._pace, self._echo = link, pace, echo
        self._probes: dict[int | str, SimulatedProbe] = {}
        self._silent: set[int | str] = set()
        self._master = self._slave = -1
        self._wake_out, self._wake_in = os.pipe()
        self._thread: threading.Thread | None = None
        self._ending = False

    def add(self, *probes: SimulatedProbe) -> None:
        """Connect probes; each needs an address of its own."""
        self._probes.update((probe.address, probe) for probe in probes)

    def silence(self, address: int | str) -> None:
        """The probe at `address` answers no more."""
        self._silent.add(address)

    def restore(self, address: int | str) -> None:
        """The probe at `address` answers again."""
        self._silent.discard(address)

    def plug(self) -> None:
        """Appear under a fresh pseudo-terminal; the link leads there. Harmless when plugged."""
        if self._thread is not None:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        # A talker that nobody reads must not stop the thread, and with it `unplug`.
        os.set_blocking(self._master, False)
        beside = self._link.with_name(self._link.name + ".new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(os.ttyname(self._slave))
        beside.replace(self._link)
        for probe in self._probes.values():
            probe.power_up()
        self._ending = False
        self._thread = threading.Thread(target=self._play, name=f"bus {self.name}", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Go away as a pulled adapter does: no link, and errors for whoever holds the port."""
        if self._thread is None:
            return
        self._ending = True
        os.write(self._wake_in, b"\0")
        self._thread.join()
        self._thread = None
        os.read(self._wake_out, 64)
        self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)

    def close(self) -> None:
        """Unplug for good."""
        self.unplug()
        if self._wake_in >= 0:
            os.close(self._wake_in)
            os.close(self._wake_out)
            self._wake_in = self._wake_out = -1

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _play(self) -> None:
        heard = b""
        talk_at = time.monotonic() + 1.0
        while not self._ending:
            limit_s = _FORGET_S if heard else max(0.0, talk_at - time.monotonic())
            ready = select.select([self._master, self._wake_out], [], [], limit_s)[0]
            if self._master in ready:
                piece = os.read(self._master, 4096)
                if self._echo:
                    self._say(piece)
                heard = self._answered(heard + piece)
            elif not ready:
                # Silence ends a frame, understood or not.
                heard = b""
            if time.monotonic() >= talk_at:
                talk_at = time.monotonic() + 1.0
                self._talk()

    def _answered(self, heard: bytes) -> bytes:
        """Answer every question in `heard`; return what nobody has understood yet."""
        at = 0
        while at < len(heard):
            used, answer, takes_s = self._ask_all(heard[at:])
            if not used:
                # Noise in front of a question must not hide it.
                at += 1
                continue
            self._wait(self.line.time_s(used) + takes_s)
            self._say(answer)
            heard, at = heard[at + used :], 0
        return heard[-256:]

    def _ask_all(self, heard: bytes) -> tuple[int, bytes, float]:
        for address, probe in list(self._probes.items()):
            used, answer, takes_s = probe.hear(heard)
            if used:
                return used, b"" if address in self._silent else answer, takes_s
        return 0, b"", 0.0

    def _talk(self) -> None:
        for address, probe in list(self._probes.items()):
            if probe.talks and address not in self._silent:
                self._say(probe.talk())

    def _say(self, data: bytes) -> None:
        size = max(1, int(_PIECE_S / self.line.character_s)) if self._pace else len(data) or 1
        # Nobody reads: the pseudo-terminal is full, and the wire would have lost the bytes too.
        with contextlib.suppress(BlockingIOError):
            for start in range(0, len(data), size):
                piece = data[start : start + size]
                self._wait(self.line.time_s(len(piece)))
                os.write(self._master, piece)

    def _wait(self, seconds: float) -> None:
        if self._pace:
            time.sleep(seconds * self._pace)
