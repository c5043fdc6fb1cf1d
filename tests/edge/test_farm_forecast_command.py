"""`minori forecast fit` and `show`, and the agent that does what pages asked for: real fits."""

import asyncio
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from edge import fits, settings_file, store
from edge.agents.forecast import ForecastAgent
from edge.clock import SystemClock
from edge.errors import FitFailed
from tests.edge.console import Console
from traceability import acts, catalogue, forecasts, lots
from traceability.database import reading_session, writing_session
from traceability.forecast_subject import Subject
from traceability.forecasts import Made
from traceability.models import Crop, ForecastRecord, Job, Zone
from traceability.occasions import Occasion

OVER_A_WEEK = timedelta(days=8)


def harvest_weeks(console: Console, count: int) -> None:
    """A harvest of about 40 kg in each of the last so many weeks."""
    settings = settings_file.load(console.config)
    now = datetime.now(UTC)
    with store.writing(settings) as session:
        crop = catalogue.find(session, Crop, "lowk")
        room = catalogue.find(session, Zone, "A")
        for week in range(count, 0, -1):
            at = now - timedelta(weeks=week)
            seed = Occasion(at - timedelta(days=40), "Sato")
            sown = lots.sow(session, seed, zone=room, crop=crop, code=f"W{week}", pieces=400)
            (lot,) = acts.made(session, sown)
            grams = 40_000 + round(5_000 * math.sin(week / 8))
            cut = Occasion(at, "Sato")
            lots.harvest(session, cut, lot=lot, pieces=400, weight_g=grams, zone=room, final=True)


@pytest.fixture
def engine(console: Console) -> Iterator[Engine]:
    with store.opened(settings_file.load(console.config)) as engine:
        yield engine


def test_a_year_of_harvests_gives_a_line_beside_last_years_with_both_errors(
    console: Console,
) -> None:
    """What grows is weighed in by the command itself: an agent need not run for it."""
    harvest_weeks(console, 66)
    console.ok("lot", "sow", "G1", "--crop", "lowk", "--pieces", 400, "--zone", "A")

    made = console.ok("forecast", "show", "4912345678904", "--weeks", "4")

    assert made.err == "making a forecast of lowk for 4 weeks …\n"
    header = made.lines[3].split("  ")
    assert [word.strip() for word in header if word] == [
        *("week of", "P10", "P50", "P90"),
        *("same week last year", "from lots"),
    ]
    assert "in the ground " in made.out
    assert "backtest over" in made.out
    assert made.out.count("within P10-P90") == 2
    assert "mixed from: " in made.out
    assert "P10 to P90: widened by its own past misses" in made.out
    assert "better: " in made.out
    assert made.out.count("weeks ahead") == 1
    assert "80 % is promised; of" in made.out

    again = console.ok("forecast", "show", "lowk", "--weeks", "3")

    assert again.err == ""  # the stored one
    assert again.lines[4:7] == made.lines[4:7]


@pytest.mark.parametrize(
    ("weeks", "said"),
    [(0, "no whole week of weighed harvest of lowk"), (3, "a forecast needs at least 8")],
)
def test_too_little_history_is_a_sentence_and_no_failure(
    console: Console, weeks: int, said: str
) -> None:
    harvest_weeks(console, weeks)

    assert said in console.ok("forecast", "show", "lowk").out.replace("\n", " ")
    if weeks:  # what a reader of another language is told it with
        facts = console.ok("forecast", "show", "lowk", "--json").json["body"]["facts"]
        assert (facts["periods"], facts["needed"]) == (weeks, 8)


def test_what_has_no_line_is_compared_as_that(console: Console) -> None:
    for _ in range(2):
        console.ok("forecast", "fit", "lowk")

    said = console.ok("forecast", "diff", "lowk")

    assert said.lines[1] == "neither has a line: no_harvest, then no_harvest"
    assert "none yet" in console.ok("forecast", "versions", "lowk", "--partner", "mart").out
    assert "fit lowk --partner mart` makes one" in console.refused(
        "forecast", "diff", "lowk", "--partner", "mart"
    )


def test_json_is_the_shape_of_the_http_interface(console: Console) -> None:
    said = console.ok("forecast", "fit", "lowk", "--json").json

    assert (said["crop"], said["refusal"]) == ("lowk", fits.NO_HARVEST)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nix"), "no crop or trade item 'nix' here; known are: lowk, lowk-80"),
        (("show", "4912345678905"), "its check digit is 4"),
        (("show", "lowk", "--weeks", "27"), "--weeks: expected 1 to 26 weeks"),
        (("fit", "lowk", "--weeks", "0"), "--weeks: expected a whole number from 1"),
    ],
)
def test_what_cannot_be_forecast_is_refused(
    console: Console, words: tuple[str, ...], said: str
) -> None:
    assert said in console.refused("forecast", *words)


async def test_two_who_ask_at_once_make_one_forecast(console: Console, engine: Engine) -> None:
    harvest_weeks(console, 12)
    with reading_session(engine) as session:
        subject = Subject(catalogue.find(session, Crop, "lowk"))
    now = datetime.now(UTC)

    made = await asyncio.gather(
        *(fits.make(engine, subject, by=name, now=now) for name in ("Sato", "Suzuki"))
    )

    assert made[0].id == made[1].id
    assert made[0].refusal is None


async def test_a_wish_becomes_a_forecast_and_is_done(console: Console, engine: Engine) -> None:
    harvest_weeks(console, 10)
    with writing_session(engine) as session:
        crop = catalogue.find(session, Crop, "lowk")
        forecasts.request(session, Subject(crop), by="Tanaka", at=datetime.now(UTC))
    agent = ForecastAgent(engine, SystemClock())

    assert await agent.run_one()
    assert not await agent.run_one()

    with reading_session(engine) as session:
        job, record = session.exec(select(Job)).one(), session.exec(select(ForecastRecord)).one()
    assert job.finished_at is not None
    assert job.error is None
    assert (record.made_by, record.refusal) == ("Tanaka", None)


async def test_a_job_whose_process_died_is_done_again(console: Console, engine: Engine) -> None:
    """A power cut in the middle of a fit must not leave the page waiting for ever."""
    now = datetime.now(UTC)
    with writing_session(engine) as session:
        crop = catalogue.find(session, Crop, "lowk")
        job = forecasts.request(session, Subject(crop), by="Tanaka", at=now - timedelta(hours=2))
        job.started_at = now - timedelta(hours=1)

    assert await ForecastAgent(engine, SystemClock()).run_one()

    with reading_session(engine) as session:
        assert session.exec(select(Job)).one().finished_at is not None


async def test_a_forecast_of_last_week_is_renewed_once(console: Console, engine: Engine) -> None:
    """Nobody should have to press a button each Monday."""
    with writing_session(engine) as session:
        crop = catalogue.find(session, Crop, "lowk")
        old = forecasts.store(session, Subject(crop), Made("{}"), made_by="Sato", horizon_weeks=8)
        old.made_at -= OVER_A_WEEK
    agent = ForecastAgent(engine, SystemClock())

    for _ in range(2):
        agent.ask_for_due()
        await agent.run_one()

    with reading_session(engine) as session:
        crop = catalogue.find(session, Crop, "lowk")
        assert [record.made_by for record in forecasts.history(session, Subject(crop))] == [
            "weekly",
            "Sato",
        ]
        assert len(session.exec(select(Job)).all()) == 1


async def test_a_fit_that_ends_without_an_answer_is_told_to_who_asked(
    console: Console, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    harvest_weeks(console, 10)
    dead = tmp_path / "python"
    dead.write_text("#!/bin/sh\nkill -9 $$\n")
    dead.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(dead))
    with writing_session(engine) as session:
        crop = catalogue.find(session, Crop, "lowk")
        forecasts.request(session, Subject(crop), by="Tanaka", at=datetime.now(UTC))
        old = forecasts.store(session, Subject(crop), Made("{}"), made_by="Sato", horizon_weeks=8)
        old.made_at -= OVER_A_WEEK

    with pytest.raises(FitFailed, match="its process ended with -9"):
        await fits.make(engine, Subject(crop), by="Tanaka", now=datetime.now(UTC))
    agent = ForecastAgent(engine, SystemClock())
    assert await agent.run_one()
    agent.ask_for_due()

    with reading_session(engine) as session:
        # Asked for once, and not again at once because it is still due.
        assert "ended with -9" in str(session.exec(select(Job)).one().error)
        assert len(session.exec(select(ForecastRecord)).all()) == 1
