"""What a damaged database lost stands on the first page until somebody says that they know."""

import pytest
from httpx import Client
from sqlalchemy import Engine

from tests.api.conftest import NOW
from tests.world import World
from traceability import database
from traceability.models import StoreLoss
from traceability.sqlite import losses

HTML = {"accept": "text/html"}
FILE = "minori.db.broken-20260601T030000Z"


@pytest.fixture
def lost(engine: Engine, world: World) -> None:
    with database.writing_session(engine) as session:
        session.add_all(
            [
                StoreLoss(
                    found_at=NOW,
                    file=FILE,
                    why="unreadable",
                    what="reading",
                    subject="A-air co2",
                    start="2026-06-01 02:10:00Z",
                ),
                StoreLoss(found_at=NOW, file=FILE, why="orphan", what="act_line", rows=3),
            ]
        )


def see(client: Client, language: str) -> str:
    answer = client.get("/", headers=HTML | {"accept-language": language})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.usefixtures("lost")
def test_losses_are_said_in_the_readers_language_and_local_time(client: Client) -> None:
    said = see(client, "en")
    assert "Readings (A-air co2): some or all are missing between Jun 1, 2026 11:10 and …" in said
    assert "Lines of acts: 3 left out" in said

    said = see(client, "ja")
    assert "測定値 (A-air co2)：2026年6月1日 11:10から…までの一部または全部が欠けています。" in said


@pytest.mark.usefixtures("lost")
def test_who_says_so_ends_the_notice_and_is_remembered(client: Client, engine: Engine) -> None:
    answer = client.post("/losses/acknowledge", headers=HTML)

    assert answer.status_code in (200, 303)
    assert "The database was damaged" not in see(client, "en")
    with database.reading_session(engine) as session:
        assert losses.unseen(session) == []
        for loss in losses.all_of(session):
            assert loss.seen_at == NOW
            assert loss.seen_by


def test_without_a_loss_there_is_no_notice(client: Client) -> None:
    assert "The database was damaged" not in see(client, "en")
