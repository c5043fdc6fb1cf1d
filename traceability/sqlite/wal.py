"""SQLite's write-ahead log as it lies on the disk: how many frames, and which of them commit.

Only read, never locked: SQLite keeps its locks on the other two files, and closing a file that it
holds locks on would drop them (POSIX). Source: "Database File Format", section 4.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADER = 32
FRAME = 24
_MAGIC = 0x377F0682  # the last bit says whose byte order the checksums have


def beside(database: Path) -> Path:
    """Return where the log of a database file lies."""
    return database.with_name(database.name + "-wal")


@dataclass(frozen=True, slots=True)
class Frame:
    """One page as the log has it. `pages` is the database's size after a commit, else 0."""

    number: int  # from 1
    page: int
    pages: int

    @property
    def commits(self) -> bool:
        return self.pages > 0


def is_long(wal: Path, frames: int) -> bool:
    """Whether the log holds that many frames now; its length on disk says only what it once held.

    A log begins anew from its first frame under a new salt, so the salt of the frame tells.
    """
    try:
        handle = os.open(wal, os.O_RDONLY)
    except OSError:
        return False
    try:
        header = os.pread(handle, HEADER, 0)
        at = HEADER + (frames - 1) * (FRAME + _page_size(header))
        return len(header) == HEADER and os.pread(handle, FRAME, at)[8:16] == header[16:24]
    finally:
        os.close(handle)


def frames(wal: Path) -> Iterator[Frame]:
    """Yield the frames that were written since the log last began, whole or torn, in order.

    Whether their contents are right is not looked at: SQLite knows, and stops at the first that
    are not.
    """
    try:
        handle = os.open(wal, os.O_RDONLY)
    except OSError:
        return
    try:
        header = os.pread(handle, HEADER, 0)
        if len(header) < HEADER or _number(header, 0) & ~1 != _MAGIC:
            return
        size, at, number = FRAME + _page_size(header), HEADER, 1
        while (found := os.pread(handle, FRAME, at))[8:16] == header[16:24]:
            yield Frame(number, _number(found, 0), _number(found, 4))
            at, number = at + size, number + 1
    finally:
        os.close(handle)


def committed(wal: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (page, its bytes) of every whole transaction in the log, in order, checksums proved."""
    waiting: list[tuple[int, bytes]] = []
    try:
        data = wal.read_bytes()
    except OSError:
        return
    if len(data) < HEADER or _number(data, 0) & ~1 != _MAGIC:
        return
    form = ">" if _number(data, 0) & 1 else "<"
    sums = _sums((0, 0), data[:24], form)
    size = _page_size(data)
    for at in range(HEADER, len(data) - FRAME - size + 1, FRAME + size):
        page = data[at + FRAME : at + FRAME + size]
        sums = _sums(_sums(sums, data[at : at + 8], form), page, form)
        is_right = data[at + 8 : at + 16] == data[16:24]
        if not is_right or sums != (_number(data, at + 16), _number(data, at + 20)):
            return
        waiting.append((_number(data, at), page))
        if _number(data, at + 4):
            yield from waiting
            waiting = []


def _sums(sums: tuple[int, int], data: bytes, form: str) -> tuple[int, int]:
    """Return the running checksum. Source: "Database File Format", 4.2."""
    first, second = sums
    words = struct.unpack(f"{form}{len(data) // 4}I", data)
    for left, right in zip(words[::2], words[1::2], strict=True):
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return first, second


def _page_size(header: bytes) -> int:
    return _number(header, 8)


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
