"""A partner reads which of what it received is recalled, and answers by itself."""

from collections.abc import Callable

import pytest
from httpx import Client
from sqlalchemy import Engine
from sqlmodel import Session

from api.i18n import Reader
from api.messages import worded
from tests.api.conftest import NOW
from tests.factories import on_day
from tests.world import World
from traceability import catalogue, database, lots, notifications, recalls
from traceability.amounts import Amount
from traceability.models import Lot, Organisation, Recall, RecallNotice
from traceability.recall_starts import Start

HTML = {"accept": "text/html"}
MY = "/api/v1/my/recalls"


def opened(session: Session, world: World, *, kind: str = "real", lot: str = "") -> Recall:
    start = Start("lot", "?", lot or world.grown.id)
    owner = session.get_one(Organisation, world.farm.organisation.id)
    return recalls.open_recall(
        session, owner, start, kind=kind, reason="金属片", occasion=on_day(45)
    )


@pytest.fixture
def recall(engine: Engine, world: World) -> str:
    """A real recall of the lot that Mart has 40 bags of, and Coop 30."""
    with database.writing_session(engine) as session:
        owner = session.get_one(Organisation, world.farm.organisation.id)
        coop = catalogue.ensure_party(session, owner, "coop", name="Coop", name_ja="生協")
        bags = session.get_one(Lot, world.bags.id)
        lots.ship(session, on_day(44), lot=bags, to=coop, amount=Amount(pieces=30))
        return opened(session, world).id


def _notice(engine: Engine, recall: str, party: str) -> RecallNotice:
    with database.reading_session(engine) as session:
        found = recalls.notices(session, session.get_one(Recall, recall))
        return next(notice for notice, one in found if one.code == party)


def test_a_partner_answers_what_it_received(
    mart: Client, recall: str, engine: Engine, world: World
) -> None:
    (mine,) = mart.get(MY).json()
    answer = {"answer": "off the shelf", "returned_g": 800, "destroyed_g": 2400}

    said = mart.post(f"{MY}/{recall}/answer", json=answer)

    assert (mine["id"], mine["reason"], mine["answered_at"]) == (recall, "金属片", None)
    assert [(one["lot"], one["pieces"]) for one in mine["received"]] == [(world.bags.code, 40)]
    assert (said.status_code, said.json()["answered_by"]) == (201, "eri")
    kept = _notice(engine, recall, "mart")
    assert (kept.answer, kept.returned_g, kept.destroyed_g) == ("off the shelf", 800, 2400)
    assert _notice(engine, recall, "coop").answered_at is None


def test_the_farm_is_told_what_a_partner_answered(
    mart: Client, recall: str, engine: Engine
) -> None:
    mart.post(f"{MY}/{recall}/answer", json={"answer": "全部廃棄", "destroyed_g": 3200})

    with database.reading_session(engine) as session:
        *_, told = notifications.about(session, recall)
        said = worded(session, Reader.of("ja"), told, now=NOW)
    assert (told.audience, said.path) == ([], f"/recalls/{recall}")
    assert (said.title, said.lines) == (
        "マートから回収への回答：金属片",
        ["全部廃棄", "廃棄: 3.2 kg"],
    )


def test_the_page_has_a_form_and_shows_what_was_answered(mart: Client, recall: str) -> None:
    before = mart.get("/my/recalls", headers=HTML).text
    form = {"answer": "止めました", "returned": "0.8", "destroyed": "x"}
    refused = mart.post(f"/my/recalls/{recall}/answer", data=form, headers=HTML)

    after = mart.post(
        f"/my/recalls/{recall}/answer",
        data=form | {"destroyed": "2.4"},
        headers=HTML,
        follow_redirects=True,
    )

    assert 'href="/my/recalls"' in before
    assert "Stop selling them" in before
    assert refused.status_code == 422
    assert 'value="止めました"' in refused.text
    assert "by eri: 止めました · Given back 800 g · Destroyed 2.4 kg" in after.text


def test_nothing_of_others_and_no_exercise_is_told(
    mart: Client, engine: Engine, world: World
) -> None:
    with database.writing_session(engine) as session:
        drill = opened(session, world, kind="exercise").id
        other = opened(session, world, lot=world.growing.id).id

    assert mart.get(MY).json() == []
    for one in (drill, other, "nix"):
        answer = mart.post(f"{MY}/{one}/answer", json={"answer": "?"})
        assert (answer.status_code, answer.json()["facts"]["name"]) == (404, one)


def test_an_answer_that_says_nothing_or_cannot_be_is_refused(mart: Client, recall: str) -> None:
    for body in ({"answer": " "}, {"answer": "a", "returned_g": 2**31}, {"answer": "a" * 100_000}):
        assert mart.post(f"{MY}/{recall}/answer", json=body).status_code == 422


def test_once_signed_off_there_is_nothing_to_answer(
    mart: Client, recall: str, engine: Engine
) -> None:
    with database.writing_session(engine) as session:
        found = session.get_one(Recall, recall)
        for _, party in recalls.notices(session, found):
            recalls.answer(session, found, party, text="by phone", by="Sato", at=NOW)
        recalls.close(session, found, by="Sato", findings="", at=NOW)

    late = mart.post(f"{MY}/{recall}/answer", json={"answer": "late"})

    assert (late.status_code, late.json()["code"]) == (409, "recall_state")
    assert "<form method" not in mart.get("/my/recalls", headers=HTML).text.partition("<main")[2]


def test_an_account_of_no_partner_has_nothing_here(
    client: Client, add_user: Callable[..., str]
) -> None:
    token = {"name": "eri", "password": add_user("eri", "partner")}
    said = client.post("/api/v1/token", json=token).json()
    client.headers["authorization"] = f"Bearer {said['token']}"

    assert client.get(MY).status_code == 403
    assert client.post(f"{MY}/x/answer", json={"answer": "?"}).status_code == 403
    assert "ask the farm" in client.get("/my/recalls", headers=HTML).text
