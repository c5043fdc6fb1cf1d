"""A restored database put in the place of the one there is, which is set aside and never deleted.

At every moment one of the two lies under the name: a service that starts in between must not find
nothing there, and begin an empty record.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from traceability.backup.copies import RESTORED
from traceability.errors import BackupFailed
from traceability.sqlite import wal

_STOP = "stop every minori service and command, then try again"


def swap_files(ready: Path, file: Path, aside: Path) -> None:
    """Put the file `ready`, on the same disk, in the place of `file`, which becomes `aside`.

    Raises:
        BackupFailed: somebody has `file` open, or the disk fails; nothing was changed.
    """
    try:
        _own_like(ready, file)
        with _alone(file):
            if file.exists():
                _name_also(file, aside)
            ready.replace(file)
        _sync(file.parent)
    except OSError as error:
        cause = error.strerror or str(error)
        raise BackupFailed(what=file, cause=cause, next_step="check the disk") from error


def clear(folder: Path) -> None:
    """Remove what a restore left that was killed; nobody else may be restoring here."""
    for left in folder.glob(f"{RESTORED}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold a database that nobody else has open, with nothing of it left in a log."""
    if not file.exists():
        yield
        return
    with closing(sqlite3.connect(file, timeout=2, isolation_level=None)) as held:
        try:
            held.execute("PRAGMA locking_mode = EXCLUSIVE")
            # Copies the log into the file and removes it; only who is alone may.
            held.execute("PRAGMA journal_mode = DELETE").fetchone()
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise BackupFailed(what=file, cause="it is in use", next_step=_STOP) from error
            _set_log_aside(file)
        except sqlite3.DatabaseError:
            # Damaged: that is why it is replaced. Its log goes with it, for whoever wants to look.
            _set_log_aside(file)
        yield


def _set_log_aside(file: Path) -> None:
    """Take the log away first: beside another file it would be taken for its own."""
    log = wal.beside(file)
    with suppress(FileNotFoundError):
        log.rename(log.with_name(f"{log.name}.aside"))
    with suppress(FileNotFoundError):
        file.with_name(f"{file.name}-shm").unlink()


def _name_also(file: Path, aside: Path) -> None:
    try:
        os.link(file, aside)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links (FAT): for a moment there is nothing under the name.
        file.rename(aside)


def _own_like(ready: Path, file: Path) -> None:
    """Give it to whom the old file, or the folder, belongs: root restores for a service."""
    model = file if file.exists() else file.parent
    stat = model.stat()
    ready.chmod(stat.st_mode & 0o666 if model is file else 0o640)
    if os.geteuid() == 0:
        os.chown(ready, stat.st_uid, stat.st_gid)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
