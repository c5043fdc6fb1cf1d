"""A scanned code leads to its lot, whatever characters it holds; nonsense says what is wrong."""

from urllib.parse import quote

import pytest
from httpx import Client
from sqlalchemy import Engine

from tests.factories import on_day
from tests.world import World
from traceability import acts, database, lots
from traceability.amounts import Amount
from traceability.models import TradeItem

# GS1 General Specifications, figure 7.11-1: the 82 characters a lot code may hold.
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
DATA = {"accept": "application/ld+json"}


def test_a_browser_gets_the_page_and_a_program_the_data(client: Client, world: World) -> None:
    link = f"/01/{world.gtin}/10/{quote(world.bags.code, safe='')}"

    page = client.get(link, headers=HTML)
    data = client.get(link, headers=DATA)

    assert (page.status_code, page.headers["location"]) == (307, f"/p/{world.bags.id}")
    assert (data.status_code, data.headers["location"]) == (307, f"/p/{world.bags.id}.jsonld")
    assert page.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("accept", "data"),
    [
        ("", False),
        ("*/*", False),
        ("application/ld+json", True),
        ("application/ld+json, */*", True),
        ("text/html, application/ld+json;q=0.9", False),
        ("text/html;q=0.5, application/ld+json", True),
        ("application/*;q=0.7, text/html;q=0.2", True),
        ("application/ld+json;q=0", False),
        ("text/html;q=abc, application/ld+json;q=0.1", True),
    ],
)
def test_accept_decides_by_q_values(client: Client, world: World, accept: str, data: bool) -> None:
    link = f"/01/{world.gtin}/10/{quote(world.bags.code, safe='')}"

    answer = client.get(link, headers={"accept": accept})

    assert answer.headers["location"].endswith(".jsonld") is data


def test_every_character_of_a_lot_code_works(client: Client, engine: Engine, world: World) -> None:
    assert len(CSET_82) == 82
    codes, ids = [f"{char}x{char}" for char in CSET_82], {}
    with database.writing_session(engine) as session:
        farm = world.farm
        item = session.get_one(TradeItem, farm.bag.id)
        for code in codes:
            act = lots.receive(
                session,
                on_day(1),
                zone=farm.store,
                crop=farm.lettuce,
                code=code,
                amount=Amount(1, 80),
                from_party=farm.supplier,
                stage="packed",
                item=item,
            )
            ids[code] = acts.made(session, act)[0].id

    led = {
        code: client.get(f"/01/{world.gtin}/10/{quote(code, safe='')}", headers=HTML)
        for code in codes
    }

    assert {code: answer.headers.get("location") for code, answer in led.items()} == {
        code: f"/p/{ids[code]}" for code in codes
    }
    assert client.get(f"/p/{ids['/x/']}", headers=HTML).status_code == 200


def test_a_wrong_check_digit_is_told_from_an_unknown_lot(client: Client, world: World) -> None:
    wrong = world.gtin[:-1] + str((int(world.gtin[-1]) + 1) % 10)

    bad = client.get(f"/01/{wrong}/10/A", headers=DATA)
    unknown = client.get("/01/04012345111118/10/nobody", headers=DATA)

    assert (bad.status_code, bad.headers["content-type"]) == (400, "application/problem+json")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_lot")


def test_a_person_reads_the_same_as_a_page_in_their_language(client: Client, world: World) -> None:
    answer = client.get(
        "/01/04012345111118/10/nobody", headers={**HTML, "accept-language": "ja,en;q=0.5"}
    )

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert 'lang="ja"' in answer.text


def test_a_link_with_more_in_it_still_names_the_lot(client: Client, world: World) -> None:
    """A till's label may carry a date behind the lot, a partner's a serial."""
    code = quote(world.bags.code, safe="")

    dated = client.get(f"/01/{world.gtin}/10/{code}?17=270101", headers=HTML)
    serial = client.get(f"/01/{world.gtin}/10/{code}/21/9", headers=HTML)

    assert dated.headers["location"] == serial.headers["location"] == f"/p/{world.bags.id}"


def test_a_lot_without_gtin_has_a_link_under_the_own_hub(client: Client, world: World) -> None:
    answer = client.get(f"/crops/lowk/10/{quote(world.harvested.code)}", headers=HTML)

    assert answer.headers["location"] == f"/p/{world.harvested.id}"


def test_the_language_of_a_link_is_kept(client: Client, world: World) -> None:
    code = quote(world.bags.code, safe="")

    answer = client.get(f"/01/{world.gtin}/10/{code}?lang=ja", headers=HTML)

    assert answer.headers["location"] == f"/p/{world.bags.id}?lang=ja"


def test_what_grows_is_nobodys_business(client: Client, world: World, add_user) -> None:
    add_user("boss")

    growing = client.get(f"/p/{world.growing.id}", headers=HTML)
    bags = client.get(f"/p/{world.bags.id}", headers=HTML)

    assert (growing.status_code, bags.status_code) == (404, 200)


def test_a_page_not_changed_is_not_sent_again(client: Client, engine: Engine, world: World) -> None:
    first = client.get(f"/p/{world.bags.id}", headers=HTML)
    kept = {**HTML, "if-none-match": first.headers["etag"]}

    again = client.get(f"/p/{world.bags.id}", headers=kept)
    with database.writing_session(engine) as session:
        bags = session.merge(world.bags)
        act = lots.ship(session, on_day(44), lot=bags, to=world.farm.shop, amount=Amount(1))
        assert not acts.made(session, act)
    changed = client.get(f"/p/{world.bags.id}", headers=kept)

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
