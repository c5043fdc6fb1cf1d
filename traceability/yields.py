"""What came week by week: the history a forecast is made from.

What was harvested of a crop, packed of a trade item, or sent to a partner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from traceability import orders
from traceability.forecast_subject import Subject
from traceability.models import Act, ActLine, Crop, Lot, Party, Site, TradeItem
from traceability.projection import unvoided


@dataclass(frozen=True, slots=True)
class Week:
    """Grams of one local week; 0 is a week in which nothing came, which is not a gap."""

    monday: date
    weight_g: int


def wanted(session: Session, subject: Subject, *, until: datetime) -> Sequence[Week]:
    """Return `weekly`, of a partner with what it ordered in place of what it was sent.

    That is what a forecast is made from: what was not there could not be sent. Orders name no
    item and no site, so they speak only for all that a partner takes of a crop.
    """
    if subject.partner is None or subject.item is not None or subject.site is not None:
        return weekly(session, subject, until=until)
    grams, _ = _by_week(session, subject, until=until)
    return _whole_weeks(*_with_orders(session, subject.crop, subject.partner, until, grams))


def weekly(session: Session, subject: Subject, *, until: datetime) -> Sequence[Week]:
    """Return every complete week from the first weighed grams to the last that ended by `until`.

    Weeks start on Monday in each site's own zone. What nobody weighed counts nothing: it is
    unknown, and `unweighed` says how often that was. With no other there is no history at all,
    which is not the same as weeks of 0.
    """
    return _whole_weeks(*_by_week(session, subject, until=until))


def running_week(session: Session, subject: Subject, *, until: datetime) -> Week | None:
    """Return what came so far of the week that is not over yet; None without any history."""
    grams, last = _by_week(session, subject, until=until)
    if last is None:
        return None
    monday = last + timedelta(days=7)
    return Week(monday, grams.get(monday, 0))


def unweighed(session: Session, subject: Subject) -> int:
    """Return how many times something came that has no weight."""
    return sum(grams_of(line, item) is None for _, line, _, item in _came(session, subject))


def zone_of(session: Session, crop: Crop) -> ZoneInfo:
    """Return whose weeks are a crop's where sites differ: those of its owner's first site."""
    sites = select(Site).where(Site.organisation_id == crop.organisation_id)
    site = session.exec(sites.order_by(col(Site.code))).first()
    return ZoneInfo(site.time_zone if site else "UTC")


def _whole_weeks(grams: Mapping[date, int], last: date | None) -> Sequence[Week]:
    if not grams or last is None:
        return []
    first = min(grams)
    count = (last - first).days // 7 + 1
    mondays = [first + timedelta(days=7 * i) for i in range(count)]
    return [Week(monday, grams.get(monday, 0)) for monday in mondays]


def _by_week(
    session: Session, subject: Subject, *, until: datetime
) -> tuple[dict[date, int], date | None]:
    """Return grams by Monday, and the Monday of the last week that is over."""
    grams: dict[date, int] = {}
    last = None
    for act, line, site, item in _came(session, subject):
        weight_g = grams_of(line, item)
        if weight_g is None:
            continue
        zone = ZoneInfo(site.time_zone)
        monday = _monday(act.happened_at.astimezone(zone).date())
        grams[monday] = grams.get(monday, 0) + weight_g
        last = _monday(until.astimezone(zone).date()) - timedelta(days=7)
    return grams, last


def _with_orders(
    session: Session, crop: Crop, partner: Party, until: datetime, grams: dict[date, int]
) -> tuple[dict[date, int], date | None]:
    """Lay what was ordered over what was shipped: that is what was wanted, got or not."""
    monday = _monday(until.astimezone(zone_of(session, crop)).date())
    ordered = orders.by_week(session, crop, partner)
    known = grams | {week: weight_g for week, weight_g in ordered.items() if week < monday}
    return known, monday - timedelta(days=7) if known else None


def _came(session: Session, subject: Subject) -> list[tuple[Act, ActLine, Site, TradeItem | None]]:
    if subject.partner is not None:
        kind, role = "ship", "input"
    else:
        kind, role = ("harvest" if subject.item is None else "pack"), "output"
    query = (
        select(Act, ActLine, Site, TradeItem)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .join(Site, col(Site.id) == col(Act.site_id))
        .outerjoin(TradeItem, col(TradeItem.id) == col(Lot.trade_item_id))
        .where(Act.kind == kind, ActLine.role == role, Lot.crop_id == subject.crop.id)
        .where(unvoided(Act.id))
    )
    if subject.partner is not None:
        query = query.where(Act.to_party_id == subject.partner.id)
    if subject.site is not None:
        query = query.where(Act.site_id == subject.site.id)
    if subject.item is not None:
        query = query.where(Lot.trade_item_id == subject.item.id)
    return list(session.exec(query))


def grams_of(line: ActLine, item: TradeItem | None) -> int | None:
    """The weight, or what so many packs hold."""
    if line.weight_g is None and line.pieces is not None and item is not None:
        return line.pieces * item.net_content_g
    return line.weight_g


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
