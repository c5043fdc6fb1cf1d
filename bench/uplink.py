"""A backlog replayed from a site to its hub, both on this machine, and how long fresh ones wait.

The slice is 500 series every 10 s for three hours; a week is 56 of them. Beside it: the same rows
written straight into such a database, 20,000 a transaction, with nothing on the way. Then the same
slice once it has waited too long and goes by the minute.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from bench.report import Row
from edge.agents.upkeep import Upkeep
from edge.clock import SystemClock
from tests.edge.hubs import Farm, Hub, new_farm
from traceability import database, readings, uplink
from traceability.database import reading_session
from traceability.readings import insert_readings

TITLE = "A backlog of 500 series replayed to a hub"
SERIES, STEP_S, HOURS = 500, 10, 3
WEEK_H = 7 * 24
BATCH = 20_000
_HUB = """
import sys, uvicorn
from api.app import create_app
from api.settings import WebSettings
from traceability import database
engine = database.open_database(sys.argv[1])
app = create_app(engine, settings=WebSettings(b"0" * 32, loopback=False))
uvicorn.run(app, port=int(sys.argv[2]), log_level="error", timeout_keep_alive=75)
"""


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        farm = new_farm(folder / "edge")
        count = _fill(farm)
        bare = count / _bare(folder, farm)
        count, took_s, delays = asyncio.run(_replayed(folder, farm, "reading"))
        farm.engine.dispose()
    sent, size = count / took_s, farm.health.bytes_sent
    yield Row("readings replayed", sent, "written straight into a hub", bare, "1/s", "0.3")
    week = SERIES * WEEK_H * 3600 / STEP_S / sent / 60
    yield Row("a week of them (extrapolated)", week, "aim", 10, "min", "below 1")
    delays.sort()
    yield Row("a fresh reading meanwhile, worst", delays[-1], "aim", 7, "s", "below 1")
    yield Row("a fresh reading meanwhile, median", delays[len(delays) // 2], "aim", 5, "s", "")
    yield Row("on the wire", size / count, "in the database", 20, "B", "below 1")
    yield from _thinned(sent, size / count)


def _thinned(whole: float, whole_b: float) -> Iterator[Row]:
    """What waited for longer than `whole_days`, beside what went whole: rate, bytes a reading."""
    with tempfile.TemporaryDirectory() as name:
        farm = new_farm(Path(name) / "edge", whole_days=1)
        _fill(farm, ended_h=48)
        Upkeep(farm.engine, SystemClock()).work()
        minutes, took_s, delays = asyncio.run(_replayed(Path(name), farm, "rollup_minute"))
        farm.engine.dispose()
    sent, size = minutes / took_s, farm.health.bytes_sent
    yield Row("minutes replayed", sent, "readings, whole", whole, "1/s", "")
    week = SERIES * WEEK_H * 60 / sent / 60
    yield Row("a week by the minute (extrapolated)", week, "aim", 10, "min", "below 1")
    yield Row("a fresh reading meanwhile, worst", max(delays), "aim", 7, "s", "below 1")
    yield Row(
        "on the wire, a minute",
        size / minutes,
        "six readings, whole",
        60 / STEP_S * whole_b,
        "B",
        "",
    )


def _fill(farm: Farm, *, ended_h: int = 2) -> int:
    """A backlog that ends hours ago, so that all of it is old."""
    end_ms = int(time.time() * 1000) // 60_000 * 60_000 - ended_h * 3_600_000
    ids = _series(farm)
    times = range(end_ms - HOURS * 3_600_000, end_ms, STEP_S * 1000)
    for at in range(0, len(times), 40):
        part = times[at : at + 40]
        said = [(one, ms, 400.0 + (ms // 1000 + one) % 700, 0, 0) for one in ids for ms in part]
        with farm.engine.execution_options(write=True).begin() as connection:
            insert_readings(connection, said)
    return len(times) * SERIES


def _has_old(farm: Farm) -> bool:
    """Whether something of before the replay still waits."""
    with reading_session(farm.engine) as session:
        oldest = uplink.level(session).oldest_reading_at
    return oldest is not None and datetime.now(UTC) - oldest > timedelta(hours=1)


def _bare(folder: Path, farm: Farm) -> float:
    """Return how long the same rows take into such a database, in the order they are sent. [s]"""
    other = new_farm(folder / "bare")
    with farm.engine.connect() as connection:
        query = "SELECT series_id, at_ms, value, quality, reason FROM reading ORDER BY at_ms"
        said = [tuple(row) for row in connection.exec_driver_sql(query)]
    writer = other.engine.execution_options(write=True)
    _series(other)
    began = time.perf_counter()
    for at in range(0, len(said), BATCH):
        with writer.begin() as connection:
            insert_readings(connection, said[at : at + BATCH])
    took = time.perf_counter() - began
    other.engine.dispose()
    return took


def _series(farm: Farm) -> list[int]:
    with farm.engine.execution_options(write=True).begin() as connection:
        site = farm.site_id
        return [readings.ensure_series(connection, site, f"p{i}", "co2") for i in range(SERIES)]


def _new(file: Path) -> Engine:
    url = f"sqlite:///{file}"
    database.upgrade(url)
    return database.open_database(url)


async def _replayed(folder: Path, farm: Farm, table: str) -> tuple[int, float, list[float]]:
    """Return how many rows of `table` the hub got, in what time, the delays of fresh ones. [s]"""
    engine = _new(folder / "hub.db")
    hub = Hub(f"sqlite:///{folder / 'hub.db'}", engine, port=18_765)
    server = subprocess.Popen([sys.executable, "-c", _HUB, hub.url, str(hub.port)])
    try:
        await _answers(hub.port)
        farm.enrol(hub)
        delays: list[float] = []
        async with farm.sending():
            while not hub.count("series") >= SERIES:
                await asyncio.sleep(0.02)
            began = time.perf_counter()
            fresh = asyncio.create_task(_fresh(farm, hub, delays))
            while await asyncio.to_thread(_has_old, farm):
                await asyncio.sleep(0.25)
            took_s = time.perf_counter() - began
            fresh.cancel()
        return hub.count(table), took_s, delays or [0.0]
    finally:
        server.terminate()
        server.wait()
        engine.dispose()


async def _answers(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


async def _fresh(farm: Farm, hub: Hub, delays: list[float]) -> None:
    while True:
        at_ms = int(time.time() * 1000)
        began = time.perf_counter()
        await asyncio.to_thread(farm.record, ("p0", at_ms, 1.0))
        wanted = f"SELECT count(*) FROM reading WHERE at_ms = {at_ms} AND value = 1.0"
        while True:
            with hub.engine.connect() as connection:
                if connection.exec_driver_sql(wanted).scalar():
                    break
            await asyncio.sleep(0.02)
        delays.append(time.perf_counter() - began)
        await asyncio.sleep(0.5)
