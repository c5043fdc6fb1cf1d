"""What rollups have to be, computed from every reading in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import isclose
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Subquery, func, select

from traceability import rollups
from traceability.models import reading
from traceability.resolutions import Resolution, floor

# good, uncertain, bad, total, low, high
Figures = tuple[int, int, int, float | None, float | None, float | None]


def of_readings(
    rows: Iterable[Sequence[Any]], resolution: Resolution, zone: ZoneInfo
) -> dict[int, Figures]:
    """Return the buckets of (ms, value, quality), by their start."""
    buckets: dict[int, list[tuple[float | None, int]]] = defaultdict(list)
    for at_ms, value, quality in rows:
        buckets[floor(resolution, at_ms, zone)].append((value, quality))
    return {start: figures(found) for start, found in buckets.items()}


def figures(found: Iterable[tuple[float | None, int]]) -> Figures:
    rows = list(found)
    good = sum(value is not None and quality == 0 for value, quality in rows)
    uncertain = sum(value is not None and quality == 1 for value, quality in rows)
    trusted = [value for value, quality in rows if value is not None and quality <= 1]
    counts = (good, uncertain, len(rows) - good - uncertain)
    if not trusted:
        return (*counts, None, None, None)
    return (*counts, sum(trusted), min(trusted), max(trusted))


def raw(connection: Connection, series_id: int) -> list[tuple[int, float | None, int]]:
    query = select(reading.c.at_ms, reading.c.value, reading.c.quality)
    rows = connection.execute(query.where(reading.c.series_id == series_id))
    return [tuple(row) for row in rows]


def stored(connection: Connection, series_id: int, resolution: Resolution) -> dict[int, Figures]:
    table = resolution.table
    rows = connection.execute(select(table).where(table.c.series_id == series_id))
    return {row[1]: tuple(row[2:]) for row in rows}


def summed(connection: Connection, rows: Subquery) -> Figures:
    """Return the figures of all rows together."""
    counts = [func.coalesce(func.sum(rows.c[name]), 0) for name in ("good", "uncertain", "bad")]
    query = select(*counts, func.sum(rows.c.total), func.min(rows.c.low), func.max(rows.c.high))
    good, uncertain, bad, *floats = connection.execute(query).one()
    return (int(good), int(uncertain), int(bad), *floats)


def same(found: Figures, wanted: Figures) -> bool:
    """Equal but for the order in which floats were added."""
    return found[:3] == wanted[:3] and all(
        _same(a, b) for a, b in zip(found[3:], wanted[3:], strict=True)
    )


def is_close(found: Mapping[int, Figures], wanted: Mapping[int, Figures]) -> bool:
    return found.keys() == wanted.keys() and all(same(found[at], wanted[at]) for at in wanted)


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return isclose(a, b, rel_tol=1e-9, abs_tol=1e-6)


def catch_up(engine: Engine, *, budget: int = rollups.BUDGET) -> int:
    """Step until there is nothing left to do; return how many steps that took."""
    writer = engine.execution_options(write=True)
    steps = 0
    while True:
        with writer.begin() as connection:
            if not rollups.step(connection, budget=budget):
                return steps
        steps += 1
        assert steps < 10_000, "upkeep comes to no end"
