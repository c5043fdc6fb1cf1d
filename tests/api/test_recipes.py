"""A crop's recipe over HTTP and on its page: read, written as the next version, kept from others."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client

from api import recipeform
from tests.traceability.recipes.recipes import LETTUCE, lettuce
from tests.world import World

HTML = {"accept": "text/html"}
PATH = "/api/v1/crops/lowk/recipe"


def put(client: Client, **said: object) -> Any:
    answer = client.put(PATH, json={"recipe": LETTUCE, "by": "Sato", "why": "trial 7", **said})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_recipe_is_put_as_the_next_version_and_read_back(client: Client, world: World) -> None:
    first = client.get(PATH).json()

    second = put(client)

    assert (first["version"], second["version"]) == (1, 2)
    assert first["recipe"]["stages"][0]["targets"]["co2"] == {"always": [700, 1200]}
    assert client.get(PATH).json() == second
    assert client.get(PATH, params={"version": 1}).json() == first
    assert [row["version"] for row in client.get(f"{PATH}s").json()] == [2, 1]
    assert second["recipe"]["stages"][1]["targets"]["air_temperature"] == {
        "day": [20, 24],
        "night": [17, 20],
    }


def test_putting_back_what_was_read_changes_nothing(client: Client, world: World) -> None:
    put(client)

    again = put(client, recipe=client.get(PATH).json()["recipe"])

    assert again["version"] == 2


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"stages": []}, "at least 1 item"),
        ({"stages": [{"code": "a", "targets": {"ec": [1400, 2000]}}]}, "ec within 0 to 10"),
        ({"stages": [{"code": "a", "targets": {"warmth": [1, 2]}}]}, "not 'warmth'"),
        ({"stages": [{"code": "a"}, {"code": "b"}]}, "`days` or `until` in stage a"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(
    client: Client, world: World, recipe: dict[str, Any], said: str
) -> None:
    answer = client.put(PATH, json={"recipe": recipe})

    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert client.get(PATH).json()["version"] == 1


def test_a_version_and_a_crop_that_are_not_there_are_404(client: Client, world: World) -> None:
    assert client.get(PATH, params={"version": 9}).status_code == 404
    assert client.get("/api/v1/crops/kale/recipe").json()["code"] == "not_found"


def test_a_partner_reads_the_crops_and_not_how_they_are_grown(
    client: Client, world: World, add_user: Callable[..., str]
) -> None:
    """Temperatures, EC and CO2 by stage are what a farm knows and its buyers need not."""
    client.post("/sign-in", data={"name": "mart", "password": add_user("mart", "partner")})

    assert client.get("/api/v1/crops").status_code == 200
    assert client.get(PATH).status_code == 403
    assert client.get(f"{PATH}s").status_code == 403
    assert client.get("/recipes/lowk", headers=HTML).status_code == 403


def test_the_page_shows_stages_and_ranges_in_both_languages(client: Client, world: World) -> None:
    put(client)

    english = client.get("/recipes/lowk", headers=HTML).text
    japanese = client.get("/recipes/lowk", headers={**HTML, "accept-language": "ja"}).text

    for words in ("Germination", "20–24", "17–20", "Lights on at 06:00 for 16 h", "trial 7"):
        assert words in english
    for words in ("育苗", "夜間", "定植まで", "第1版"):
        assert words in japanese


def form_of(client: Client) -> dict[str, str]:
    """What a browser would send for the form as it stands."""
    page = client.get("/recipes/lowk", headers=HTML).text
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r' name="([^"]*)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        if name and "." in name[1]:
            fields[name[1]] = value[1] if value else ""
    for name, options in re.findall(
        r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        fields[name] = (chosen or first)[1]  # type: ignore[index]
    return fields


def test_the_form_sent_back_as_it_stands_says_the_same_recipe(client: Client, world: World) -> None:
    put(client)

    assert recipeform.document_of(form_of(client)) == lettuce()


def test_a_changed_form_is_the_next_version(client: Client, world: World) -> None:
    put(client)
    said = form_of(client) | {"why": "warmer", "by": "Abe", "s0.days": "4"}
    said |= {
        "s0.t2.quantity": "ph",
        "s0.t2.when": "always",
        "s0.t2.low": "5,5",
        "s0.t2.high": "6.5",
    }

    answer = client.post("/recipes/lowk", data=said, headers=HTML)

    assert answer.status_code == 303
    now = client.get(PATH).json()
    assert (now["version"], now["made_by"], now["why"]) == (3, "Abe", "warmer")
    stage = now["recipe"]["stages"][0]
    assert (stage["days"], stage["targets"]["ph"]) == (4, {"always": [5.5, 6.5]})


def test_a_stage_is_taken_away_by_clearing_its_code(client: Client, world: World) -> None:
    put(client)

    said = form_of(client) | {"s0.code": "", "why": "sown elsewhere", "by": "Abe"}

    assert [s.code for s in recipeform.document_of(said).stages] == [
        "nursery",
        "growing",
        "finishing",
    ]


def test_what_cannot_be_is_said_on_the_form_which_keeps_what_was_typed(
    client: Client, world: World
) -> None:
    put(client)
    said = form_of(client) | {"why": "trial 8", "by": "Abe", "s0.days": "four"}

    answer = client.post("/recipes/lowk", data=said, headers=HTML)

    assert answer.status_code == 422
    assert "expected a number, got four" in answer.text
    assert 'value="four"' in answer.text
    assert 'value="trial 8"' in answer.text
    assert client.get(PATH).json()["version"] == 2


def test_a_stage_is_set_over_http_and_on_the_page(client: Client, world: World) -> None:
    put(client, since="2026-01-01T00:00:00+09:00")
    sown = {"site": "main", "zone": "A", "crop": "lowk", "code": "S1", "pieces": 9, "by": "Sato"}
    made = client.post("/api/v1/acts/sow", json={"at": "2026-07-01T08:00:00+09:00", **sown})
    lot = made.json()["made"][0]["id"]
    at = "2026-07-02T08:00:00+09:00"

    act = client.post("/api/v1/acts/stage", json={"at": at, "lot": lot, "stage": "growing"})
    wrong = client.post("/api/v1/acts/stage", json={"at": at, "lot": lot, "stage": "bloom"})
    page = client.get(f"/lots/{lot}", headers=HTML).text

    assert act.status_code == 201, act.text
    assert wrong.status_code == 422
    assert "Set the stage" in page
    assert '<option value="finishing">Finishing</option>' in page
