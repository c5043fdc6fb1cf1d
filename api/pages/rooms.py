"""Rooms: what is measured there now, and the last day, week, month or year of every quantity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlmodel import Session, col, select

from api import charts, equipment, figures, words
from api.dayshares import Days, StageRows
from api.deps import InWeb, ReadSession
from api.digits import DIGITS
from api.i18n import Reader
from api.language import reader_of
from api.lotlist import rows_of
from api.pages.alarms import open_now
from api.templating import page
from sensors import QUANTITIES, Quality
from sensors.quantities import STATES
from traceability import conditions, readings, recipes
from traceability.conditions import Span
from traceability.derived import SOURCES as AIR_SOURCES
from traceability.errors import NotFound
from traceability.models import Lot, Site, Zone
from traceability.readings import StoredReading
from traceability.windows import STATE_HOLD_MS

# A room is looked at over this time; a probe silent for longer than STALE is said to be silent.
LOOK_BACK = timedelta(hours=24)
STALE = timedelta(minutes=15)
# A door speaks when it moves.
STATE_STALE = timedelta(milliseconds=STATE_HOLD_MS)
_POINTS = 144  # ten minutes each
_SPARK_POINTS = 48

# How far back the charts of a room go, as its address says it.
LOOKS_BACK = {
    "day": LOOK_BACK,
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
# Of these the range that the plants' stage of now wants says something.
_WITH_TARGETS = ("day", "week")

router = APIRouter(include_in_schema=False)

Targets = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Value:
    """One current value as a card shows it."""

    key: str  # what the live script knows it by
    label: str
    unit: str
    text: str
    digits: int
    words: Sequence[str]  # off and on, of a state; else none
    at: datetime
    age: str
    is_stale: bool
    is_doubtful: bool
    doubt: str  # why, in words
    is_out: bool
    device: str
    target: str


@dataclass(frozen=True, slots=True)
class Room:
    zone: Zone
    site: Site
    values: Sequence[Value]
    spark: Markup | None
    spark_label: str
    lots: int
    days: Sequence[StageRows]  # how today and yesterday were for the plants in it


def rooms_now(session: Session, reader: Reader, days: Days, now: datetime) -> list[Room]:
    """Return every place where something is measured or stands, with its newest values."""
    query = (
        select(Zone, Site)
        .join(Site, col(Site.id) == col(Zone.site_id))
        .order_by(col(Site.code), col(Zone.code))
    )
    found = [_room(session, reader, days, zone, site, now) for zone, site in session.exec(query)]
    return [room for room in found if room.values or room.lots]


@router.get("/rooms/{zone_id}")
def show(
    zone_id: str,
    request: Request,
    session: ReadSession,
    web: InWeb,
    over: Literal["day", "week", "month", "year"] = "day",
) -> Response:
    """One room: values now, and a chart of the last day, or longer, for each quantity."""
    zone = session.get(Zone, zone_id)
    if zone is None:
        raise NotFound(what="room", name=zone_id, next_step="choose one on the first page")
    site = session.get_one(Site, zone.site_id)
    now, reader = web.now(), reader_of(request)
    here = _growing_here(session, zone)
    return page(
        request,
        "room.html",
        room=_room(session, reader, web.days, zone, site, now),
        equipment=equipment.of_room(session, reader, zone, _span(zone, now), now),
        open_alarms=open_now(session, reader, now, zone_id=zone.id),
        figures=_charts(session, reader, zone, site, now, over),
        over=over,
        spans=_spans(reader),
        rows=rows_of(session, here) if here else [],
    )


def _spans(reader: Reader) -> Mapping[str, tuple[str, str]]:
    """Return the word to choose and the heading of each time to look back over."""
    _ = reader
    return {
        "day": (_("24 hours"), _("Last 24 hours")),
        "week": (_("7 days"), _("Last 7 days")),
        "month": (_("30 days"), _("Last 30 days")),
        "year": (_("1 year"), _("Last 12 months")),
    }


def _charts(
    session: Session, reader: Reader, zone: Zone, site: Site, now: datetime, over: str
) -> list[figures.Figure]:
    end = _span(zone, now).end
    spans = [Span(zone, end - LOOKS_BACK[over], end)]
    demands = recipes.demands_at(session, zone, now) if over in _WITH_TARGETS else []
    wanted = recipes.course(session, spans[0], demands[0].stage) if demands else {}
    shown = {one.quantity for one in readings.latest(session, zone_id=zone.id)}
    if shown >= set(AIR_SOURCES):
        shown.update(conditions.DERIVED)
    return [
        figures.of_span(
            reader,
            quantity,
            conditions.chart(session, spans, quantity, points=_POINTS),
            target=wanted.get(quantity, ()),
            zone=site.time_zone,
            until=now,
        )
        for quantity in sorted(shown - STATES.keys(), key=list(QUANTITIES).index)
    ]


def _room(
    session: Session, reader: Reader, days: Days, zone: Zone, site: Site, now: datetime
) -> Room:
    newest = readings.latest(session, zone_id=zone.id)
    newest.sort(key=lambda one: (list(QUANTITIES).index(one.quantity), one.device))
    targets = _targets(session, zone, now)
    spark, first = None, next((one for one in newest if one.quantity not in STATES), None)
    if first is not None:
        points = conditions.chart(session, [_span(zone, now)], first.quantity, points=_SPARK_POINTS)
        spark = charts.sparkline(points)
    return Room(
        zone=zone,
        site=site,
        values=[_value(reader, one, targets, now) for one in newest],
        spark=spark,
        spark_label=reader.name(QUANTITIES[first.quantity]) if first else "",
        lots=len(_growing_here(session, zone)),
        days=days.of(session, reader, zone, now),
    )


def _value(reader: Reader, one: StoredReading, targets: Targets, now: datetime) -> Value:
    quantity, digits = QUANTITIES[one.quantity], DIGITS.get(one.quantity, 1)
    target, age = targets.get(one.quantity), now - one.at
    outside = one.value is not None and target and not target[0] <= one.value <= target[1]
    label = reader.name(quantity) + (f" ({one.channel})" if one.channel else "")
    state, stale = quantity.state, STATE_STALE if quantity.state else STALE
    text = "–" if one.value is None else reader.number(one.value, digits)
    if state and one.value is not None:
        text = words.state(reader, state, one.value)
    return Value(
        key=str(one.series_id),
        label=label,
        unit="" if state else quantity.unit,
        text=text,
        digits=digits,
        words=[words.state(reader, state, value) for value in (0, 1)] if state else [],
        at=one.at,
        age=reader.age(age),
        is_stale=age > stale or one.quality is Quality.STALE,
        is_doubtful=one.quality in (Quality.UNCERTAIN, Quality.BAD),
        doubt=words.reasons(reader).get(one.reason.name.lower(), reader("in doubt")),
        is_out=bool(outside),
        device=one.device,
        target=reader.range(target) if target else "",
    )


def _span(zone: Zone, now: datetime) -> Span:
    """The last day, to the next whole hour so that the labels are round."""
    end = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Span(zone, end - LOOK_BACK, end)


def _growing_here(session: Session, zone: Zone) -> Sequence[Lot]:
    query = select(Lot).where(Lot.zone_id == zone.id, col(Lot.closed_at).is_(None))
    return session.exec(query.order_by(col(Lot.opened_at).desc()).limit(100)).all()


def _targets(session: Session, zone: Zone, now: datetime) -> Targets:
    """What the room should be like now, by the recipe of most of the plants in it."""
    wanted = recipes.targets_at(session, zone, now)
    return {quantity: (one.low, one.high) for quantity, one in wanted.items()}
