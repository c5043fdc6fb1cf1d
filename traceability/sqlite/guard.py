"""After one failed fsync nothing more is written until the file was closed, reopened and verified.

The kernel forgets a page it could not write and calls the next fsync a success, and SQLite goes on
accepting (measured). So after any I/O error, or a page that is damaged, every write through this
engine is refused until a process of its own has found the file whole and written to it.

SQLite also copies its log into the file by itself after some commits, and keeps an fsync that
failed there to itself. So that is done here instead, where a failure is seen.
"""

import logging
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from traceability.errors import DatabaseInDoubt
from traceability.sqlite import wal
from traceability.sqlite.verify_file import DAMAGED
from traceability.trouble import Trouble, name_of, trouble_of

log = logging.getLogger(__name__)

# SQLite's own measure of when to copy its log into the file: 4 MB of it.
LONG_FRAMES = 1000
# How long a connection that is still reading is waited for before the file counts as not closed.
CLOSING_S = 30.0
# The whole file is read for it: 1 GB takes a slow card about a minute.
VERIFY_LIMIT_S = 600.0
# Each act that is refused asks anew; a dead disk need not be asked more often.
AGAIN_S = 2.0
# A disk that cannot be read so often has a bad place, and no cable that was loose for a moment.
GIVEN_UP_AFTER = 4
_VERIFIER = Path(__file__).with_name("verify_file.py")

_guards: "WeakKeyDictionary[Dialect, Guard]" = WeakKeyDictionary()


class Guard:
    """Whether one SQLite file may be written through one engine. Used from any thread."""

    def __init__(self, engine: Engine, file: Path) -> None:
        self.file = file
        self.doubt = ""  # the error that broke our trust; empty while there is none
        self.doubts = 0
        self.verified = 0  # how often trust came back
        self.when_wrong: Callable[[], None] = lambda: None
        self.is_wrong: Callable[[], bool] = lambda: False  # whoever has it open may have said so
        self._engine = engine
        self._mending = Lock()
        self._tried_at = -AGAIN_S
        self._since = 0.0
        self._failed = 0  # verifications since the last that went well
        self._counting = Lock()
        self._open: Counter[int] = Counter()  # connections, by the doubts there were at their start
        event.listen(engine, "handle_error", self._on_error)
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "close", self._on_close)
        event.listen(engine, "checkin", self._on_checkin)

    def distrust(self, error: BaseException) -> None:
        """Refuse writes from here on."""
        if not self.doubt:
            self.doubts += 1
            self._tried_at = -AGAIN_S
            self._since = time.monotonic()
            log.error(
                "%s: %s; nothing more is written until it was verified",
                self.file,
                name_of(error),
                extra={"code": DatabaseInDoubt.code},
            )
        self.doubt = name_of(error)

    @property
    def doubt_s(self) -> float:
        """For how long the file has been in doubt; 0 while it is trusted. [s]"""
        return time.monotonic() - self._since if self.doubt else 0.0

    def require(self) -> None:
        """Raise DatabaseInDoubt while the file is not trusted."""
        if self.doubt:
            raise self._refusal(self.doubt)

    def mend(self) -> None:
        """Close, reopen and verify the file if it is in doubt; blocks while it is read.

        Raises:
            DatabaseInDoubt: it is not to be trusted yet; says what was found.
        """
        if not self.doubt:
            return
        with self._mending:
            if not self.doubt:
                return
            if time.monotonic() - self._tried_at < AGAIN_S:
                raise self._refusal(self.doubt)
            self._close_all()
            found, is_damaged = _verify(self.file)
            self._tried_at = time.monotonic()
            if found:
                self._failed += 1
                if is_damaged or self._failed >= GIVEN_UP_AFTER:
                    self.when_wrong()
                raise self._refusal(found)
            self.doubt, self._failed = "", 0
            self.verified += 1
        log.warning("%s: closed, reopened and verified; writing goes on", self.file)

    def _close_all(self) -> None:
        self._engine.dispose()
        end = time.monotonic() + CLOSING_S
        while any(self._open[number] for number in range(self.doubts)):
            if time.monotonic() > end:
                raise self._refusal("a look-up still has it open")
            time.sleep(0.02)

    def _refusal(self, cause: str) -> DatabaseInDoubt:
        return DatabaseInDoubt(file=self.file, cause=cause)

    def _on_error(self, context: ExceptionContext) -> None:
        if trouble_of(context.original_exception) is Trouble.DOUBT:
            self.distrust(context.original_exception)

    def _on_connect(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        with self._counting:
            record.info["doubts"] = self.doubts
            self._open[record.info["doubts"]] += 1

    def _on_close(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        if "doubts" in record.info:
            with self._counting:
                self._open[record.info.pop("doubts")] -= 1

    def _on_checkin(self, connection: Any, record: ConnectionPoolEntry) -> None:
        if record.info.get("doubts") != self.doubts:
            record.invalidate()  # opened before the doubt
        elif connection is not None and record.info.pop("wrote", False):
            self._checkpoint(connection)

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        if not wal.is_long(wal.beside(self.file), LONG_FRAMES):
            return
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            # Short of room, the log simply goes on growing where there is some.
            if trouble_of(error) is Trouble.DOUBT:
                self.distrust(error)


def watch(engine: Engine, file: Path) -> None:
    """Guard an engine's file from its first connection on."""
    _guards[engine.dialect] = Guard(engine, file)


def guard_of(engine: Engine) -> Guard | None:
    """Return the engine's guard; None for a server, which looks after its own disk."""
    return _guards.get(engine.dialect)


def trusted(engine: Engine) -> int:
    """Return if the engine may be written to, verifying its file first where that is in doubt.

    Returns:
        How often that was needed so far: another number than last time means the disk failed.

    Raises:
        DatabaseInDoubt: it may not.
    """
    guard = guard_of(engine)
    if guard is None:
        return 0
    guard.mend()
    return guard.verified


def require(engine: Engine) -> None:
    """Raise DatabaseInDoubt while the engine's file is not trusted."""
    guard = guard_of(engine)
    if guard is not None:
        guard.require()


def about_to_write(connection: Connection) -> None:
    """Note that a transaction begins that writes, and refuse it while the file is in doubt."""
    require(connection.engine)
    connection.connection.info["wrote"] = True


def _verify(file: Path) -> tuple[str, bool]:
    """Return what a process of its own finds wrong with the file (empty: it is whole), and whether
    that is the file's fault and not only that it could not be read.

    Of its own, because closing the file here would drop the locks SQLite holds on it, because a
    disk that hangs must not hang us, and because what is looked for is what a fresh start sees.
    """
    # -I -S: nothing but the standard library, so a small board starts it in no time.
    command = [sys.executable, "-I", "-S", str(_VERIFIER), str(file)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=VERIFY_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it could not be read within {VERIFY_LIMIT_S:.0f} s", False
    except OSError as error:
        return f"it could not be verified ({error})", False
    if done.returncode == 0:
        return "", False
    said = (done.stdout + done.stderr).strip().splitlines()
    cause = said[-1] if said else f"verifying ended with code {done.returncode}"
    return cause, done.returncode == DAMAGED
