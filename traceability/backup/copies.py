"""The record copied as it is at one moment, and judged by restoring it: SQLite or PostgreSQL.

taken = take(url, folder)               one file in `folder`, and what it must hold
with restored(taken, folder, url):      a database made from it, compared with that
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from sensors import utc_from_ms
from traceability.backup import postgres_tools, sqlite_copy
from traceability.backup.digests import Table, digests, revision
from traceability.database import connect
from traceability.errors import BackupDamaged, BackupFailed
from traceability.models import Act, Series, reading
from traceability.models.base import new_id
from traceability.trouble import Trouble, name_of, trouble_of

SQLITE_FILE, POSTGRES_FILE = "minori.db", "minori.pgdump"
# What a folder is called in which a file is restored.
RESTORED = ".minori-restored-"

# Told a sentence on what is done, and a share of it from 0 to 1 where that is known.
Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Newest:
    """The last of what a database holds; None where it holds none."""

    reading: datetime | None = None
    act: datetime | None = None  # when it was recorded


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy: its file, the schema it has, what each table must hold."""

    file: str
    schema: str
    tables: Mapping[str, Table]
    newest: Newest


def take(url: str, folder: Path, *, progress: Progress) -> Taken:
    """Copy the database at `url` into one new file in `folder`, while others write to it.

    Raises:
        BackupFailed: it cannot be read, or there is no room.
    """
    engine = connect(url)
    try:
        with _failing(f"a copy of {engine.url.render_as_string()}"), _snapshot(engine) as seen:
            rows = _Counting(progress, "reading what the record holds")
            tables = digests(seen, heard=rows.add)
            file = _copy(seen, folder, progress)
            return Taken(file, revision(seen), tables, newest(seen))
    finally:
        engine.dispose()


@contextmanager
def restored(
    taken: Taken, folder: Path, url: str, *, place: Path, progress: Progress
) -> Iterator[str]:
    """Give the address of a database that holds what was copied into `folder`, compared table by
    table; it is gone after the block, unless somebody has moved it away.

    Args:
        url: The database it is a copy of, or is to replace: the same kind, the same server.
        place: Where a restored file lies meanwhile.

    Raises:
        BackupDamaged: it does not hold what it must.
        BackupFailed: it cannot be restored here.
    """
    progress("restoring the copy", None)
    with _failing("restoring"), _beside(taken, folder, url, place) as address:
        engine = connect(address)
        try:
            with _snapshot(engine) as seen:
                rows = _Counting(progress, "comparing every table", taken.tables)
                _compare(taken, digests(seen, heard=rows.add), folder)
        finally:
            engine.dispose()
        yield address


def newest(connection: Connection) -> Newest:
    """Return the last reading and the last act that a database holds."""
    # By series: each is one look at the end of its key.
    last = select(func.max(reading.c.at_ms)).where(reading.c.series_id == col(Series.id))
    at_ms = connection.scalar(select(func.max(last.scalar_subquery())).select_from(Series))
    act = connection.scalar(select(func.max(col(Act.recorded_at))))
    return Newest(None if at_ms is None else utc_from_ms(at_ms), act)


def _copy(seen: Connection, folder: Path, progress: Progress) -> str:
    if seen.dialect.name != "sqlite":
        progress("dumping", None)
        postgres_tools.dump(seen, folder / POSTGRES_FILE)
        return POSTGRES_FILE
    said = "copying the database file"
    sqlite_copy.copy(
        seen, folder / SQLITE_FILE, progress=lambda done, of: progress(said, done / max(of, 1))
    )
    return SQLITE_FILE


@contextmanager
def _beside(taken: Taken, folder: Path, url: str, place: Path) -> Iterator[str]:
    source = folder / taken.file
    if taken.file == POSTGRES_FILE:
        name = f"minori_restored_{new_id().replace('-', '')}"
        with postgres_tools.scratch(url, name) as address:
            postgres_tools.restore(source, make_url(address))
            yield address
        return
    with TemporaryDirectory(prefix=RESTORED, dir=place) as inside:
        target = Path(inside) / SQLITE_FILE
        shutil.copyfile(source, target)
        fault = sqlite_copy.fault_of(target)
        if fault:
            raise BackupDamaged(backup=folder, problem=fault)
        yield f"sqlite:///{target}"


def _compare(taken: Taken, found: Mapping[str, Table], folder: Path) -> None:
    if found.keys() != taken.tables.keys():
        other = ", ".join(sorted(found.keys() ^ taken.tables.keys()))
        raise BackupDamaged(backup=folder, problem=f"tables differ: {other}")
    for name, table in taken.tables.items():
        if found[name] != table:
            problem = f"table {name} restored: {found[name].rows} rows, copied: {table.rows} rows"
            raise BackupDamaged(backup=folder, problem=problem)


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees the record as it is now, however long it looks."""
    if engine.dialect.name != "sqlite":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        # The moment is that of the first look.
        connection.execute(text("SELECT 1"))
        if connection.dialect.name == "sqlite":
            connection.execute(text("SELECT 1 FROM sqlite_master LIMIT 1"))
        yield connection


@contextmanager
def _failing(what: str) -> Iterator[None]:
    """Say in a sentence what a disk, a driver or a tool says."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        is_full = getattr(error, "errno", 0) == ENOSPC or trouble_of(error) is Trouble.FULL
        next_step = "make room, or name another folder" if is_full else "check the disk"
        raise BackupFailed(what=what, cause=name_of(error), next_step=next_step) from error


class _Counting:
    """Tells how far reading all rows has come; how many there are is known where they were once."""

    def __init__(
        self, progress: Progress, words: str, tables: Mapping[str, Table] | None = None
    ) -> None:
        self._progress, self._words = progress, words
        self._all = sum(table.rows for table in (tables or {}).values())
        self._rows = 0

    def add(self, rows: int) -> None:
        self._rows += rows
        self._progress(self._words, min(1.0, self._rows / self._all) if self._all else None)
