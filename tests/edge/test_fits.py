"""What a fit is given, and when there is nothing to fit: the child process is stood in for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from edge import fit, fits
from edge.settings import Forecast as ForecastSettings
from forecasting import Forecast
from tests.factories import a_farm, harvested, on_day, packed
from tests.filled import fill
from tests.world import a_forecast
from traceability import database, lots, remarks
from traceability.amounts import Amount
from traceability.forecast_subject import Subject
from traceability.models import Crop, ForecastRecord, Party

NOW = on_day(42 + 70).at


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'minori.db'}"
    fill(url)
    engine = database.open_database(url)
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        bags = packed(session, farm)
        lots.ship(session, on_day(43), lot=bags, to=farm.shop, amount=Amount(pieces=40))
    yield engine
    engine.dispose()


class Child:
    """Answers as the child process does, and keeps what it was asked."""

    def __init__(self, body: str) -> None:
        self.body, self.asked = body, list[dict[str, Any]]()

    async def __call__(self, module: str, series: str, request: dict[str, Any]) -> dict[str, str]:
        self.asked.append(request)
        return {"body": self.body}


@pytest.fixture
def child(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Child:
    with Session(engine) as session:
        a_forecast(session, session.exec(select(Crop)).one())
        body = session.exec(select(ForecastRecord)).one().body
    child = Child(body)
    monkeypatch.setattr(fits, "in_child", child)
    return child


def subjects(engine: Engine) -> tuple[Subject, Subject]:
    with database.reading_session(engine) as session:
        crop = session.exec(select(Crop)).one()
        mart = session.exec(select(Party).where(Party.code == "mart")).one()
        return Subject(crop), Subject(crop, partner=mart)


async def test_nothing_is_fitted_anew_while_nothing_changed(engine: Engine, child: Child) -> None:
    """A board that fits fifty series each Monday must not fit them again for each look."""
    whole, shop = subjects(engine)
    first = await fits.make(engine, whole, by="Sato", now=NOW)

    again = await fits.make(engine, whole, by="Tanaka", now=NOW)

    assert again.id == first.id
    assert len(child.asked) == 1
    await fits.make(engine, shop, by="Sato", now=NOW)
    assert len(child.asked) == 2

    with database.writing_session(engine) as session:
        harvested(session, a_farm(session), code="late", weight_g=4000)
    assert (await fits.make(engine, whole, by="Sato", now=NOW)).id != first.id


async def test_a_record_keeps_what_it_was_made_from_and_how_wrong_it_was(
    engine: Engine, child: Child
) -> None:
    made = await fits.make(engine, subjects(engine)[0], by="Sato", now=NOW)

    assert (made.made_by, made.error, made.naive_error) == ("Sato", 0.142, 0.213)
    assert made.given_digest is not None
    assert json.loads(made.body)["data_digest"] == "0" * 64


async def test_harvest_and_each_partner_have_their_own_calendar(
    engine: Engine, child: Child
) -> None:
    settings = ForecastSettings.model_validate(
        {
            "harvest": {"closed_weekdays": ["sun"]},
            "partners": [{"partner": "mart", "closed": ["12-31/01-03"]}],
        }
    )
    for subject in subjects(engine):
        await fits.make(engine, subject, by="Sato", now=NOW, settings=settings)

    harvest, mart = child.asked
    assert (harvest["kind"], mart["kind"]) == ("supply", "demand")
    assert harvest["calendar"]["closed_weekdays"] == ["sun"]
    assert mart["calendar"]["closed"] == ["12-31/01-03"]


def test_a_week_in_which_something_came_was_open() -> None:
    """The calendar of today says nothing against what was really cut in a closed week."""
    history, ahead = fit._tables(
        {
            "weeks": [("2026-12-21", 5000), ("2026-12-28", 700), ("2027-01-04", 0)],
            "calendar": {"closed": ["12-28/01-10"]},
            "horizon_weeks": 2,
            "excluded": [],
        }
    )

    assert list(history["open_days"]) == [7.0, 1.0, 0.0]
    assert ahead is not None
    assert list(ahead["open_days"]) == [7.0, 7.0]


def test_without_a_calendar_none_is_made_up() -> None:
    history, ahead = fit._tables(
        {"weeks": [("2026-12-21", 5000)], "calendar": None, "horizon_weeks": 2, "excluded": []}
    )

    assert "open_days" not in history
    assert ahead is None


@pytest.mark.parametrize("wrong", ["13-01", "02-30", "2026-10-05/2026-10-01", "12-31/2027-01-03"])
def test_a_closed_span_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="a day"):
        ForecastSettings.model_validate({"harvest": {"closed": [wrong]}})


def test_looking_up_a_forecast_imports_neither_pandas_nor_prophet(tmp_path: Path) -> None:
    """A look-up must not pay a second and 190 MB for what it only reads."""
    program = f"""
import sys
from sqlmodel import Session, select
from starlette.testclient import TestClient
from api.app import create_app
from api.settings import WebSettings
from tests.world import a_world
from traceability import database
url = "sqlite:///{tmp_path / "look.db"}"
database.upgrade(url)
engine = database.open_database(url)
with database.writing_session(engine) as session:
    a_world(session)
client = TestClient(create_app(engine, settings=WebSettings(b"0" * 32)), client=("127.0.0.1", 1))
for path in ("/api/v1/crops/lowk/forecast", "/api/v1/crops/lowk/forecasts", "/forecasts/lowk"):
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.text)
heavy = {{"pandas", "prophet", "numpy", "statsforecast"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_weeks_left_out_are_no_history() -> None:
    """Drawn between nothing and nothing, they ended the fit; between a few, they are made up."""
    mondays = [f"2026-0{month}-{day:02}" for month, day in ((6, 1), (6, 8), (6, 15), (6, 22))]
    mondays += ["2026-06-29", "2026-07-06", "2026-07-13", "2026-07-20", "2026-07-27"]
    request = {"series": "lowk", "weeks": [(day, 40_000) for day in mondays], "calendar": None}

    said = fit.answer_to(request | {"excluded": mondays[:2]})

    assert (said["refusal"], said["facts"]["periods"]) == ("too_short", 7)


def test_an_excluded_week_is_drawn_between_its_neighbours() -> None:
    """A pump that failed once must not become next year's season."""
    history, _ = fit._tables(
        {
            "weeks": [("2026-12-07", 4000), ("2026-12-14", 0), ("2026-12-21", 6000)],
            "calendar": None,
            "horizon_weeks": 2,
            "excluded": ["2026-12-14"],
        }
    )

    assert list(history["y"]) == [4.0, 5.0, 6.0]


async def test_excluding_a_week_fits_anew_and_taking_it_back_too(
    engine: Engine, child: Child
) -> None:
    whole, shop = subjects(engine)
    await fits.make(engine, whole, by="Sato", now=NOW)
    await fits.make(engine, shop, by="Sato", now=NOW)

    def say(*, withdraws: bool) -> None:
        with database.writing_session(engine) as session:
            crop = session.exec(select(Crop)).one()
            week = on_day(49).at.date()
            remarks.remark(
                *(session, crop),
                week=week,
                weight_g=None,
                reason="pump",
                by="Sato",
                at=NOW,
                excludes=True,
                withdraws=withdraws,
            )

    say(withdraws=False)
    await fits.make(engine, whole, by="Sato", now=NOW)
    await fits.make(engine, shop, by="Sato", now=NOW)
    assert [len(asked["excluded"]) for asked in child.asked] == [0, 0, 1]
    say(withdraws=True)
    await fits.make(engine, whole, by="Sato", now=NOW)
    assert child.asked[-1]["excluded"] == []


def test_the_line_says_what_it_has_not_learnt_from(child: Child) -> None:
    made = Forecast.from_json(child.body)

    noted = fit._noted(made, ["2026-12-14"])

    assert fit._noted(made, []) == made
    assert "2026-12-14" in noted.notes[-1].sentence
