"""Every GS1 key leads to what is kept under it, walks up where it is finer, or says why not."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import jsonschema
import pytest
from httpx import Client
from sqlalchemy import Engine

from tests.factories import on_day
from tests.world import World
from traceability import catalogue, database, units
from traceability.amounts import Amount
from traceability.gs1 import DigitalLink, dictionary
from traceability.gs1.compression import compress
from traceability.models import LogisticUnit, Lot, Organisation, Party, Site

HTML = {"accept": "text/html"}
DATA = {"accept": "application/ld+json"}
SITE_GLN, SHOP_GLN = "4569951110016", "4569951110023"
DEFAULT = "https://ref.gs1.org/voc/defaultLink"
# One valid value of every key that a Digital Link may begin with.
EXAMPLES = {
    "00": "340123450000000000", "01": "04012345111118", "253": "4602443000331XYZ",
    "255": "9506000134352123", "401": "9506000134352", "402": "20000000000000008",
    "414": "9506000134352", "415": "9506000134352", "417": "9506000134352",
    "8003": "09506000134352XYZ", "8004": "9506000134352ABC", "8006": "040123451111180102",
    "8010": "950600013435ABC", "8013": "1987654Ad4X4bL5ttr2310c2K",
    "8017": "950600013430000009", "8018": "950600013430000009",
}  # fmt: skip


@pytest.fixture
def pallet(engine: Engine, world: World) -> LogisticUnit:
    """A pallet of one case of the world's bags; its site and shop have numbers of their own."""
    with database.writing_session(engine) as session:
        session.get_one(Organisation, world.farm.organisation.id).gs1_prefix = "4569951"
        session.get_one(Site, world.farm.site.id).gln = SITE_GLN
        session.get_one(Party, world.farm.shop.id).gln = SHOP_GLN
        lot, site = session.get_one(Lot, world.bags.id), session.get_one(Site, world.farm.site.id)
        filled = units.aggregate(
            session, on_day(43), kind="case", site=site, lots=[(lot, Amount(pieces=20))]
        )
        case = units.made(session, filled.id)
        stacked = units.aggregate(session, on_day(43), kind="pallet", site=site, units=[case])
        return units.made(session, stacked.id)


def test_an_item_alone_leads_to_its_page_with_what_is_in_the_shops(
    client: Client, world: World, add_user: Callable[..., str]
) -> None:
    add_user("boss")
    led = client.get(f"/01/{world.gtin}", headers=HTML)
    page = client.get(led.headers["location"], headers={**HTML, "accept-language": "ja"})

    assert led.status_code == 307
    assert "低カリウムレタス 80g" in page.text
    assert f"/p/{world.bags.id}" in page.text
    data = client.get(client.get(f"/01/{world.gtin}", headers=DATA).headers["location"]).json()
    assert data["@id"] == f"https://id.gs1.org/01/{world.gtin}"
    assert [lot["lot"] for lot in data["lots"]] == [world.bags.code]


def test_a_lot_that_never_left_is_not_listed(
    client: Client, engine: Engine, world: World, clock
) -> None:
    """Whoever lists lots learns how much a farm makes; only what is outside anyway is told."""
    item = client.get(f"/01/{world.gtin}", headers=DATA).headers["location"]

    clock.now = clock.now.replace(year=2027)  # the best-before date is long past
    assert not client.get(item).json().get("lots")


def test_a_lot_nobody_knows_leads_to_its_item_which_says_so(client: Client, world: World) -> None:
    led = client.get(f"/01/{world.gtin}/10/no%2Fbody", headers=HTML)
    page = client.get(led.headers["location"], headers=HTML)

    assert led.status_code == 307
    assert led.headers["location"].startswith(f"/p/item/{world.farm.bag.id}?lot=no%2Fbody")
    assert "no/body" in page.text
    (entry,) = client.get(f"/01/{world.gtin}/10/x?linkType=linkset").json()["linkset"]
    assert entry["anchor"] == f"https://id.gs1.org/01/{world.gtin}"


@pytest.mark.parametrize(
    "path", ["{lot}/21/9", "/22/A{lot}/21/9", "/22/A{lot}", "/21/9", "/22/A", "/235/X"]
)
def test_a_finer_code_is_answered_by_what_it_is_of(client: Client, world: World, path: str) -> None:
    lot = f"/10/{quote(world.bags.code, safe='')}"

    led = client.get(f"/01/{world.gtin}{path.format(lot=lot)}", headers=HTML)

    of = f"/p/{world.bags.id}" if "{lot}" in path else f"/p/item/{world.farm.bag.id}"
    assert (led.status_code, led.headers["location"]) == (307, of)


def test_a_pallet_says_what_is_in_it_but_not_how_much(
    client: Client, pallet: LogisticUnit, world: World, add_user: Callable[..., str]
) -> None:
    """Numbers of cases follow each other: who has one could read the farm's whole turnover."""
    add_user("boss")
    led = client.get(f"/00/{pallet.code}", headers=HTML)
    page = client.get(led.headers["location"], headers=HTML)
    data = client.get(client.get(f"/00/{pallet.code}", headers=DATA).headers["location"]).json()

    assert led.headers["location"] == f"/p/unit/{pallet.id}"
    assert world.bags.code in page.text
    assert "pcs" not in page.text
    assert not {"pieces", "weight_g", "party"} & set(data["lots"][0])
    assert (data["sscc"], [lot["lot"] for lot in data["lots"]]) == (pallet.code, [world.bags.code])


def test_a_shipped_pallet_still_says_what_was_in_it(
    client: Client, engine: Engine, pallet: LogisticUnit, world: World
) -> None:
    with database.writing_session(engine) as session:
        units.ship_unit(
            session,
            on_day(44),
            unit=session.get_one(LogisticUnit, pallet.id),
            to=session.get_one(Party, world.farm.shop.id),
        )

    data = client.get(client.get(f"/00/{pallet.code}", headers=DATA).headers["location"]).json()
    assert [lot["lot"] for lot in data["lots"]] == [world.bags.code]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/414/{SITE_GLN}", "Aizu plant factory"),
        (f"/414/{SITE_GLN}/254/ROOM-1", "Aizu plant factory"),
        (f"/417/{SHOP_GLN}", "Mart"),
        (f"/415/{SHOP_GLN}/8020/INV-1", "Mart"),
    ],
)
def test_a_place_is_told(client: Client, pallet: LogisticUnit, path: str, name: str) -> None:
    led = client.get(path, headers=HTML)

    assert led.status_code == 307
    assert name in client.get(led.headers["location"], headers=HTML).text


def test_a_partner_that_did_not_agree_is_not_named(
    client: Client, engine: Engine, pallet: LogisticUnit, world: World
) -> None:
    with database.writing_session(engine) as session:
        session.get_one(Party, world.farm.shop.id).is_public = False

    assert client.get(f"/414/{SHOP_GLN}", headers=DATA).status_code == 404
    assert client.get(f"/p/place/{world.farm.shop.id}", headers=DATA).status_code == 404


def test_a_case_without_sscc_has_an_address_of_the_farm(
    client: Client, engine: Engine, world: World, add_user: Callable[..., str]
) -> None:
    with database.writing_session(engine) as session:
        lot, site = session.get_one(Lot, world.bags.id), session.get_one(Site, world.farm.site.id)
        lots = [(lot, Amount(pieces=5))]
        act = units.aggregate(session, on_day(43), kind="case", site=site, lots=lots, code="BOX/1")
        box = units.made(session, act.id)
    add_user("boss")

    assert client.get("/unit/BOX%2F1", headers=HTML).headers["location"] == f"/p/unit/{box.id}"
    (entry,) = client.get("/unit/BOX%2F1?linkType=linkset").json()["linkset"]
    assert entry["anchor"] == "https://hub.example/unit/BOX%2F1"
    assert client.get("/unit/BOX-2", headers=DATA).json()["code"] == "unknown_identity"


def test_an_item_without_gtin_has_an_address_of_the_farm(
    client: Client, engine: Engine, world: World, add_user: Callable[..., str]
) -> None:
    with database.writing_session(engine) as session:
        farm = session.get_one(Organisation, world.farm.organisation.id)
        own = catalogue.ensure_trade_item(
            session, farm, "bulk", crop=world.farm.lettuce, name="Bulk", net_content_g=1000
        )
        item_id = own.id
    add_user("boss")

    assert client.get("/items/bulk", headers=HTML).headers["location"] == f"/p/item/{item_id}"
    assert client.get("/items", headers=DATA).status_code == 401


def test_a_compressed_link_leads_where_the_plain_one_does(
    client: Client, world: World, add_user: Callable[..., str]
) -> None:
    add_user("boss")
    plain = f"/01/{world.gtin}/10/{quote(world.bags.code, safe='')}"
    short = compress(DigitalLink.parse(f"https://hub.example{plain}"))

    led = client.get(short.removeprefix("https://hub.example"), headers=HTML)

    assert (led.status_code, led.headers["location"]) == (307, f"/p/{world.bags.id}")
    assert client.get(led.headers["link"][1:].partition(">")[0]).status_code == 200
    assert client.get("/Zm9vYmFyIQ", headers=DATA).status_code == 401


@pytest.mark.parametrize("ai", sorted(EXAMPLES))
def test_what_is_not_kept_here_is_404_with_the_reason(
    client: Client, ai: str, add_user: Callable[..., str]
) -> None:
    add_user("boss")
    answer = client.get(f"/{ai}/{EXAMPLES[ai]}", headers=DATA)

    kept = ai in ("00", "01", "414", "415", "417", "8006")
    code = "unknown_identity" if kept else "key_not_kept"
    assert (answer.status_code, answer.json()["code"]) == (404, code)
    if not kept:
        assert answer.json()["facts"]["ai"] == ai


def test_every_key_of_the_dictionary_was_asked() -> None:
    assert set(EXAMPLES) == {ai for ai in dictionary.table() if dictionary.is_primary_key(ai)}


@pytest.mark.parametrize(
    ("path", "ai", "position"),
    [
        ("/01/04912345678905", "01", 13),
        ("/00/340123450000000001", "00", 17),
        ("/414/4569951110017", "414", 12),
        ("/01/04912345678904/10/%E3%83%AD", "10", 0),
        ("/01/04912345678904/foo", None, None),
    ],
)
def test_what_is_wrong_is_400_with_the_ai_and_the_place(
    client: Client, path: str, ai: str | None, position: int | None
) -> None:
    answer = client.get(path, headers=DATA)

    assert answer.status_code == 400
    assert answer.json()["facts"]["ai"] == ai
    assert isinstance(answer.json()["facts"]["position"], int) or ai is None
    assert position is None or answer.json()["facts"]["position"] >= position


def _known(world: World, pallet: LogisticUnit) -> list[str]:
    lot = f"/01/{world.gtin}/10/{quote(world.bags.code, safe='')}"
    return [
        f"/01/{world.gtin}",
        lot,
        f"{lot}/21/1",
        f"/00/{pallet.code}",
        f"/414/{SITE_GLN}",
        f"/417/{SHOP_GLN}",
        f"/crops/{world.farm.lettuce.code}/10/{quote(world.harvested.code)}",
    ]


@pytest.mark.shared
def test_conformance_walk_over_every_kind_of_key(
    client: Client, world: World, pallet: LogisticUnit, shared_data: Path
) -> None:
    """What GS1's own test suite asks of a resolver, at every level there is."""
    schema = json.loads((shared_data / "traceability/linkset/gs1-linkset-schema.json").read_text())
    for path in _known(world, pallet):
        led = client.get(path, headers=HTML)
        assert led.status_code == 307, path
        assert 'rel="linkset"' in led.headers["link"]
        assert "gs1:" not in led.headers["link"]
        assert led.headers["access-control-allow-origin"] == "*"
        assert client.get(led.headers["location"], headers=HTML).status_code == 200
        head = client.head(path, headers=HTML)
        assert (head.status_code, head.headers["location"]) == (307, led.headers["location"])
        asked = client.options(path)
        assert {"GET", "HEAD", "OPTIONS"} <= set(
            asked.headers["access-control-allow-methods"].split(", ")
        )
        slash = client.get(path + "/", headers=HTML)
        assert slash.headers["location"] == led.headers["location"]
        wrong = 404 if path.startswith("/crops/") else 400
        assert client.get(path + "/foo", headers=DATA).status_code == wrong
        said = client.get(path + "?linkType=linkset")
        assert said.headers["content-type"] == "application/linkset+json"
        assert client.get(path, headers={"accept": "application/linkset+json"}).content == (
            said.content
        )
        jsonschema.validate(said.json(), schema)
        assert all(len(entry[DEFAULT]) == 1 for entry in said.json()["linkset"])
        assert client.get(path + "?linkType=gs1:recipeInfo", headers=DATA).status_code == 404
