"""A hub on PostgreSQL answers the same: the pages' own SQL is not SQLite's only."""

from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest
from httpx import Client
from sqlalchemy import Engine

from api.app import create_app
from api.settings import WebSettings
from tests.api.conftest import HUB, SECRET, Clock
from tests.serving import serving
from tests.traceability.conftest import postgres_server  # noqa: F401  a fixture
from tests.world import World, a_world
from traceability import database

HTML = {"accept": "text/html"}
pytestmark = pytest.mark.postgres


@pytest.fixture
def hub(postgres_server: str) -> Iterator[Engine]:  # noqa: F811
    with psycopg.connect(f"{postgres_server} dbname=postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE pages")
    host = postgres_server.split(maxsplit=1)[0].removeprefix("host=")
    url = f"postgresql+psycopg://minori@/pages?host={host}"
    database.upgrade(url)
    engine = database.open_database(url)
    yield engine
    engine.dispose()


def test_pages_and_scans_work_on_postgresql(hub: Engine) -> None:
    with database.writing_session(hub) as session:
        world = a_world(session)
    app = create_app(hub, settings=WebSettings(SECRET, public_url=HUB), clock=Clock())

    with serving(app) as url, Client(base_url=url, timeout=60) as client:
        for path in _paths(world):
            answer = client.get(path, headers=HTML)
            assert answer.status_code in (200, 307), (path, answer.text[:300])
        pages = _pages(client)

    assert pages == [2, 2, 1]


def _paths(world: World) -> list[str]:
    return [
        f"/01/{world.gtin}/10/{quote(world.bags.code, safe='')}",
        f"/01/{world.gtin}",
        f"/01/{world.gtin}/10/nobody/21/7?linkType=linkset",
        f"/p/item/{world.farm.bag.id}",
        "/links",
        "/links?of=lowk-80",
        "/units",
        f"/p/{world.bags.id}",
        f"/p/{world.bags.id}.jsonld",
        "/",
        "/lots?text=LK&state=open",
        "/lots.csv",
        f"/lots/{world.bags.id}",
        f"/lots/{world.bags.id}/conditions",
        f"/rooms/{world.farm.room.id}",
        "/forecasts/lowk",
        "/api/v1/readings/latest",
        f"/api/v1/lots/{world.bags.id}/trace",
        "/healthz",
    ]


def _pages(client: Client) -> list[int]:
    sizes, after = [], None
    while True:
        params = {"limit": "2"} | ({"after": after} if after else {})
        said = client.get("/api/v1/lots", params=params).json()
        sizes.append(len(said["lots"]))
        after = said["after"]
        if after is None:
            return sizes
