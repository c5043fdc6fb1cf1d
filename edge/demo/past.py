"""A year and a half of growers' work, laid down through the same verbs a grower's phone uses.

Every week each crop is sown, moved, cut, inspected, packed and shipped. The weeks are believable:
more is sown each year, greenhouse basil follows the sun, New Year and Obon are short weeks, one
week a pump failed, and now and then a potassium result is too high and the harvest is thrown away.
The same seed and end give the same past, act ids included.
"""

import math
import random
import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from edge.demo.farm import PLANS, TIME_ZONE, DemoFarm, Plan
from traceability import acts, lots
from traceability.amounts import Amount
from traceability.models import Lot
from traceability.occasions import Occasion

WEEKS = 78
# Above this a lettuce may not be sold as low in potassium; the farm throws such a harvest away.
POTASSIUM_LIMIT = 100.0
_ZONE = ZoneInfo(TIME_ZONE)
_GROWERS = ("Sato", "Suzuki", "Hoshi")
_SEEDS_PER_DELIVERY = 60_000
# Weeks before the end in which the pump failed, and the share of the plants that was lost.
_PUMP_FAILED_AGO, _LOST = timedelta(weeks=31), 0.45
# The first partner takes this share of each day's packs, the second the rest.
_FIRST_SHARE = 0.62


def lay_down(session: Session, farm: DemoFarm, *, seed: int, end: date) -> None:
    """Record the acts of WEEKS weeks up to the start of the local day `end`."""
    monday = end - timedelta(days=end.weekday())
    growers = [_Grower(session, farm, plan, seed, end) for plan in PLANS]
    for week in range(WEEKS + 1):
        for grower in growers:
            grower.work(monday - timedelta(weeks=WEEKS - week), week)


class _Grower:
    """Grows one crop, week after week, with dice of its own."""

    def __init__(self, session: Session, farm: DemoFarm, plan: Plan, seed: int, end: date) -> None:
        self.session, self.farm, self.plan = session, farm, plan
        self.dice = random.Random(f"{seed} {plan.code}")  # noqa: S311  a past, not a secret
        self.end = _at(end, 0)
        self.seeds: Lot | None = None
        self.deliveries = 0

    def work(self, monday: date, week: int) -> None:
        """Do all that became of this week's sowing, as far as it has happened by the end."""
        growing = self._sow(monday, week)
        if growing is None:
            return
        self._transplant(growing, monday)
        self._lose_some_to_the_pump(growing, monday)
        for number, cut_on in enumerate(self._cuts(monday)):
            cut = self._harvest(growing, cut_on, final=number == 1)
            if cut is not None and self._passes(cut, cut_on):
                self._sell(cut, cut_on + timedelta(days=1), line="ABCD"[2 * (week % 2) + number])

    def _sow(self, monday: date, week: int) -> Lot | None:
        trend = 1 + 0.15 * week / 52
        pieces = round(self.plan.sown_pieces * trend * self.dice.uniform(0.96, 1.04))
        occasion = self._when(monday, 9)
        if occasion is None:
            return None
        seeds = self._seeds(monday, pieces)
        year, number, _ = monday.isocalendar()
        act = lots.sow(
            self.session,
            occasion,
            zone=self.farm.zones["room-a"],
            crop=self.farm.crops[self.plan.code],
            code=f"{self.plan.prefix}{year % 100:02d}{number:02d}",
            pieces=pieces,
            seeds=[(seeds, Amount(pieces=pieces))],
        )
        return acts.made(self.session, act)[0]

    def _seeds(self, monday: date, pieces: int) -> Lot:
        """The bag of seed in use; a new one is received when it would run out."""
        if self.seeds is None or (self.seeds.pieces or 0) < pieces:
            self.deliveries += 1
            occasion = self._when(monday - timedelta(days=3), 11)
            assert occasion is not None
            act = lots.receive(
                self.session,
                occasion,
                zone=self.farm.zones["room-a"],
                crop=self.farm.crops[self.plan.code],
                code=f"SEED-{self.plan.prefix}-{self.deliveries}",
                amount=Amount(pieces=_SEEDS_PER_DELIVERY),
                from_party=self.farm.supplier,
            )
            self.seeds = acts.made(self.session, act)[0]
        return self.seeds

    def _transplant(self, lot: Lot, monday: date) -> None:
        lost = round((lot.pieces or 0) * self.dice.uniform(0.02, 0.06))
        occasion = self._when(monday + timedelta(days=self.plan.transplant_day), 10)
        if occasion is not None:
            zone = self.farm.zones[self.plan.zone]
            lots.transplant(self.session, occasion, lot=lot, zone=zone, lost_pieces=lost)

    def _lose_some_to_the_pump(self, lot: Lot, monday: date) -> None:
        failed = (self.end - _PUMP_FAILED_AGO).date()
        days = (failed - monday).days
        if not self.plan.transplant_day < days < self.plan.growing_days:
            return
        occasion = self._when(failed, 7)
        assert occasion is not None
        amount = Amount(pieces=round((lot.pieces or 0) * _LOST))
        reason = "nutrient pump failed overnight"
        lots.discard(self.session, occasion, lot=lot, reason=reason, amount=amount)

    def _cuts(self, monday: date) -> Iterator[date]:
        slower = -0.15 * self.plan.season / 0.28 * _sun(monday + timedelta(days=30))
        days = round(self.plan.growing_days * (1 + slower))
        for later in (0, 2):
            yield _open_day(monday + timedelta(days=days + later))

    def _harvest(self, lot: Lot, day: date, *, final: bool) -> Lot | None:
        heads = (lot.pieces or 0) if final else round((lot.pieces or 0) * 0.6)
        spread = self.dice.gauss(1, 0.045)
        weight_g = round(heads * self.plan.head_g * (1 + self.plan.season * _sun(day)) * spread)
        occasion = self._when(day, 8)
        if occasion is None:
            return None
        act = lots.harvest(
            self.session,
            occasion,
            lot=lot,
            pieces=heads,
            weight_g=weight_g,
            zone=self.farm.zones["packing"],
            final=final,
        )
        return acts.made(self.session, act)[0]

    def _passes(self, cut: Lot, day: date) -> bool:
        """Inspect for potassium where the crop is sold for having little of it."""
        if self.plan.potassium is None:
            return True
        value = round(self.dice.gauss(*self.plan.potassium), 1)
        occasion = self._when(day, 13)
        if occasion is None:
            return False
        lots.inspect(
            self.session,
            occasion,
            lot=cut,
            measure="potassium",
            value=value,
            unit="mg/100 g",
            method="ion meter, 3 heads",
        )
        if value <= POTASSIUM_LIMIT:
            return True
        reason = f"potassium {value} mg/100 g, above {POTASSIUM_LIMIT:g}"
        if (occasion := self._when(day, 14)) is not None:
            lots.discard(self.session, occasion, lot=cut, reason=reason)
        return False

    def _sell(self, cut: Lot, day: date, *, line: str) -> None:
        weight_g = cut.weight_g or 0
        packs = int(weight_g * self.dice.uniform(0.92, 0.96)) // self.plan.pack_g
        occasion = self._when(day, 8)
        if occasion is None:
            return
        act = lots.pack(
            self.session,
            occasion,
            inputs=[(cut, weight_g)],
            item=self.farm.items[self.plan.code],
            code=f"{self.plan.prefix}{day:%y%m%d}{line}",
            packs=packs,
            zone=self.farm.zones["cold"],
        )
        self._ship(acts.made(self.session, act)[0], day)

    def _ship(self, packed: Lot, day: date) -> None:
        first, second = self.farm.partners
        share = Amount(pieces=round((packed.pieces or 0) * _FIRST_SHARE))
        if (occasion := self._when(day, 15)) is not None:
            lots.ship(self.session, occasion, lot=packed, to=first, amount=share)
        if (occasion := self._when(day + timedelta(days=1), 10)) is not None:
            lots.ship(self.session, occasion, lot=packed, to=second)

    def _when(self, day: date, hour: int) -> Occasion | None:
        """The occasion of something done at that local hour, or None if it is yet to come."""
        at = _at(day, hour) + timedelta(minutes=self.dice.randrange(40))
        number = uuid.UUID(int=self.dice.getrandbits(128))
        by = self.dice.choice(_GROWERS)
        return Occasion(at, by, _uuid7(at, number)) if at < self.end else None


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), _ZONE)


def _sun(day: date) -> float:
    """Return how strong the sun is: 1 at midsummer, -1 at midwinter."""
    return math.cos(2 * math.pi * (day.timetuple().tm_yday - 172) / 365)


def _open_day(day: date) -> date:
    """Return the day, or the next on which anybody works: New Year and Obon are holidays."""
    while (day.month, day.day) in {(12, 31), (1, 1), (1, 2), (1, 3), (8, 13), (8, 14), (8, 15)}:
        day += timedelta(days=1)
    return day


def _uuid7(at: datetime, noise: uuid.UUID) -> str:
    """A UUIDv7 of that moment from dice instead of the machine (RFC 9562, 5.7)."""
    milliseconds = int(at.timestamp() * 1000)
    bits = (milliseconds << 80) | (noise.int & ((1 << 80) - 1))
    bits &= ~((0xF << 76) | (0x3 << 62))
    return str(uuid.UUID(int=bits | (0x7 << 76) | (0x2 << 62)))
