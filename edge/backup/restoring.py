"""A copy put back: judged whole before anything is touched, and then in one step.

The database that was there is set aside, not deleted, and what only it holds is told. The restored
one gets a name of its own (`traceability.store_id`): to its hub it is another database, whose
numbers begin anew.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from edge.backup import manifest
from edge.backup.manifest import Manifest
from edge.errors import RestoreRefused
from edge.settings import Settings
from traceability import database, store_id
from traceability.backup import copies, postgres_tools, swap
from traceability.backup.copies import POSTGRES_FILE, Newest, Progress
from traceability.database import sqlite_file, writing_session
from traceability.errors import TraceabilityError
from traceability.models import Act


@dataclass(frozen=True, slots=True)
class Lost:
    """What only the database set aside holds: what came after the copy was made."""

    newest: Newest
    acts: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put where.

    Attributes:
        aside: Where the database that was there is now; empty where there was none.
        lost: What only that one holds; None where that cannot be told, or nothing is.
    """

    manifest: Manifest
    database: str
    aside: str
    lost: Lost | None


def restore(
    settings: Settings, copy: Path, *, at: datetime, replace: bool, progress: Progress
) -> Restored:
    """Put the record of `copy` in the place of the settings' database.

    Args:
        at: Now, aware UTC; what the old database is named by.
        replace: A database that holds readings or acts may be set aside.

    Raises:
        NoBackup, BackupDamaged: the copy is none, or not what was written.
        RestoreRefused: it does not belong here, or there is a record already.
        BackupFailed: it cannot be put in place. Nothing was changed, whichever it is.
    """
    said = manifest.read(copy)
    _fits(said, settings, copy)
    url = settings.database_url
    there = _Record.of(url)
    if there.is_filled and not replace:
        raise RestoreRefused(
            target=there.name,
            problem="holds a record already",
            next_step="to set it aside (it is kept), say --replace",
        )
    progress("checking the copy", None)
    manifest.verify_files(copy, said)
    place = there.file.parent if there.file else copy
    with (
        _alone(place),
        copies.restored(said.record, copy, url, place=place, progress=progress) as r,
    ):
        _make_ours(r)
        lost = there.lost_since(said.record.newest)
        aside = _put_in_place(r, url, f"before-restore-{at:%Y%m%dT%H%M%SZ}")
    return Restored(said, there.name, aside if there.is_there else "", lost)


@dataclass(frozen=True, slots=True)
class _Record:
    """The database that is there now."""

    url: str
    file: Path | None
    is_there: bool
    is_filled: bool  # holds readings or acts, or cannot be read: who knows what it holds
    newest: Newest | None

    @classmethod
    def of(cls, url: str) -> "_Record":
        file = sqlite_file(url)
        if file is not None and not file.exists():
            return cls(url, file, is_there=False, is_filled=False, newest=None)
        try:
            engine = database.connect(url)
            try:
                found = database.revision_of(url)
                with engine.connect() as connection:
                    newest = copies.newest(connection) if found else Newest()
            finally:
                engine.dispose()
        except (TraceabilityError, SQLAlchemyError):
            return cls(url, file, is_there=True, is_filled=True, newest=None)
        return cls(url, file, is_there=True, is_filled=newest != Newest(), newest=newest)

    @property
    def name(self) -> str:
        return str(self.file or make_url(self.url).render_as_string())

    def lost_since(self, copied: Newest) -> Lost | None:
        """Return what this database holds that is newer than a copy's newest."""
        if self.newest is None:
            return None
        is_newer = _later(self.newest.reading, copied.reading)
        acts = _acts_since(self.url, copied.act) if _later(self.newest.act, copied.act) else 0
        return Lost(self.newest, acts) if is_newer or acts else None


def _later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def _acts_since(url: str, moment: datetime | None) -> int:
    query = select(func.count()).select_from(Act)
    if moment is not None:
        query = query.where(col(Act.recorded_at) > moment)
    engine = database.connect(url)
    try:
        with engine.connect() as connection:
            return int(connection.scalar(query) or 0)
    finally:
        engine.dispose()


def _fits(said: Manifest, settings: Settings, copy: Path) -> None:
    site = settings.site
    if (said.organisation, said.site) != (site.organisation, site.code):
        raise RestoreRefused(
            target=copy,
            problem=f"is of {said.organisation}/{said.site}, the settings are of "
            f"{site.organisation}/{site.code}",
            next_step="correct [site], or restore it with its own settings: --into FOLDER",
        )
    if not database.knows(said.record.schema):
        raise RestoreRefused(
            target=copy,
            problem=f"is at schema {said.record.schema}, which this Minori does not know",
            next_step=f"install Minori {said.minori} or newer",
        )
    if (said.record.file == POSTGRES_FILE) == (sqlite_file(settings.database_url) is not None):
        raise RestoreRefused(
            target=copy,
            problem=f"holds {said.record.file}, the settings name another kind of database",
            next_step="correct [database] url",
        )


def _make_ours(address: str) -> None:
    """Bring a restored database to this version's schema, and give it a name of its own."""
    database.upgrade(address)
    engine = database.open_database(address)
    try:
        with writing_session(engine) as session:
            store_id.renew(session)
    finally:
        engine.dispose()
    file = sqlite_file(address)
    if file is not None:
        with closing(sqlite3.connect(file, isolation_level=None)) as opened:
            opened.execute("PRAGMA journal_mode = DELETE")  # all of it in one file
        with file.open("rb") as written:
            os.fsync(written.fileno())


def _put_in_place(address: str, url: str, aside: str) -> str:
    file, ready = sqlite_file(url), sqlite_file(address)
    if file is None or ready is None:
        # A name has 63 bytes; what is cut off could make two names one.
        name = f"{str(make_url(url).database)[:25]}_{aside}".lower().replace("-", "_")
        postgres_tools.swap(url, str(make_url(address).database), name)
        return name
    old, number = file.with_name(f"{file.name}.{aside}"), 1
    while old.exists():
        number += 1
        old = file.with_name(f"{file.name}.{aside}-{number}")
    swap.swap_files(ready, file, old)
    return str(old)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only one who restores here, and clear what a killed one left."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        swap.clear(folder)
        yield
    except BlockingIOError as error:
        raise RestoreRefused(
            target=folder, problem="is being restored into", next_step="wait for that to end"
        ) from error
    finally:
        with suppress(OSError):
            os.close(handle)
