"""Room on the disk the record lies on, and what is given up in which order when it goes short.

    1. below the floor    no more readings are taken in: the broker keeps them, probes wait
    2. below a quarter    the ballast, a file kept for nothing else, is removed: lots go on
    3. room again         readings are taken in, the ballast is made again

SQLite cannot even delete on a full disk (measured), so stopping in time is what keeps the record
writable. Acts are never refused here: they are small, and nobody sends them twice.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edge.metrics import Metric, counter, gauge
from edge.settings import Disk as Wanted
from traceability.errors import DatabaseFull
from traceability.readings import Delivery

log = logging.getLogger(__name__)

# Looked at before each batch too; this is for when nothing comes in.
LOOK_EVERY_S = 5.0
BALLAST = "minori.ballast"
# Readings come back only with some room to spare, or they would come and go with every batch.
_MARGIN = 1.1
_MB = 1 << 20

Append = Callable[[Sequence[Delivery]], int]


class Disk:
    """The room of one folder against what the settings want. Used from any thread."""

    def __init__(
        self,
        folder: Path,
        wanted: Wanted,
        *,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._folder = folder
        self._free = free
        self.takes_readings = True
        self.stops = 0  # how often it stopped taking them
        self.follow(wanted)

    def follow(self, wanted: Wanted) -> None:
        """Go by other settings from now on."""
        self._floor = wanted.floor_mb * _MB
        self._ballast = wanted.ballast_mb * _MB

    @property
    def free_bytes(self) -> int:
        return self._free(self._folder)

    @property
    def floor_bytes(self) -> int:
        return self._floor

    def look(self) -> None:
        """See how much room there is, and do what follows from it; may be done at any time."""
        self._mind_ballast(self._see())

    def _see(self) -> int:
        free = self.free_bytes
        if self.takes_readings and free < self._floor:
            self.takes_readings, self.stops = False, self.stops + 1
            log.error(
                "%d MB free on the disk of %s, the floor is %d MB: readings wait, lots go on",
                *(free // _MB, self._folder, self._floor // _MB),
                extra={"code": "disk_low"},
            )
        elif not self.takes_readings and free >= self._floor * _MARGIN:
            self.takes_readings = True
            log.warning("%d MB free again on %s: readings are taken in", free // _MB, self._folder)
        return free

    def guarded(self, append: Append) -> Append:
        """Return `append`, which takes nothing while there is too little room.

        Raises:
            DatabaseFull: from the one returned; whoever waits for room tries again.
        """

        def append_if_there_is_room(deliveries: Sequence[Delivery]) -> int:
            self._see()
            if not self.takes_readings:
                raise DatabaseFull(url=self._folder)
            return append(deliveries)

        return append_if_there_is_room

    def metrics(self) -> Iterator[Metric]:
        yield gauge("minori_disk_free_bytes", "Room on the disk of the record.", self.free_bytes)
        yield gauge("minori_disk_floor_bytes", "Below it readings wait.", self._floor)
        yield gauge(
            "minori_disk_takes_readings", "1 while there is room for readings.", self.takes_readings
        )
        yield counter("minori_disk_stops_total", "How often readings had to wait.", self.stops)

    def _mind_ballast(self, free: int) -> None:
        file = self._folder / BALLAST
        try:
            if free < self._floor / 4 and file.exists():
                file.unlink()
                log.error(
                    "the disk of %s is full: ballast removed, so that lots can still be recorded; "
                    "make room", self._folder, extra={"code": "disk_full"},
                )  # fmt: skip
            elif self._ballast and free > self._floor * _MARGIN + self._ballast:
                _fill(file, self._ballast)
        except OSError as error:
            log.warning("ballast of %s: %s", self._folder, error)


def _fill(file: Path, size: int) -> None:
    """Make the file if it is not there in that size: blocks, not a hole that takes no room."""
    if file.exists() and file.stat().st_size == size:
        return
    with file.open("wb") as target:
        os.posix_fallocate(target.fileno(), 0, size)
