"""The farm's pages: a form records an act, says why it cannot, and keeps what was typed."""

import html
import re

import pytest
from httpx import Client, Response

from tests.world import World

HTML = {"accept": "text/html"}


def _send(client: Client, path: str, **said: str) -> Response:
    return client.post(path, data={"at": "2026-07-20T09:00", **said}, headers=HTML)


def test_every_page_opens(client: Client, world: World) -> None:
    paths = [
        "/",
        "/lots",
        "/lots/new",
        "/lots/new?kind=receive",
        "/crops",
        "/items",
        "/places",
        "/partners",
        "/import",
        "/sheets",
        f"/sheets?lot={world.bags.id}",
        "/forecasts",
        "/forecasts/lowk",
        "/forecasts/basil",
        "/help",
        "/docs",
        "/problems",
        "/scan",
        "/sign-in",
        f"/rooms/{world.farm.room.id}",
        f"/rooms/{world.farm.packing.id}",
        *(f"/lots/{lot.id}/conditions" for lot in (world.growing, world.bags, world.seed)),
        *(f"/lots/{lot.id}" for lot in (world.seed, world.growing, world.grown, world.bags)),
    ]
    for path in paths:
        for language in ("en", "ja"):
            answer = client.get(path, headers={**HTML, "accept-language": language})
            assert answer.status_code == 200, (path, answer.text[:400])
            assert f'<html lang="{language}">' in answer.text


def test_sowing_by_form_opens_a_lot(client: Client, world: World) -> None:
    answer = _send(
        client,
        "/lots/new",
        kind="sow",
        crop=world.farm.lettuce.id,
        zone=world.farm.room.id,
        code="FORM-1",
        pieces="80",
        seed=world.seed.id,
        seed_weight="0.004",
    )

    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"], headers=HTML).text
    assert "FORM-1" in page
    assert "SEED-7" in page
    assert "Jul 20, 2026 09:00" in page  # the site's clock, not ours


def test_receiving_by_form_takes_a_lot_in(client: Client, world: World) -> None:
    farm = world.farm
    said = {"from": farm.supplier.id, "zone": farm.packing.id, "crop": farm.lettuce.id}

    answer = _send(
        client, "/lots/new", kind="receive", code="S-8", stage="input", weight="0.25", **said
    )

    assert answer.status_code == 303, answer.text
    assert "250 g" in client.get(answer.headers["location"], headers=HTML).text


def test_a_harvest_heavier_than_physics_is_refused_and_the_form_keeps_it(
    client: Client, world: World
) -> None:
    path = f"/lots/{world.growing.id}"

    answer = _send(
        client, f"{path}/harvest", pieces="10", weight="99", zone=world.farm.packing.id, note="wet"
    )

    assert answer.status_code == 422
    assert "heads of lowk" in html.unescape(answer.text)
    assert 'value="99"' in answer.text
    assert 'value="wet"' in answer.text
    assert "Harvested" not in client.get(path, headers=HTML).text


def test_a_number_nobody_can_read_is_said_not_a_fault(client: Client, world: World) -> None:
    answer = _send(client, f"/lots/{world.bags.id}/ship", to=world.farm.shop.id, pieces="ten")
    nan = _send(client, f"/lots/{world.bags.id}/ship", to=world.farm.shop.id, weight="NaN")

    assert (answer.status_code, nan.status_code) == (422, 422)
    assert "a whole number" in answer.text


def test_each_act_fits_its_stage_and_is_recorded(client: Client, world: World) -> None:
    bags, farm = f"/lots/{world.bags.id}", world.farm
    assert _send(client, f"{bags}/move", zone=farm.packing.id).status_code == 303
    assert (
        _send(
            client, f"{bags}/inspect", measure="nitrate", value="1200.5", unit="mg/kg"
        ).status_code
        == 303
    )
    assert _send(client, f"{bags}/ship", to=farm.shop.id, pieces="10").status_code == 303
    assert _send(client, f"{bags}/discard", reason="burst", pieces="1").status_code == 303
    split = _send(client, f"{bags}/split", part_code="s1", rest_code="s2", pieces="20")
    assert split.status_code == 303
    page = client.get(bags, headers=HTML).text
    for words in ("Nitrate", "Shipped", "Discarded", "burst", "Split", "closed"):
        assert words in page
    harvest = f"/lots/{world.harvested.id}"
    pack = _send(
        client,
        f"{harvest}/pack",
        item=farm.bag.id,
        weight="0.08",
        packs="1",
        code="P2",
        zone=farm.store.id,
    )
    assert pack.status_code == 303, pack.text
    growing = f"/lots/{world.growing.id}"
    assert _send(client, f"{growing}/transplant", zone=farm.room.id, lost="3").status_code == 303
    assert "127 pcs" in client.get(growing, headers=HTML).text


def test_a_seed_lots_page_adds_up_who_received_of_it(client: Client, world: World) -> None:
    """The recall question: whom to call, and about how much."""
    page = client.get(f"/lots/{world.seed.id}", headers=HTML).text

    table = page[page.index("Received by") :]
    assert re.search(r"Mart</td>.*?>1</td>.*?>40 pcs · 3.2 kg<", table, re.DOTALL)


def test_sending_a_form_twice_records_one_act(client: Client, world: World) -> None:
    page = client.get(f"/lots/{world.bags.id}", headers=HTML).text
    act_id = re.search(r'name="act_id" value="([^"]+)"', page)
    assert act_id
    said = {"to": world.farm.shop.id, "pieces": "10", "act_id": act_id[1]}

    for _ in range(2):
        assert _send(client, f"/lots/{world.bags.id}/ship", **said).status_code == 303

    assert client.get(f"/api/v1/lots/{world.bags.id}").json()["pieces"] == 60


def test_a_day_before_all_days_is_a_bad_time(client: Client, world: World) -> None:
    """Midnight of year 1 in Japan is before the first moment UTC can say."""
    said = {"to": world.farm.shop.id, "pieces": "10", "at": "0001-01-01T00:00"}

    assert _send(client, f"/lots/{world.bags.id}/ship", **said).status_code == 422


def test_a_mistake_is_taken_back_and_stays_readable(client: Client, world: World) -> None:
    acts = client.get(f"/api/v1/lots/{world.bags.id}/acts").json()["acts"]
    ship = next(act["id"] for act in acts if act["kind"] == "ship")

    answer = _send(client, f"/lots/{world.bags.id}/void", act=ship, note="wrong shop")

    assert answer.status_code == 303, answer.text
    page = client.get(f"/lots/{world.bags.id}", headers=HTML).text
    assert 'class="voided"' in page
    assert "110 pcs" in page
    assert "wrong shop" in page


@pytest.mark.parametrize(
    "text", ["P/0713-A", "https://hub.example/01/04912345678904/10/P%2F0713-A"]
)
def test_the_search_field_takes_a_code_or_a_link(client: Client, world: World, text: str) -> None:
    answer = client.get("/scan", params={"code": text}, headers=HTML)

    assert answer.headers["location"] == f"/lots/{world.bags.id}"


def test_the_search_field_takes_what_a_barcode_reader_types(client: Client, world: World) -> None:
    answer = client.get("/scan", params={"code": f"]d201{world.gtin}10P/0713-A"}, headers=HTML)

    assert answer.headers["location"] == f"/lots/{world.bags.id}"


def test_a_stranger_finds_the_public_page_and_nothing_that_grows(
    client: Client, world: World, add_user
) -> None:
    add_user("boss")

    bags = client.get("/scan", params={"code": "P/0713-A"}, headers=HTML)
    growing = client.get("/scan", params={"code": "LK-0630"}, headers=HTML)

    assert bags.headers["location"] == f"/p/{world.bags.id}"
    assert growing.status_code == 404


def test_old_values_look_old(client: Client, world: World, clock) -> None:
    fresh = client.get(f"/rooms/{world.farm.room.id}", headers=HTML).text
    clock.now = clock.now.replace(hour=clock.now.hour + 2)
    old = client.get(f"/rooms/{world.farm.room.id}", headers=HTML).text

    assert 'class="value stale"' not in fresh
    assert 'class="value stale"' in old
    assert "silent for 2 hours" in old


def test_the_label_is_offered_and_refused_without_an_address(client: Client, world: World) -> None:
    svg = client.get(f"/lots/{world.bags.id}/label.svg")
    png = client.get(f"/lots/{world.bags.id}/label.png")

    assert svg.headers["content-type"] == "image/svg+xml"
    assert png.content.startswith(b"\x89PNG")


def test_words_of_a_hostile_name_stay_words(client: Client, world: World) -> None:
    name = {"name": "<script>alert(1)</script>", "crop": "lowk", "gtin": world.gtin}
    client.put("/api/v1/trade-items/lowk-80", json={**name, "net_content_g": 80})

    for path in ("/items", "/lots", f"/lots/{world.bags.id}", f"/p/{world.bags.id}"):
        page = client.get(path, headers=HTML).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
