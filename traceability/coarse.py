"""Values of several series of one moment where not readings are read, but rollups.

The mean of a minute stands for its readings. Pairs are few then (1,440 a day), so they are matched
here and not in the database; `traceability.together` does the same with readings.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from sensors import QUANTITIES
from traceability.pieces import rows_of
from traceability.windows import HOLD_MS, Window, number_of

# Values of one message have one time; a bridge that sends them apart does so within seconds.
PAIR_MS = 60 * 1000


class Moment(NamedTuple):
    """What was true at once: a value a series; times in ms."""

    values: Sequence[float]
    readings: int
    held: float
    uncertain: float


class _Said(NamedTuple):
    """A trusted value that a formula has a meaning for, and until when it is the newest."""

    at_ms: int
    width_ms: int
    value: float
    readings: int
    doubt: float
    until_ms: int

    @property
    def held(self) -> float:
        return min(self.until_ms - self.at_ms, max(HOLD_MS, self.width_ms))


def moments(session: Session, windows: Sequence[Window]) -> list[tuple[int, Moment]]:
    """Return when the first series and all others had trusted values, and which."""
    base, *others = (_said(session, window) for window in windows)
    times = [[one.at_ms for one in of] for of in others]
    found: list[tuple[int, Moment]] = []
    for said in base:
        near = [_newest(of, at, said.at_ms) for of, at in zip(others, times, strict=True)]
        true = [said, *(one for one in near if one)]
        if len(true) == len(windows):
            doubted = max(one.doubt for one in true) * said.held
            values = [one.value for one in true]
            found.append((said.at_ms, Moment(values, said.readings, said.held, doubted)))
    return found


def _said(session: Session, window: Window) -> list[_Said]:
    known = QUANTITIES[window.series.quantity]
    lowest, highest = known.low - known.slack_low, known.high + known.slack_high
    is_loose = known.slack_low or known.slack_high
    rows = rows_of(number_of(window.series), window.pieces, window.events)
    query = select(rows.c.at_ms, rows.c.width_ms, rows.c.total, rows.c.trusted, rows.c.uncertain)
    wanted = query.where(rows.c.trusted > 0).order_by(rows.c.at_ms)
    found: list[_Said] = []
    end_ms = window.end_ms
    for at_ms, width_ms, total, trusted, uncertain in reversed(
        session.connection().execute(wanted).all()
    ):
        value = total / trusted
        if lowest <= value <= highest:
            # A wet probe says 103 %: within its error that is 100.
            cut = min(known.high, max(known.low, value)) if is_loose else value
            found.append(_Said(at_ms, width_ms, cut, trusted, uncertain / trusted, end_ms))
            end_ms = at_ms
    return found[::-1]


def _newest(said: Sequence[_Said], times: Sequence[int], at_ms: int) -> _Said | None:
    place = bisect_right(times, at_ms) - 1
    if place < 0 or at_ms - times[place] >= max(PAIR_MS, said[place].width_ms):
        return None
    return said[place]
