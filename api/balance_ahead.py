"""Supply set against what partners want: a shortfall is seen while it can still be mended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import NormalDist

from sqlmodel import Session

from api.forecast_now import now_of
from api.promising import week_of
from forecasting import Step
from traceability import contracts, forecasts, orders, yields
from traceability.errors import NotFound
from traceability.forecast_subject import Subject
from traceability.models import Crop, Party

WEEKS = 8
_P90 = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one partner wants of a week: P50 and P90 [kg]; an order has no spread."""

    partner: str
    p50: float
    p90: float
    basis: str  # order, forecast, contract


@dataclass(frozen=True, slots=True)
class Week:
    """`supply` is what packing leaves; `short_kg` is wanted and not expected, 0 where it is enough;
    `shortfall` its probability."""

    monday: date
    supply: Step
    wanted: tuple[Wanted, ...]
    shortfall: float

    @property
    def wanted_kg(self) -> float:
        return sum(one.p50 for one in self.wanted)

    @property
    def short_kg(self) -> float:
        return max(0.0, self.wanted_kg - self.supply.p50)


def weeks_ahead(session: Session, crop: Crop, *, at: datetime) -> Sequence[Week]:
    """Return the weeks that are forecast, from the running one on, each with what is wanted."""
    today = at.astimezone(yields.zone_of(session, crop)).date()
    monday = today - timedelta(days=today.weekday())
    demand = _demand(session, crop, at)
    found = []
    for week in (monday + timedelta(weeks=by) for by in range(WEEKS)):
        try:
            supply = week_of(session, crop, week).net
        except NotFound:
            continue
        wanted = tuple(_wanted(session, crop, week, party, steps) for party, steps in demand)
        known = tuple(one for one in wanted if one is not None)
        found.append(Week(week, supply, known, _shortfall(supply, known)))
    return found


def _demand(session: Session, crop: Crop, at: datetime) -> list[tuple[Party, dict[date, Step]]]:
    """Return each partner's own forecast by week; who has an order or a contract needs none."""
    found = []
    for party, _ in contracts.needs(session, crop, week=at.date(), at=at):
        record = forecasts.newest(session, Subject(crop, partner=party))
        made = now_of(session, record).made if record is not None else None
        found.append((party, {step.ds: step for step in made.steps} if made else {}))
    return found


def _wanted(
    session: Session, crop: Crop, week: date, party: Party, steps: dict[date, Step]
) -> Wanted | None:
    ordered = orders.by_week(session, crop, party).get(week)
    if ordered is not None:
        return Wanted(party.code, ordered / 1000, ordered / 1000, "order")
    if week in steps:
        return Wanted(party.code, steps[week].p50, steps[week].p90, "forecast")
    contract = contracts.in_force(session, crop, week=week).get(party.id)
    if contract is None:
        return None
    return Wanted(party.code, contract.weekly_g / 1000, contract.weekly_g / 1000, "contract")


def _shortfall(supply: Step, wanted: Sequence[Wanted]) -> float:
    """Probability that more is wanted than comes: both sides spread, partners by themselves."""
    if not wanted:
        return 0.0
    gap = supply.p50 - sum(one.p50 for one in wanted)
    # The side on which supply would have to miss for the verdict to be another.
    own = supply.p50 - supply.p10 if gap > 0 else supply.p90 - supply.p50
    spreads = [own, *(one.p90 - one.p50 for one in wanted)]
    sigma = math.sqrt(sum((spread / _P90) ** 2 for spread in spreads))
    if sigma == 0:
        return float(gap < 0)
    return NormalDist().cdf(-gap / sigma)
