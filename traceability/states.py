"""What was on or off, open or closed, and from when to when: the states of equipment.

A state holds until the next one, or as long as its window's `hold_ms`; then, and from a value that
is bad or stale on, nobody knows it.

Of what is old, repetitions are let go and the turns stay (`traceability.repetitions`), so all of
this is read from readings, however old they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Row, case, func, or_
from sqlalchemy import select as core_select
from sqlmodel import Session

from sensors import Quality, utc_from_ms
from sensors.quantities import STATES
from traceability.lived import Span
from traceability.models import Device, reading
from traceability.windows import Window, number_of, windows_of


@dataclass(frozen=True, slots=True)
class Run:
    """One state from start to end, start <= t < end. `value` is 0 to 1; above 0 is on or open."""

    start: datetime
    end: datetime
    value: float

    @property
    def is_on(self) -> bool:
        return self.value > 0

    @property
    def lasted(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Equipment:
    """One lamp, door or pump over a span: its runs, oldest first; between them nobody knows."""

    device: str
    quantity: str
    channel: str
    runs: Sequence[Run]

    @property
    def known(self) -> timedelta:
        return sum((run.lasted for run in self.runs), timedelta())

    @property
    def on(self) -> timedelta:
        """For how long it was on; a vent open by half for an hour was open for an hour."""
        return sum((run.lasted for run in self.runs if run.is_on), timedelta())

    @property
    def switched_on(self) -> int:
        """How often it went from off to on (a pump that starts too often is worn out soon)."""
        pairs = pairwise(self.runs)
        return sum(not a.is_on and b.is_on and a.end == b.start for a, b in pairs)


def of_spans(session: Session, spans: Sequence[Span]) -> list[Equipment]:
    """Return every piece of equipment that told its state in the spans' zones."""
    found: dict[tuple[str, str, str], list[Run]] = {}
    codes: dict[str, str] = {}
    for window in windows_of(session, spans):
        series = window.series
        if series.quantity in STATES and (heard := runs(session, window)):
            code = codes.setdefault(
                series.device_id, session.get_one(Device, series.device_id).code
            )
            found.setdefault((series.quantity, code, series.channel), []).extend(heard)
    order = list(STATES)
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1:]))
    return [
        Equipment(code, quantity, channel, sorted(found[quantity, code, channel], key=_start))
        for quantity, code, channel in keys
    ]


def runs(session: Session, window: Window) -> list[Run]:
    """Return the runs of one series within its window; equal states next to each other are one."""
    ends = (window.start_ms, window.end_ms)
    number = number_of(window.series)
    return runs_of(session, number, *ends, hold_ms=window.hold_ms, placed_ms=window.placed_ms)


def runs_of(
    session: Session,
    series_id: int,
    start_ms: int,
    end_ms: int,
    *,
    hold_ms: int,
    placed_ms: int = 0,
) -> list[Run]:
    """Return the runs of one series in a span; what its device said before `placed_ms`, elsewhere,
    does not count."""
    return _runs(session, _Asked(series_id, start_ms, end_ms, hold_ms, placed_ms))


class _Asked(NamedTuple):
    series_id: int
    start_ms: int
    end_ms: int
    hold_ms: int
    placed_ms: int


def _runs(session: Session, window: _Asked) -> list[Run]:
    found: list[Run] = []
    turns = session.connection().execute(_turns(window)).all()
    for turn, after in pairwise([*turns, None]):
        assert turn is not None
        end_ms = _end_ms(turn, after, window)
        start_ms = max(turn.at_ms, window.start_ms)
        if turn.value is None or end_ms <= start_ms:
            continue
        run = Run(utc_from_ms(start_ms), utc_from_ms(end_ms), turn.value)
        if found and found[-1].end == run.start and found[-1].value == run.value:
            run = Run(found.pop().start, run.end, run.value)
        found.append(run)
    return found


def _end_ms(turn: Row[Any], after: Row[Any] | None, window: _Asked) -> int:
    if turn.until_next > window.hold_ms:
        return int(min(turn.at_ms + window.hold_ms, window.end_ms))
    return window.end_ms if after is None else int(after.at_ms)


def _turns(window: _Asked) -> Any:
    """The readings at which a state began, changed, or was heard for the last time in a while."""
    at_ms = reading.c.at_ms
    believed = reading.c.quality <= int(Quality.UNCERTAIN)
    value = case((believed, reading.c.value), else_=None)
    since_ms = max(window.placed_ms, window.start_ms - window.hold_ms)
    rows = (
        core_select(
            at_ms,
            value.label("value"),
            func.lag(value).over(order_by=at_ms).label("before"),
            func.lag(at_ms).over(order_by=at_ms).label("before_ms"),
            (func.lead(at_ms, 1, window.end_ms).over(order_by=at_ms) - at_ms).label("until_next"),
        )
        .where(reading.c.series_id == window.series_id)
        .where(at_ms >= since_ms, at_ms < window.end_ms)
        .cte("rows")
    )
    turned = or_(
        rows.c.before_ms.is_(None),
        rows.c.value.is_distinct_from(rows.c.before),
        rows.c.at_ms - rows.c.before_ms > window.hold_ms,
        rows.c.until_next > window.hold_ms,
    )
    return (
        core_select(rows.c.at_ms, rows.c.value, rows.c.until_next)
        .where(turned)
        .order_by(rows.c.at_ms)
    )


def _start(run: Run) -> datetime:
    return run.start
