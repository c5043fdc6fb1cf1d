"""A small disk that can be filled up and cleared: a tmpfs of its own. Needs root."""

import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.figures import NotHere

MB = 1 << 20


class SmallDisk:
    """Mounted at `folder` for as long as the block runs."""

    def __init__(self, size_mb: int) -> None:
        self._size_mb = size_mb

    def __enter__(self) -> Self:
        self._place = tempfile.TemporaryDirectory(prefix="minori-small-")
        self.folder = Path(self._place.name)
        self._filler = self.folder / "filler"
        mount = ("mount", "-t", "tmpfs", "-o", f"size={self._size_mb}m", "tmpfs", self._place.name)
        done = None if os.geteuid() else subprocess.run(mount, capture_output=True, check=False)
        if done is None or done.returncode:
            self._place.cleanup()
            raise NotHere("mounting a small disk needs root")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        subprocess.run(("umount", "-l", self._place.name), check=True)
        self._place.cleanup()

    @property
    def free(self) -> int:
        said = os.statvfs(self.folder)
        return said.f_bavail * said.f_frsize

    def fill(self, *, but_mb: int) -> None:
        """Fill it up but for so much; 0: to the last byte, whoever else writes meanwhile."""
        with self._filler.open("ab", buffering=0) as filler:
            try:
                while (more := self.free - but_mb * MB) > 0:
                    filler.write(b"\0" * min(more, MB))
            except OSError:
                pass  # full, as wanted

    def clear(self) -> None:
        self._filler.unlink()
