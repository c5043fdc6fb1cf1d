"""Where a hub has minutes of a series and no readings: they had waited too long at their edge.

Whoever reads such a span finds its minutes (`traceability.pieces`); pages say so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select
from sqlmodel import Session, col

from sensors import utc_from_ms
from traceability.models import Device, EdgeSite, Series, Site, thinned_span
from traceability.resolutions import HOUR_MS
from traceability.rollups import Stretch, merged

# Minutes of a probe that speaks seldom are one span.
_NEAR_MS = HOUR_MS


class ByMinute(NamedTuple):
    """From the first to the last of what an edge sent by the minute, and the zone of its days."""

    start: datetime
    end: datetime
    time_zone: str


def note(connection: Connection, stretches: Iterable[Stretch]) -> None:
    """Write down that these are minutes only; what touches what is known becomes one."""
    new = merged(stretches, near_ms=_NEAR_MS)
    for series_id, group in groupby(new, key=attrgetter("series_id")):
        spans = list(group)
        touched = (
            thinned_span.c.series_id == series_id,
            thinned_span.c.start_ms <= spans[-1].end_ms + _NEAR_MS,
            thinned_span.c.end_ms >= spans[0].start_ms - _NEAR_MS,
        )
        known = [Stretch(*row) for row in connection.execute(select(thinned_span).where(*touched))]
        connection.execute(delete(thinned_span).where(*touched))
        rows = [one._asdict() for one in merged([*known, *spans], near_ms=_NEAR_MS)]
        connection.execute(insert(thinned_span), rows)


def of_series(
    connection: Connection, series_ids: Collection[int]
) -> dict[int, tuple[tuple[int, int], ...]]:
    """Return the spans of each series that has any, oldest first: start <= time < end. [ms]"""
    query = select(thinned_span).where(thinned_span.c.series_id.in_(series_ids))
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for series_id, start_ms, end_ms in connection.execute(query.order_by(*thinned_span.c)):
        found[series_id].append((start_ms, end_ms))
    return {series_id: tuple(spans) for series_id, spans in found.items()}


def of_edges(session: Session) -> dict[str, ByMinute]:
    """Return, by edge, from when to when it has sent minutes instead of readings."""
    span = thinned_span.c
    query = (
        select(
            col(EdgeSite.edge_id),
            func.min(span.start_ms),
            func.max(span.end_ms),
            func.min(col(Site.time_zone)),
        )
        .join(Site, col(Site.id) == col(EdgeSite.site_id))
        .join(Device, col(Device.site_id) == col(EdgeSite.site_id))
        .join(Series, col(Series.device_id) == col(Device.id))
        .join(thinned_span, span.series_id == col(Series.id))
        .group_by(col(EdgeSite.edge_id))
    )
    rows = session.connection().execute(query)
    return {edge: ByMinute(utc_from_ms(a), utc_from_ms(b), zone) for edge, a, b, zone in rows}
