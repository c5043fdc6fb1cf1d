"""The folder that holds copies: their names, which of them are kept, one maker at a time.

A copy is named by whose it is and when it was made. While it is being made it has another name, so
that whatever has a copy's name is a whole one.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from edge.errors import BackupRunning
from edge.settings import Settings
from traceability.database import sqlite_file
from traceability.errors import BackupFailed

_STAMP = "%Y%m%dT%H%M%SZ"
_PART = ".part"
_LOCK = ".minori-backup.lock"


class Shelf:
    """Copies of one site in one folder."""

    def __init__(self, folder: Path, owner: str) -> None:
        """Look after the copies in `folder`.

        Args:
            owner: What their names begin with; others' copies in the folder are left alone.
        """
        self.folder = folder
        self._owner = owner
        self._name = re.compile(rf"{re.escape(owner)}-(\d{{8}}T\d{{6}}Z)(-\d+)?")

    def copies(self) -> list[Path]:
        """Return the copies there are, oldest first."""
        try:
            found = [path for path in self.folder.iterdir() if self._name.fullmatch(path.name)]
        except OSError:
            return []
        return sorted(found, key=lambda path: _order(path.name.removeprefix(self._owner)))

    def made_at(self, copy: Path) -> datetime | None:
        """Return when a copy was made, as its name says."""
        found = self._name.fullmatch(copy.name)
        return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None

    @contextmanager
    def new(self, at: datetime) -> Iterator[tuple[Path, Path]]:
        """Give an empty folder, and the name it gets once the block ended well; else it goes.

        Raises:
            BackupRunning: another copy is being made here.
            BackupFailed: nothing can be written here.
        """
        with self._alone():
            copy = self._free(at)
            part = self._part_of(copy)
            try:
                part.mkdir(mode=0o700)
                yield part, copy
                _make_durable(part)
                part.rename(copy)
                _sync(self.folder)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise

    def keep(self, count: int, made: Path) -> list[Path]:
        """Remove all but the newest `count` copies; return those removed.

        The one just made stays whatever the clock says: a board without a battery may have made it
        in 1970.
        """
        others = [copy for copy in self.copies() if copy != made]
        gone = others[: max(0, len(others) - count + 1)]
        for copy in gone:
            # Under another name first: half a copy must not look like one.
            part = self._part_of(copy)
            copy.rename(part)
            shutil.rmtree(part)
        return gone

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            next_step = "is its disk mounted, and may you write there?"
            what, cause = f"copies in {self.folder}", error.strerror
            raise BackupFailed(what=what, cause=cause, next_step=next_step) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._clear()
            yield
        except BlockingIOError as error:
            raise BackupRunning(folder=self.folder) from error
        finally:
            os.close(handle)

    def _clear(self) -> None:
        """Remove what a maker left that was killed; nobody else is making one now."""
        for part in self.folder.glob(f".{self._owner}-*{_PART}"):
            shutil.rmtree(part, ignore_errors=True)

    def _free(self, at: datetime) -> Path:
        first = copy = self.folder / f"{self._owner}-{at.strftime(_STAMP)}"
        number = 1
        while copy.exists():
            number += 1
            copy = first.with_name(f"{first.name}-{number}")
        return copy

    def _part_of(self, copy: Path) -> Path:
        return self.folder / f".{copy.name}{_PART}"


def shelf_of(settings: Settings, folder: Path | None = None) -> Shelf:
    """Return where this site's copies are: in `folder`, or where the settings say."""
    owner = f"{settings.site.organisation}-{settings.site.code}"
    return Shelf(folder or _folder_of(settings), owner)


def _folder_of(settings: Settings) -> Path:
    if settings.backup.folder:
        return settings.path(settings.backup.folder)
    file = sqlite_file(settings.database_url)
    return (file.parent if file else settings.path(".")) / "backups"


def _order(stamp: str) -> tuple[str, int]:
    """Order `-20261125T030000Z-10` after `-20261125T030000Z-9`."""
    _, when, *number = stamp.split("-")
    return when, int(number[0]) if number else 1


def _make_durable(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
