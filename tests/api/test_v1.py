"""The JSON interface: a lot from seed to shop, and what can be asked of it afterwards."""

from urllib.parse import quote

import pytest
from httpx import Client, Response

from api.cells import safe
from tests.world import World


def _act(client: Client, kind: str, at: str, **said: object) -> Response:
    return client.post(f"/api/v1/acts/{kind}", json={"at": at, "by": "Sato", **said})


def test_a_lot_goes_from_seed_to_shop(client: Client, world: World) -> None:
    place = {"site": "main", "zone": "A"}
    seeds = [{"lot": "SEED-7", "weight_g": 5}]
    sown = _act(
        client,
        "sow",
        "2026-06-02T08:00:00+09:00",
        **place,
        crop="lowk",
        code="API-1",
        pieces=60,
        seeds=seeds,
    )
    assert sown.status_code == 201, sown.text
    lot = sown.json()["made"][0]["id"]
    _act(client, "transplant", "2026-06-16T08:00:00+09:00", lot=lot, **place, lost_pieces=2)
    store = {"site": "main", "zone": "C"}
    cut = _act(
        client,
        "harvest",
        "2026-07-14T08:00:00+09:00",
        lot=lot,
        pieces=58,
        weight_g=4700,
        **store,
        final=True,
    )
    harvest = cut.json()["made"][0]
    assert (harvest["code"], harvest["weight_g"]) == ("API-1-1", 4700)
    _act(
        client,
        "inspect",
        "2026-07-14T09:00:00+09:00",
        lot=harvest["id"],
        measure="potassium",
        value=91.5,
        unit="mg/100 g",
    )
    inputs = [{"lot": harvest["id"], "weight_g": 4700}]
    pack = _act(
        client,
        "pack",
        "2026-07-14T10:00:00+09:00",
        inputs=inputs,
        item="lowk-80",
        code="API-P",
        packs=58,
        **store,
    )
    packed = pack.json()["made"][0]
    amount = {"pieces": 20}
    sent = _act(
        client, "ship", "2026-07-15T08:00:00+09:00", lot=packed["id"], to="mart", amount=amount
    )
    assert sent.status_code == 201, sent.text

    back, forward = client.get(f"/api/v1/lots/{packed['id']}/trace").json()
    assert [(e["source"], e["target"]) for e in back["edges"]] == [
        ("API-1-1", "API-P"),
        ("API-1", "API-1-1"),
        ("SEED-7", "API-1"),
    ]
    assert forward["consignments"][0]["amount"] == {"pieces": 20, "weight_g": 1600}
    acts = client.get(f"/api/v1/lots/{packed['id']}/acts").json()["acts"]
    assert [act["kind"] for act in acts] == ["pack", "ship"]
    assert client.get(f"/api/v1/lots/{packed['id']}").json()["pieces"] == 38


def test_the_same_act_twice_is_one_and_another_under_its_id_is_refused(
    client: Client, world: World
) -> None:
    """A phone in the cold store sends again what it does not know arrived."""
    said = {"lot": world.bags.id, "to": "mart", "amount": {"pieces": 5}, "act_id": "01890000-0001"}

    first = _act(client, "ship", "2026-07-16T08:00:00+09:00", **said)
    again = _act(client, "ship", "2026-07-16T08:00:00+09:00", **said)
    other = _act(client, "ship", "2026-07-16T09:00:00+09:00", **said)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["act"]["digest"] == again.json()["act"]["digest"]
    assert (other.status_code, other.json()["code"]) == (409, "act_conflict")
    assert client.get(f"/api/v1/lots/{world.bags.id}").json()["pieces"] == 65


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"]
)
def test_a_year_that_is_a_slip_of_the_pen_is_refused(client: Client, at: str) -> None:
    """Year 1 kept a page busy with two thousand years of days; year 9999 has no UTC."""
    place = {"site": "main", "zone": "A"}

    refused = _act(client, "sow", at, **place, crop="lowk", code="API-9", pieces=60)

    assert (refused.status_code, refused.json()["code"]) == (422, "bad_value")
    assert client.get("/api/v1/lots/API-9").status_code == 404


def test_split_merge_discard_and_void(client: Client, world: World) -> None:
    parts = [{"code": "b1", "pieces": 30}, {"code": "b2", "pieces": 40}]
    at = "2026-07-17T08:00:00+09:00"
    split = _act(client, "split", at, lot=world.bags.id, parts=parts).json()
    assert [lot["weight_g"] for lot in split["made"]] == [2400, 3200]
    ids = [lot["id"] for lot in split["made"]]
    merged = _act(client, "merge", at, lots=ids, code="b3").json()["made"][0]
    assert (merged["pieces"], merged["weight_g"]) == (70, 5600)
    thrown = _act(
        client, "discard", at, lot=merged["id"], reason="burst bag", amount={"pieces": 1}
    ).json()
    void = _act(client, "void", at, act=thrown["act"]["id"])
    assert void.status_code == 201
    assert client.get(f"/api/v1/lots/{merged['id']}").json()["pieces"] == 70


@pytest.mark.parametrize("text", ["P/0713-A", "(01)04912345678904(10)P/0713-A", "{link}", "{id}"])
def test_a_lot_answers_to_any_text_that_names_it(client: Client, world: World, text: str) -> None:
    link = f"https://hub.example/01/{world.gtin}/10/P%2F0713-A"
    name = text.format(link=link, id=world.bags.id)

    answer = client.get(f"/api/v1/lots/{quote(name, safe='')}")

    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == world.bags.id


def test_lists_come_in_pages_that_neither_repeat_nor_lose(client: Client) -> None:
    seen, after = [], None
    while True:
        params = {"limit": 2} | ({"after": after} if after else {})
        said = client.get("/api/v1/lots", params=params).json()
        seen += [lot["id"] for lot in said["lots"]]
        after = said["after"]
        if after is None:
            break

    whole = client.get("/api/v1/lots").json()["lots"]
    assert seen == [lot["id"] for lot in whole]
    assert len(seen) == len(set(seen)) == 5
    assert client.get("/api/v1/lots", params={"after": "what"}).json()["code"] == "bad_cursor"


def test_lots_are_narrowed(client: Client, world: World) -> None:
    def codes(**params: object) -> set[str]:
        return {one["code"] for one in client.get("/api/v1/lots", params=params).json()["lots"]}

    assert codes(stage="packed") == {"P/0713-A"}
    assert codes(open=True, stage="growing") == {"LK-0630"}
    assert codes(text="LK-06") == {"LK-0601", "LK-0601-1", "LK-0630"}
    assert codes(text="%") == set()


def test_readings_and_conditions_are_there_to_be_read(client: Client, world: World) -> None:
    newest = client.get("/api/v1/readings/latest", params={"zone": "A"}).json()
    assert {one["quantity"] for one in newest} >= {"air_temperature", "co2", "ppfd"}
    series = client.get("/api/v1/series").json()[0]
    span = {"start": "2026-06-02T00:00:00Z", "end": "2026-06-03T00:00:00Z", "limit": 100}
    points = client.get(f"/api/v1/series/{series['id']}/readings", params=span).json()
    assert (len(points["points"]), points["complete"]) == (100, False)

    lived = client.get(f"/api/v1/lots/{world.grown.id}/conditions").json()
    temperature = next(q for q in lived["quantities"] if q["quantity"] == "air_temperature")
    assert temperature["mean"] == pytest.approx(21, abs=0.1)
    assert temperature["gaps"][0]["zone"] == "A"
    # 210 µmol/m²/s for 16 h of a day.
    assert max(day["mol"] for day in lived["daily_light"]) == pytest.approx(12.096)


def test_a_forecast_is_read_and_a_new_one_asked_for(client: Client) -> None:
    said = client.get("/api/v1/crops/lowk/forecast").json()
    assert said["body"]["steps"][0]["p50"] == 42.0
    first = client.post("/api/v1/crops/lowk/forecast")
    second = client.post("/api/v1/crops/lowk/forecast")
    assert first.status_code == 202
    assert first.json()["id"] == second.json()["id"]
    assert client.get("/api/v1/crops/basil/forecast").status_code == 404


def test_master_data_is_put_and_put_again(client: Client) -> None:
    crop = {
        "name": "Rocket",
        "name_ja": "ルッコラ",
        "largest_head_g": 40,
        "targets": {"ph": [5.5, 6.5]},
    }
    item = {"name": "Rocket 50 g", "crop": "rocket", "gtin": "4901234567894", "net_content_g": 50}

    for _ in range(2):
        assert client.put("/api/v1/crops/rocket", json=crop).json()["targets"] == {"ph": [5.5, 6.5]}
        assert client.put("/api/v1/trade-items/r50", json=item).json()["gtin"] == "04901234567894"
    wrong = client.put("/api/v1/trade-items/r51", json={**item, "gtin": "4901234567890"})
    assert wrong.status_code == 400
    zone = {"name": "Bay", "kind": "greenhouse"}
    assert client.put("/api/v1/sites/main/zones/B", json=zone).json()["site"] == "main"
    party = {"name": "Shop", "role": "partner", "is_public": True}
    assert client.put("/api/v1/parties/shop", json=party).status_code == 200
    for kind in ("sites", "zones", "crops", "trade-items", "parties"):
        assert client.get(f"/api/v1/{kind}").json(), kind


def test_the_description_names_every_error(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    pack = paths["/api/v1/acts/pack"]["post"]["responses"]

    assert "mass_appears" in pack["422"]["description"]
    assert "lot_code_taken" in pack["409"]["description"]
    assert client.get("/docs").status_code == 200


def test_lots_as_a_table_for_a_spreadsheet(client: Client) -> None:
    answer = client.get("/lots.csv", params={"stage": "packed"})

    assert answer.content.startswith(b"\xef\xbb\xbfcode,stage,")
    assert "P/0713-A,packed,lowk" in answer.text


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "@x", "-x", "\t=1"])
def test_a_spreadsheet_runs_nothing(cell: str) -> None:
    assert str(safe(cell)).startswith("'")


def test_what_follows_from_the_air_is_said_with_unit_and_sources(
    client: Client, world: World
) -> None:
    """VPD and humidity deficit are both 飽差 in Japan: only the unit tells them apart."""
    span = {"start": "2026-06-02T15:00:00Z", "end": "2026-06-03T15:00:00Z"}

    said = client.get("/api/v1/zones/A/derived", params=span | {"points": 24, "base_c": 4.4}).json()

    air = {one["quantity"]: one for one in said["air"]}
    assert {name: one["unit"] for name, one in air.items()} == {
        "dew_point": "°C",
        "vapour_pressure_deficit": "kPa",
        "humidity_deficit": "g/m³",
        "absolute_humidity": "g/m³",
    }
    deficit = air["humidity_deficit"]
    assert deficit["derived_from"] == ["air_temperature", "relative_humidity"]
    assert deficit["low"] <= deficit["mean"] <= deficit["high"]
    assert len(deficit["points"]) == 24
    assert (deficit["label_ja"], deficit["covered"]) == ("飽差", pytest.approx(1.0))
    assert said["degree_days"]["clipping"] == "simple"
    assert said["daily_light"][0]["mol"] == pytest.approx(12.096)
    assert (said["energy"], said["leaves"], said["ec25"]) == ([], {}, {})


def test_a_span_of_a_year_is_asked_for_in_pieces(client: Client) -> None:
    span = {"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}

    answer = client.get("/api/v1/zones/A/derived", params=span)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_value")
    assert "at most 62 days" in answer.json()["detail"]
