"""A site with a record worth copying, on either engine."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from edge.settings import Settings
from edge.settings_file import load
from sensors import Reading
from tests import filled
from tests.factories import START, a_farm, harvested
from tests.traceability.conftest import postgres_server  # noqa: F401  a fixture
from traceability import database
from traceability.backup.digests import digests
from traceability.readings import Delivery, Recorder

# Written anew when a restored database gets a name of its own.
OWN = {"store_fact", "outbox", "uplink_receipt", "uplink_refusal", "uplink_sent"}
Add = Callable[[int, int], None]


def quiet(_words: str, _share: float | None) -> None:
    """Nobody looks on."""


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of the site `aizu/main` with an empty database of either kind."""
    farm = tmp_path / "会津 植物工場"
    farm.mkdir()
    url = "sqlite:///minori.db"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        name = f"r{abs(hash(str(tmp_path)))}"
        with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        host = server.split()[0].removeprefix("host=")
        url = f"postgresql+psycopg://minori@/{name}?host={host}"
    (farm / "minori.toml").write_text(
        f"[site]\norganisation = 'aizu'\ncode = 'main'\n[database]\nurl = '{url}'\n"
    )
    settings = load(farm / "minori.toml")
    filled.fill(settings.database_url)
    return settings


def fill(settings: Settings, first: int, count: int) -> None:
    """Record so many readings, a second apart, and the lots at the first time."""
    engine = database.open_database(settings.database_url)
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        if first == 0:
            harvested(session, farm)
        site_id = farm.site.id
    times = (START + timedelta(seconds=n) for n in range(first, first + count))
    Recorder(engine, site_id).append([Delivery([Reading("室1", "co2", 800.0, at) for at in times])])
    engine.dispose()


def contents(settings: Settings) -> dict[str, object]:
    """Return the digest of every table but those that make a database itself."""
    engine = database.connect(settings.database_url)
    try:
        with engine.connect() as connection:
            found = digests(connection, heard=lambda rows: None)
    finally:
        engine.dispose()
    return {name: table for name, table in found.items() if name not in OWN}
