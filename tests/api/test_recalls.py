"""Recalls over HTTP, as a page, a workbook and a print; and what a shopper then reads."""

import io
from datetime import UTC, datetime

import python_calamine
from httpx import Client
from sqlalchemy import Engine

from tests.world import World
from traceability import database, lots
from traceability.models import Site
from traceability.occasions import Occasion

HTML = {"accept": "text/html"}


def _open(client: Client, world: World, kind: str) -> dict:
    body = {"kind": kind, "reason": "金属片", "start": "lot", "name": world.grown.code}
    answer = client.post("/api/v1/recalls", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_from_a_tray_to_the_last_answer(client: Client, world: World) -> None:
    made = _open(client, world, "real")

    assert [lot["code"] for lot in made["found"]["lots"]] == ["LK-0601", "LK-0601-1", "P/0713-A"]
    assert (made["notices"][0]["party"], made["notices"][0]["sent_g"]) == ("mart", 3200)
    early = client.post(f"/api/v1/recalls/{made['id']}/close", json={})
    assert (early.status_code, early.json()["code"]) == (409, "recall_state")
    answered = {"party": "mart", "answer": "destroyed", "destroyed_g": 3200}
    client.post(f"/api/v1/recalls/{made['id']}/answers", json=answered)
    closed = client.post(f"/api/v1/recalls/{made['id']}/close", json={"findings": "a blade"})
    assert closed.json()["closed_at"]
    assert client.get("/api/v1/recalls").json()[0]["findings"] == "a blade"


def test_whoever_scans_a_recalled_lot_reads_it_first(client: Client, world: World) -> None:
    address = f"/p/{world.bags.id}"
    before = client.get(address, headers=HTML).text
    _open(client, world, "real")

    after = client.get(address, headers=HTML)

    assert "was recalled on" not in before
    assert "was recalled on" in after.text
    assert "金属片" in after.text
    data = client.get(f"{address}.jsonld").json()
    assert (data["recalled"]["reason"], data["recalled"]["over"]) == ("金属片", False)
    links = client.get(
        f"/01/{world.gtin}/10/P%2F0713-A?linkType=gs1:recallStatus", follow_redirects=False
    )
    assert links.headers["location"].endswith(address)


def test_a_lot_that_a_recall_holds_says_so_in_the_readers_language(
    client: Client, world: World
) -> None:
    made = _open(client, world, "real")

    page = client.get(f"/lots/{world.bags.id}", headers=HTML | {"accept-language": "ja"}).text

    assert "から出荷止め：回収：金属片" in page
    assert f'<a href="/recalls/{made["id"]}">回収のお知らせ：金属片</a>' in page


def test_an_exercise_is_nobodys_business(client: Client, world: World) -> None:
    _open(client, world, "exercise")

    assert "was recalled on" not in client.get(f"/p/{world.bags.id}", headers=HTML).text
    assert client.get(f"/api/v1/lots/{world.bags.id}").json()["held_since"] is None


def test_the_workbook_has_every_lot_and_no_formula(client: Client, world: World) -> None:
    body = {"kind": "exercise", "reason": "=1+1", "start": "lot", "name": world.grown.code}
    made = client.post("/api/v1/recalls", json=body).json()

    file = client.get(f"/api/v1/recalls/{made['id']}/report.xlsx?language=ja")

    book = python_calamine.load_workbook(io.BytesIO(file.content))
    assert book.sheet_names == ["回収訓練", "ロット", "受け取った取引先", "回答"]
    head = dict(row[:2] for row in book.get_sheet_by_index(0).to_python()[1:])
    assert "=1+1" in head.values()
    lots = book.get_sheet_by_name("ロット").to_python()
    assert [row[0] for row in lots[1:]] == ["LK-0601", "LK-0601-1", "P/0713-A"]


def test_of_an_hour_that_the_clock_showed_twice_a_span_means_all(
    client: Client, world: World, engine: Engine
) -> None:
    """A form cannot say which of the two; one lot too few costs trust."""
    with database.writing_session(engine) as session:
        session.get_one(Site, world.farm.site.id).time_zone = "Europe/Berlin"
        farm, at = world.farm, datetime(2025, 10, 26, 1, 20, tzinfo=UTC)  # 02:20, the second time
        lots.sow(session, Occasion(at, "S"), zone=farm.room, crop=farm.lettuce, code="T", pieces=1)
    span = {"begins": "2025-10-26T02:10", "ends": "2025-10-26T02:50"}
    said = {"kind": "exercise", "reason": "?", "start": "place", "place": "A", **span}

    page = client.post("/recalls", data=said, headers=HTML, follow_redirects=True)

    assert "Oct 26, 2025 02:10+02:00 – Oct 26, 2025 02:50+01:00" in page.text


def test_the_print_is_a_pdf(client: Client, world: World) -> None:
    made = _open(client, world, "exercise")

    file = client.get(f"/recalls/{made['id']}/report.pdf")

    assert file.headers["content-type"] == "application/pdf"
    assert file.content.startswith(b"%PDF-")


def test_the_page_opens_one_and_shows_who_has_it(client: Client, world: World) -> None:
    sent = {"start": "lot", "lot": world.grown.code, "reason": "drill", "kind": "exercise"}
    page = client.post("/recalls", data=sent, headers=HTML, follow_redirects=True)

    assert page.status_code == 200
    assert "P/0713-A" in page.text
    assert "Mart" in page.text
    assert "drill" in client.get("/recalls", headers=HTML).text


def test_a_form_that_names_nothing_comes_back_with_its_reason(client: Client, world: World) -> None:
    sent = {"start": "lot", "lot": "NO-SUCH", "reason": "drill", "kind": "exercise"}

    page = client.post("/recalls", data=sent, headers=HTML)

    assert page.status_code == 404
    assert "NO-SUCH" in page.text
    assert 'value="drill"' in page.text


def test_from_a_recall_one_comes_to_the_sheet_of_its_lot(client: Client, world: World) -> None:
    """Whoever calls a lot back is asked for its records within a day."""
    made = _open(client, world, "exercise")

    page = client.get(f"/recalls/{made['id']}", headers=HTML)

    assert f'href="/sheets?lot={world.grown.id}"' in page.text
