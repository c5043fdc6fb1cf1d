"""Databases at this version's schema, copied from one that was migrated once a run.

Every migration anew costs half a second; a thousand tests want an empty store, not a migration.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import make_url

from traceability import database


def fill(url: str) -> None:
    """Do for an empty database what `database.upgrade` does, by copying."""
    file = database.sqlite_file(url)
    if file is not None:
        assert not file.exists() or file.stat().st_size == 0, f"{file} holds something"
        file.write_bytes(_sqlite())
        return
    made = make_url(url)
    _postgresql(str(made.query["host"]))
    with _server(str(made.query["host"])) as server:
        server.execute(f"DROP DATABASE {made.database}")
        server.execute(f"CREATE DATABASE {made.database} TEMPLATE filled")


@cache
def _sqlite() -> bytes:
    with TemporaryDirectory(prefix="minori-filled-") as folder:
        file = Path(folder) / "minori.db"
        database.upgrade(f"sqlite:///{file}")
        return file.read_bytes()


@cache
def _postgresql(host: str) -> None:
    with _server(host) as server:
        server.execute("CREATE DATABASE filled")
    database.upgrade(f"postgresql+psycopg://minori@/filled?host={host}")


def _server(host: str) -> psycopg.Connection:
    return psycopg.connect(f"host={host} user=minori dbname=postgres", autocommit=True)
