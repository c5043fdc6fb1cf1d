"""A store of each kind: SQLite in a temporary folder, and a PostgreSQL the run starts itself."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from tests.filled import fill
from tests.postgres import PostgresServer
from traceability import database


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL started for this run, on a socket in a temporary folder."""
    server = PostgresServer.of_this_machine()
    if server is None:
        pytest.skip("PostgreSQL is not installed: sudo apt-get install postgresql")
    server.start()
    yield f"host={server.folder} user=minori"
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'minori.db'}"
    server = request.getfixturevalue("postgres_server")
    name = f"t{abs(hash(str(tmp_path)))}"
    with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    host = server.split()[0].removeprefix("host=")
    return f"postgresql+psycopg://minori@/{name}?host={host}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    fill(url)
    engine = database.open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with database.writing_session(engine) as session:
        yield session
