"""Holds, counts, returns, supplies, cases: over HTTP and by the forms on a lot's page."""

from httpx import Client, Response
from sqlalchemy import Engine

from tests.factories import START
from tests.world import World
from traceability import catalogue, database
from traceability.models import Site, Zone

DAY = "2026-07-20T09:00:00+09:00"


def _act(client: Client, kind: str, **said: object) -> Response:
    return client.post(f"/api/v1/acts/{kind}", json={"at": DAY, "by": "Sato", **said})


def test_a_lot_on_hold_is_not_shipped_and_says_why(client: Client, world: World) -> None:
    held = _act(client, "hold", lots=[world.bags.id], reason="カリウムが高い")
    assert held.status_code == 201, held.text

    refused = _act(client, "ship", lot=world.bags.id, to="mart")

    assert (refused.status_code, refused.json()["code"]) == (409, "lot_held")
    assert "カリウムが高い" in refused.json()["detail"]
    _act(client, "release", lots=[world.bags.id], reason="second test")
    assert _act(client, "ship", lot=world.bags.id, to="mart").status_code == 201


def test_what_was_counted_and_what_came_back(client: Client, world: World) -> None:
    _act(client, "count", lot=world.bags.id, counted={"pieces": 68}, why="inventory")
    back = _act(
        client,
        "return",
        lot=world.bags.id,
        site="main",
        zone="C",
        from_party="mart",
        amount={"pieces": 5},
        reason="too many",
    )
    assert back.status_code == 201, back.text

    lot = client.get(f"/api/v1/lots/{world.bags.id}").json()
    assert (lot["pieces"], lot["weight_g"]) == (73, 5840)
    too_many = _act(
        client,
        "return",
        lot=world.bags.id,
        site="main",
        zone="C",
        from_party="mart",
        amount={"pieces": 36},
        reason="too many",
    )
    assert too_many.json()["code"] == "not_enough"


def test_a_case_is_filled_shown_and_shipped(client: Client, world: World) -> None:
    filled = client.post(
        "/api/v1/units",
        json={
            "at": DAY,
            "site": "main",
            "kind": "case",
            "code": "BOX-1",
            "lots": [{"lot": world.bags.id, "pieces": 20}],
        },
    )
    assert filled.status_code == 201, filled.text
    assert filled.json()["unit"]["lots"][0]["weight_g"] == 1600

    assert client.get("/api/v1/units/BOX-1").json()["sscc"] is None
    sent = client.post("/api/v1/units/BOX-1/ship", json={"at": DAY, "to": "mart"})

    assert sent.status_code == 201, sent.text
    assert client.get("/api/v1/units/BOX-1").json()["lots"] == []
    assert client.get(f"/api/v1/lots/{world.bags.id}").json()["pieces"] == 50


def test_a_supply_is_received_used_and_traced(client: Client, world: World) -> None:
    client.put("/api/v1/materials/npk", json={"name": "NPK", "kind": "fertiliser"})
    came = _act(
        client,
        "receive-supply",
        site="main",
        zone="P",
        material="npk",
        code="F-7",
        amount={"weight_g": 500},
        from_party="seedco",
    )
    assert came.status_code == 201, came.text

    used = _act(client, "use", lot="F-7", zone="A", amount={"weight_g": 100})

    assert used.status_code == 201, used.text
    _, forward = client.get("/api/v1/lots/F-7/trace").json()
    assert [edge["target"] for edge in forward["edges"]] == ["LK-0630"]
    lot = client.get("/api/v1/lots/F-7").json()
    assert (lot["crop"], lot["material"], lot["weight_g"]) == (None, "npk", 400)


def test_a_lot_and_what_was_poured_into_its_tank_lead_to_each_other(
    client: Client, world: World, engine: Engine
) -> None:
    with database.writing_session(engine) as session:
        site, room = (
            session.get_one(Site, world.farm.site.id),
            session.get_one(Zone, world.farm.room.id),
        )
        tank = catalogue.ensure_zone(session, site, "T1", name="Tank", kind="tank")
        catalogue.ensure_feed(session, room, tank, since=START)
    client.put("/api/v1/materials/npk", json={"name": "NPK", "kind": "fertiliser"})
    came = {"site": "main", "zone": "P", "material": "npk", "from_party": "seedco"}
    _act(client, "receive-supply", **came, code="F-7", amount={"weight_g": 500})
    _act(client, "use", lot="F-7", zone="T1", amount={"weight_g": 100})

    back, forward = (
        client.get(f"/api/v1/lots/{lot}/trace?direction={way}").json()[0]["edges"]
        for lot, way in (("LK-0630", "back"), ("F-7", "forward"))
    )

    (edge,) = forward
    assert (edge["target"], edge["tank"]) == ("LK-0630", "T1")
    assert edge["amount"] == {"pieces": None, "weight_g": None}
    assert edge in back
    page = client.get("/lots/LK-0630", headers={"accept": "text/html", "accept-language": "ja"})
    assert "タンクT1経由" in page.text


def test_the_account_of_a_crop_closes(client: Client, world: World) -> None:
    _act(client, "count", lot=world.bags.id, counted={"pieces": 69}, why="inventory")
    period = {"start": "2026-06-01T00:00:00+09:00", "end": "2026-08-01T00:00:00+09:00"}

    found = client.get("/api/v1/crops/lowk/balance", params=period).json()

    assert found["entries_g"]["harvested"] == 9120
    assert (found["entries_g"]["shipped"], found["unexplained_g"]) == (3200, 80)
    assert found["unexplained"] == [{"lot_id": world.bags.id, "lot": "P/0713-A", "missing_g": 80}]
    item = client.get("/api/v1/trade-items/lowk-80/balance", params=period).json()
    assert item["entries_g"]["made"] == 8800
    lot = client.get(f"/api/v1/lots/{world.bags.id}/balance").json()
    assert lot["closing_g"] == 5520


def test_a_trace_says_how_much_of_each_shipment_came_from_the_lot(
    client: Client, world: World
) -> None:
    forward = client.get(f"/api/v1/lots/{world.grown.id}/trace?direction=forward").json()[0]

    (sent,) = forward["consignments"]
    assert sent["from_start_g"] == sent["amount"]["weight_g"] == 3200


def test_the_packing_recipe_is_said_by_http(client: Client, world: World) -> None:
    client.put("/api/v1/materials/film", json={"name": "Bags", "kind": "packaging"})

    put = client.put("/api/v1/trade-items/lowk-80/packing", json={"material": "film", "pieces": 1})

    assert put.json() == [{"material": "film", "pieces": 1, "weight_g": None}]
    both = {"material": "film", "pieces": 1, "weight_g": 2}
    assert client.put("/api/v1/trade-items/lowk-80/packing", json=both).status_code == 422


def test_a_held_lots_page_says_so_and_offers_its_release(client: Client, world: World) -> None:
    """A grower with gloves must not find a shipping form that will only say no."""
    client.post(
        f"/lots/{world.bags.id}/hold", data={"at": "2026-07-20T09:00", "reason": "in doubt"}
    )

    page = client.get(f"/lots/{world.bags.id}", headers={"accept": "text/html"}).text

    assert "On hold since" in page
    assert "in doubt" in page
    assert f"/lots/{world.bags.id}/release" in page
    assert f"/lots/{world.bags.id}/ship" not in page
