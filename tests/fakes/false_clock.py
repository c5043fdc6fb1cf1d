"""The clocks of a real process, in the hands of a test: jumps of the wall clock, time that flies."""

import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fakes import preload

SOURCE = Path(__file__).with_name("false_clock.c")
_NUMBERS = struct.Struct("=4q")
_WALL, _PASSED, _LEAP = 0, 8, 16
_NS = 1_000_000_000


class FalseClock:
    """Compiled once a test; `environment` goes to the process that is to live by it."""

    def __init__(self, folder: Path) -> None:
        library = preload.compiled(SOURCE, folder)
        file = folder / "false_clock"
        file.write_bytes(bytes(_NUMBERS.size))
        with file.open("r+b") as shared:
            self._said = mmap.mmap(shared.fileno(), _NUMBERS.size)
        self.environment = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "FALSE_CLOCK": str(file),
        }

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forward or back; the other clock does not notice."""
        self._put(_WALL, self._get(_WALL) + round(by.total_seconds() * _NS))

    def go_on(self, seconds: float) -> None:
        """Let so much time have passed, on both clocks."""
        self._put(_PASSED, self._get(_PASSED) + round(seconds * _NS))

    def leap(self, *, after_s: float) -> None:
        """From here on a process that waits for nothing but time has it at once: it sleeps so
        long in truth, and then the whole of its sleep is over."""
        self._put(_LEAP, round(after_s * _NS))

    @property
    def passed_s(self) -> float:
        """How much time has passed that never did. [s]"""
        return self._get(_PASSED) / _NS

    def now(self) -> datetime:
        """Return the wall clock as the process sees it."""
        off_by = timedelta(microseconds=(self._get(_WALL) + self._get(_PASSED)) // 1000)
        return datetime.now(UTC) + off_by

    def _get(self, at: int) -> int:
        return int.from_bytes(self._said[at : at + 8], "little", signed=True)

    def _put(self, at: int, number: int) -> None:
        self._said[at : at + 8] = number.to_bytes(8, "little", signed=True)
