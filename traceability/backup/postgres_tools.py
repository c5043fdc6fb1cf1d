"""A PostgreSQL database dumped and restored by its own tools, which know its every version.

The dump sees the very snapshot whose digests were taken (`pg_dump --snapshot`).
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from traceability.errors import BackupFailed

# Nothing of a hub that fits one machine takes longer.
LIMIT_S = 6 * 3600
_LIBPQ = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD"}


def dump(connection: Connection, target: Path) -> None:
    """Write what this transaction sees into `target`.

    Raises:
        BackupFailed: pg_dump is not here, or says no; in its words.
    """
    snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
    url = connection.engine.url
    where = ("--format=custom", f"--snapshot={snapshot}", f"--file={target}")
    _run("pg_dump", url, *where, "--no-owner", "--no-privileges")


def restore(file: Path, url: URL) -> None:
    """Fill the empty database at `url` from a dump.

    Raises:
        BackupFailed: pg_restore is not here, or says no; nothing is to be believed then.
    """
    _run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", str(file))


@contextmanager
def scratch(url: str, name: str) -> Iterator[str]:
    """Make a database beside that of `url` ; it is dropped after the block, unless it has
    another name by then.

    Raises:
        BackupFailed: our role may not.
    """
    address = make_url(url)
    what, next_step = f"a database {name} to restore into", "let the role make databases: CREATEDB"
    with _said(what, next_step), _managing(address) as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    try:
        yield address.set(database=name).render_as_string(hide_password=False)
    finally:
        with _managing(address) as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def swap(url: str, restored: str, aside: str) -> None:
    """Put the database `restored` in the place of the one at `url`, which becomes `aside`.

    Raises:
        BackupFailed: others are connected to it, or our role may not; nothing was changed.
    """
    address = make_url(url)
    engine = create_engine(address.set(database="postgres"))
    try:
        with _said("the restored database", _STOP), engine.begin() as connection:
            connection.execute(text(f'ALTER DATABASE "{address.database}" RENAME TO "{aside}"'))
            connection.execute(text(f'ALTER DATABASE "{restored}" RENAME TO "{address.database}"'))
    finally:
        engine.dispose()


_STOP = "stop every minori service and whoever else is connected, then try again"


@contextmanager
def _said(what: str, next_step: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        cause = str(error.orig).strip().splitlines()[0]
        raise BackupFailed(what=what, cause=cause, next_step=next_step) from error


@contextmanager
def _managing(address: URL) -> Iterator[Connection]:
    """Connect to the server to make and drop databases, which no transaction may hold."""
    engine = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _run(program: str, url: URL, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(
            what=program,
            cause="it is not installed",
            next_step="install the server's tools: sudo apt-get install postgresql-client",
        )
    command = [path, f"--dbname={url.database}", *arguments]
    done = subprocess.run(
        command,
        env={**os.environ, **_environment(url)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise BackupFailed(
            what=program,
            cause=done.stderr.strip().splitlines()[-1]
            if done.stderr.strip()
            else "no reason given",
            next_step="check the server, and that the tools are of its version or newer",
        )


def _environment(url: URL) -> Mapping[str, str]:
    """Say by the environment where the server is: a command line is read by everybody."""
    said = {variable: getattr(url, part) for part, variable in _LIBPQ.items()}
    said["PGHOST"] = said["PGHOST"] or url.query.get("host")
    return {variable: str(value) for variable, value in said.items() if value}
