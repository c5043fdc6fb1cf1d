"""What waited too long for the hub arrives by the minute, and says there what the readings say."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from edge.agents.upkeep import Upkeep
from edge.clock import SystemClock
from tests.edge.conftest import until
from tests.edge.hubs import Farm, Hub, all_readings, new_farm, running_hub
from tests.edge.test_uplink import acts, is_level, sow
from tests.traceability.conftest import postgres_server, url  # noqa: F401  fixtures
from traceability import database, pieces, thinned, uplink, uplink_readings
from traceability.resolutions import DAY_MS, HOUR_MS, MINUTE_MS, Resolution
from traceability.store_id import renew

NOW_MS = int(time.time() * 1000)
HOUR_START_MS = NOW_MS - NOW_MS % HOUR_MS
# Two hours, three days ago; and ten minutes of the last hour.
OLD = [HOUR_START_MS - 3 * DAY_MS + 10_000 * i for i in range(720)]
YOUNG = [NOW_MS - HOUR_MS + 10_000 * i for i in range(60)]


@pytest.fixture
def hub(url: str) -> Iterator[Hub]:  # noqa: F811
    with running_hub(url) as hub:
        yield hub


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    farm = new_farm(tmp_path / "edge", whole_days=1)
    farm.record(*(("a", at, _value(at)) for at in [*OLD, *YOUNG]))
    kept_up(farm)
    yield farm
    farm.engine.dispose()


def _value(at_ms: int) -> float:
    return 400.0 + at_ms // 1000 % 977


def kept_up(place: Farm | Hub) -> None:
    Upkeep(place.engine, SystemClock()).work()


def _highest(hub: Hub) -> list[tuple[float]]:
    with hub.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT high FROM rollup_minute")]


async def sent(farm: Farm) -> None:
    async with farm.sending():
        await until(lambda: is_level(farm))


def figures(engine: Engine, span: Sequence[int], resolution: Resolution) -> list[tuple[Any, ...]]:
    """What a chart of the first series shows, in rows of at least that resolution."""
    with engine.connect() as connection:
        marks = pieces.marks_of(connection, [1])
        ends = (span[0], span[-1] + 10_000)
        mark = marks.get(1, pieces.NO_MARK)
        found = pieces.pieces_of(connection, 1, ends, resolution, mark=mark)
        rows = pieces.rows_of(1, found)
        names = ("at_ms", "width_ms", "good", "uncertain", "bad", "total", "low", "high")
        columns = [rows.c[name] for name in names]
        query = rows.select().with_only_columns(*columns).order_by(rows.c.at_ms)
        return [tuple(row) for row in connection.execute(query)]


async def test_what_waited_too_long_arrives_by_the_minute_and_the_rest_whole(
    hub: Hub, farm: Farm
) -> None:
    """Thinned before anything is lost, only what is oldest, and truthfully: no reading is picked."""
    act = sow(farm, "L1")
    farm.enrol(hub)

    await sent(farm)
    kept_up(hub)

    assert [row[3] for row in all_readings(hub.engine)] == YOUNG
    assert acts(hub.engine) == [act]
    for resolution in (Resolution.MINUTE, Resolution.HOUR):
        assert figures(hub.engine, OLD, resolution) == figures(farm.engine, OLD, resolution)
    assert len(figures(hub.engine, OLD, Resolution.HOUR)) == 2
    numbers = {metric.name: list(metric.samples) for metric in farm.health.metrics()}
    assert numbers["minori_uplink_minutes_total"] == [({}, 120)]


async def test_a_hub_says_which_span_came_by_the_minute(hub: Hub, farm: Farm) -> None:
    """Asked for readings it shows minutes there, instead of nothing."""
    farm.enrol(hub)

    await sent(farm)
    kept_up(hub)

    with Session(hub.engine) as session:
        ((start, end, _),) = thinned.of_edges(session).values()
    assert (start.timestamp() * 1000, end.timestamp() * 1000) == (OLD[0], OLD[-1] + 10_000)
    shown = figures(hub.engine, [*OLD, *YOUNG], Resolution.RAW)
    assert [row[1] for row in shown] == [MINUTE_MS] * 120 + [0] * 60


async def test_what_comes_late_into_a_thinned_span_corrects_its_minute(
    hub: Hub, farm: Farm
) -> None:
    farm.enrol(hub)
    await sent(farm)

    farm.record(("a", OLD[100] + 1, 5000.0))
    kept_up(farm)
    async with farm.sending():
        await until(lambda: (5000.0,) in _highest(hub))
    kept_up(hub)

    there = figures(hub.engine, OLD, Resolution.HOUR)
    assert there == figures(farm.engine, OLD, Resolution.HOUR)
    assert (there[0][2], there[0][7]) == (361, 5000.0)


async def test_readings_that_expired_here_reach_a_new_hub_as_minutes(hub: Hub, farm: Farm) -> None:
    """A farm that has kept two years gets a hub: nothing of that is left out."""
    with database.writing_session(farm.engine) as session:
        said = session.connection().exec_driver_sql
        said(f"DELETE FROM reading WHERE at_ms < {NOW_MS - DAY_MS}")
        said(f"UPDATE rollup_mark SET raw_from_ms = {HOUR_START_MS - DAY_MS}")
    farm.enrol(hub)

    await sent(farm)
    kept_up(hub)

    assert figures(hub.engine, OLD, Resolution.HOUR) == figures(farm.engine, OLD, Resolution.HOUR)
    assert sum(row[2] for row in figures(hub.engine, OLD, Resolution.HOUR)) == len(OLD)


async def test_a_hub_that_has_the_readings_keeps_them_for_what_they_are(
    hub: Hub, tmp_path: Path
) -> None:
    """A restored site sends everything anew; by then it is too old to go whole."""
    farm = new_farm(tmp_path / "whole")
    farm.record(*(("a", at, _value(at)) for at in [*OLD, *YOUNG]))
    kept_up(farm)
    farm.enrol(hub)
    await sent(farm)
    assert hub.count("reading") == len(OLD) + len(YOUNG)

    with database.writing_session(farm.engine) as session:
        renew(session)
    farm.settings.hub.__dict__["whole_days"] = 1.0
    await sent(farm)

    assert hub.count("thinned_span") == 0
    assert len(figures(hub.engine, OLD, Resolution.RAW)) == len(OLD)
    farm.engine.dispose()


async def test_a_hub_that_stays_away_does_not_fill_the_card(hub: Hub, tmp_path: Path) -> None:
    """What it will get by the minute may expire here, long before it is back."""
    farm = new_farm(tmp_path / "cut off", whole_days=1)
    farm.enrol(hub)
    farm.record(("a", OLD[0], 1.0))
    await sent(farm)
    hub.stop()
    farm.record(*(("a", at, _value(at)) for at in [*OLD[1:], *YOUNG]))
    kept_up(farm)

    async with farm.sending():
        await until(lambda: _owed(farm).get(1, 0) > OLD[-1])

    with Session(farm.engine) as session:
        assert uplink.level(session).thinned is not None
    assert farm.health.fill.share > 0.9
    farm.engine.dispose()


def _owed(farm: Farm) -> dict[int, int]:
    with farm.engine.connect() as connection:
        return uplink_readings.owed_from_ms(connection)
