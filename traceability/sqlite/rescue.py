"""A damaged database set aside, and a new one with everything of it that can be read.

The new one is made beside the old and takes its place by renaming, so that a power cut at any
moment leaves either of them whole and this to be done again, or finished. Nothing starts empty
without saying so: what was lost is a record of the new database.
"""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from traceability import database
from traceability.errors import DatabaseFull, DatabaseTooNew, TraceabilityError
from traceability.sqlite import losses, outline
from traceability.sqlite.copying import Copied, Source, copy_all
from traceability.sqlite.outline import Outline
from traceability.sqlite.pages import Pages
from traceability.sqlite.patched import PatchedCopy
from traceability.trouble import Trouble, trouble_of

log = logging.getLogger(__name__)

# The log first: beside a new file an old log would be taken for its own.
_PARTS = ("-wal", "-shm", "")


@dataclass(frozen=True, slots=True)
class Rescued:
    """What became of a damaged file."""

    aside: Path
    rows: int
    losses: int


def rescue(file: Path, *, cause: str) -> Rescued:
    """Replace a damaged database that nobody has open by what can be read of it.

    Raises:
        DatabaseFull: there is no room for a second one; nothing was changed.
        DatabaseTooNew: a newer Minori wrote it, which must rescue it; nothing was changed.
    """
    aside = f".broken-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    building, ready = _beside(file, ".rescuing"), _beside(file, ".rescued")
    try:
        with _opened(file) as source:
            _refuse_newer(file, source.outline.revision)
            log.error("%s is damaged (%s); what can be read goes into a new one", file, cause)
            copied = _build(source, Pages(file, source.outline), building)
        found = losses.describe(building, copied, file=file.name + aside)
        _finish_building(building)
        _own_like(file, building)
    except (sqlite3.Error, SQLAlchemyError, TraceabilityError, OSError) as error:
        _remove(building)
        if trouble_of(error) is Trouble.FULL or getattr(error, "errno", None) == ENOSPC:
            raise DatabaseFull(url=file) from error
        raise
    building.rename(ready)
    _sync_folder(file)
    _put_in_place(file, ready, aside)
    rows = copied.rows.total() - copied.orphans.total()
    return Rescued(file.with_name(file.name + aside), rows, found)


def finish(file: Path) -> bool:
    """Complete a rescue that a power cut interrupted; return whether there was one."""
    _remove(_beside(file, ".rescuing"))
    if not is_interrupted(file):
        return False
    _put_in_place(file, _beside(file, ".rescued"), f".broken-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    log.warning("%s: a rescue that was interrupted is complete", file)
    return True


def is_interrupted(file: Path) -> bool:
    """Whether a rescued database waits to take the place of the damaged one."""
    return _beside(file, ".rescued").exists()


def is_ours(file: Path) -> bool:
    """Whether Minori made it, and it is not somebody's notes: by what lies beside it, or by what
    it says itself."""
    if outline.outline_of(file).exists():
        return True
    with suppress(sqlite3.Error), closing(sqlite3.connect(outline.uri(file), uri=True)) as opened:
        return database.knows(outline.taken(opened).revision)
    return False


@contextmanager
def _opened(file: Path) -> Iterator[Source]:
    """Give the damaged database to read from."""
    known = outline.read(file)
    copy = _beside(file, ".copy")
    try:
        with closing(sqlite3.connect(outline.uri(file), uri=True)) as connection:
            now = _outline_now(connection, known)
            if now is not None:
                yield _Direct(connection, now)
                return
        # Without an outline nothing can be found in it; that is said, and it is kept.
        yield PatchedCopy(file, copy, known or outline.EMPTY)
    finally:
        _remove(copy)


def _outline_now(connection: sqlite3.Connection, known: Outline | None) -> Outline | None:
    """Return what the file itself says of its tables; None if it cannot, or tells of too few."""
    try:
        found = outline.taken(connection)
    except sqlite3.DatabaseError:
        return None
    names = {entry.name for entry in found.entries}
    told = {entry.name for entry in known.entries} if known else {"reading"}
    return found if told <= names else None


@dataclass(frozen=True, slots=True)
class _Direct:
    connection: sqlite3.Connection
    outline: Outline

    @contextmanager
    def showing(self, table: str) -> Iterator[sqlite3.Connection]:
        del table  # it shows all of them
        yield self.connection


def _build(source: Source, pages: Pages, building: Path) -> Copied:
    _remove(building)
    revision = source.outline.revision or "head"
    database.upgrade(f"sqlite:///{building}", revision=revision)
    with closing(sqlite3.connect(building, isolation_level=None)) as target:
        # Thrown away if anything interrupts it: a journal would only take as much room again.
        target.execute("PRAGMA journal_mode = OFF").fetchone()
        target.execute("PRAGMA synchronous = OFF")
        target.execute("PRAGMA foreign_keys = OFF")
        target.execute("BEGIN IMMEDIATE")
        copied = copy_all(source, pages, target)
        target.execute("COMMIT")
    database.upgrade(f"sqlite:///{building}")
    return copied


def _finish_building(building: Path) -> None:
    """Leave one file that is on the disk, without a log beside it."""
    with closing(sqlite3.connect(building, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    _remove(_beside(building, "-wal"))
    _remove(_beside(building, "-shm"))
    _sync(building)


def _own_like(file: Path, building: Path) -> None:
    """Give it to whom the old file belongs: root rescues for a service."""
    model = file.stat()
    building.chmod(model.st_mode & 0o777)
    if os.geteuid() == 0:
        os.chown(building, model.st_uid, model.st_gid)


def _put_in_place(file: Path, ready: Path, aside: str) -> None:
    for part in _PARTS:
        with suppress(FileNotFoundError):
            _beside(file, part).rename(file.with_name(file.name + aside + part))
    ready.rename(file)
    _sync_folder(file)
    outline.keep(file)


def _refuse_newer(file: Path, revision: str) -> None:
    if revision and not database.knows(revision):
        raise DatabaseTooNew(url=file, found=revision, known=database.head())


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _remove(file: Path) -> None:
    for part in ("", "-wal", "-shm", "-lease", "-outline"):
        _beside(file, part).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(file: Path) -> None:
    _sync(file.parent)
