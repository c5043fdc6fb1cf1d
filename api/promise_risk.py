"""How probable it is now that less comes than was promised.

A promise itself keeps what it was made with, which says nothing of the mildew since.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlmodel import Session

from api.promising import week_of
from forecasting.levels import shortfall
from traceability import promises, yields
from traceability.errors import NotForecast
from traceability.models import Crop
from traceability.promises import Outcome


def with_risks(
    session: Session, found: Sequence[Outcome], *, at: datetime
) -> list[tuple[Outcome, float | None]]:
    """Return each promise with the probability, as supply stands now, that less comes than was
    promised to all in its week. [0 to 1] None where the week is over, or no forecast reaches it.
    """
    crops = {one.promise.crop_id for one in found}
    known = {crop: _risks(session, session.get_one(Crop, crop), at) for crop in crops}
    return [(one, known[one.promise.crop_id].get(one.promise.week)) for one in found]


def _risks(session: Session, crop: Crop, at: datetime) -> dict[date, float]:
    today = at.astimezone(yields.zone_of(session, crop)).date()
    promised_g = Counter[date]()
    for one in promises.standing(session, crop):
        if one.week + timedelta(days=7) > today:
            promised_g[one.week] += one.weight_g
    found = {}
    for week, grams in promised_g.items():
        with suppress(NotForecast):
            net = week_of(session, crop, week).net
            found[week] = shortfall(net.p10, net.p50, net.p90, grams / 1000)
    return found
