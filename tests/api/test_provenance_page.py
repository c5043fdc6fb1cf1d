"""What a shopper and a shopper's program see: an allow-list, held by snapshots."""

import json
import re

from httpx import Client

from tests.world import World

HTML = {"accept": "text/html"}

# Every name a program may see, as path. A new one is a decision, taken here.
PUBLIC_NAMES = {
    "@context",
    "@id",
    "@type",
    "name.en",
    "name.ja",
    "category.en",
    "category.ja",
    "gtin",
    "lot",
    "stage",
    "netContent_g",
    "pack.en",
    "pack.ja",
    "packedOn",
    "bestBefore",
    "producer.@type",
    "producer.name.en",
    "producer.name.ja",
    "producer.location.@type",
    "producer.location.name.en",
    "producer.location.name.ja",
    "producer.origin.en",
    "producer.origin.ja",
    "producer.timeZone",
    "journey.@type",
    "journey.kind",
    "journey.at",
    "journey.place.en",
    "journey.place.ja",
    "journey.party.en",
    "journey.party.ja",
    "findings.@type",
    "findings.measure",
    "findings.value",
    "findings.unitText",
    "findings.measurementTechnique",
    "findings.at",
    *(
        f"conditions.{when}.{name}"
        for when in ("growing", "afterHarvest")
        for name in (
            "dailyLight_mol",
            "quantities.quantity",
            "quantities.unitText",
            "quantities.mean",
            "quantities.low",
            "quantities.high",
            "quantities.target",
            "quantities.inRange",
            "quantities.covered",
            "quantities.gaps",
        )
    ),
}


def _names(value: object, path: str = "") -> set[str]:
    if isinstance(value, dict) and not path.endswith(("@context", "dailyLight_mol")):
        return {n for key, item in value.items() for n in _names(item, f"{path}.{key}".strip("."))}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {name for item in value for name in _names(item, path)}
    return {path}


def test_a_program_sees_what_is_listed_and_no_more(client: Client, world: World) -> None:
    said = client.get(f"/p/{world.bags.id}.jsonld")

    assert said.headers["content-type"] == "application/ld+json"
    assert _names(said.json()) <= PUBLIC_NAMES
    assert _names(said.json()) >= {"gtin", "journey.party.en", "findings.value", "lot"}


def test_the_data_of_a_bag(client: Client, world: World) -> None:
    said = client.get(f"/p/{world.bags.id}.jsonld").json()

    assert said["@id"] == f"https://hub.example/01/{world.gtin}/10/P%2F0713-A"
    kinds = [step["kind"] for step in said["journey"]]
    assert kinds == ["receive", "sow", "transplant", "harvest", "pack", "ship"]
    assert said["journey"][-1]["party"] == {"en": "Mart", "ja": "マート"}
    assert said["findings"][0]["value"] == 88
    temperature = said["conditions"]["growing"]["quantities"][0]
    assert (temperature["quantity"], temperature["mean"]) == ("air_temperature", 21.0)
    assert temperature["covered"] < 1
    assert temperature["gaps"]


def test_nobody_who_works_there_is_named(client: Client, world: World) -> None:
    for path in (f"/p/{world.bags.id}", f"/p/{world.bags.id}.jsonld"):
        text = client.get(path, headers=HTML).text
        for private in ("Sato", "Seed Co", "種苗会社", "SEED-7", "A-air", "5600", "70 pcs"):
            assert private not in text, private


def test_the_page_tells_the_story_in_both_languages(client: Client, world: World) -> None:
    english = client.get(f"/p/{world.bags.id}?lang=en", headers=HTML).text
    japanese = client.get(f"/p/{world.bags.id}?lang=ja", headers=HTML).text

    for words in ("Low-potassium lettuce 80 g", "Grown by Aizu plant factory", "Potassium", "Mart"):
        assert words in english
    for words in (
        "低カリウムレタス 80g",
        "会津植物工場",
        "福島県",
        "カリウム",
        "栽培中の環境",
        "収穫",
    ):
        assert words in japanese


def test_gaps_are_drawn_and_said(client: Client, world: World) -> None:
    page = client.get(f"/p/{world.bags.id}?lang=en", headers=HTML).text

    assert '<rect class="gap"' in page
    assert '<rect class="band"' in page
    assert "the rest is not known" in page


def test_the_page_is_small_and_has_no_script(client: Client, world: World) -> None:
    """It must fit the first flight of a mobile network, styles apart."""
    answer = client.get(f"/p/{world.bags.id}", headers={**HTML, "accept-encoding": "identity"})

    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert len(answer.content) < 40_000


def test_one_readers_address_is_not_kept_for_others(client: Client, world: World) -> None:
    """The page is kept; what one reader puts into the address must not reach the next."""
    client.get(f"/p/{world.bags.id}?lang=en&x=POISON", headers={**HTML, "host": "hub.example"})

    assert "POISON" not in client.get(f"/p/{world.bags.id}?lang=en", headers=HTML).text


def test_links_in_the_data_resolve(client: Client, world: World) -> None:
    page = client.get(f"/p/{world.bags.id}", headers=HTML).text
    link = re.search(r'type="application/ld\+json" href="([^"]+)"', page)

    assert link
    assert json.loads(client.get(link[1]).content)["lot"] == world.bags.code
