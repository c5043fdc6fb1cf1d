"""The one way to a database: SQLite by default, PostgreSQL for a hub, one schema for both.

SQLite runs in WAL with synchronous=FULL, because what was acknowledged must survive a power cut
(measured: NORMAL lost rows in 7 of 12 cuts, FULL in none). A writing transaction begins IMMEDIATE:
it waits for its turn at the start, where nothing is lost, instead of failing halfway.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlmodel import Session

import traceability.outbox  # noqa: F401  sessions queue for the hub what they write
from traceability.errors import (
    DatabaseDamaged,
    DatabaseFull,
    DatabaseInDoubt,
    DatabaseTooNew,
    DatabaseUnusable,
    TraceabilityError,
)
from traceability.sqlite import guard
from traceability.sqlite.outline import outline_of
from traceability.trouble import Trouble, name_of, trouble_of

# How long a writer waits for another before it gives up; a slow card's longest fsync fits.
BUSY_TIMEOUT_MS = 10_000
_AGAIN_S = 0.01
_MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # `sqlite.guard` copies the log into the file, because SQLite hides a failure of that.
    "PRAGMA wal_autocheckpoint = 0",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
)


def open_database(url: str) -> Engine:
    """Return an engine for a database whose schema is this version's.

    Raises:
        DatabaseTooNew: a newer Minori wrote it; nothing was touched.
        DatabaseUnusable: it cannot be opened, or `minori db upgrade` is still to be run.
    """
    engine = connect(url)
    try:
        check(engine)
    except TraceabilityError:
        engine.dispose()
        raise
    return engine


def connect(url: str) -> Engine:
    """Return an engine, whatever the schema; `open_database` is what a service uses."""
    engine = create_engine(url)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _prepare_postgresql)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        file = sqlite_file(url)
        if file is not None:
            guard.watch(engine, file)
    return engine


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite address; None for a server, or what lies in memory."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in (None, "", ":memory:"):
        return None
    return Path(str(parts.database))


@contextmanager
def reading_session(engine: Engine) -> Iterator[Session]:
    """Give a session for look-ups; nothing it adds is kept."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing_session(engine: Engine) -> Iterator[Session]:
    """Give a session that commits when the block ends well and keeps nothing when it does not.

    Raises:
        DatabaseFull: there is no room for it.
        DatabaseInDoubt: the disk failed; nothing is written until the file was verified.
    """
    guard.trusted(engine)
    writer = engine.execution_options(write=True)
    with (
        _named_trouble(engine),
        Session(writer, expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session
    guard.trusted(engine)


def upgrade(url: str, *, revision: str = "head") -> str:
    """Bring the database to this version's schema, creating it if need be; return the revision.

    Args:
        revision: An older schema to stop at: what was written by it is copied into the same.
    """
    engine = connect(url)
    try:
        _refuse_newer(engine)
        with engine.execution_options(write=True).connect() as connection:
            # SQLite changes a table by copying it and dropping the old one, which rows elsewhere
            # refer to; inside a transaction this cannot be switched, so before it.
            if engine.dialect.name == "sqlite":
                _driver(connection).execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                _migrate(connection, revision)
                _refuse_orphans(connection)
            # The pool would hand out this connection again, without them.
            connection.invalidate()
    finally:
        engine.dispose()
    return head()


def is_empty(url: str) -> bool:
    """Whether the database has no table at all: it is new, or its making was cut off.

    Raises:
        DatabaseUnusable: it cannot be opened.
    """
    engine = connect(url)
    try:
        return _revision(engine) is None and not _tables(engine)
    finally:
        engine.dispose()


def check(engine: Engine) -> None:
    """Raise unless the schema is exactly the one this version knows."""
    found = _refuse_newer(engine)
    if found != head():
        raise DatabaseUnusable(
            url=_shown(engine),
            cause=f"its schema is at {found or 'nothing'}, this version needs {head()}",
            next_step="run: minori db upgrade",
        )


def head() -> str:
    """Return the newest schema revision this version knows."""
    return _revisions()[-1]


def knows(revision: str) -> bool:
    """Whether this version can work with a database of that schema, or bring it to its own."""
    return revision in _revisions()


def revision_of(url: str) -> str | None:
    """Return the schema's revision of the database at `url`; None where there is none yet.

    Raises:
        DatabaseTooNew: a newer Minori wrote it.
        DatabaseUnusable: it cannot be opened, or is not Minori's.
    """
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return None
    engine = connect(url)
    try:
        return _refuse_newer(engine)
    finally:
        engine.dispose()


def _refuse_newer(engine: Engine) -> str | None:
    found = _revision(engine)
    if found is not None and found not in _revisions():
        raise DatabaseTooNew(url=_shown(engine), found=found, known=head())
    return found


def _revision(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            if "alembic_version" not in (tables := inspect(connection).get_table_names()):
                _refuse_foreign(engine, tables)
                return None
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return None if found is None else str(found)
    except DatabaseError as error:
        file = sqlite_file(_shown(engine))
        if file and outline_of(file).exists() and trouble_of(error) is Trouble.DOUBT:
            raise DatabaseDamaged(url=file, cause=name_of(error)) from error
        raise DatabaseUnusable(
            url=_shown(engine),
            cause=str(error.orig).strip(),
            next_step="check the path or address, its permissions, and that Minori made it",
        ) from error


def _refuse_foreign(engine: Engine, tables: Sequence[str]) -> None:
    """Tables, and not a word of Minori's: another program's, which ours would be mixed with."""
    if tables:
        raise DatabaseUnusable(
            url=_shown(engine),
            cause=f"it is another program's, with a table {min(tables)!r}",
            next_step="name a database for Minori alone: [database] url",
        )


def _tables(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return inspect(connection).get_table_names()


def _revisions() -> list[str]:
    """Return every revision, oldest first: the number each migration's file begins with."""
    files = (_MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def _migrate(connection: Connection, revision: str) -> None:
    # Imported when there is something to migrate: a service that only checks starts sooner
    # and is 10 MB smaller without it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _refuse_orphans(connection: Connection) -> None:
    """End an upgrade, undone, that would leave rows behind which refer to nothing."""
    if connection.dialect.name != "sqlite":
        return
    orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if orphan is not None:
        raise DatabaseUnusable(
            url=connection.engine.url.render_as_string(hide_password=True),
            cause=f"a row of {orphan[0]} refers to a row of {orphan[2]} that is not there",
            next_step="nothing was changed; restore a backup, or report this",
        )


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN would start transactions too late to be IMMEDIATE.
    connection.isolation_level = None
    _into_wal(connection)
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _into_wal(connection: Any) -> None:
    """Two services that make a new file at once: SQLite lets one wait for the other everywhere but
    here, where it says at once that the file is locked."""
    end = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # The default is of disks that turn: by it, a trace of 50 lots read 10,000 rows of each table
    # (measured: 21 ms, then 0.8). Whoever set another one knows their disk.
    connection.execute(
        "SELECT set_config('random_page_cost', '1.1', false) "
        "WHERE current_setting('random_page_cost') = '4'"
    )
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    if write:
        guard.about_to_write(connection)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _named_trouble(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        trouble = trouble_of(error)
        if trouble is Trouble.FULL:
            raise DatabaseFull(url=_shown(engine)) from error
        if trouble is Trouble.DOUBT:
            raise DatabaseInDoubt(file=engine.url.database, cause=name_of(error)) from error
        raise
