"""Minutes of an edge taken on: of what had waited there too long to be sent reading by reading.

Where a hub has all the readings of a minute already (its edge was restored and sends again), they
are worth more than their minute, which is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, repeat
from typing import Any

from sqlalchemy import Connection, func, select

from traceability import rollups, thinned
from traceability.models import reading
from traceability.resolutions import MINUTE_MS
from traceability.rollup_sql import put_minutes
from traceability.rollups import Stretch
from traceability.wire import SeriesMinutes

# The last minute that can be said as a date.
_LATEST = 253_402_300_799_999 // MINUTE_MS

# As the table has them: series, start, good, uncertain, bad, total, low, high.
MinuteRow = tuple[int, int, int, int, int, float | None, float | None, float | None]


def take(
    connection: Connection, here: Mapping[int, int], said: Sequence[SeriesMinutes]
) -> list[int]:
    """Take minutes of the series that are known here; return those that were left."""
    rows: list[MinuteRow] = []
    unknown = []
    for one in said:
        if one.series in here and _is_readable(one):
            rows += _worth_more(connection, list(_rows(here[one.series], one)))
        else:
            unknown.append(one.series)
    put_minutes(connection, rows)
    stretches = [Stretch(row[0], row[1], row[1] + MINUTE_MS) for row in rows]
    thinned.note(connection, stretches)
    rollups.make_again(connection, stretches)
    return unknown


def _worth_more(connection: Connection, rows: Sequence[MinuteRow]) -> list[MinuteRow]:
    """Return the minutes of which not all readings are here."""
    minute = (reading.c.at_ms - reading.c.at_ms % MINUTE_MS).label("minute")
    query = select(minute, func.count()).where(
        reading.c.series_id == rows[0][0],
        reading.c.at_ms >= rows[0][1],
        reading.c.at_ms < rows[-1][1] + MINUTE_MS,
    )
    here = {row[0]: row[1] for row in connection.execute(query.group_by(minute))}
    return [row for row in rows if here.get(row[1], 0) < sum(row[2:5])]


def _rows(series_id: int, said: SeriesMinutes) -> Iterator[MinuteRow]:
    starts = (minute * MINUTE_MS for minute in accumulate(said.at))
    counts = (_spread(one) for one in (said.good, said.uncertain, said.bad))
    return zip(repeat(series_id), starts, *counts, said.total, said.low, said.high)


def _is_readable(said: SeriesMinutes) -> bool:
    """Whether the columns belong together and hold what a minute can be."""
    length = len(said.at)
    counts = (said.good, said.uncertain, said.bad)
    if not all(_is_count(one, length) for one in counts) or not length:
        return False
    figures = (said.total, said.low, said.high)
    return (
        all(len(one) == length for one in figures)
        and min(said.at[1:], default=1) > 0
        and 0 <= said.at[0] <= sum(said.at) <= _LATEST
        and all(_is_minute(row) for row in _rows(0, said))
    )


def _is_count(column: int | list[int], length: int) -> bool:
    if isinstance(column, int):
        return column >= 0
    return len(column) == length and min(column, default=0) >= 0


def _is_minute(row: MinuteRow) -> bool:
    _, _, good, uncertain, bad, *figures = row
    has_figures = [one is not None for one in figures]
    return good + uncertain + bad > 0 and set(has_figures) == {good + uncertain > 0}


def _spread(column: int | list[int]) -> Any:
    return repeat(column) if isinstance(column, int) else column
