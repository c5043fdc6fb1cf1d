"""Near weeks follow the lots without a fit: the real child, on a farm made by the real verbs."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from api.forecast_now import Now, now_of
from edge import fits_lots
from edge.agents.forecast import ForecastAgent
from tests.factories import START, Farm, a_farm, harvested, on_day
from tests.filled import fill
from tests.world import a_forecast
from traceability import acts, database, forecast_lots, forecasts, growing, lots
from traceability.amounts import Amount
from traceability.forecast_subject import Subject
from traceability.forecasts import Made
from traceability.models import Crop, ForecastLots, ForecastRecord, Lot

# The forecast of tests.world begins on this Monday.
NOW = on_day(49).at


class Clock:
    def now(self):  # type: ignore[no-untyped-def]
        return NOW


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'minori.db'}"
    fill(url)
    engine = database.open_database(url)
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        for number in range(6):
            harvested(session, farm, code=f"done{number}")
        sow(session, farm, "growing", day=14, pieces=1000)
        a_forecast(session, farm.lettuce)
    yield engine
    engine.dispose()


def sow(session: Session, farm: Farm, code: str, *, day: int, pieces: int) -> Lot:
    act = lots.sow(
        session, on_day(day), zone=farm.room, crop=farm.lettuce, code=code, pieces=pieces
    )
    return acts.made(session, act)[0]


def holds(engine: Engine) -> Now:
    with database.reading_session(engine) as session:
        crop = session.exec(select(Crop)).one()
        record = forecasts.newest(session, Subject(crop))
        assert record is not None
        return now_of(session, record)


async def test_each_week_says_which_share_came_from_lots(engine: Engine) -> None:
    assert await fits_lots.follow(engine, now=NOW) == 1

    now = holds(engine)

    assert now.made is not None
    assert now.lots is not None
    (lot,) = now.lots.lots
    # 1000 heads of 90 g, as the finished lots had, 42 days after sowing: the second week.
    assert lot.harvest[1] == date(2026, 7, 27)
    assert 70 < lot.kg[1] < 100
    assert [step.lots_share > 0 for step in now.made.steps[:2]] == [False, True]
    assert all(step.p10 <= step.p50 <= step.p90 for step in now.made.steps)
    assert now.made.model_json is None
    with database.reading_session(engine) as session:
        record = session.exec(select(ForecastRecord)).one()
        assert "growing" not in record.body  # as it was made: the lots stand beside it


async def test_a_lost_lot_and_a_plan_move_the_weeks_without_a_fit(engine: Engine) -> None:
    agent = ForecastAgent(engine, Clock())
    await agent.follow_lots()
    before = holds(engine)

    with database.writing_session(engine) as session:
        lot = session.exec(select(Lot).where(Lot.code == "growing")).one()
        lots.discard(session, on_day(49), lot=lot, reason="pump", amount=Amount(pieces=600))
    await agent.follow_lots()
    lost = holds(engine)

    assert before.made is not None
    assert lost.made is not None
    assert before.lots is not None
    assert lost.lots is not None
    assert lost.lots.lots[0].kg[1] < 0.5 * before.lots.lots[0].kg[1]
    assert lost.made.steps[1].p50 < before.made.steps[1].p50

    with database.writing_session(engine) as session:
        farm = a_farm(session)
        growing.plan(
            *(session, Subject(farm.lettuce, site=farm.site)),
            sow_on=(START + timedelta(days=55)).date(),
            pieces=5000,
            note="",
            by="Sato",
            at=NOW,
        )
    await agent.follow_lots()
    planned = holds(engine)

    assert planned.made is not None
    # 42 days after the planned day: the seventh week.
    assert planned.made.steps[6].p50 > lost.made.steps[6].p50 + 50
    with database.reading_session(engine) as session:
        assert len(session.exec(select(ForecastRecord)).all()) == 1
        assert len(session.exec(select(ForecastLots)).all()) == 3


async def test_a_weighing_that_is_not_believed_is_named_and_moves_nothing(engine: Engine) -> None:
    with database.writing_session(engine) as session:
        lot = session.exec(select(Lot).where(Lot.code == "growing")).one()
        weighed = {"measure": "head_weight", "value": 150, "unit": "g"}
        lots.inspect(session, on_day(40), lot=lot, **weighed)  # type: ignore[arg-type]
        session.exec(select(Crop)).one().largest_head_g = 120

    await fits_lots.follow(engine, now=NOW)
    now = holds(engine)

    assert now.lots is not None
    assert now.lots.lots[0].basis == "pooled"
    (note,) = now.lots.notes
    assert "no head weighs more than 120 g: growing 2026-07-11 150 g" in note.sentence


async def test_nothing_is_made_anew_while_nothing_was_recorded(engine: Engine) -> None:
    assert await fits_lots.follow(engine, now=NOW) == 1
    assert await fits_lots.follow(engine, now=NOW) == 0


async def test_without_a_line_the_lots_are_told_all_the_same(engine: Engine) -> None:
    with database.writing_session(engine) as session:
        crop = session.exec(select(Crop)).one()
        made = Made('{"code": "too_short", "message": "lowk has 1 week"}', "too_short")
        forecasts.store(session, Subject(crop), made, made_by="Sato", horizon_weeks=8)

    await fits_lots.follow(engine, now=NOW)
    now = holds(engine)

    assert now.made is None
    assert now.lots is not None
    assert sum(week[1] for week in now.lots.kg) > 50


async def test_a_farm_that_never_sowed_here_has_no_lots(tmp_path: Path) -> None:
    """A hub with imported harvests only: the line stands alone, and no child is started."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    fill(url)
    engine = database.open_database(url)
    with database.writing_session(engine) as session:
        a_forecast(session, a_farm(session).lettuce)

    assert await fits_lots.follow(engine, now=NOW) == 0

    with database.reading_session(engine) as session:
        record = session.exec(select(ForecastRecord)).one()
        assert forecast_lots.newest(session, record) is None
    engine.dispose()
