"""Files that people edit, looked at again and again: which changed, once they lie still.

An editor may write a file in place, and half a settings file may be one that reads well and has no
probes in it. So a change counts only when the file looked the same at two looks running.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

# When it was written, how long it is and which file it is; None: it is not there.
_Mark = tuple[int, int, int] | None


class WatchedFiles:
    """Compares by content: touching a file, or writing the same again, is no change."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self._files = files
        self._marks = self._look()
        self._digests = {file: _digest(file) for file in self._marks}
        self._is_moving = False

    def changed(self, *, at_once: bool = False) -> frozenset[Path]:
        """Return the files whose content is another than when they were last returned here.

        Args:
            at_once: Somebody says that they are written; do not wait for the next look.
        """
        marks = self._look()
        moved = marks != self._marks
        self._marks = marks
        if moved and not at_once:
            self._is_moving = True
            return frozenset()
        if not (moved or self._is_moving):
            return frozenset()
        self._is_moving = False
        return self._compare(marks)

    def adopt(self, files: Iterable[Path]) -> None:
        """Count what these files hold now as known, where they were not watched before."""
        for file in files:
            self._digests.setdefault(file, _digest(file))

    def _compare(self, marks: Mapping[Path, _Mark]) -> frozenset[Path]:
        digests = {file: _digest(file) for file in marks}
        names = digests.keys() | self._digests.keys()
        changed = {n for n in names if digests.get(n) != self._digests.get(n)}
        self._digests = digests
        return frozenset(changed)

    def _look(self) -> dict[Path, _Mark]:
        return {file: _mark(file) for file in self._files()}


def _mark(file: Path) -> _Mark:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _digest(file: Path) -> bytes | None:
    try:
        return hashlib.blake2b(file.read_bytes()).digest()
    except OSError:
        return None
