"""Telemetry of edges taken on: many series in one transaction, known again by its number.

The key of a reading is (series, time), so that one sent twice is one. Readings of a series whose
own record is not here, or that this version cannot read, are left with the edge, which keeps them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import accumulate, repeat

from sqlmodel import Session, col, select

from sensors import Quality, Reason
from traceability import inbox_minutes
from traceability.errors import StreamBroken
from traceability.inbox import stream_of
from traceability.models import Edge, EdgeRow
from traceability.readings import ReadingRow, insert_readings
from traceability.wire import Readings, ReadingsReceipt, SeriesReadings

_QUALITIES = frozenset(int(quality) for quality in Quality)
_REASONS = frozenset(int(reason) for reason in Reason)
# The last moment that can be said as a date.
_LATEST_MS = 253_402_300_799_999


def take(session: Session, edge: Edge, batch: Readings, *, now: datetime) -> ReadingsReceipt:
    """Take a batch of readings; the caller commits, then gives the receipt.

    Raises:
        StreamBroken: batches between what is here and this one are missing; nothing was taken.
    """
    stream = stream_of(session, edge, batch.store, now=now)
    if batch.number > stream.telemetry + 1:
        raise StreamBroken(stream="telemetry", after=batch.number - 1, have=stream.telemetry)
    here = _series(session, edge, batch)
    rows: list[ReadingRow] = []
    unknown = []
    for one in batch.series:
        if one.series in here and _is_readable(one):
            rows += _rows(here[one.series], one)
        else:
            unknown.append(one.series)
    stored = insert_readings(session.connection(), rows)
    unknown += inbox_minutes.take(session.connection(), here, batch.minutes)
    stream.telemetry = max(stream.telemetry, batch.number)
    session.flush()
    return ReadingsReceipt(batch.number, stored, unknown)


def _series(session: Session, edge: Edge, batch: Readings) -> dict[int, int]:
    """Return what the edge's series are numbered here."""
    prefix = f"{batch.store}/"
    query = select(EdgeRow.ref, EdgeRow.here).where(
        EdgeRow.edge_id == edge.id, EdgeRow.kind == "series", col(EdgeRow.ref).startswith(prefix)
    )
    return {int(ref.removeprefix(prefix)): int(here) for ref, here in session.exec(query)}


def _is_readable(said: SeriesReadings) -> bool:
    """Whether the columns belong together and hold only what this version knows."""
    return (
        len(said.at) == len(said.value) > 0
        and min(said.at[1:], default=0) >= 0
        and 0 <= said.at[0] <= sum(said.at) <= _LATEST_MS
        and _is_known(said.quality, _QUALITIES, len(said.at))
        and _is_known(said.reason, _REASONS, len(said.at))
    )


def _is_known(column: int | list[int], known: frozenset[int], length: int) -> bool:
    if isinstance(column, int):
        return column in known
    return len(column) == length and known.issuperset(column)


def _rows(series_id: int, said: SeriesReadings) -> Iterator[ReadingRow]:
    columns = (_spread(said.quality), _spread(said.reason))
    return zip(repeat(series_id), accumulate(said.at), said.value, *columns)


def _spread(column: int | list[int]) -> Iterable[int]:
    return repeat(column) if isinstance(column, int) else column
