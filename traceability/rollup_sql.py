"""The statements that make rollups: many buckets of many series in one, inside the database."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, text

from traceability.resolutions import Resolution

_COUNTS = ("good", "uncertain", "bad")
_FIGURES = (*_COUNTS, "total", "low", "high")
_TRUSTED = "r.value IS NOT NULL AND r.quality <= 1"
# Of single readings; sensors.Quality: 0 good, 1 uncertain, 2 bad, 3 stale.
_OF_READINGS = (
    "sum(CASE WHEN r.value IS NOT NULL AND r.quality = 0 THEN 1 ELSE 0 END), "
    "sum(CASE WHEN r.value IS NOT NULL AND r.quality = 1 THEN 1 ELSE 0 END), "
    f"sum(CASE WHEN {_TRUSTED} THEN 0 ELSE 1 END), "
    f"sum(CASE WHEN {_TRUSTED} THEN r.value END), "
    f"min(CASE WHEN {_TRUSTED} THEN r.value END), "
    f"max(CASE WHEN {_TRUSTED} THEN r.value END)"
)
_OF_ROLLUPS = "sum(r.good), sum(r.uncertain), sum(r.bad), sum(r.total), min(r.low), max(r.high)"
_STRETCHES = {
    "sqlite": (
        "(SELECT json_extract(value, '$[0]') AS series_id, json_extract(value, '$[1]') AS start_ms,"
        " json_extract(value, '$[2]') AS end_ms FROM json_each(:stretches)) AS s CROSS JOIN"
    ),
    "postgresql": (
        "(SELECT CAST(value->>0 AS integer) AS series_id, CAST(value->>1 AS bigint) AS start_ms,"
        " CAST(value->>2 AS bigint) AS end_ms"
        " FROM json_array_elements(CAST(:stretches AS json))) AS s JOIN"
    ),
}
_MARKS = text(
    "INSERT INTO rollup_mark (series_id, minute_ms, hour_ms, day_ms, time_zone) "
    "VALUES (:series_id, :minute_ms, :hour_ms, :day_ms, :time_zone) "
    "ON CONFLICT (series_id) DO UPDATE SET minute_ms = excluded.minute_ms, "
    "hour_ms = excluded.hour_ms, day_ms = excluded.day_ms, time_zone = excluded.time_zone"
)


def make(
    connection: Connection,
    resolution: Resolution,
    source: Resolution,
    stretches: Sequence[tuple[int, int, int]],
) -> None:
    """Make the buckets of these stretches (series, start, end) from the rows of a finer table.

    Args:
        stretches: None overlaps another; they begin and end where buckets do. For days, one each.
    """
    if stretches:
        statement = _making(connection.dialect.name, resolution, source)
        connection.execute(statement, {"stretches": json.dumps(stretches)})


def put_minutes(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Put in minutes that were made elsewhere, in the order of the table's columns."""
    if rows:
        names = ("series_id", "start_ms", *_FIGURES)
        connection.execute(_PUTTING, [dict(zip(names, row, strict=True)) for row in rows])


def marks_written(connection: Connection, marks: Sequence[Mapping[str, Any]]) -> None:
    """Write how far series are rolled up; what has expired of them stays as it is."""
    if marks:
        connection.execute(_MARKS, list(marks))


@cache
def _making(dialect: str, resolution: Resolution, source: Resolution) -> TextClause:
    into, width = resolution.table.name, resolution.width_ms
    at = "r.at_ms" if source is Resolution.RAW else "r.start_ms"
    start = "s.start_ms" if resolution is Resolution.DAY else f"{at} - {at} % {width}"
    figures = _OF_READINGS if source is Resolution.RAW else _OF_ROLLUPS
    return text(
        f"INSERT INTO {into} (series_id, start_ms, {', '.join(_FIGURES)}) "  # noqa: S608
        f"SELECT r.series_id, {start}, {figures} FROM {_STRETCHES[dialect]} "
        f"{source.table.name} AS r ON r.series_id = s.series_id "
        f"AND {at} >= s.start_ms AND {at} < s.end_ms "
        f"WHERE true GROUP BY 1, 2 {_if_fuller(into)}"
    )


def _if_fuller(into: str) -> str:
    """Readings never change, so as many are the same ones; fewer, and some have expired since."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in _FIGURES)
    had, has = (" + ".join(f"{of}.{name}" for name in _COUNTS) for of in (into, "excluded"))
    return f"ON CONFLICT (series_id, start_ms) DO UPDATE SET {changes} WHERE {had} < {has}"


_PUTTING = text(
    f"INSERT INTO rollup_minute (series_id, start_ms, {', '.join(_FIGURES)}) "  # noqa: S608
    f"VALUES (:series_id, :start_ms, {', '.join(f':{name}' for name in _FIGURES)}) "
    f"{_if_fuller('rollup_minute')}"
)
