"""What the probes of spans said, by quarter hour: the grain in which day and night are told apart.

Sums are made by the database; a lot's six weeks are some thousand quarters a quantity, however
often its probes speak. A value counts to the quarter in which it began to hold.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, and_, case, func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session

from sensors.derived import OF_AIR
from traceability import derived
from traceability.coarse import Moment
from traceability.together import moments_by
from traceability.windows import Window, lasting

QUARTER_MS = 15 * 60 * 1000

Range = tuple[float, float]


class Heard(NamedTuple):
    """One probe in one quarter. Times are ms; `inside` is one for each range asked for."""

    quarter: int  # since 1970, UTC
    readings: int
    low: float
    high: float
    area: float  # value x ms
    held: float
    doubted: float
    inside: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """All that one probe said of one quantity while it stood in one span's zone."""

    quantity: str
    window: Window
    quarters: Sequence[Heard]
    derived_from: Sequence[str] = ()


def measured(session: Session, window: Window, ranges: Sequence[Range | None]) -> Told:
    """Return a window by quarters, and how long it was in each range (0 where there is none)."""
    rows = lasting(window)
    quarter = rows.c.begin_ms // literal(QUARTER_MS)
    query = core_select(
        quarter,
        func.sum(rows.c.readings),
        func.min(rows.c.low),
        func.max(rows.c.high),
        func.sum(rows.c.value * rows.c.held),
        func.sum(rows.c.held),
        func.sum(rows.c.doubt * rows.c.held),
        *(func.sum(_held_inside(rows, one)) for one in ranges),
    )
    found = session.connection().execute(query.group_by(quarter)).all()
    quarters = [Heard._make((*row[:7], tuple(row[7:]))) for row in found]
    return Told(window.series.quantity, window, quarters)


def computed(
    session: Session,
    windows: Sequence[Window],
    quantities: Sequence[str],
    ranges_of: Callable[[str], Sequence[Range | None]],
) -> Iterator[Told]:
    """Return what follows from the temperature and the humidity of each probe."""
    for pair in derived.of_one_probe(windows) if quantities else ():
        rows = list(moments_by(session, pair, width_ms=QUARTER_MS))
        for name in quantities:
            quarters = list(_followed(rows, name, ranges_of(name)))
            if quarters:
                yield Told(name, pair[0], quarters, derived.SOURCES)


def _held_inside(rows: CTE, one: Range | None) -> ColumnElement[Any]:
    if one is None:
        return literal(0.0)
    low, high = one
    return case((and_(rows.c.value >= low, rows.c.value <= high), rows.c.held), else_=0.0)


def _followed(
    rows: Sequence[tuple[int, Moment]], quantity: str, ranges: Sequence[Range | None]
) -> Iterator[Heard]:
    formula = OF_AIR[quantity]
    for quarter, (values, readings, held, doubted) in rows:
        value = formula(*values)
        if value is not None:
            inside = tuple(held if r and r[0] <= value <= r[1] else 0.0 for r in ranges)
            yield Heard(quarter, readings, value, value, value * held, held, doubted, inside)
