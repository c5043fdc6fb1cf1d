"""A GS1-conformant resolver: all links of a lot, one of them by its type, and what it can do."""

import json
from pathlib import Path
from urllib.parse import quote

import jsonschema
import pytest
from httpx import Client

from tests.world import World

LINKSET = {"accept": "application/linkset+json"}
TRACEABILITY = "https://ref.gs1.org/voc/traceability"
DEFAULT = "https://ref.gs1.org/voc/defaultLink"


def _link(world: World) -> str:
    return f"/01/{world.gtin}/10/{quote(world.bags.code, safe='')}"


@pytest.mark.parametrize("kind", ["accept", "json", "all", "linkset"])
def test_who_asks_gets_all_links_of_a_lot(client: Client, world: World, kind: str) -> None:
    if kind == "accept":
        answer = client.get(_link(world), headers=LINKSET)
    elif kind == "json":
        answer = client.get(_link(world), headers={"accept": "application/json"})
    else:
        answer = client.get(_link(world), params={"linkType": kind})

    entry, item = answer.json()["linkset"]
    assert item["anchor"] == f"https://id.gs1.org/01/{world.gtin}"
    assert answer.headers["content-type"] == "application/linkset+json"
    assert entry["anchor"] == f"https://id.gs1.org{_link(world)}"
    assert [link["href"] for link in entry[DEFAULT]] == [f"https://hub.example/p/{world.bags.id}"]
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.shared
def test_the_link_set_is_valid_in_gs1_s_profile(
    client: Client, world: World, shared_data: Path
) -> None:
    """RC#107: the link set of GS1's own open resolver fails its test suite."""
    schema = json.loads((shared_data / "traceability/linkset/gs1-linkset-schema.json").read_text())

    jsonschema.validate(client.get(_link(world), headers=LINKSET).json(), schema)


def test_a_link_type_leads_to_its_page_or_data(client: Client, world: World) -> None:
    page = client.get(_link(world), params={"linkType": "gs1:traceability"})
    data = client.get(
        _link(world),
        params={"linkType": TRACEABILITY},
        headers={"accept": "application/ld+json"},
    )

    assert (page.status_code, page.headers["location"].endswith(world.bags.id)) == (307, True)
    assert data.headers["location"].endswith(f"{world.bags.id}.jsonld")


def test_a_redirect_says_where_all_links_are(client: Client, world: World) -> None:
    answer = client.get(_link(world))

    assert answer.headers["link"] == (
        f'<{_link(world)}?linkType=linkset>; rel="linkset"; type="application/linkset+json"'
    )
    assert client.get(answer.headers["link"][1:].partition(">")[0]).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/01/{gtin}/10/nobody?linkType=gs1:traceability", 404, "no_such_link"),
        ("/01/04012345111118/10/nobody?linkType=all", 404, "unknown_lot"),
        ("{link}?linkType=gs1:recipeInfo", 404, "no_such_link"),
        ("/01/04012345111119/10/A?linkType=all", 400, "incorrect_check_digit"),
        ("/01/{gtin}/21/1/10/A?linkType=all", 400, "invalid_key_qualifier_sequence"),
    ],
)
def test_what_cannot_be_answered_says_why(
    client: Client, world: World, path: str, status: int, code: str
) -> None:
    answer = client.get(path.format(gtin=world.gtin, link=_link(world)))

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_still_grows_has_no_links_for_strangers(
    client: Client, world: World, add_user
) -> None:
    add_user("aki")
    path = f"/crops/{world.farm.lettuce.code}/10/{quote(world.growing.code, safe='')}"

    assert client.get(path, headers=LINKSET).status_code == 404


def test_a_lot_without_gtin_has_links_under_our_own_address(client: Client, world: World) -> None:
    path = f"/crops/{world.farm.lettuce.code}/10/{quote(world.harvested.code, safe='')}"

    (entry,) = client.get(path, headers=LINKSET).json()["linkset"]

    assert entry["anchor"] == f"https://hub.example{path}"


def test_another_site_s_script_may_ask(client: Client, world: World) -> None:
    answer = client.request("OPTIONS", _link(world))

    assert answer.status_code == 204
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert client.head(_link(world)).status_code == 307


def test_the_resolver_describes_itself(client: Client, add_user) -> None:
    add_user("aki")

    said = client.get("/.well-known/gs1resolver").json()

    assert said["resolverRoot"] == "https://hub.example"
    assert said["supportedPrimaryKeys"] == ["all"]


BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("kind", ["all", "linkset"])
def test_a_browser_reads_the_links_as_a_page(client: Client, world: World, kind: str) -> None:
    """Who types the address or follows it from a page is shown words, not JSON."""
    answer = client.get(
        _link(world), params={"linkType": kind}, headers={**BROWSER, "accept-language": "ja"}
    )

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert {"Accept", "Accept-Language"} <= set(answer.headers["vary"].split(", "))
    for words in ("トレーサビリティ", "低カリウムレタス 80g ロットP/0713-A", f"/p/{world.bags.id}"):
        assert words in answer.text
    assert f"{_link(world)}?linkType=linkset" in answer.headers["link"]


@pytest.mark.parametrize("accept", ["*/*", "application/linkset+json, text/html;q=0.5"])
def test_a_program_is_never_given_the_page(client: Client, world: World, accept: str) -> None:
    answer = client.get(_link(world), params={"linkType": "all"}, headers={"accept": accept})

    assert answer.headers["content-type"] == "application/linkset+json"


def test_titles_are_in_the_reader_s_language(client: Client, world: World) -> None:
    """Of our own pages, and of links nobody gave a title."""
    body = {"of": "lowk-80", "type": "recipeInfo", "target": "https://brand.example/r"}
    client.post("/api/v1/links", json=body)
    asked = {**LINKSET, "accept-language": "ja"}

    lot, item = client.get(_link(world), headers=asked).json()["linkset"]

    assert item["itemDescription"] == "低カリウムレタス 80g"
    assert lot[TRACEABILITY][1]["title"].endswith("(データ)")
    assert item["https://ref.gs1.org/voc/recipeInfo"][0]["title"] == "料理のレシピ"
    said = client.get("/links?of=lowk-80", headers={**BROWSER, "accept-language": "ja"}).text
    assert "Recipes for the kitchen" not in said


def test_a_link_set_as_a_page_cannot_be_broken_out_of(client: Client, world: World) -> None:
    body = {"of": "lowk-80", "type": "pip", "target": "https://b.example/", "title": "<script>x"}
    client.post("/api/v1/links", json=body)

    page = client.get(_link(world), params={"linkType": "all"}, headers=BROWSER).text

    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/01/04912345678905/10/A",
        "/01/04012345111118",
        "/8003/09506000134352XYZ",
        "{link}?linkType=gs1:recipeInfo",
    ],
)
def test_another_site_s_script_reads_why_not(client: Client, world: World, path: str) -> None:
    """Without the header a browser keeps the reason from the script that asked."""
    answer = client.get(path.format(link=_link(world)))

    assert answer.status_code in (400, 404)
    assert answer.headers["access-control-allow-origin"] == "*"


def test_another_site_s_script_may_follow_to_the_data(client: Client, world: World) -> None:
    for path in (_link(world), f"/01/{world.gtin}"):
        data = client.get(path, headers={"accept": "application/ld+json"}).headers["location"]
        assert client.get(data).headers["access-control-allow-origin"] == "*"
    assert client.request("OPTIONS", "/.well-known/gs1resolver").status_code == 204
