"""What if, what changed, and weeks left out: over HTTP and on pages; records stay as they are."""

from datetime import UTC, datetime

import pytest
from httpx import Client
from sqlalchemy import Engine

from api.what_if import Asked, what_if
from tests.world import World, a_forecast
from traceability import database, forecasts
from traceability.errors import BadValue
from traceability.forecast_subject import Subject
from traceability.models import Crop


def test_light_is_taken_from_the_probes_where_the_crop_grows(client: Client, world: World) -> None:
    said = client.get("/api/v1/scenarios/lowk", params={"dli": 14}).json()

    # 210 µmol/m²/s for 16 h a day.
    assert said["dli_now"] == pytest.approx(12.1, abs=0.2)
    assert said["weeks"][-1]["p50_then"] > said["weeks"][-1]["p50"]
    assert client.get("/api/v1/crops/lowk/forecast").json()["steps"][-1]["p50"] == 49.0


def test_more_sowing_needs_finished_lots_and_uses_them(client: Client, world: World) -> None:
    said = client.get("/api/v1/scenarios/lowk", params={"sow_more": 0.2}).json()

    assert said["usual_pieces"] == pytest.approx((120 + 130) / 8)
    assert said["weeks"][-1]["p50_then"] > said["weeks"][-1]["p50"]
    assert client.get("/api/v1/scenarios/basil", params={"sow_more": 0.2}).status_code == 404


def test_sowing_that_is_cut_after_the_last_week_is_refused_and_not_answered_with_nothing(
    client: Client, world: World
) -> None:
    """The crop takes six weeks and the forecast looks eight ahead: week 30 is not within sight."""
    params = {"sow_more": 0.2, "sow_from": "2026-08-24"}

    refused = client.get("/api/v1/scenarios/lowk", params=params)

    assert refused.status_code == 422
    latest = refused.json()["facts"]["expected"].partition(" ")[0]
    assert "minori forecast fit lowk --weeks 12" in refused.json()["detail"]
    within = client.get("/api/v1/scenarios/lowk", params=params | {"sow_from": latest}).json()
    assert within["weeks"][-1]["p50_then"] > within["weeks"][-1]["p50"]
    year = client.get("/api/v1/scenarios/lowk", params=params | {"sow_from": "2027-08-24"}).json()
    assert year["detail"].endswith("nobody knows a harvest further ahead")
    html = {"accept": "text/html", "accept-language": "ja"}
    page = client.get("/scenarios/lowk", params=params | {"sow_more": 20}, headers=html)
    assert (page.status_code, "もっと先まで" in page.text) == (422, True)


def test_a_fifth_more_of_no_sowing_is_refused(engine: Engine, world: World) -> None:
    with database.reading_session(engine) as session:
        crop, later = (
            session.get_one(Crop, world.farm.lettuce.id),
            datetime(2026, 12, 1, tzinfo=UTC),
        )
        with pytest.raises(BadValue, match="minori forecast plan lowk") as refused:
            what_if(session, crop, Asked(sow_more=0.2), at=later)

    assert refused.value.facts["expected"] == "sowings of the last 8 weeks to have more of"


@pytest.mark.parametrize("asked", [{"sow_more": 50}, {"dli": 0}, {"dli": 14, "dli_now": 900}])
def test_numbers_out_of_reach_are_refused(
    client: Client, world: World, asked: dict[str, float]
) -> None:
    assert client.get("/api/v1/scenarios/lowk", params=asked).status_code == 422


def test_the_page_asks_and_answers(client: Client, world: World) -> None:
    client.headers["accept"] = "text/html"

    assert "<table" not in client.get("/scenarios/lowk").text
    answer = client.get("/scenarios/lowk", params={"sow_more": "20", "dli": "14", "sow_from": ""})
    assert answer.status_code == 200
    assert answer.text.count("<tr>") == 9
    wrong = client.get("/scenarios/lowk", params={"dli": "bright"})
    assert (wrong.status_code, "a number" in wrong.text) == (422, True)


def test_two_versions_are_compared_week_by_week(
    client: Client, world: World, engine: Engine
) -> None:
    with database.writing_session(engine) as session:
        crop = session.get_one(Crop, world.farm.lettuce.id)
        a_forecast(session, crop)
        newer, older = (one.id for one in forecasts.history(session, Subject(crop)))
    params = {"older": older, "newer": newer}

    said = client.get("/api/v1/crops/lowk/forecasts/diff", params=params).json()

    assert {row["change"] for row in said["rows"]} == {0.0}
    assert said["facts"] == {}
    client.headers["accept"] = "text/html"
    assert older in client.get("/forecasts/lowk").text
    page = client.get("/forecasts/lowk/diff", params=params)
    assert page.status_code == 200
    assert client.get("/forecasts/basil/diff", params=params).status_code == 404


def test_a_week_left_out_asks_for_a_new_forecast(client: Client, world: World) -> None:
    form = {"excludes": "1", "week": "2026-07-14", "reason": "scale was off"}

    answer = client.post("/promises/lowk/remarks", data=form, headers={"accept": "text/html"})

    assert answer.headers["location"] == "/forecasts/lowk?asked=1"
    (kept,) = client.get("/api/v1/promises/lowk/remarks").json()
    assert (kept["week"], kept["excludes"], kept["weight_g"]) == ("2026-07-13", True, None)
    page = client.get("/forecasts/lowk", headers={"accept": "text/html"}).text
    assert "scale was off" in page


def test_the_week_in_three_sentences(client: Client, world: World) -> None:
    order = {"partner": "mart", "week": "2026-08-05", "weight_g": 60_000}
    client.post("/api/v1/orders/lowk", json=order)

    page = client.get("/forecasts/lowk", headers={"accept": "text/html"}).text

    assert "43 kg are expected (29 to 57), 0 % of it from lots in the ground." in page
    assert "No week that is over was forecast before it began." in page
    assert "17 kg more are wanted than are expected." in page
