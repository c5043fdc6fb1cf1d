"""What was harvested, week by week: the history a forecast is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from traceability.models import Act, ActLine, Crop, Lot, Site
from traceability.projection import unvoided


@dataclass(frozen=True, slots=True)
class Week:
    """Harvested grams of one local week; 0 is a week without harvest, which is not a gap."""

    monday: date
    weight_g: int


def weekly(session: Session, crop: Crop, *, until: datetime) -> Sequence[Week]:
    """Return every complete week from the first weighed harvest to the last that ended by `until`.

    Weeks start on Monday in each site's own zone. A harvest nobody weighed counts nothing: it is
    unknown, and `unweighed` says how many there were. With no other there is no history at all,
    which is not the same as weeks of 0.
    """
    grams: dict[date, int] = {}
    last = None
    for act, line, site in _harvests(session, crop):
        if line.weight_g is None:
            continue
        zone = ZoneInfo(site.time_zone)
        monday = _monday(act.happened_at.astimezone(zone).date())
        grams[monday] = grams.get(monday, 0) + line.weight_g
        last = _monday(until.astimezone(zone).date()) - timedelta(days=7)
    if not grams or last is None:
        return []
    first = min(grams)
    count = (last - first).days // 7 + 1
    mondays = [first + timedelta(days=7 * i) for i in range(count)]
    return [Week(monday, grams.get(monday, 0)) for monday in mondays]


def unweighed(session: Session, crop: Crop) -> int:
    """Return how many harvests of this crop have no weight."""
    return sum(line.weight_g is None for _, line, _ in _harvests(session, crop))


def _harvests(session: Session, crop: Crop) -> list[tuple[Act, ActLine, Site]]:
    query = (
        select(Act, ActLine, Site)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .join(Site, col(Site.id) == col(Act.site_id))
        .where(Act.kind == "harvest", ActLine.role == "output", Lot.crop_id == crop.id)
        .where(unvoided(Act.id))
    )
    return list(session.exec(query))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
