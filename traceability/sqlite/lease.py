"""Who has a database file open, and how the last of them ended: a small file beside it.

Everyone who opens the database holds the lease, shared; who replaces the file must hold it alone,
or a process that had it open would go on writing into what was set aside. The last to give it back
leaves the lease empty; a name of a boot that is still in it tells of an end without a goodbye.
"""

import fcntl
import os
import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from traceability.boots import boot_id
from traceability.errors import DatabaseUnusable

# Who replaces the file holds the lease meanwhile: that may take minutes, and is said so.
PATIENCE_S = 10.0
# Written instead of a boot's name by who found the file damaged while it ran.
_DAMAGED = "damaged"


class End(Enum):
    """How the last one who had the file open ended."""

    CLEAN = auto()
    KILLED = auto()  # its process, while the machine ran on: the kernel has written all it took
    CUT = auto()  # with the machine: what the disk was doing then is what there is
    DAMAGED = auto()  # it found something wrong itself, and nobody has looked since


class Lease:
    """Held from `take` until `give_back`. Where the folder cannot be written to, there is none."""

    def __init__(self, file: Path, *, patience_s: float = PATIENCE_S) -> None:
        """Make the lease of a file, without taking it.

        Args:
            patience_s: How long to wait for somebody who puts the file in order.
        """
        self.file = file
        self.is_first = False
        self._patience_s = patience_s
        self._handle: int | None = None

    def take(self, *, first: Callable[[End], None] | None = None) -> None:
        """Hold the lease from here on; taking it again changes nothing.

        Args:
            first: Called while nobody else can take it, if nobody else has it, with how the last
                one ended: for what may only be done to a file that nobody has open. Should it
                fail, the lease is not held, and says what it said before.

        Raises:
            DatabaseUnusable: somebody is putting the file in order, and did not finish in time.
        """
        if self._handle is not None:
            return
        handle = _opened(lease_of(self.file), self.file)
        if handle is None:
            return
        try:
            self._lock(handle, first)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle

    def give_back(self) -> None:
        """End holding it; the last one to do so says that all ended well."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if _locked(handle, fcntl.LOCK_EX) and _said(handle) == boot_id():
            _write(handle, "")
        os.close(handle)

    def say_damaged(self) -> None:
        """Have the next service to open the file look at all of it."""
        handle = _opened(lease_of(self.file), self.file)
        if handle is not None:
            _write(handle, _DAMAGED)
            os.close(handle)

    @property
    def is_damaged(self) -> bool:
        """Whether somebody who has the file open said so, and a service must leave it."""
        try:
            return lease_of(self.file).read_text(encoding="ascii") == _DAMAGED
        except (OSError, ValueError):
            return False

    def _lock(self, handle: int, first: Callable[[End], None] | None) -> None:
        end = time.monotonic() + self._patience_s
        while True:
            self.is_first = _locked(handle, fcntl.LOCK_EX)
            if self.is_first:
                last_end = _end(_said(handle))
                if first is not None:
                    first(last_end)
                # Who only looks something up leaves it to a service to look the file over.
                if first is not None or last_end in (End.CLEAN, End.KILLED):
                    _write(handle, boot_id())
                fcntl.flock(handle, fcntl.LOCK_SH)
                return
            # Beside others a damaged file cannot be replaced: they are leaving, and are waited for.
            is_to_wait = first is not None and self.is_damaged
            if not is_to_wait and _locked(handle, fcntl.LOCK_SH):
                return
            if time.monotonic() > end:
                raise DatabaseUnusable(
                    url=self.file,
                    cause="another process is putting it in order, or does not leave it",
                    next_step="it says in its log what it does; try again in some minutes",
                )
            time.sleep(0.05)


def lease_of(file: Path) -> Path:
    """Return where the lease of a database file lies."""
    return file.with_name(file.name + "-lease")


def _opened(lease: Path, file: Path) -> int | None:
    try:
        handle = os.open(lease, os.O_RDWR | os.O_CREAT, 0o644)
        if os.geteuid() == 0 and file.exists():
            # Root looked first: the service must be able to hold it, too, as SQLite does with its.
            owner = file.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)
    except PermissionError:
        # A look by somebody who may only read: it replaces nothing.
        return None
    except OSError as error:
        raise DatabaseUnusable(
            url=file, cause=str(error), next_step="check the path and its permissions"
        ) from error
    return handle


def _said(handle: int) -> str:
    return os.pread(handle, 64, 0).decode("ascii", "replace")


def _locked(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end(said: str) -> End:
    if not said:
        return End.CLEAN
    if said == _DAMAGED:
        return End.DAMAGED
    return End.KILLED if said == boot_id() else End.CUT


def _write(handle: int, text: str) -> None:
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode("ascii"), 0)
    except OSError:
        # A full disk: the worst of it is that the next start looks at more than it must.
        return
