"""A web service over a small farm made through the real verbs, asked over ASGI."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine

from api.app import create_app
from api.auth import hash_password
from api.settings import WebSettings
from edge import users
from tests.factories import START
from tests.serving import serving
from tests.world import World, a_world
from traceability import catalogue, database
from traceability.models import Party, User

HUB = "https://hub.example"
SECRET = b"0" * 32
# The last act of the world is on day 44; the readers look a little later.
NOW = START + timedelta(days=50)


# Hashing is slow on purpose, and every test makes the same users.
_hashed = functools.cache(hash_password)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A database file filled once; each test gets its own copy."""
    path = tmp_path_factory.mktemp("world") / "minori.db"
    url = f"sqlite:///{path}"
    database.upgrade(url)
    engine = database.open_database(url)
    with database.writing_session(engine) as session:
        world = a_world(session)
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path, world


@pytest.fixture
def world(filled: tuple[Path, World]) -> World:
    return filled[1]


@pytest.fixture
def engine(filled: tuple[Path, World], tmp_path: Path) -> Iterator[Engine]:
    copy = tmp_path / "minori.db"
    copy.write_bytes(filled[0].read_bytes())
    engine = database.open_database(f"sqlite:///{copy}")
    yield engine
    engine.dispose()


@pytest.fixture
def app(engine: Engine, clock: Clock) -> FastAPI:
    """On this machine, nobody made a user: everything is open."""
    return create_app(engine, settings=WebSettings(SECRET, public_url=HUB), clock=clock)


@pytest.fixture
def client(app: FastAPI) -> Iterator[Client]:
    """A program's view of a real server: no Accept but what the test says, no redirects."""
    with serving(app) as url, Client(base_url=url, timeout=30) as client:
        del client.headers["accept"]
        yield client


@pytest.fixture
def add_user(engine: Engine) -> Callable[..., str]:
    """Make a user of a role; its password is its name and "-secret"."""

    def add(name: str, role: str = "admin") -> str:
        with database.writing_session(engine) as session:
            password_hash = _hashed(f"{name}-secret")
            session.add(User(name=name, password_hash=password_hash, role=role, created_at=NOW))
        return f"{name}-secret"

    return add


@pytest.fixture
def mart(client: Client, engine: Engine, add_user: Callable[..., str]) -> Client:
    """The client, signed in with an account of Mart's."""
    add_user("boss")
    token = {"name": "eri", "password": add_user("eri", "partner")}
    with database.writing_session(engine) as session:
        users.belongs_to(session, "eri", catalogue.find(session, Party, "mart"))
    said = client.post("/api/v1/token", json=token).json()
    client.headers["authorization"] = f"Bearer {said['token']}"
    return client
