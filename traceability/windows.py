"""Which series stood in a zone and when, and its trusted values with how long each holds.

Every value holds until the next one, but at most HOLD_MS: beyond that nobody knows. Bad and stale
values do not count. Values are calibrated as the database reads them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import CTE, ColumnElement, Double, FromClause, case, cast, func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, or_, select

from sensors import Quality, to_ms, utc_from_ms
from sensors.calibration import Calibration
from traceability import calibrations
from traceability.lived import Gap, Span
from traceability.models import Placement, Series, reading

# A radio probe on a battery speaks every 20 minutes; anything slower is a gap, not a reading.
HOLD_MS = 30 * 60 * 1000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Window:
    """One series while it stood in one span's zone, with the calibrations of the series."""

    series: Series
    span: Span
    start_ms: int
    end_ms: int
    events: Sequence[Calibration]


def windows_of(session: Session, spans: Sequence[Span]) -> list[Window]:
    """Find which series stood in each span's zone, and when: probes move, too."""
    stood = []
    for span in spans:
        query = (
            select(Series, Placement)
            .join(Placement, col(Placement.device_id) == col(Series.device_id))
            .where(Placement.zone_id == span.zone.id, Placement.start < span.end)
            .where(or_(col(Placement.end).is_(None), col(Placement.end) > span.start))
            .order_by(col(Series.id))
        )
        for series, placement in session.exec(query):
            start, end = max(span.start, placement.start), min(span.end, placement.end or span.end)
            stood.append((series, span, to_ms(start), to_ms(end)))
    events = calibrations.of_series(session, (number_of(series) for series, *_ in stood))
    return [Window(*one, events.get(number_of(one[0]), ())) for one in stood]


def number_of(series: Series) -> int:
    assert series.id is not None
    return series.id


def trusted(window: Window) -> CTE:
    """The window's trusted values, each with how long it holds and how long until the next."""
    until_next = until_next_of(reading.c.at_ms, window)
    return (
        core_select(
            reading.c.at_ms,
            value_of(reading, window).label("value"),
            reading.c.quality,
            until_next.label("until_next"),
            held_of(until_next),
        )
        .where(*is_trusted(reading, window))
        .where(reading.c.at_ms >= window.start_ms, reading.c.at_ms < window.end_ms)
        .cte("trusted")
    )


def value_of(rows: FromClause, window: Window) -> ColumnElement[Any]:
    return calibrations.calibrated(rows.c.at_ms, rows.c.value, window.events)


def is_trusted(rows: FromClause, window: Window) -> tuple[ColumnElement[bool], ...]:
    """The rows of the window's series that count; its time is the caller's to bound."""
    return (
        rows.c.series_id == window.series.id,
        rows.c.value.is_not(None),
        rows.c.quality <= int(Quality.UNCERTAIN),
    )


def until_next_of(at_ms: ColumnElement[Any], window: Window) -> ColumnElement[Any]:
    return func.lead(at_ms, 1, window.end_ms).over(order_by=at_ms) - at_ms


def held_of(until_next: ColumnElement[Any]) -> ColumnElement[Any]:
    # As float: PostgreSQL would sum whole numbers into Decimal.
    held = case((until_next > HOLD_MS, HOLD_MS), else_=until_next)
    return cast(held, Double).label("held")


def gaps_of(session: Session, window: Window, rows: CTE) -> list[Gap]:
    """Return the stretches of the window in which `rows`, made as `trusted`, say nothing."""
    query = core_select(rows.c.at_ms, rows.c.until_next).where(rows.c.until_next > HOLD_MS)
    found = session.connection().execute(query.order_by(rows.c.at_ms)).all()
    first = session.connection().scalar(core_select(func.min(rows.c.at_ms)))
    stretches = [(at_ms + HOLD_MS, at_ms + until_next) for at_ms, until_next in found]
    if first is not None and first - window.start_ms > HOLD_MS:
        stretches.insert(0, (window.start_ms, first))
    zone = window.span.zone.code
    return [Gap(zone, utc_from_ms(start), utc_from_ms(end)) for start, end in stretches]


def best_by_span(
    heard: Iterable[_T], *, window: Callable[[_T], Window], held: Callable[[_T], float]
) -> list[_T]:
    """Of several probes of one quantity in a zone, coverage and gaps are those of the best one."""
    best: dict[tuple[str, datetime], _T] = {}
    for one in heard:
        span = window(one).span
        key = (span.zone.id, span.start)
        if key not in best or held(one) > held(best[key]):
            best[key] = one
    return list(best.values())
