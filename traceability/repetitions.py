"""What was on or off is told again and again by whoever is asked; of that, the turns are enough.

A state is no climate: its minutes say how often it was told, not for how long it was on. So where
readings of others expire, of a state only those go that say what the one before said, if others
near them stay: every turn, what was said before a silence, and one each quarter of an hour, so that
nothing seems to be longer or shorter than it was.
"""

from typing import Any

from sqlalchemy import Connection, case, delete, func, select

from sensors import Quality
from traceability.models import reading

# Half of what a value is taken to hold where no other follows (`windows.HOLD_MS`).
_APART_MS = 15 * 60 * 1000


def let_go(connection: Connection, series_id: int, start_ms: int, end_ms: int) -> int:
    """Delete the repetitions of a state in start <= time < end; return how many there were."""
    at_ms = reading.c.at_ms
    believed = reading.c.quality <= int(Quality.UNCERTAIN)
    value = case((believed, reading.c.value), else_=None)
    bucket = at_ms - at_ms % _APART_MS

    def beside(of: Any, function: Any) -> Any:
        return function(of).over(order_by=at_ms)

    # The last of the stretch before is looked at, too, and stays.
    rows = (
        select(
            at_ms.label("at_ms"),
            value.label("value"),
            beside(value, func.lag).label("before"),
            beside(value, func.lead).label("after"),
            beside(at_ms, func.lead).label("after_ms"),
            beside(at_ms, func.lag).label("before_ms"),
            bucket.label("bucket"),
            beside(bucket, func.lag).label("bucket_before"),
        )
        .where(reading.c.series_id == series_id)
        .where(at_ms >= start_ms - _APART_MS, at_ms < end_ms)
        .subquery()
    )
    is_repeated = (
        rows.c.value.is_not_distinct_from(rows.c.before),
        rows.c.value.is_not_distinct_from(rows.c.after),
        rows.c.bucket == rows.c.bucket_before,
        rows.c.after_ms - rows.c.at_ms <= _APART_MS,
    )
    gone = select(rows.c.at_ms).where(*is_repeated, rows.c.at_ms >= start_ms)
    of_series = reading.c.series_id == series_id
    return connection.execute(delete(reading).where(of_series, at_ms.in_(gone))).rowcount
