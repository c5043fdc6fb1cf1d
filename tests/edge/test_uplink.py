"""What is recorded at a site is at its hub afterwards: all of it, once, whatever happens between."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from edge.hub_client import HubClient
from edge.uplink_health import CONNECTED
from tests.edge.conftest import until
from tests.edge.hubs import Farm, Hub, all_readings, new_farm, running_hub
from tests.factories import on_day
from tests.traceability.conftest import postgres_server, url  # noqa: F401  fixtures
from traceability import catalogue, database, edges, lots, uplink
from traceability.models import Act, Crop, Lot, Organisation, Zone

T0 = 1_780_000_000_000


@pytest.fixture
def hub(url: str) -> Iterator[Hub]:  # noqa: F811
    """A hub on each kind of database."""
    with running_hub(url) as hub:
        yield hub


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    farm = new_farm(tmp_path / "edge")
    yield farm
    farm.engine.dispose()


def sow(farm: Farm, code: str) -> str:
    """Record an act, as a page or a command does."""
    with database.writing_session(farm.engine) as session:
        owner = session.exec(select(Organisation)).one()
        crop = catalogue.ensure_crop(session, owner, "lowk", name="Lettuce", largest_head_g=200)
        zone = session.exec(select(Zone)).one()
        act = lots.sow(session, on_day(0), zone=zone, crop=crop, code=code, pieces=100)
        return act.id


def acts(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.exec(select(Act.id).order_by(Act.sequence)).all())


def is_level(farm: Farm) -> bool:
    with Session(farm.engine) as session:
        level = uplink.level(session)
    return level.records_waiting == 0 and level.oldest_reading_at is None


def status(farm: Farm) -> uplink.Status:
    with Session(farm.engine) as session:
        said = uplink.status(session)
    assert said is not None
    return said


async def test_records_and_readings_arrive(hub: Hub, farm: Farm) -> None:
    farm.enrol(hub)
    first = sow(farm, "L1")
    farm.record(*(("probe", T0 + 10_000 * i, 800.0 + i) for i in range(500)))

    async with farm.sending():
        await until(lambda: all_readings(hub.engine) == farm.readings())
        second = sow(farm, "L2")
        farm.record(("probe", T0 + 10_000_000, 900.0), ("new probe", T0 + 10_000_000, 901.0))
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())

    assert acts(hub.engine) == [first, second]
    assert status(farm).code == CONNECTED


async def test_what_came_late_arrives_too(hub: Hub, farm: Farm) -> None:
    """A bridge that was offline delivers yesterday's values behind today's."""
    farm.enrol(hub)
    farm.record(("probe", T0, 800.0))
    async with farm.sending():
        await until(lambda: is_level(farm) and hub.count("reading") == 1)

        farm.record(*(("probe", T0 - 86_400_000 + i, float(i)) for i in range(100)))
        await until(lambda: all_readings(hub.engine) == farm.readings())

    assert hub.count("reading") == 101


async def test_a_database_from_before_sends_all_it_has(hub: Hub, farm: Farm) -> None:
    """Farms have years of lots and readings before they have a hub."""
    farm.record(*((f"p{i % 5}", T0 + 3_600_000 * i, float(i)) for i in range(1000)))
    sown = [sow(farm, f"L{i}") for i in range(20)]
    with database.writing_session(farm.engine) as session:
        session.connection().exec_driver_sql("DELETE FROM outbox")
    farm.enrol(hub)

    async with farm.sending():
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())

    assert acts(hub.engine) == sown


async def test_receipts_lost_on_the_way_double_nothing_and_lose_nothing(
    hub: Hub, farm: Farm
) -> None:
    """The hub has it on disk and the site does not know: it sends again, under the same number."""
    chance = random.Random(1)
    farm.enrol(hub)
    for i in range(5):
        sow(farm, f"L{i}")
    farm.record(*((f"p{i % 5}", T0 + 60_000 * i, float(i)) for i in range(2000)))
    hub.loses_answer = lambda: chance.random() < 0.4

    async with farm.sending(longest_pause_s=0.05):
        for i in range(5, 20):
            sow(farm, f"L{i}")
            farm.record(("p0", T0 + 60_000 * (2000 + i), float(i)))
            await asyncio.sleep(0.05)
        await until(lambda: acts(hub.engine) == acts(farm.engine))
        await until(lambda: all_readings(hub.engine) == farm.readings())
        hub.loses_answer = lambda: False
        await until(lambda: is_level(farm))

    assert len(acts(hub.engine)) == 20


async def test_what_is_more_than_a_body_may_be_goes_in_several(
    hub: Hub, farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred alarms with their readings, or noise: refused once, they would be for ever."""
    monkeypatch.setattr("edge.hub_client.LARGEST_PACKED", 2000)
    monkeypatch.setattr("edge.agents.uplink.LARGEST_PACKED", 2000)
    sent: list[int] = []
    ask = HubClient._once

    async def noted(self: HubClient, method: str, path: str, body: bytes) -> Any:
        sent.append(len(body))
        return await ask(self, method, path, body)

    monkeypatch.setattr(HubClient, "_once", noted)
    farm.enrol(hub)
    sown = [sow(farm, f"L{i}") for i in range(40)]
    chance = random.Random(1)
    farm.record(*((f"p{i % 5}", T0 + 1000 * i, chance.random()) for i in range(1000)))

    async with farm.sending():
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())

    assert acts(hub.engine) == sown
    assert max(sent) <= 2000


async def test_what_is_fresh_does_not_wait_for_a_weeks_backlog(hub: Hub, tmp_path: Path) -> None:
    """Whoever looks at the hub after an outage wants to see the rooms as they are now."""
    farm = new_farm(tmp_path / "busy", batch_readings=100)
    week = range(0, 7 * 86_400, 1200)
    farm.record(*((f"p{i}", T0 + 1000 * s, float(i)) for s in week for i in range(5)))
    farm.enrol(hub)

    async with farm.sending():
        await until(lambda: hub.count("reading") > 0)
        farm.record(("p0", T0 + 7 * 86_400_000, 1000.0))
        await until(lambda: _is_there(hub, 1000.0))
        there = hub.count("reading")
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())

    assert there < len(week) * 5
    farm.engine.dispose()


def _is_there(hub: Hub, value: float) -> bool:
    with hub.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT count(*) FROM reading WHERE value = {value}")
        return bool(found.scalar())


async def test_a_hub_that_is_away_costs_nothing(hub: Hub, farm: Farm) -> None:
    farm.enrol(hub)
    hub.stop()
    async with farm.sending():
        sow(farm, "L1")
        farm.record(*(("probe", T0 + 1000 * i, float(i)) for i in range(100)))
        await until(lambda: farm.health.metrics is not None and _code(farm) == "hub_unreachable")

        hub.start()
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())

    assert len(acts(hub.engine)) == 1


def _code(farm: Farm) -> str:
    with Session(farm.engine) as session:
        said = uplink.status(session)
    return said.code if said else ""


async def test_a_revoked_edge_says_so_and_goes_on_when_it_is_let_in_again(
    hub: Hub, farm: Farm
) -> None:
    farm.enrol(hub)
    async with farm.sending():
        await until(lambda: _code(farm) == CONNECTED)
        with database.writing_session(hub.engine) as session:
            edges.revoke(session, "aizu/main", on_day(0).at)

        act = sow(farm, "L1")
        await until(lambda: _code(farm) == "edge_revoked")
        assert acts(hub.engine) == []
        farm.enrol(hub, renews="aizu/main")
        await until(lambda: acts(hub.engine) == [act])

    numbers = {m.name: list(m.samples) for m in farm.health.metrics()}
    assert ({"code": "edge_revoked"}, 1) in [
        (labels, min(count, 1)) for labels, count in numbers["minori_uplink_failures_total"]
    ]


async def test_a_refused_record_is_kept_and_shown_and_the_rest_goes_on(
    hub: Hub, farm: Farm, tmp_path: Path
) -> None:
    other = new_farm(tmp_path / "north", site="north")
    farm.enrol(hub)
    first = sow(farm, "L1")
    async with farm.sending():
        await until(lambda: acts(hub.engine) == [first] and is_level(farm))
    other.enrol(hub, organisation="aizu")
    sow(other, "L1")
    second = sow(other, "L2")

    async with other.sending():
        await until(lambda: acts(hub.engine) == [first, second] and is_level(other))

    with Session(other.engine) as session:
        level = uplink.level(session)
        assert (level.refused, level.records_waiting) == (1, 0)
    with Session(hub.engine) as session:
        assert len(session.exec(select(Crop)).all()) == 1
        assert len(session.exec(select(Lot)).all()) == 2
    other.engine.dispose()


async def test_a_hub_restored_from_a_backup_gets_again_what_it_lost(hub: Hub, farm: Farm) -> None:
    farm.enrol(hub)
    sow(farm, "L1")
    farm.record(*(("probe", T0 + 1000 * i, float(i)) for i in range(100)))
    async with farm.sending():
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())
        backup = _snapshot(hub)
        sow(farm, "L2")
        farm.record(*(("probe", T0 + 1000 * i, float(i)) for i in range(100, 300)))
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())
        assert len(acts(hub.engine)) == 2

        hub.stop()
        _restore(hub, backup)
        assert (len(acts(hub.engine)), hub.count("reading")) == (1, 100)
        hub.start()
        sow(farm, "L3")
        await until(lambda: len(acts(hub.engine)) == 3)
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())

    assert acts(hub.engine) == acts(farm.engine)


def _snapshot(hub: Hub) -> dict[str, list[tuple[object, ...]]]:
    """All rows, as a backup has them."""
    from sqlmodel import SQLModel

    with hub.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in SQLModel.metadata.sorted_tables
        }


def _restore(hub: Hub, backup: dict[str, list[tuple[object, ...]]]) -> None:
    from sqlmodel import SQLModel

    tables = SQLModel.metadata.sorted_tables
    with hub.engine.execution_options(write=True).begin() as connection:
        for table in reversed(tables):
            connection.execute(table.delete())
        for table in tables:
            names = [column.name for column in table.columns]
            rows = [dict(zip(names, row, strict=True)) for row in backup[table.name]]
            if rows:
                connection.execute(table.insert(), rows)


async def test_a_restored_edge_goes_on_under_a_new_name(hub: Hub, farm: Farm) -> None:
    """Its numbers would come a second time; its hub has records that it has not."""
    from traceability.store_id import renew

    farm.enrol(hub)
    kept = sow(farm, "L1")
    farm.record(*(("probe", T0 + 1000 * i, float(i)) for i in range(100)))
    async with farm.sending():
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())
    backup = _snapshot(farm)  # type: ignore[arg-type]
    lost = sow(farm, "L2")
    farm.record(*(("probe", T0 + 1000 * i, float(i)) for i in range(100, 200)))
    async with farm.sending():
        await until(lambda: is_level(farm) and all_readings(hub.engine) == farm.readings())

    _restore(farm, backup)  # type: ignore[arg-type]
    with database.writing_session(farm.engine) as session:
        renew(session)
    farm.record(*(("probe", T0 + 1000 * i, float(i)) for i in range(200, 250)))
    later = sow(farm, "L3")
    async with farm.sending():
        await until(lambda: later in acts(hub.engine) and is_level(farm))
        await until(lambda: hub.count("reading") == 250)

    assert acts(hub.engine) == [kept, lost, later]
    assert hub.count("series") == 1
