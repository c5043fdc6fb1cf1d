"""Values of several series that were true at one moment, counted, for what follows from them.

Formulas bend, so they are computed moment by moment and only then averaged. The database joins the
series and counts equal moments together: a month of a probe that shows tenths is some thousand
different ones, so the formulas of `sensors` need no twin in SQL.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, case, func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session

from sensors import QUANTITIES, Quality
from traceability import coarse
from traceability.coarse import PAIR_MS, Moment
from traceability.lived import Condition, Gap
from traceability.models import reading
from traceability.resolutions import Resolution
from traceability.windows import (
    Window,
    best_by_span,
    gaps_of,
    held_of,
    is_trusted,
    trusted,
    until_next_of,
    value_of,
)

# A stretch in which all moments lie.
_ALWAYS_MS = 10**15

# One value a source, in the order of the series; None where nothing follows from them.
Formula = Callable[..., float | None]


@dataclass(frozen=True, slots=True)
class Moments:
    """Equal moments together."""

    window: Window
    rows: Sequence[Moment]
    gaps: Sequence[Gap]

    @property
    def held(self) -> float:
        return float(sum(row.held for row in self.rows))

    def values(self, formula: Formula) -> Iterator[tuple[float, Moment]]:
        for row in self.rows:
            value = formula(*row.values)
            if value is not None:
                yield value, row


def moments(session: Session, windows: Sequence[Window]) -> Moments:
    """Return when the first series and all others had trusted values; the first sets the pace."""
    first = windows[0]
    rows = trusted(first) if _are_coarse(windows) else together(windows)
    found = [moment for _, moment in moments_by(session, windows)]
    return Moments(first, found, gaps_of(session, first, rows))


def moments_by(
    session: Session, windows: Sequence[Window], *, start_ms: int = 0, width_ms: int = _ALWAYS_MS
) -> Iterator[tuple[int, Moment]]:
    """Give moments with the number of the stretch of `width_ms` in which each lies, counted from
    `start_ms`; equal ones of a stretch are one."""
    if _are_coarse(windows):
        for at_ms, moment in coarse.moments(session, windows):
            yield (at_ms - start_ms) // width_ms, moment
        return
    rows = together(windows)
    kinds = ((rows.c.at_ms - start_ms) // literal(width_ms), *values_of(rows))
    doubted = case((rows.c.quality > int(Quality.GOOD), rows.c.held), else_=0.0)
    query = core_select(*kinds, func.count(), func.sum(rows.c.held), func.sum(doubted))
    for number, *values, readings, held, uncertain in session.connection().execute(
        query.group_by(*kinds)
    ):
        yield number, Moment(values, readings, held, uncertain)


def _are_coarse(windows: Sequence[Window]) -> bool:
    return any(window.coarsest is not Resolution.RAW for window in windows)


def together(windows: Sequence[Window]) -> CTE:
    """Each trusted value of the first series with the newest of each other, PAIR_MS old at most.

    The worst quality of them is that of the moment.
    """
    first, *others = windows
    base = reading.alias("base")
    source: FromClause = base
    values = [value_of(base, first)]
    worst: ColumnElement[Any] = base.c.quality
    wanted = [*is_trusted(base, first), base.c.at_ms >= first.start_ms]
    for number, other in enumerate(others):
        rows = reading.alias(f"other_{number}")
        is_newest = rows.c.at_ms == _newest(base, other, f"newest_{number}")
        source = source.join(rows, and_(rows.c.series_id == other.series.id, is_newest))
        values.append(value_of(rows, other))
        worst = case((rows.c.quality > worst, rows.c.quality), else_=worst)
    wanted += [condition for v, w in zip(values, windows, strict=True) for condition in _can(v, w)]
    until_next = until_next_of(base.c.at_ms, first)
    cut = [_cut(value, windows[i]).label(f"value_{i}") for i, value in enumerate(values)]
    return (
        core_select(
            base.c.at_ms,
            *cut,
            worst.label("quality"),
            literal(first.hold_ms).label("hold"),
            until_next.label("until_next"),
            held_of(until_next, first.hold_ms),
        )
        .select_from(source)
        .where(*wanted, base.c.at_ms < first.end_ms)
        .cte("together")
    )


def values_of(rows: CTE) -> list[ColumnElement[Any]]:
    return [column for column in rows.c if column.name.startswith("value_")]


def summarised(
    heard: Sequence[Moments],
    formula: Formula,
    quantity: str,
    *,
    target: tuple[float, float] | None,
    total_ms: int,
    sources: Sequence[str],
) -> Condition | None:
    """Return what followed over all moments; None where nothing did."""
    valued = [pair for one in heard for pair in one.values(formula)]
    if not valued:
        return None
    held = sum(row.held for _, row in valued)
    best = best_by_span(heard, window=lambda one: one.window, held=lambda one: one.held)
    low, high = target or (0.0, 0.0)
    inside = sum(row.held for value, row in valued if low <= value <= high)
    return Condition(
        quantity=quantity,
        mean=sum(value * row.held for value, row in valued) / held,
        low=min(value for value, _ in valued),
        high=max(value for value, _ in valued),
        target=target,
        in_range=None if target is None else inside / held,
        covered=min(1.0, sum(one.held for one in best) / total_ms),
        uncertain=sum(row.uncertain for _, row in valued) / held,
        readings=sum(row.readings for _, row in valued),
        gaps=[gap for one in best for gap in one.gaps],
        derived_from=sources,
    )


def _newest(base: FromClause, window: Window, name: str) -> ColumnElement[Any]:
    rows = reading.alias(name)
    return (
        core_select(func.max(rows.c.at_ms))
        .where(*is_trusted(rows, window))
        .where(rows.c.at_ms <= base.c.at_ms, rows.c.at_ms > base.c.at_ms - PAIR_MS)
        .correlate(base)
        .scalar_subquery()
    )


def _can(value: ColumnElement[Any], window: Window) -> list[ColumnElement[bool]]:
    """No formula has a meaning for what cannot be: 130 % is no humidity."""
    row = QUANTITIES[window.series.quantity]
    return [value >= row.low - row.slack_low, value <= row.high + row.slack_high]


def _cut(value: ColumnElement[Any], window: Window) -> ColumnElement[Any]:
    """A wet probe says 103 %: within its error that is 100."""
    row = QUANTITIES[window.series.quantity]
    if not row.slack_low and not row.slack_high:
        return value
    return case((value > row.high, row.high), (value < row.low, row.low), else_=value)
