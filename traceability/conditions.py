"""What a lot lived through: its stays joined with what the probes of those zones said meanwhile.

Every value holds until the next one, but at most HOLD_MS: beyond that nobody knows, and the gap is
said aloud instead of bridged. Bad and stale values do not count; uncertain ones do, and their share
is told. The sums are made by the database, so a month of readings every ten seconds stays cheap.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from sensors import QUANTITIES, to_ms, utc_from_ms
from sensors.derived import OF_AIR
from sensors.heat import Clipping, degree_days
from traceability import derived
from traceability.course import bucketed, chart, of_quantity
from traceability.lived import Condition, Conditions, DayLight, DegreeDays, Gap, Point, Span
from traceability.local_days import shares_of, time_there, time_zone_of
from traceability.models import Stay, Zone
from traceability.models.base import HasId
from traceability.windows import Window, best_by_span, gaps_of, trusted, windows_of

__all__ = [
    "DERIVED",
    "Condition",
    "Conditions",
    "DayLight",
    "DegreeDays",
    "Gap",
    "Point",
    "Span",
    "chart",
    "daily_light",
    "lived_through",
    "spans_of",
    "summaries",
    "warmth",
]

# Days and nights are cut at quarter hours: every time zone's midnight falls on one.
_QUARTER_MS = 15 * 60 * 1000
# What growers steer by and few probes say: computed where air temperature and humidity are there.
DERIVED = ("vapour_pressure_deficit", "humidity_deficit")
CLIPPING: Clipping = "simple"


def spans_of(
    session: Session,
    lots: Sequence[HasId],
    *,
    now: datetime,
    until: Mapping[str, datetime] | None = None,
) -> list[Span]:
    """Return where these lots were, overlaps in one zone joined, oldest first.

    An open stay ends `now`: the future has not been lived through. `until` ends the stays of a
    lot (by id) earlier, where only its time before that is asked for.
    """
    query = (
        select(Stay, Zone)
        .join(Zone, col(Zone.id) == col(Stay.zone_id))
        .where(col(Stay.lot_id).in_([lot.id for lot in lots]), Stay.start < now)
        .order_by(col(Stay.zone_id), col(Stay.start))
    )
    spans: list[Span] = []
    for stay, zone in session.exec(query):
        end = min(stay.end or now, (until or {}).get(stay.lot_id, now), now)
        last = spans[-1] if spans else None
        if end <= stay.start:
            continue
        if last is not None and last.zone.id == zone.id and stay.start <= last.end:
            spans[-1] = Span(zone, last.start, max(last.end, end))
        else:
            spans.append(Span(zone, stay.start, end))
    return sorted(spans, key=lambda span: span.start)


def lived_through(
    session: Session,
    spans: Sequence[Span],
    *,
    targets: Mapping[str, tuple[float, float]] | None = None,
    base_c: float | None = None,
) -> Conditions:
    """Summarise every quantity measured in the spans' zones, against targets where there are.

    VPD and 飽差 are computed where no probe says them. `base_c` is the temperature below which
    the crop stands still; without it no degree days are summed.
    """
    windows = windows_of(session, spans)
    measured = {window.series.quantity for window in windows}
    names = [q for q in QUANTITIES if q in measured or q in DERIVED]
    found = _summaries(session, windows, spans, names, targets or {})
    warmth = None if base_c is None else _warmth(session, windows, spans, base_c)
    return Conditions(spans, found, _daily_light(session, windows), warmth)


def summaries(
    session: Session, spans: Sequence[Span], names: Sequence[str], *, with_gaps: bool = True
) -> list[Condition]:
    """Summarise those quantities, computed where no probe says them; unknown ones are absent.

    Args:
        with_gaps: look for them; three fifths of the work, for who wants a mean and what it covers.
    """
    windows = windows_of(session, spans)
    return _summaries(session, windows, spans, names, {}, with_gaps=with_gaps)


def daily_light(session: Session, spans: Sequence[Span]) -> list[DayLight]:
    """Return the light of each local day with the share of it that was measured."""
    return _daily_light(session, windows_of(session, spans))


def warmth(session: Session, spans: Sequence[Span], base_c: float) -> DegreeDays:
    """Return the degree days above `base_c` of the spans' local days."""
    return _warmth(session, windows_of(session, spans), spans, base_c)


def _summaries(
    session: Session,
    windows: Sequence[Window],
    spans: Sequence[Span],
    names: Sequence[str],
    targets: Mapping[str, tuple[float, float]],
    *,
    with_gaps: bool = True,
) -> list[Condition]:
    measured = {}
    for q in names:
        of_q = of_quantity(windows, q)
        found = _condition(session, of_q, q, targets.get(q), spans, with_gaps=with_gaps)
        if found is not None:
            measured[q] = found
    missing = [q for q in names if q in OF_AIR and q not in measured]
    computed = derived.conditions_of(session, windows, spans, quantities=missing, targets=targets)
    known = measured | {condition.quantity: condition for condition in computed}
    return [known[q] for q in names if q in known]


def _condition(
    session: Session,
    windows: Sequence[Window],
    quantity: str,
    target: tuple[float, float] | None,
    spans: Sequence[Span],
    *,
    with_gaps: bool,
) -> Condition | None:
    rows = [(w, _sums(session, w, target)) for w in windows]
    heard = [(w, row) for w, row in rows if row.readings]
    if not heard:
        return None
    held = sum(row.held for _, row in heard)
    best = best_by_span(heard, window=lambda one: one[0], held=lambda one: one[1].held)
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
        gaps=[gap for window, _ in best for gap in gaps_of(session, window, trusted(window))]
        if with_gaps
        else [],
    )


def _sums(session: Session, window: Window, target: tuple[float, float] | None) -> Any:
    t = trusted(window)
    low, high = target or (0.0, 0.0)
    inside = case((and_(t.c.value >= low, t.c.value <= high), t.c.held), else_=0.0)
    query = core_select(
        func.sum(t.c.readings).label("readings"),
        func.min(t.c.low).label("low"),
        func.max(t.c.high).label("high"),
        func.sum(t.c.value * t.c.held).label("area"),
        func.sum(t.c.held).label("held"),
        func.sum(inside).label("inside"),
        func.sum(t.c.doubt * t.c.held).label("uncertain"),
    )
    return session.connection().execute(query).one()


def _daily_light(session: Session, windows: Sequence[Window]) -> list[DayLight]:
    """Sum light by local day. DLI = Σ PPFD · Δt / 10⁶; 200 µmol/m²/s for 16 h is 11.52 mol.

    Probes that measured at the same time, two in a room or in the rooms of two parents, are one
    light: together they count for no longer than the time there was.
    """
    area: dict[date, float] = {}
    held: dict[date, float] = {}
    lit = of_quantity(windows, "ppfd")
    for window in lit:
        zone = time_zone_of(session, window.span.zone)
        for quarter, area_of, held_ms in _quarters(session, window):
            day = utc_from_ms(quarter * _QUARTER_MS).astimezone(zone).date()
            area[day] = area.get(day, 0.0) + area_of
            held[day] = held.get(day, 0.0) + held_ms
    there = time_there(session, [window.span for window in lit])
    return [
        _light_of(day, area[day], held[day], there[day] / timedelta(milliseconds=1))
        for day in sorted(area)
    ]


def _light_of(day: date, area: float, held_ms: float, there_ms: float) -> DayLight:
    known_ms = min(held_ms, there_ms)
    # µmol · ms -> mol · s. A last value may hold for no time at all.
    mol = area / held_ms * known_ms / 1e9 if held_ms else 0.0
    return DayLight(day, mol, min(1.0, known_ms / (timedelta(days=1) / timedelta(milliseconds=1))))


def _quarters(session: Session, window: Window) -> Sequence[Any]:
    t = trusted(window)
    quarter = t.c.at_ms // literal(_QUARTER_MS)
    query = core_select(quarter, func.sum(t.c.value * t.c.held), func.sum(t.c.held))
    return session.connection().execute(query.group_by(quarter)).all()


def _warmth(
    session: Session, windows: Sequence[Window], spans: Sequence[Span], base_c: float
) -> DegreeDays:
    """Sum degree days over the spans' local days; half a day in the room is half a day's warmth."""
    extremes: dict[date, tuple[float, float]] = {}
    for window in of_quantity(windows, "air_temperature"):
        zone = time_zone_of(session, window.span.zone)
        for bucket in bucketed(session, window, 0, _QUARTER_MS):
            day = utc_from_ms(bucket.start_ms).astimezone(zone).date()
            high, low = extremes.get(day, (bucket.high, bucket.low))
            extremes[day] = (max(high, bucket.high), min(low, bucket.low))
    shares: dict[date, float] = {}
    for span in spans:
        for day, share in shares_of(span, time_zone_of(session, span.zone)):
            shares[day] = min(1.0, shares.get(day, 0.0) + share)
    total = sum(
        degree_days(high, low, base_c=base_c, clipping=CLIPPING) * shares.get(day, 0.0)
        for day, (high, low) in extremes.items()
    )
    return DegreeDays(total, base_c, CLIPPING, len(extremes), len(shares.keys() - extremes.keys()))
