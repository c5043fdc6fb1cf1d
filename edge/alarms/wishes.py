"""What the lots of each zone want now, and in which stages of their recipes they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from edge.settings import AlarmRule
from traceability import recipes
from traceability.models import Zone
from traceability.recipes import Target

# The sum of a whole day is not out of order at ten in the morning.
_OF_A_DAY = ("dli",)


@dataclass(frozen=True, slots=True)
class Wishes:
    """By the zone's code: what most of its plants want (quantity -> range), and their stages."""

    targets: Mapping[str, Mapping[str, Target]] = field(default_factory=dict)
    stages: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def target(self, zone: str | None, quantity: str) -> Target | None:
        return self.targets.get(zone or "", {}).get(quantity)

    def is_in(self, zone: str | None, stage: str) -> bool:
        return stage in self.stages.get(zone or "", ())


def wishes_of(session: Session, site_id: str, rules: Sequence[AlarmRule], now: datetime) -> Wishes:
    """Return the wishes of a site's zones; nothing is looked up that no rule asks for."""
    if not any(rule.kind == "recipe" or rule.stage for rule in rules):
        return Wishes()
    targets, stages = {}, {}
    zones = select(Zone).where(Zone.site_id == site_id).order_by(col(Zone.code))
    for zone in session.exec(zones).all():
        demands = recipes.demands_at(session, zone, now)
        stages[zone.code] = frozenset(one.stage.code for one in demands)
        wanted = demands[0].targets if demands else {}
        targets[zone.code] = {q: t for q, t in wanted.items() if q not in _OF_A_DAY}
    return Wishes(targets, stages)
