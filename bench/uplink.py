"""A backlog replayed from a site to its hub, both on this machine, and how long fresh ones wait.

The slice is 500 series every 10 s for three hours; a week is 56 of them. Beside it: the same rows
written straight into such a database, 20,000 a transaction, with nothing on the way.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from bench.report import Row
from tests.edge.hubs import Farm, Hub, new_farm
from traceability import database, readings
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
        sent, delays, size = asyncio.run(_replayed(folder, farm, count))
        farm.engine.dispose()
    yield Row("readings replayed", sent, "written straight into a hub", bare, "1/s", "0.3")
    week = SERIES * WEEK_H * 3600 / STEP_S / sent / 60
    yield Row("a week of them (extrapolated)", week, "aim", 10, "min", "below 1")
    delays.sort()
    yield Row("a fresh reading meanwhile, worst", delays[-1], "aim", 7, "s", "below 1")
    yield Row("a fresh reading meanwhile, median", delays[len(delays) // 2], "aim", 5, "s", "")
    yield Row("on the wire", size / count, "in the database", 20, "B", "below 1")


def _fill(farm: Farm) -> int:
    """A backlog that ends two hours ago, so that all of it is old."""
    now_ms = int(time.time() * 1000)
    start_ms = now_ms - (HOURS + 2) * 3_600_000
    ids = _series(farm)
    times = range(start_ms, now_ms - 2 * 3_600_000, STEP_S * 1000)
    for at in range(0, len(times), 40):
        part = times[at : at + 40]
        said = [(one, ms, 400.0 + (ms // 1000 + one) % 700, 0, 0) for one in ids for ms in part]
        with farm.engine.execution_options(write=True).begin() as connection:
            insert_readings(connection, said)
    return len(times) * SERIES


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


async def _replayed(folder: Path, farm: Farm, count: int) -> tuple[float, list[float], int]:
    """Return readings a second, the delays of fresh ones [s], and the bytes sent."""
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
            while hub.count("reading") < count:
                await asyncio.sleep(0.25)
            took = time.perf_counter() - began
            fresh.cancel()
        return count / took, delays or [0.0], farm.health.bytes_sent
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
