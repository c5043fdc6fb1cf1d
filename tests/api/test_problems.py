"""Whatever goes wrong: one shape, a stable code, the reader's language, and no traceback."""

import html
import re

import pytest
from httpx import Client
from sqlalchemy import Engine, text

from api.problems import STATUS, status_of
from tests.world import World
from traceability.errors import TraceabilityError


def test_an_error_says_what_was_expected_and_what_came(client: Client, world: World) -> None:
    body = {
        "at": "2026-07-14T09:00:00+09:00",
        "lot": world.growing.id,
        "site": "main",
        "zone": "P",
        "pieces": 10,
        "weight_g": 999_999,
    }

    answer = client.post("/api/v1/acts/harvest", json=body, headers={"accept-language": "ja"})

    said = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert said["code"] == "heavier_than_physics"
    assert said["type"] == "/problems#heavier_than_physics"
    assert said["facts"]["by_g"] == 997_999
    assert "重すぎます" in said["detail"]


def test_a_body_of_the_wrong_shape_names_each_field(client: Client) -> None:
    answer = client.post("/api/v1/acts/sow", json={"at": "yesterday", "colour": "green"})

    said = answer.json()
    assert (answer.status_code, said["code"]) == (422, "invalid_fields")
    assert {fault["field"] for fault in said["facts"]["fields"]} >= {"at", "colour", "zone"}


def test_what_is_no_json_is_refused_in_the_same_shape(client: Client) -> None:
    headers = {"content-type": "application/json"}

    answer = client.post("/api/v1/acts/sow", content=b"{not json", headers=headers)

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_fields"


def test_unknown_addresses_and_methods_are_problems_too(client: Client) -> None:
    unknown, wrong = client.get("/api/v1/nothing"), client.delete("/api/v1/lots")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "no_such_page")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")


def test_our_own_fault_leaves_no_trace_outside(client: Client, engine: Engine) -> None:
    with engine.execution_options(write=True).begin() as connection:
        connection.execute(text("ALTER TABLE placement RENAME TO gone"))

    answer = client.get("/api/v1/readings/latest")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "placement" not in answer.text
    assert "content-security-policy" in answer.headers


def test_every_refusal_of_the_record_has_a_status() -> None:
    waiting = [TraceabilityError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        assert status_of(kind) in STATUS.values()


def test_the_page_of_errors_explains_each_code(client: Client) -> None:
    page = client.get("/problems", headers={"accept": "text/html"}).text

    for code in ("unknown_lot", "mass_appears", "sign_in_needed"):
        assert f'id="{code}"' in page


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/lots/{lot}/ship", {"to": "{shop}", "pieces": "9999"}),
        ("/lots/{lot}/ship", {"to": "{shop}", "weight": "much"}),
        ("/lots/{lot}/pack", {"item": "{item}", "weight": "1", "packs": "5"}),
        ("/lots/{lot}/move", {"zone": "nowhere"}),
        ("/lots/new", {"kind": "sow", "crop": "{crop}", "zone": "{zone}", "pieces": "many"}),
        ("/units", {"kind": "pallet"}),
        ("/recalls", {"kind": "real"}),
        ("/links", {"of": "lowk-80", "type": "pip", "target": "https://a b"}),
    ],
)
def test_a_refused_form_speaks_japanese_throughout(
    client: Client, world: World, path: str, form: dict[str, str]
) -> None:
    """Half a sentence of English in the middle is what a farmer cannot act on."""
    farm = world.farm
    names = {
        "lot": world.bags.id,
        "shop": farm.shop.id,
        "item": farm.bag.id,
        "crop": farm.lettuce.id,
        "zone": farm.room.id,
    }
    said = client.post(
        path.format(**names),
        data={"at": "2026-07-20T10:00", **{k: v.format(**names) for k, v in form.items()}},
        headers={"accept": "text/html", "accept-language": "ja"},
    )

    alert = re.search(r'role="alert">([^<]+)', said.text)
    assert alert is not None, said.text
    words = html.unescape(alert[1])
    assert re.findall(r"\b(?:expected|got|the|is|nothing|say|choose|known are)\b", words) == []


def test_what_somebody_typed_is_not_translated(client: Client, world: World) -> None:
    """'bad' is a quality of readings, too, and was said as one."""
    form = {"kind": "exercise", "reason": "x", "start": "place", "place": "A", "begins": "bad"}
    said = client.post(
        "/recalls", data=form, headers={"accept": "text/html", "accept-language": "ja"}
    )

    assert "'bad'" in html.unescape(said.text)
