"""Links the farm sets are followed when a code is scanned, and no code breaks by one."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import jsonschema
import pytest
from httpx import Client
from sqlalchemy import Engine

from tests.api.conftest import Clock
from tests.factories import on_day
from tests.world import World
from traceability import database, recalls
from traceability.models import Organisation
from traceability.recall_starts import Start

HTML = {"accept": "text/html"}
DATA = {"accept": "application/ld+json"}
BRAND = "https://brand.example/salad"
DEFAULT = "https://ref.gs1.org/voc/defaultLink"


def _lot(world: World) -> str:
    return f"/01/{world.gtin}/10/{quote(world.bags.code, safe='')}"


def _set(client: Client, of: str, target: str = BRAND, **more: object) -> dict:
    body = {"of": of, "type": "pip", "target": target, **more}
    answer = client.post("/api/v1/links", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _leads_to(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers={**HTML, **headers})
    assert answer.status_code == 307, answer.text
    return answer.headers["location"]


def test_a_lot_s_scan_goes_where_the_farm_says(client: Client, world: World) -> None:
    own = _leads_to(client, _lot(world))
    _set(client, world.bags.code, default=True)

    assert own == f"/p/{world.bags.id}"
    assert _leads_to(client, _lot(world)) == BRAND
    # A program that asks for the lot's data still gets them.
    data = client.get(_lot(world), headers=DATA).headers["location"]
    assert data == f"/p/{world.bags.id}.jsonld"


def test_a_product_s_default_takes_its_lots_along_when_told_to(
    client: Client, world: World
) -> None:
    _set(client, "lowk-80", default=True)
    assert _leads_to(client, f"/01/{world.gtin}") == BRAND
    assert _leads_to(client, _lot(world)) == f"/p/{world.bags.id}"

    _set(client, "lowk-80", default=True, with_lots=True)
    assert _leads_to(client, _lot(world)) == BRAND
    _set(client, world.bags.code, "https://brand.example/this-lot", default=True)
    assert _leads_to(client, _lot(world)) == "https://brand.example/this-lot"


def test_a_default_for_some_readers_leaves_the_others_our_page(
    client: Client, world: World
) -> None:
    _set(client, "lowk-80", "https://brand.example/ja", language="ja", default=True)
    _set(client, "lowk-80", "https://brand.example/us", context="US", default=True)
    own = f"/p/item/{world.farm.bag.id}"

    assert _leads_to(client, f"/01/{world.gtin}", **{"accept-language": "ja"}).endswith("/ja")
    assert _leads_to(client, f"/01/{world.gtin}", **{"accept-language": "en"}) == own
    us = f"/01/{world.gtin}?context=US"
    assert _leads_to(client, us, **{"accept-language": "en"}).startswith("https://brand.example/us")


def test_a_link_that_ended_leaves_our_own_page(client: Client, world: World, clock: Clock) -> None:
    ends = clock.now.replace(year=2027)
    _set(client, world.bags.code, default=True, ends=ends.isoformat())
    assert _leads_to(client, _lot(world)) == BRAND

    clock.now = ends
    assert _leads_to(client, _lot(world)) == f"/p/{world.bags.id}"


def test_a_link_type_of_the_product_answers_for_its_lots(client: Client, world: World) -> None:
    body = {"of": "lowk-80", "type": "recipeInfo", "target": "https://brand.example/recipes"}
    client.post("/api/v1/links", json=body)

    answer = client.get(_lot(world) + "?linkType=gs1:recipeInfo&utm=1")
    assert answer.headers["location"] == "https://brand.example/recipes?utm=1"


def test_a_serial_has_links_before_it_has_anything_else(client: Client, world: World) -> None:
    serial = _lot(world) + "/21/7"
    _set(client, serial, default=True)

    assert _leads_to(client, serial) == BRAND
    assert _leads_to(client, _lot(world) + "/21/8") == f"/p/{world.bags.id}"


def test_a_recalled_lot_keeps_its_warning_in_front(
    client: Client, engine: Engine, world: World
) -> None:
    """A campaign page must not stand between a shopper and 'do not eat it'."""
    _set(client, "lowk-80", default=True, with_lots=True)
    _set(client, world.bags.code, default=True)
    with database.writing_session(engine) as session:
        recalls.open_recall(
            session,
            session.get_one(Organisation, world.farm.organisation.id),
            Start("lot", world.bags.code, world.bags.id),
            kind="real",
            reason="glass",
            occasion=on_day(45),
        )

    assert _leads_to(client, _lot(world)) == f"/p/{world.bags.id}"
    refused = client.post("/api/v1/links/withdraw", json={"of": world.bags.code, "why": "x"})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_value")


def test_a_withdrawn_code_answers_410_with_the_reason_in_words(
    client: Client, world: World
) -> None:
    body = {"of": world.bags.code, "why": "printed with the wrong date"}
    assert client.post("/api/v1/links/withdraw", json=body).status_code == 200

    gone = client.get(_lot(world), headers={**HTML, "accept-language": "ja"})
    assert gone.status_code == 410
    assert "printed with the wrong date" in gone.text
    assert "取り下げ" in gone.text
    assert client.get(_lot(world) + "?linkType=all").json()["code"] == "withdrawn"
    client.post("/api/v1/links/restore", json={"of": world.bags.code})
    assert _leads_to(client, _lot(world)) == f"/p/{world.bags.id}"


@pytest.mark.shared
def test_a_link_set_with_set_links_is_valid_at_every_level(
    client: Client, world: World, shared_data: Path
) -> None:
    schema = json.loads((shared_data / "traceability/linkset/gs1-linkset-schema.json").read_text())
    _set(client, "lowk-80", default=True, with_lots=True, language="ja", media_type="text/html")
    _set(client, world.bags.code, "https://b.example/%E3%83%AC", context="JP")
    _set(client, _lot(world) + "/21/7", "http://[::1]:8080/x?a=1#b")

    said = client.get(_lot(world) + "/21/7?linkType=linkset").json()

    jsonschema.validate(said, schema)
    serial, lot, item = said["linkset"]
    assert (len(lot[DEFAULT]), len(item[DEFAULT])) == (1, 1)
    assert serial["anchor"].endswith("/21/7")


def test_only_who_is_signed_in_sets_links(
    client: Client, world: World, add_user: Callable[..., str]
) -> None:
    add_user("boss")
    body = {"of": "lowk-80", "type": "pip", "target": BRAND}

    assert client.post("/api/v1/links", json=body).status_code == 401
    assert client.get("/links", headers=DATA).status_code == 401
    foreign = client.post("/links", data=body, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"target": "javascript:alert(1)"}, "target"),
        ({"type": "recipe"}, "type"),
        ({"language": "Japanese"}, "language"),
    ],
)
def test_what_cannot_be_a_link_is_refused_with_its_field(
    client: Client, world: World, more: dict[str, str], field: str
) -> None:
    answer = client.post(
        "/api/v1/links", json={"of": "lowk-80", "type": "pip", "target": BRAND, **more}
    )

    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, field)
    assert client.get("/api/v1/links").json() == []


def test_the_page_sets_ends_and_withdraws(client: Client, world: World) -> None:
    form = {"of": "lowk-80", "type": "recipeInfo", "target": BRAND, "why": "campaign"}
    made = client.post("/links", data=form, headers=HTML)
    shown = client.get(made.headers["location"], headers=HTML)

    assert made.status_code == 303
    assert BRAND in shown.text
    assert "campaign" in shown.text
    (entered,) = client.get("/api/v1/links?of=lowk-80").json()
    link = entered["links"][0]["id"]
    client.post("/links/end", data={"of": "lowk-80", "link": link, "why": "over"}, headers=HTML)
    (entered,) = client.get("/api/v1/links").json()
    assert entered["links"][0]["given"] is False
    client.post("/links/withdraw", data={"of": "lowk-80", "why": "misprint"}, headers=HTML)
    assert client.get(f"/01/{world.gtin}", headers=HTML).status_code == 410
    assert "misprint" in client.get("/links?of=lowk-80", headers=HTML).text


def test_a_refused_form_keeps_what_was_typed_and_says_why(client: Client, world: World) -> None:
    form = {"of": "lowk-80", "target": "https://a b", "title": "Salads <b>"}

    answer = client.post("/links", data=form, headers=HTML)

    assert answer.status_code == 422
    assert "Salads &lt;b&gt;" in answer.text
    unknown = client.post("/links", data={**form, "of": "nobody"}, headers=HTML)
    assert unknown.status_code == 404
    assert client.get("/links?of=nobody", headers=HTML).status_code == 404


def test_a_target_cannot_break_out_of_the_page(client: Client, world: World) -> None:
    _set(client, "lowk-80", 'https://a.example/"><script>alert(1)</script>')

    assert "<script>alert" not in client.get("/links?of=lowk-80", headers=HTML).text
