"""What a stored reading costs: bytes with its index, and the CPU to keep its rollups.

A million readings of 500 series every 10 s, in the order they come, values of two decimals. Beside:
the aim of issue 4, and one bare statement that groups the same readings by minute.
"""

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from bench.report import Row
from tests.edge.stores import new_store
from tests.traceability.rollups.truth import catch_up
from traceability.database import writing_session
from traceability.readings import ensure_series, insert_readings

TITLE = "A million stored readings"
SERIES, STEPS, STEP_MS = 500, 2_000, 10_000
START_MS = 1_790_000_000_000
AIM_BYTES = 20
_BY_MINUTE = """
CREATE TABLE minute AS SELECT series_id, at_ms / 60000 AS minute, count(*) AS n, sum(value) AS s,
min(value) AS low, max(value) AS high FROM reading WHERE quality < 2 GROUP BY series_id, minute
"""


def rows() -> Iterator[Row]:
    count = SERIES * STEPS
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "minori.db"
        engine, site_id = new_store(Path(name))
        empty = file.stat().st_size
        store_s = _fill(engine, site_id)
        plain = _settled(file) - empty
        yield Row("a reading with its index", plain / count, "aim", AIM_BYTES, "B", "1.00 or less")
        rollup_s = _cpu_s(lambda: catch_up(engine))
        whole = _settled(file) - empty
        yield Row("a reading and its rollups", whole / count, "aim", AIM_BYTES, "B")
        bare_s = _bare_s(file)
        engine.dispose()
    us = 1e6 / count
    yield Row("CPU of rollups", rollup_s * us, "one bare GROUP BY", bare_s * us, "µs/reading")
    yield Row("CPU of rollups", rollup_s * us, "storing it", store_s * us, "µs/reading", "below 1")


def _fill(engine: Engine, site_id: str) -> float:
    """Store the readings; return the CPU that took. [s]"""
    with writing_session(engine) as session:
        connection = session.connection()
        ids = [ensure_series(connection, site_id, f"p{i}", "co2") for i in range(SERIES)]
    chance, took_s = random.Random(1), 0.0
    values = [20 + chance.random() * 10 for _ in ids]
    for step in range(0, STEPS, 10):
        batch = [row for at in range(step, step + 10) for row in _round(ids, values, at, chance)]
        before = time.process_time()
        with writing_session(engine) as session:
            insert_readings(session.connection(), batch)
        took_s += time.process_time() - before
    return took_s


def _round(
    ids: Sequence[int], values: list[float], step: int, chance: random.Random
) -> Iterator[tuple[int, int, float, int, int]]:
    for index, one in enumerate(ids):
        values[index] = round(values[index] + chance.uniform(-0.1, 0.1), 2)
        yield one, START_MS + step * STEP_MS + chance.randrange(900), values[index], 0, 0


def _settled(file: Path) -> int:
    """Return the file's size once all of its log is in it. [B]"""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return file.stat().st_size


def _bare_s(file: Path) -> float:
    with closing(sqlite3.connect(file)) as database:
        return _cpu_s(lambda: database.execute(_BY_MINUTE))


def _cpu_s(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
