"""A hub on PostgreSQL answers the same: the pages' own SQL is not SQLite's only."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from httpx import Client
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from api.app import create_app
from api.promising import Asked, promise
from api.settings import WebSettings
from tests.api.conftest import HUB, SECRET, Clock
from tests.filled import fill
from tests.serving import serving
from tests.traceability.conftest import postgres_server  # noqa: F401  a fixture
from tests.world import World, a_world
from traceability import catalogue, contracts, database
from traceability.models import Crop, Organisation, Party

WEEK = date(2026, 7, 27)
HTML = {"accept": "text/html"}
pytestmark = pytest.mark.postgres


@pytest.fixture
def hub(postgres_server: str, tmp_path: Path) -> Iterator[Engine]:  # noqa: F811
    name = f"pages{abs(hash(str(tmp_path)))}"
    with psycopg.connect(f"{postgres_server} dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    host = postgres_server.split(maxsplit=1)[0].removeprefix("host=")
    url = f"postgresql+psycopg://minori@/{name}?host={host}"
    fill(url)
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


def test_two_promises_at_once_do_not_take_the_same_kilograms(hub: Engine) -> None:
    """28.355 kg can be counted on; whoever comes while 20 are being promised gets the rest."""
    with database.writing_session(hub) as session:
        a_world(session)
        owner, crop = session.exec(select(Organisation)).one(), _lettuce(session)
        coop = catalogue.ensure_party(session, owner, "coop", name="Coop")
        contracts.agree(
            *(session, crop, coop),
            weekly_g=20_000,
            priority=1,
            since=WEEK,
            until=None,
            by="Sato",
            at=Clock()(),
        )

    with ThreadPoolExecutor(1) as other:
        with database.writing_session(hub) as session:
            first = _promised(session, "mart", weight_g=20_000, note="by hand")
            late = other.submit(_promised_apart, hub)
            _until_it_waits_or_is_through(hub, late)
        second = late.result(timeout=60)

    assert (first, second) == (20_000, 8_355)


def _promised_apart(hub: Engine) -> int:
    with database.writing_session(hub) as session:
        return _promised(session, "coop")


def _promised(session: Session, partner: str, **more: Any) -> int:
    party = catalogue.find(session, Party, partner)
    asked = Asked(_lettuce(session), party, WEEK, **more)
    return promise(session, asked, by="Sato", at=Clock()()).weight_g


def _lettuce(session: Session) -> Crop:
    return catalogue.find(session, Crop, "lowk")


def _until_it_waits_or_is_through(hub: Engine, task: "Future[int]") -> None:
    end = time.monotonic() + 60
    with hub.connect() as connection:
        while time.monotonic() < end and not task.done():
            if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
            time.sleep(0.01)


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
