"""The readings of an alarm as charts: before it, during it, and the limits it was raised by."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from api import figures
from api.alarm_words import Told
from api.charts import Pair
from api.figures import Figure
from api.i18n import Reader
from sensors import QUANTITIES
from traceability import alarm_readings, alarms
from traceability.conditions import Point

POINTS = 96
_MOST_FIGURES = 4
# Narrower than this there is no course to see.
_LEAST = timedelta(minutes=10)

_Value = tuple[datetime, float]


def of_alarm(session: Session, reader: Reader, told: Told, *, now: datetime) -> list[Figure]:
    """Return a chart of each series the alarm is kept with."""
    found = []
    for kept in told.alarm.readings[:_MOST_FIGURES]:
        if kept["quantity"] not in QUANTITIES:
            continue
        values = _values([kept, *_later(session, told, kept, now)])
        if len(values) < 2:
            continue
        name = " ".join(filter(None, (kept["device"], kept["channel"])))
        figure = figures.of_span(
            reader,
            kept["quantity"],
            bucketed(values),
            target=_target(told, kept, values),
            zone=told.site.time_zone,
            until=now,
        )
        found.append(figures.named(figure, f"{figure.title} ({name})"))
    return found


def bucketed(values: Sequence[_Value], most: int = POINTS) -> list[Point]:
    """Return values in time as buckets of equal width, None where nothing was heard."""
    start, end = values[0][0], max(values[-1][0], values[0][0] + _LEAST)
    width = (end - start) / most
    inside: list[list[float]] = [[] for _ in range(most)]
    for at, value in values:
        inside[min(most - 1, int((at - start) / width))].append(value)
    return [
        Point(
            start + width * i,
            sum(one) / len(one) if one else None,
            min(one, default=None),
            max(one, default=None),
        )
        for i, one in enumerate(_held(inside))
    ]


def _held(inside: Sequence[Sequence[float]]) -> Iterable[Sequence[float]]:
    """A slow probe has fewer values than buckets: one holds for a few of them."""
    heard = sum(bool(one) for one in inside)
    most = -(-len(inside) // max(heard, 1)) * 2
    last: Sequence[float] = ()
    empty = 0
    for one in inside:
        empty = 0 if one else empty + 1
        last = one or (last[-1:] if empty <= most else ())
        yield last


def _later(
    session: Session, told: Told, kept: dict[str, Any], now: datetime
) -> Iterable[dict[str, Any]]:
    """What was heard since: from the record while it is there, else as the alarm kept it."""
    until = told.alarm.cleared_at or now
    later = alarm_readings.since_raised(session, told.alarm, until=until)
    stored = [event for event in alarms.events(session, told.alarm) if event.kind == "cleared"]
    for event in stored:
        later += event.facts.get("readings", ())
    return [one for one in later if _name(one) == _name(kept)]


def _values(parts: Iterable[dict[str, Any]]) -> list[_Value]:
    found = {
        datetime.fromisoformat(at): float(value)
        for part in parts
        for at, value, quality in part["points"]
        if value is not None and quality in ("good", "uncertain")
    }
    return sorted(found.items())


def _target(
    told: Told, kept: dict[str, Any], values: Sequence[_Value]
) -> list[tuple[datetime, datetime, Pair]]:
    """The range it should have stayed in; of one limit, what is seen on its good side."""
    low: float | None = told.alarm.facts.get("low")
    high: float | None = told.alarm.facts.get("high")
    if kept["quantity"] != told.alarm.quantity:
        return []
    seen = [value for _, value in values]
    if low is None and high is not None:
        low = min(*seen, high)
    elif high is None and low is not None:
        high = max(*seen, low)
    if low is None or high is None or low >= high:
        return []
    end = max(values[-1][0], values[0][0] + _LEAST)
    return [(values[0][0], end, (low, high))]


def _name(kept: dict[str, Any]) -> tuple[str, str, str]:
    return kept["device"], kept["quantity"], kept["channel"]
