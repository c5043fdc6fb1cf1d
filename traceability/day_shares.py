"""How much of a local day a zone was as its plants want it, and how much light they got so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from traceability import by_stage, conditions, recipes
from traceability.lived import Condition, Span
from traceability.local_days import midnight, time_zone_of
from traceability.models import Zone
from traceability.recipes import Demand

_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a day so far. [mol/m²] `known` is the share of that time it was measured."""

    mol: float
    known: float
    target: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class DayShares:
    """One local day, or what has gone by of it; of what is wanted only, whole days' light aside."""

    start: datetime
    end: datetime
    conditions: Sequence[Condition]
    light: Light | None

    def of(self, quantity: str) -> Condition | None:
        """Return a quantity's condition over the day, whatever the part of it."""
        found = (c for c in self.conditions if c.quantity == quantity and c.part is None)
        return next(found, None)


def days_of(session: Session, zone: Zone, now: datetime) -> tuple[Span, Span]:
    """Return yesterday, and today up to now, by the zone's own clock."""
    time_zone = time_zone_of(session, zone)
    today = now.astimezone(time_zone).date()
    begun = midnight(today, time_zone)
    before = midnight(today - timedelta(days=1), time_zone)
    return Span(zone, before, begun), Span(zone, begun, max(now, begun + _MOMENT))


def shares_of(session: Session, span: Span, demand: Demand) -> DayShares:
    """Return how a day was for plants of a stage: the share of each quantity in range."""
    found = by_stage.lived(session, [span], demand.stage, wanted_only=True)
    return DayShares(
        start=span.start,
        end=span.end,
        conditions=[one for one in found if one.quantity != "dli"],
        light=_light(session, span, demand),
    )


def yesterdays(session: Session, span: Span, demand: Demand) -> Demand | None:
    """Return what lots of the same stage wanted at the end of that day; None if none were there."""
    before = recipes.demands_at(session, span.zone, span.end - _MOMENT)
    same = (d for d in before if (d.recipe.id, d.stage.code) == _key(demand))
    return next(same, None)


def _key(demand: Demand) -> tuple[str, str]:
    return demand.recipe.id, demand.stage.code


def _light(session: Session, span: Span, demand: Demand) -> Light | None:
    wanted = demand.stage.targets.get("dli")
    days = conditions.daily_light(session, [span]) if wanted else []
    if wanted is None or not days:
        return None
    # A clock change within the span may give it a second, empty day.
    known = sum(day.covered for day in days) * timedelta(days=1) / (span.end - span.start)
    return Light(sum(day.mol for day in days), min(1.0, known), wanted.always)
