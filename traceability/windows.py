"""Which series stood in a zone and when, and its trusted values with how long each holds.

Every value holds until the next one, but at most HOLD_MS (a door or a lamp that speaks when it
changes: STATE_HOLD_MS): beyond that nobody knows. Bad and stale values do not count. Values are
calibrated as the database reads them. Where readings have expired, the mean of a minute (an hour,
a day) stands for those it was made of.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import CTE, ColumnElement, Double, FromClause, case, cast, func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session

from sensors import QUANTITIES, Quality, to_ms, utc_from_ms
from sensors.calibration import Calibration
from traceability import calibrations, standing
from traceability.lived import Gap, Span
from traceability.models import Series, reading
from traceability.pieces import NO_MARK, Piece, marks_of, pieces_of, rows_of
from traceability.resolutions import Resolution

# A radio probe on a battery speaks every 20 minutes; anything slower is a gap, not a reading.
HOLD_MS = 30 * 60 * 1000
# A contact or a relay speaks when it changes and else says that it is alive: Zigbee2MQTT gives a
# device on a battery 25 hours for that, and so do we.
STATE_HOLD_MS = 25 * 60 * 60 * 1000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Window:
    """One series while it stood in one span's zone, with the calibrations of the series.

    `pieces` say which rows are read for it: readings only (also if there are none), or rollups.
    """

    series: Series
    span: Span
    start_ms: int
    end_ms: int
    events: Sequence[Calibration]
    hold_ms: int = HOLD_MS  # for how long a value goes on where no other follows
    placed_ms: int = 0  # since when the device has stood there
    pieces: Sequence[Piece] = ()

    @property
    def coarsest(self) -> Resolution:
        return max((piece.resolution for piece in self.pieces), default=Resolution.RAW)


def windows_of(
    session: Session, spans: Sequence[Span], resolution: Resolution = Resolution.RAW
) -> list[Window]:
    """Find which series stood in each span's zone, and when: probes move, too (`standing`).

    Args:
        resolution: What is enough for the question; what has expired is read coarser anyway.
    """
    stood = [one for span in spans for one in standing.of_span(session, span)]
    numbers = {number_of(one.series) for one in stood}
    events = calibrations.of_series(session, numbers)
    connection = session.connection()
    marks = marks_of(connection, numbers)

    found = []
    for one in stood:
        number, times = number_of(one.series), (to_ms(one.start), to_ms(one.end))
        of, mark = events.get(number, ()), marks.get(number, NO_MARK)
        pieces = pieces_of(connection, number, times, resolution, mark=mark, events=of)
        hold_ms = hold_ms_of(one.series.quantity, one.model)
        placed_ms = to_ms(one.placed)
        found.append(Window(one.series, one.span, *times, of, hold_ms, placed_ms, pieces))
    return found


def hold_ms_of(quantity: str, model: str) -> int:
    """Return for how long a value is taken to go on where no other follows. [ms]

    Args:
        model: What is asked has one, and answers each time; who has none speaks by itself.
    """
    return STATE_HOLD_MS if QUANTITIES[quantity].state and not model else HOLD_MS


def number_of(series: Series) -> int:
    assert series.id is not None
    return series.id


def trusted(window: Window) -> CTE:
    """The window's trusted values, each with how long it holds and how long until the next.

    Further columns: `low`, `high` and number of the `readings` a value stands for, and the share
    of them in `doubt`; `hold` is how long it would hold at most.
    """
    rows = _rows(window, window.start_ms)
    until_next = until_next_of(rows.c.at_ms, window)
    return core_select(
        *rows.c, until_next.label("until_next"), held_of(until_next, rows.c.hold)
    ).cte("trusted")


def lasting(window: Window) -> CTE:
    """As `trusted`, with what was said before the window began and still holds in it.

    So a life cut into stages has as much measured time as the whole. `begin_ms` is when a value
    began to hold within the window.
    """
    start_ms = window.start_ms
    said = _rows(window, max(window.placed_ms, start_ms - window.hold_ms))
    rows = core_select(*said.c, held_of(until_next_of(said.c.at_ms, window), said.c.hold)).cte(
        "rows"
    )
    begin_ms = case((rows.c.at_ms < start_ms, start_ms), else_=rows.c.at_ms)
    held = rows.c.at_ms + rows.c.held - begin_ms
    figures = (rows.c[name] for name in ("value", "low", "high", "readings", "doubt"))
    kept = core_select(begin_ms.label("begin_ms"), *figures, held.label("held"))
    return kept.where(rows.c.at_ms + rows.c.held > start_ms).cte("lasting")


def _rows(window: Window, since_ms: int) -> CTE:
    if window.coarsest is Resolution.RAW:
        return _readings(window, since_ms)
    rows = rows_of(number_of(window.series), window.pieces, window.events)
    hold = case((rows.c.width_ms > window.hold_ms, rows.c.width_ms), else_=window.hold_ms)
    return (
        core_select(
            rows.c.at_ms,
            (rows.c.total / rows.c.trusted).label("value"),
            rows.c.low,
            rows.c.high,
            rows.c.trusted.label("readings"),
            (cast(rows.c.uncertain, Double) / rows.c.trusted).label("doubt"),
            hold.label("hold"),
        )
        .where(rows.c.trusted > 0)
        .cte("kept")
    )


def _readings(window: Window, since_ms: int) -> CTE:
    value = value_of(reading, window)
    return (
        core_select(
            reading.c.at_ms,
            value.label("value"),
            value.label("low"),
            value.label("high"),
            literal(1).label("readings"),
            case((reading.c.quality > int(Quality.GOOD), 1.0), else_=0.0).label("doubt"),
            literal(window.hold_ms).label("hold"),
        )
        .where(*is_trusted(reading, window))
        .where(reading.c.at_ms >= since_ms, reading.c.at_ms < window.end_ms)
        .cte("said")
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


def held_of(until_next: ColumnElement[Any], hold_ms: Any) -> ColumnElement[Any]:
    # As float: PostgreSQL would sum whole numbers into Decimal.
    held = case((until_next > hold_ms, hold_ms), else_=until_next)
    return cast(held, Double).label("held")


def gaps_of(session: Session, window: Window, rows: CTE) -> list[Gap]:
    """Return the stretches of the window in which `rows`, made as `trusted`, say nothing."""
    query = core_select(rows.c.at_ms, rows.c.hold, rows.c.until_next)
    silent = query.where(rows.c.until_next > rows.c.hold).order_by(rows.c.at_ms)
    found = session.connection().execute(silent).all()
    first = session.connection().scalar(core_select(func.min(rows.c.at_ms)))
    stretches = [(at_ms + hold, at_ms + until_next) for at_ms, hold, until_next in found]
    if first is not None and first - window.start_ms > window.hold_ms:
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
