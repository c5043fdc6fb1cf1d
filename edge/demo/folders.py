"""Where a demo lives: a folder that goes with it, even if it was killed.

A killed demo cannot clean up, so the next one does. Whose owner lives is told by two signs, because
each alone can be wrong for a moment: a lock that the kernel drops with its process, and the
processes' numbers in the locked file. A folder without both signs is left alone.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PREFIX = "minori-demo-"
_LOCK = "demo.lock"


@dataclass(frozen=True, slots=True)
class Home:
    """A demo's folder, ours while the lock is open."""

    folder: Path
    lock: IO[str]

    def shared_with(self, pid: int) -> None:
        """Keep the folder while that process lives, too."""
        self.lock.write(f"{pid}\n")
        self.lock.flush()


@contextlib.contextmanager
def home() -> Iterator[Home]:
    """Give a new folder for a demo, and remove it when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (folder / _LOCK).open("w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = Home(folder, lock)
            found.shared_with(os.getpid())
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> list[Path]:
    """Remove the folders of demos that were killed; return them."""
    swept = [f for f in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _is_abandoned(f)]
    for folder in swept:
        shutil.rmtree(folder, ignore_errors=True)
    return swept


def is_of_demo(folder: Path) -> bool:
    return folder.name.startswith(PREFIX) and (folder / _LOCK).exists()


def _is_abandoned(folder: Path) -> bool:
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        with (folder / _LOCK).open(encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            pids = [int(line) for line in lock]
    except (OSError, ValueError):
        return False
    # Between making the file and locking it, a new demo has written nothing into it yet.
    return bool(pids) and not any(_is_alive(pid) for pid in pids)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
