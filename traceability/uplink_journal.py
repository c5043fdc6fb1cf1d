"""Which times the batches of telemetry held, for a hub that was restored and has lost some."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlmodel import SQLModel

from traceability.resolutions import HOUR_MS
from traceability.uplink_readings import add_gaps

# Kept by the hour.
_HOUR = timedelta(hours=1)

_MARK: Any = SQLModel.metadata.tables["uplink_mark"]
_SENT: Any = SQLModel.metadata.tables["uplink_sent"]


def journal(connection: Connection, number: int, span: tuple[int, int], *, now: datetime) -> None:
    """Write down which times a batch held, for a hub that loses it."""
    start_ms, end_ms = span
    near = select(_SENT.c.first).where(
        _SENT.c.began_at > now - _HOUR,
        _SENT.c.start_ms <= end_ms + HOUR_MS,
        _SENT.c.end_ms >= start_ms - HOUR_MS,
    )
    first = connection.scalar(near.order_by(_SENT.c.first.desc()).limit(1))
    if first is None:
        row = {"first": number, "last": number, "start_ms": start_ms, "end_ms": end_ms}
        connection.execute(insert(_SENT).values(**row, began_at=now))
        return
    is_server = connection.dialect.name == "postgresql"
    least, most = (func.least, func.greatest) if is_server else (func.min, func.max)
    wider = {"start_ms": least(_SENT.c.start_ms, start_ms), "end_ms": most(_SENT.c.end_ms, end_ms)}
    wanted = update(_SENT).where(_SENT.c.first == first)
    connection.execute(wanted.values(last=number, **wider))


def send_again(connection: Connection, after: int) -> None:
    """Make gaps of what batches after a number held: their hub has lost them."""
    lost = connection.execute(select(_SENT).where(_SENT.c.last > after)).all()
    marks = connection.execute(select(_MARK.c.series_id, _MARK.c.at_ms)).all()
    for row in lost:
        ends = ((series_id, row.start_ms, min(at_ms, row.end_ms)) for series_id, at_ms in marks)
        add_gaps(connection, [gap for gap in ends if gap[1] <= gap[2]])
    connection.execute(delete(_SENT).where(_SENT.c.last > after))
