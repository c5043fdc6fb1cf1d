"""Forecast pages of a farm that has nothing yet, or too little: a sentence in the reader's language."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from httpx import Client
from sqlalchemy import Engine

from api.app import create_app
from api.settings import WebSettings
from tests.api.conftest import HUB, SECRET, Clock
from tests.factories import a_farm, harvested
from tests.serving import serving
from traceability import database, forecasts
from traceability.forecast_subject import Subject
from traceability.forecasts import Made

TOO_SHORT = {
    "code": "too_short",
    "message": "lowk has 1 weeks",
    "facts": {"series": "lowk", "periods": 1, "unit": "weeks", "needed": 8},
}
PATHS = (
    "/forecasts",
    "/forecasts/lowk",
    "/forecasts/lowk?item=lowk-80",
    "/forecasts/lowk?partner=mart",
    "/promises/lowk",
    "/scenarios/lowk",
    "/scenarios/lowk?sow_more=20",
    "/my/promises",
    *(f"/api/v1/forecasts/lowk/{table}.xlsx" for table in ("forecast", "versions", "promises")),
    f"/api/v1/promises/lowk/division?week={date(2026, 7, 20)}",
    "/api/v1/orders/lowk/ahead",
    "/promises/lowk/report.xlsx",
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'minori.db'}"
    database.upgrade(url)
    engine = database.open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: Engine) -> Iterator[Client]:
    app = create_app(engine, settings=WebSettings(SECRET, public_url=HUB), clock=Clock())
    headers = {"accept": "text/html", "accept-language": "ja"}
    with serving(app) as url, Client(base_url=url, timeout=30, headers=headers) as client:
        yield client


def _looked_at(client: Client) -> list[str]:
    answers = [client.get(path) for path in PATHS]
    assert [answer.url.path for answer in answers if answer.status_code >= 500] == []
    return [
        notice
        for answer in answers
        for notice in re.findall(r'class="notice[^>]*>([^<]*)<', answer.text)
    ]


def test_with_nothing_at_all(client: Client) -> None:
    notices = _looked_at(client)

    assert notices[0] == "まだ作物がありません。"
    assert "登録済み: まだありません" in notices[1]


def test_with_too_little_for_a_line(client: Client, engine: Engine) -> None:
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        harvested(session, farm)
        for _ in range(2):
            made = Made('{"code": "too_short", "message": "lowk has 1 weeks"}', "too_short")
            forecasts.store(session, Subject(farm.lettuce), made, made_by="Sato", horizon_weeks=8)
        ids = [row.id for row in forecasts.history(session, Subject(farm.lettuce))]

    notices = [notice for notice in _looked_at(client) if notice.strip()]
    english = [notice for notice in notices if re.search("[a-z]{3} [a-z]{3}", notice)]

    assert any("記録が足りません" in notice for notice in notices)
    assert english == []
    with database.writing_session(engine) as session:
        forecasts.store(
            *(session, Subject(farm.lettuce), Made(json.dumps(TOO_SHORT), "too_short")),
            made_by="Sato",
            horizon_weeks=8,
        )
    assert (
        "lowkの記録は1期分で、予測には少なくとも8期が必要です" in client.get("/forecasts/lowk").text
    )
    changed = client.get(f"/forecasts/lowk/diff?older={ids[1]}&newer={ids[0]}")
    assert "どちらにも予測の線がありません" in changed.text
