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
_USUAL_PAGE = 4096
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
    are not. A header that is damaged ends nothing here, or what lies behind it would not be missed.
    """
    try:
        handle = os.open(wal, os.O_RDONLY)
    except OSError:
        return
    try:
        header = os.pread(handle, HEADER, 0)
        is_right = is_header(header)
        size = FRAME + (_page_size(header) if is_right else _USUAL_PAGE)
        places = range(HEADER, os.fstat(handle).st_size - FRAME + 1, size)
        heads = [os.pread(handle, FRAME, at) for at in places]
        salt = header[16:24] if is_right else next((head[8:16] for head in heads), b"")
        ours = [number for number, head in enumerate(heads) if head[8:16] == salt]
        for number in range(ours[-1] + 1 if ours else 0):
            head = heads[number] if heads[number][8:16] == salt else bytes(FRAME)
            yield Frame(number + 1, _number(head, 0), _number(head, 4))
    finally:
        os.close(handle)


def is_header(data: bytes) -> bool:
    """Whether a log begins as one does; SQLite takes one that does not for empty."""
    if len(data) < HEADER or _number(data, 0) & ~1 != _MAGIC:
        return False
    form = ">" if _number(data, 0) & 1 else "<"
    return _sums((0, 0), data[:24], form) == (_number(data, 24), _number(data, 28))


def is_in_file(wal: Path, database: Path) -> bool:
    """Whether all that the log has lies in the file already, so that nothing is lost with it."""
    newest: dict[int, bytes] = {}
    with wal.open("rb") as log, database.open("rb") as file:
        for frame in frames(wal):
            log.seek(HEADER + (frame.number - 1) * (FRAME + _USUAL_PAGE) + FRAME)
            newest[frame.page] = log.read(_USUAL_PAGE)
        for page, data in newest.items():
            file.seek(max(0, page - 1) * _USUAL_PAGE)
            if file.read(_USUAL_PAGE) != data:
                return False
    return True


def committed(wal: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (page, its bytes) of every whole transaction in the log, in order, checksums proved."""
    waiting: list[tuple[int, bytes]] = []
    try:
        data = wal.read_bytes()
    except OSError:
        return
    if not is_header(data[:HEADER]):
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


def whole_frames(wal: Path) -> int:
    """Return how many frames belong to whole transactions, as SQLite would say if it could."""
    return sum(1 for _ in committed(wal))


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
