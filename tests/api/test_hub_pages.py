"""A hub's pages answer for what two sites sent, and say how each of them fares."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import Client
from sqlalchemy import Engine

from api.app import create_app
from api.settings import WebSettings
from sensors import Reading
from tests.api.conftest import HUB, SECRET, Clock
from tests.factories import START, a_farm, on_day, packed
from tests.filled import fill
from tests.serving import serving
from tests.traceability.conftest import postgres_server, url  # noqa: F401  fixtures
from tests.traceability.two_databases import NOW, Line, enrolled, new_engine
from traceability import database, edges, lots, readings, uplink, uplink_columns
from traceability.inbox_readings import take
from traceability.models import Lot
from traceability.readings import Delivery, Recorder
from traceability.store_id import store_id
from traceability.wire import Readings

HTML = {"accept": "text/html"}
JA = {**HTML, "accept-language": "ja"}


@pytest.fixture
def hub(url: str) -> Iterator[Engine]:  # noqa: F811
    fill(url)
    engine = database.open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def packs(hub: Engine, tmp_path: Path) -> list[Lot]:
    """Two sites of one farm, each with a packed lot and a probe, have sent all they have."""
    return [_sent(hub, tmp_path, site, 20.0 + i) for i, site in enumerate(("main", "north"))]


def _sent(hub: Engine, folder: Path, site: str, temperature_c: float) -> Lot:
    engine = new_engine(folder, site)
    with database.writing_session(engine) as edge, database.writing_session(hub) as there:
        farm = a_farm(edge, site=site)
        device = readings.ensure_device(edge, farm.site.id, "probe")
        readings.place_device(edge, device, farm.room, since=START)
        bags = packed(edge, farm, code=f"P-{site}", of=f"L-{site}")
        lots.sow(edge, on_day(43), zone=farm.room, crop=farm.lettuce, code=f"N-{site}", pieces=9)
        edge.commit()
    said = [
        Reading("probe", "air_temperature", temperature_c, START + timedelta(hours=hour))
        for hour in range(24 * 50)
    ]
    Recorder(engine, farm.site.id).append([Delivery(said)])
    with database.writing_session(engine) as edge, database.writing_session(hub) as there:
        member = enrolled(there, site=site, is_known=site == "north")
        assert Line(edge, there, member).carry().refused == []
        rows = list(edge.connection().exec_driver_sql("SELECT * FROM reading ORDER BY 1, 2"))
        columns = list(uplink_columns.columns(tuple(row) for row in rows))
        take(there, member, Readings(store_id(edge), 1, columns), now=NOW)
    engine.dispose()
    return bags


@pytest.fixture
def client(hub: Engine, packs: list[Lot], clock: Clock) -> Iterator[Client]:
    app = create_app(hub, settings=WebSettings(SECRET, public_url=HUB), clock=clock)
    with serving(app) as address, Client(base_url=address, timeout=60) as client:
        yield client


def test_a_scan_leads_to_the_lot_of_either_site(client: Client, packs: list[Lot]) -> None:
    for bags in packs:
        leads = client.get(f"/01/04912345678904/10/{bags.code}", headers=HTML)
        assert (leads.status_code, leads.headers["location"]) == (307, f"/p/{bags.id}")
        page = client.get(f"/p/{bags.id}", headers=JA)
        assert page.status_code == 200
        assert "低カリウムレタス" in page.text
        trace = client.get(f"/api/v1/lots/{bags.id}/trace", params={"direction": "back"}).json()
        assert len(trace[0]["edges"]) == 2
        lived = client.get(f"/lots/{bags.id}/conditions", headers=HTML)
        assert lived.status_code == 200


def test_rooms_of_one_name_are_told_apart(client: Client) -> None:
    """Both sites call it Room A and its probe probe; the live script must not mix them, either."""
    page = client.get("/", headers=HTML).text
    newest = client.get("/api/v1/readings/latest").json()

    assert page.count("Room A</a>") == 2
    assert sorted(one["value"] for one in newest) == [20.0, 21.0]
    for one in newest:
        assert f'data-reading="{one["series"]}"' in page


def test_the_day_says_how_each_site_fares(client: Client, hub: Engine, clock: Clock) -> None:
    with database.writing_session(hub) as session:
        edge = edges.find(session, "aizu/north")
        edge.last_seen_at = clock.now - timedelta(hours=3)
        oldest = (clock.now - timedelta(days=2)).isoformat()
        edge.said = {"records": 12, "oldest_reading": oldest}

    page = client.get("/", headers=JA).text

    row = page[page.index("aizu/north") : page.index("</tr>", page.index("aizu/north"))]
    assert "受信なし" in row
    assert ">12<" in row
    assert "2 日前から" in row


def test_a_hub_leaves_to_a_site_what_only_the_site_can_know(
    client: Client, packs: list[Lot]
) -> None:
    """Nothing goes back to a site: shipped here and shipped there would be shipped twice."""
    at = on_day(44).at.isoformat()
    shipped = client.post("/api/v1/acts/ship", json={"at": at, "lot": packs[0].id, "to": "mart"})
    held = client.post(
        "/api/v1/acts/inspect",
        json={"at": at, "lot": packs[0].id, "measure": "k", "value": 80, "unit": "mg/100 g"},
    )

    assert (shipped.status_code, shipped.json()["code"]) == (409, "site_elsewhere")
    assert "aizu/main" in shipped.json()["detail"]
    assert held.status_code == 201


def test_a_site_says_what_is_safely_at_its_hub(tmp_path: Path, clock: Clock) -> None:
    engine = new_engine(tmp_path, "edge")
    with database.writing_session(engine) as session:
        a_farm(session)
        at = clock.now.isoformat()
        said = uplink.Status("https://hub.example", "edge_revoked", since=at, at=at)
        uplink.set_status(session, said)
    app = create_app(engine, settings=WebSettings(SECRET), clock=clock)

    with serving(app) as address, Client(base_url=address) as client:
        page = client.get("/", headers=JA).text
        clock.now += timedelta(hours=1)
        later = client.get("/", headers=HTML).text

    engine.dispose()
    assert "ハブがこの事業所を取り消しました" in page
    assert "送信待ちの記録" in page
    assert "is minori run or minori agent running?" in later
