"""A disk whose fsync fails when told, beneath a real process."""

import os
from pathlib import Path

from tests.fakes import preload

SOURCE = Path(__file__).with_name("failing_sync.c")


class FailingDisk:
    """Compiled once a test; `environment` goes to the process that is to have such a disk."""

    def __init__(self, folder: Path) -> None:
        library = preload.compiled(SOURCE, folder)
        self._orders = folder / "fail_sync"
        self._orders.write_text("0 nothing\n")
        self.environment = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "FAIL_SYNC": str(self._orders),
        }

    def fail(self, ending: str, *, times: int = 1) -> None:
        """Fail the next `times` fsyncs of files whose name ends so."""
        written = self._orders.with_suffix(".new")
        written.write_text(f"{times} {ending}\n")
        written.rename(self._orders)

    @property
    def left(self) -> int:
        """How many of the ordered failures have not happened yet."""
        words = self._orders.read_text().split()
        return int(words[0]) if words else -1
