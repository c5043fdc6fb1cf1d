"""Promises over HTTP and on their page; partners do not read what others were told."""

import io
from collections.abc import Callable

import pytest
from httpx import Client
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine
from sqlmodel import select

from edge import users
from tests.world import World
from traceability import catalogue, database
from traceability.models import Organisation, Party

WEEK = "2026-07-27"


def test_a_promise_is_made_divided_and_listed(client: Client, world: World) -> None:
    made = client.post(
        "/api/v1/promises/lowk",
        json={"partner": "mart", "week": WEEK, "item": "lowk-80", "packs_per_case": 20},
    )

    assert made.status_code == 201, made.text
    said = made.json()
    # P10 of that week is 29 kg, of which packing leaves 28.355: 354 packs, 17 whole cases.
    assert (said["cases"], said["weight_g"], said["remainder_g"]) == (17, 27_200, 1_155)
    assert (said["kept"], said["shipped_g"], said["confidence"]) == (None, None, 0.9)
    assert client.get("/api/v1/promises/lowk").json() == [said]
    shares = client.get("/api/v1/promises/lowk/division", params={"week": WEEK}).json()
    assert (shares["total_g"], shares["promised"]) == (28_355, {"mart": 27_200})
    assert sum(shares["by_partner"].values()) + shares["remainder_g"] == 28_355


def test_contracts_and_words_are_kept(client: Client, world: World) -> None:
    contract = {"partner": "mart", "weekly_g": 9000, "since": "2026-07-06", "priority": 2}
    assert client.post("/api/v1/promises/lowk/contracts", json=contract).status_code == 201
    word = {"week": "2026-07-29", "weight_g": 20_000, "reason": "heat"}
    assert client.post("/api/v1/promises/lowk/remarks", json=word).status_code == 201

    (kept,) = client.get("/api/v1/promises/lowk/remarks").json()
    assert (kept["week"], kept["weight_g"], kept["reason"]) == (WEEK, 20_000, "heat")
    shares = client.get("/api/v1/promises/lowk/division", params={"week": WEEK}).json()
    assert shares["total_g"] < 20_000
    value = client.get("/api/v1/promises/lowk/value").json()
    assert value == {"hit_rate": None, "steps": []}


def test_a_standing_promise_says_how_likely_a_shortfall_is_now(
    client: Client, world: World
) -> None:
    """It was made at 90 % and stays so; since then mildew took the week."""
    client.post("/api/v1/promises/lowk", json={"partner": "mart", "week": WEEK})
    word = {"week": WEEK, "weight_g": 0, "reason": "カビ"}
    client.post("/api/v1/promises/lowk/remarks", json=word)

    (said,) = client.get("/api/v1/promises/lowk").json()

    assert said["shortfall"] == pytest.approx(0.1, abs=1e-3)
    assert said["shortfall_now"] == 1.0
    (row,) = client.get("/api/v1/forecasts/lowk/promises.json").json()["promises"]
    assert row["shortfall_now"] == 1.0


def test_cases_of_no_trade_item_are_refused(client: Client, world: World) -> None:
    body = {"partner": "mart", "week": WEEK, "packs_per_case": 20}

    assert client.post("/api/v1/promises/lowk", json=body).status_code == 422
    assert client.get("/api/v1/promises/lowk").json() == []


def test_a_promise_is_taken_back_by_one_of_nothing_with_its_reason(
    client: Client, world: World
) -> None:
    body: dict[str, object] = {"partner": "mart", "week": WEEK}
    client.post("/api/v1/promises/lowk", json=body)

    client.post("/api/v1/promises/lowk", json=body | {"weight_g": 0, "note": "shop is closed"})

    (said,) = client.get("/api/v1/promises/lowk").json()
    assert (said["weight_g"], said["shortfall_now"]) == (0, 0.0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"partner": "nobody", "week": WEEK}, 404),
        ({"partner": "mart", "week": "2027-03-01"}, 404),
        ({"partner": "mart", "week": "2026-07-28"}, 422),
        ({"partner": "mart", "week": WEEK, "weight_g": 99_000}, 422),
        ({"partner": "mart", "week": WEEK, "confidence": 1}, 422),
        ({"partner": "mart", "week": WEEK, "weight_g": 1.5}, 422),
    ],
)
def test_what_cannot_be_promised_is_refused_and_nothing_kept(
    client: Client, world: World, body: dict[str, object], status: int
) -> None:
    answer = client.post("/api/v1/promises/lowk", json=body)

    assert answer.status_code == status, answer.text
    assert client.get("/api/v1/promises/lowk").json() == []


def test_the_page_promises_and_gives_a_refusal_with_its_reason(
    client: Client, world: World
) -> None:
    client.headers["accept"] = "text/html"
    form = {"partner": "mart", "week": WEEK, "weight": "40"}
    refused = client.post("/promises/lowk", data=form)
    assert refused.status_code == 422
    assert "why another weight" in refused.text

    made = client.post("/promises/lowk", data=form | {"note": "they take the risk"})
    assert made.status_code == 303
    word = {"week": WEEK, "weight": "20", "reason": "<b>heat</b>"}
    assert client.post("/promises/lowk/remarks", data=word).status_code == 303
    contract = {"partner": "mart", "weekly": "9", "since": "2026-07-06"}
    assert client.post("/promises/lowk/contracts", data=contract).status_code == 303

    page = client.get("/promises/lowk").text
    assert "they take the risk" in page
    assert "&lt;b&gt;heat" in page
    assert "約束" in client.get("/promises/lowk", params={"lang": "ja"}).text


def test_the_workbook_has_a_sheet_for_each_table(client: Client, world: World) -> None:
    client.post("/api/v1/promises/lowk", json={"partner": "mart", "week": WEEK})

    answer = client.get("/promises/lowk/report.xlsx")

    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert len(book.sheet_names) == 5
    assert book.get_sheet_by_name("Promises").to_python()[1][:2] == [WEEK, "mart"]
    assert client.get("/api/v1/promises/lowk/report.xlsx?language=ja").status_code == 200


def test_a_partner_reads_no_promises(
    client: Client, world: World, add_user: Callable[..., str]
) -> None:
    """Whose account it is nobody has said: what Mart was told is not Coop's."""
    add_user("boss")
    auth = ("coop", add_user("coop", "partner"))
    token = client.post("/api/v1/token", json={"name": auth[0], "password": auth[1]}).json()
    client.headers["authorization"] = f"Bearer {token['token']}"

    assert client.get("/api/v1/crops/lowk/forecast").status_code == 200
    for path in (
        "/api/v1/promises/lowk",
        "/promises/lowk",
        "/api/v1/orders/lowk/ahead",
        "/api/v1/crops/lowk/forecast?partner=mart",
        "/forecasts/lowk?partner=mart",
        "/api/v1/sowing-plans/lowk",
    ):
        assert client.get(path).status_code == 403, path


def test_a_partner_whose_account_is_known_reads_its_own_promises_and_no_others(
    client: Client, world: World, engine: Engine, add_user: Callable[..., str]
) -> None:
    with database.writing_session(engine) as session:
        owner = session.exec(select(Organisation)).one()
        catalogue.ensure_party(session, owner, "coop", name="Coop")
    for partner, weight_g in (("coop", 4000), ("mart", 8000)):
        promise = {"partner": partner, "week": WEEK, "weight_g": weight_g, "note": "by hand"}
        assert client.post("/api/v1/promises/lowk", json=promise).status_code == 201
    add_user("boss")
    token = {"name": "eri", "password": add_user("eri", "partner")}
    said = client.post("/api/v1/token", json=token).json()
    client.headers["authorization"] = f"Bearer {said['token']}"
    html = {"accept": "text/html"}

    assert client.get("/api/v1/my/promises").status_code == 403
    assert "Nobody has said yet" in client.get("/my/promises", headers=html).text
    with database.writing_session(engine) as session:
        users.belongs_to(session, "eri", catalogue.find(session, Party, "coop"))

    (mine,) = client.get("/api/v1/my/promises").json()
    assert (mine["crop"], mine["week"], mine["weight_g"]) == ("lowk", WEEK, 4000)
    assert not {"p10_g", "remainder_g", "partner", "note"} & mine.keys()
    page = client.get("/my/promises?lang=ja", headers=html).text
    assert "Coop" in page
    assert "Mart" not in page
    assert client.get("/api/v1/crops/lowk/forecast?partner=coop").status_code == 404
    for path in (
        "/api/v1/crops/lowk/forecast?partner=mart",
        "/api/v1/crops/lowk/forecast?partner=nobody",
        "/api/v1/forecasts/lowk/versions.json?partner=mart",
        "/api/v1/forecasts/lowk/promises.csv?partner=coop",
        "/api/v1/crops/lowk/forecasts/diff?older=x&newer=y&partner=mart",
        "/forecasts/lowk/diff?older=x&newer=y&partner=mart",
        "/api/v1/promises/lowk",
        "/promises/lowk/report.xlsx",
        "/scenarios/lowk",
        "/api/v1/scenarios/lowk?sow_more=0.2",
        "/api/v1/promises/lowk/remarks",
        f"/api/v1/promises/lowk/division?week={WEEK}",
    ):
        assert client.get(path).status_code == 403, path


def test_an_order_above_the_supply_is_a_shortfall_weeks_ahead(client: Client, world: World) -> None:
    ahead = "/api/v1/orders/lowk/ahead"
    assert [week["shortfall"] for week in client.get(ahead).json()] == [0.0] * 8

    contract = {"partner": "mart", "weekly_g": 20_000, "since": "2026-07-06"}
    client.post("/api/v1/promises/lowk/contracts", json=contract)
    order = {"partner": "mart", "week": "2026-08-05", "weight_g": 60_000, "reference": "PO-7"}
    assert client.post("/api/v1/orders/lowk", json=order).status_code == 201

    weeks = {week["week"]: week for week in client.get(ahead).json()}
    assert weeks[WEEK]["wanted"][0]["basis"] == "contract"
    assert weeks[WEEK]["shortfall"] < 0.02
    short = weeks["2026-08-03"]
    assert (short["wanted"][0]["basis"], short["wanted_kg"]) == ("order", 60.0)
    # P50 of that week is 44 kg, of which packing leaves 43.02.
    assert short["short_kg"] == pytest.approx(16.98, abs=0.01)
    assert short["shortfall"] > 0.9
    page = client.get("/promises/lowk", headers={"accept": "text/html"}).text
    assert "Supply against what is wanted" in page

    form = {"partner": "mart", "week": "2026-08-03", "weight": "30"}
    html = {"accept": "text/html"}
    assert client.post("/promises/lowk/orders", data=form, headers=html).status_code == 303
    weeks = {week["week"]: week for week in client.get(ahead).json()}
    assert weeks["2026-08-03"]["wanted_kg"] == 30.0
