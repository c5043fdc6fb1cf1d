"""What a lot lived through: its stays joined with what the probes of those zones said meanwhile.

Every value holds until the next one, but at most HOLD_MS: beyond that nobody knows, and the gap is
said aloud instead of bridged. Bad and stale values do not count; uncertain ones do, and their share
is told. The sums are made by the database, so a month of readings every ten seconds stays cheap.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CTE, Double, Row, and_, case, cast, func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session, col, or_, select

from sensors import QUANTITIES, Quality, to_ms, utc_from_ms
from traceability.models import CropTarget, Lot, Placement, Series, Site, Stay, Zone, reading

# A radio probe on a battery speaks every 20 minutes; anything slower is a gap, not a reading.
HOLD_MS = 30 * 60 * 1000
# Light is summed in quarter hours: every time zone's midnight falls on one.
_QUARTER_MS = 15 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Span:
    """A lot's time in one zone, start <= t < end."""

    zone: Zone
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which nothing trustworthy was heard."""

    zone: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """One quantity over all spans, in the unit of `sensors.QUANTITIES`; shares are 0 to 1.

    `covered` is the share of the time with a trusted value; mean and `in_range` speak of that
    time only. `in_range` is None where the crop has no target for the quantity.
    """

    quantity: str
    mean: float
    low: float
    high: float
    target: tuple[float, float] | None
    in_range: float | None
    covered: float
    uncertain: float
    readings: int
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class DayLight:
    """Daily light integral of one local day. [mol/m²/d] `covered`: measured share of the day."""

    day: date
    mol: float
    covered: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was lived through in the given spans."""

    spans: Sequence[Span]
    quantities: Sequence[Condition]
    daily_light: Sequence[DayLight]


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a chart; all None where nothing was heard."""

    at: datetime
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class _Window:
    """One series while it stood in one span's zone."""

    series: Series
    span: Span
    start_ms: int
    end_ms: int


def spans_of(session: Session, lots: Sequence[Lot], *, now: datetime) -> list[Span]:
    """Return where these lots were, overlaps in one zone joined, oldest first.

    An open stay ends `now`: the future has not been lived through.
    """
    query = (
        select(Stay, Zone)
        .join(Zone, col(Zone.id) == col(Stay.zone_id))
        .where(col(Stay.lot_id).in_([lot.id for lot in lots]), Stay.start < now)
        .order_by(col(Stay.zone_id), col(Stay.start))
    )
    spans: list[Span] = []
    for stay, zone in session.exec(query):
        end = min(stay.end or now, now)
        last = spans[-1] if spans else None
        if last is not None and last.zone.id == zone.id and stay.start <= last.end:
            spans[-1] = Span(zone, last.start, max(last.end, end))
        elif end > stay.start:
            spans.append(Span(zone, stay.start, end))
    return sorted(spans, key=lambda span: span.start)


def targets_of(session: Session, crop_id: str) -> dict[str, tuple[float, float]]:
    """Return quantity -> (low, high) in which the crop should grow."""
    rows = session.exec(select(CropTarget).where(CropTarget.crop_id == crop_id))
    return {row.quantity: (row.low, row.high) for row in rows}


def lived_through(
    session: Session,
    spans: Sequence[Span],
    *,
    targets: Mapping[str, tuple[float, float]] | None = None,
) -> Conditions:
    """Summarise every quantity measured in the spans' zones, against targets where there are."""
    windows = _windows(session, spans)
    targets = targets or {}
    names = sorted({w.series.quantity for w in windows}, key=list(QUANTITIES).index)
    found = [
        _condition(
            session, [w for w in windows if w.series.quantity == q], q, targets.get(q), spans
        )
        for q in names
    ]
    light = [w for w in windows if w.series.quantity == "ppfd"]
    return Conditions(spans, [c for c in found if c is not None], _daily_light(session, light))


def chart(
    session: Session, spans: Sequence[Span], quantity: str, *, points: int = 160
) -> list[Point]:
    """Return about so many buckets from the first span's start to the last one's end."""
    if not spans:
        return []
    start_ms, end_ms = to_ms(spans[0].start), to_ms(max(span.end for span in spans))
    width = max(1, -(-(end_ms - start_ms) // points))
    buckets: dict[int, list[tuple[float, float, float]]] = {}
    for window in _windows(session, spans):
        if window.series.quantity == quantity:
            for bucket, mean, low, high in _bucketed(session, window, start_ms, width):
                buckets.setdefault(bucket, []).append((mean, low, high))
    count = -(-(end_ms - start_ms) // width)
    return [_point(utc_from_ms(start_ms + i * width), buckets.get(i, [])) for i in range(count)]


def _windows(session: Session, spans: Sequence[Span]) -> list[_Window]:
    """Find which series stood in each span's zone, and when: probes move, too."""
    windows = []
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
            windows.append(_Window(series, span, to_ms(start), to_ms(end)))
    return windows


def _condition(
    session: Session,
    windows: Sequence[_Window],
    quantity: str,
    target: tuple[float, float] | None,
    spans: Sequence[Span],
) -> Condition | None:
    rows = [(w, _sums(session, w, target)) for w in windows]
    heard = [(w, row) for w, row in rows if row.readings]
    if not heard:
        return None
    held = sum(row.held for _, row in heard)
    best = _best_by_span(heard)
    total_ms = sum(to_ms(s.end) - to_ms(s.start) for s in spans)
    return Condition(
        quantity=quantity,
        mean=sum(row.area for _, row in heard) / held,
        low=min(row.low for _, row in heard),
        high=max(row.high for _, row in heard),
        target=target,
        in_range=None if target is None else sum(row.inside for _, row in heard) / held,
        covered=min(1.0, sum(row.held for _, row in best) / total_ms),
        uncertain=sum(row.uncertain for _, row in heard) / held,
        readings=sum(row.readings for _, row in heard),
        gaps=[gap for window, _ in best for gap in _gaps(session, window)],
    )


def _best_by_span(heard: Iterable[tuple[_Window, Row[Any]]]) -> list[tuple[_Window, Row[Any]]]:
    """Of several probes of one quantity in a zone, coverage and gaps are those of the best one."""
    best: dict[tuple[str, datetime], tuple[_Window, Row[Any]]] = {}
    for window, row in heard:
        key = (window.span.zone.id, window.span.start)
        if key not in best or row.held > best[key][1].held:
            best[key] = (window, row)
    return list(best.values())


def _trusted(window: _Window) -> CTE:
    """The window's trusted values, each with how long it holds and how long until the next."""
    until_next = (
        func.lead(reading.c.at_ms, 1, window.end_ms).over(order_by=reading.c.at_ms)
        - reading.c.at_ms
    )
    return (
        core_select(
            reading.c.at_ms,
            reading.c.value,
            reading.c.quality,
            until_next.label("until_next"),
            # As float: PostgreSQL would sum whole numbers into Decimal.
            cast(case((until_next > HOLD_MS, HOLD_MS), else_=until_next), Double).label("held"),
        )
        .where(reading.c.series_id == window.series.id, reading.c.value.is_not(None))
        .where(reading.c.quality <= int(Quality.UNCERTAIN))
        .where(reading.c.at_ms >= window.start_ms, reading.c.at_ms < window.end_ms)
        .cte("trusted")
    )


def _sums(session: Session, window: _Window, target: tuple[float, float] | None) -> Row[Any]:
    t = _trusted(window)
    low, high = target or (0.0, 0.0)
    inside = case((and_(t.c.value >= low, t.c.value <= high), t.c.held), else_=0.0)
    doubted = case((t.c.quality > int(Quality.GOOD), t.c.held), else_=0.0)
    query = core_select(
        func.count().label("readings"),
        func.min(t.c.value).label("low"),
        func.max(t.c.value).label("high"),
        func.sum(t.c.value * t.c.held).label("area"),
        func.sum(t.c.held).label("held"),
        func.sum(inside).label("inside"),
        func.sum(doubted).label("uncertain"),
    )
    return session.connection().execute(query).one()


def _gaps(session: Session, window: _Window) -> list[Gap]:
    t = _trusted(window)
    query = core_select(t.c.at_ms, t.c.until_next).where(t.c.until_next > HOLD_MS)
    rows = session.connection().execute(query.order_by(t.c.at_ms)).all()
    first = session.connection().scalar(core_select(func.min(t.c.at_ms)))
    stretches = [(at_ms + HOLD_MS, at_ms + until_next) for at_ms, until_next in rows]
    if first is not None and first - window.start_ms > HOLD_MS:
        stretches.insert(0, (window.start_ms, first))
    zone = window.span.zone.code
    return [Gap(zone, utc_from_ms(start), utc_from_ms(end)) for start, end in stretches]


def _daily_light(session: Session, windows: Sequence[_Window]) -> list[DayLight]:
    """Sum light by local day. DLI = Σ PPFD · Δt / 10⁶; 200 µmol/m²/s for 16 h is 11.52 mol."""
    mol: dict[date, float] = {}
    held: dict[date, float] = {}
    for window in windows:
        zone = ZoneInfo(session.get_one(Site, window.span.zone.site_id).time_zone)
        for quarter, area, held_ms in _quarters(session, window):
            day = utc_from_ms(quarter * _QUARTER_MS).astimezone(zone).date()
            mol[day] = mol.get(day, 0.0) + area / 1e9  # µmol · ms -> mol · s
            held[day] = held.get(day, 0.0) + held_ms
    day_ms = timedelta(days=1) / timedelta(milliseconds=1)
    return [DayLight(day, mol[day], min(1.0, held[day] / day_ms)) for day in sorted(mol)]


def _quarters(session: Session, window: _Window) -> Sequence[Any]:
    t = _trusted(window)
    quarter = t.c.at_ms // literal(_QUARTER_MS)
    query = core_select(quarter, func.sum(t.c.value * t.c.held), func.sum(t.c.held))
    return session.connection().execute(query.group_by(quarter)).all()


def _bucketed(session: Session, window: _Window, start_ms: int, width: int) -> Sequence[Any]:
    t = _trusted(window)
    bucket = (t.c.at_ms - start_ms) // literal(width)
    query = core_select(bucket, func.avg(t.c.value), func.min(t.c.value), func.max(t.c.value))
    return session.connection().execute(query.group_by(bucket)).all()


def _point(at: datetime, values: Sequence[tuple[float, float, float]]) -> Point:
    if not values:
        return Point(at, None, None, None)
    mean = sum(value[0] for value in values) / len(values)
    return Point(at, mean, min(v[1] for v in values), max(v[2] for v in values))
