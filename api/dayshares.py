"""The day's judgement as pages show it, kept for some minutes: making it reads every measurement
of two days.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from api import words
from api.digits import DIGITS
from api.i18n import Reader
from sensors import QUANTITIES
from traceability import day_shares, recipes
from traceability.by_stage import WHOLE_DAY
from traceability.day_shares import DayShares
from traceability.models import Crop, Zone
from traceability.recipes import Demand

# A share of a day moves by a percent in a quarter of an hour; a late reading is seen then, too.
KEEP = timedelta(minutes=5)
_MOST = 400


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a day a quantity was in range. `value` is 0 to 1, None where nothing is known.

    `known` says how much of the day was measured, where that is not all of it.
    """

    value: float | None
    text: str
    known: str


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    unit: str
    wanted: str
    today: Share
    yesterday: Share


@dataclass(frozen=True, slots=True)
class StageRows:
    """What the lots of one stage in a room want, and how the two days were for them."""

    crop: Crop
    stage: str
    version: int
    part: str  # day or night, in words; empty where nobody knows
    lots: int
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class _Kept:
    shares: DayShares | None
    made_at: datetime


@dataclass(slots=True)
class Days:
    """Judged days of zones; safe to use from several threads."""

    _kept: OrderedDict[tuple[str, ...], _Kept] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, session: Session, reader: Reader, zone: Zone, now: datetime) -> list[StageRows]:
        """Return what each stage in a zone wants, most plants first, with today and yesterday."""
        return [
            self._stage(session, reader, zone, demand, now)
            for demand in recipes.demands_at(session, zone, now)
            if demand.stage.targets
        ]

    def _stage(
        self, session: Session, reader: Reader, zone: Zone, demand: Demand, now: datetime
    ) -> StageRows:
        yesterday, today = day_shares.days_of(session, zone, now)
        key = (zone.id, demand.recipe.id, demand.stage.code)
        before = self._keeping(
            (*key, yesterday.start.isoformat()),
            now,
            lambda: (
                day_shares.shares_of(session, yesterday, demand)
                if day_shares.yesterdays(session, yesterday, demand)
                else None
            ),
        )
        so_far = self._keeping(
            (*key, today.start.isoformat()),
            now,
            lambda: day_shares.shares_of(session, today, demand),
        )
        return StageRows(
            crop=session.get_one(Crop, demand.recipe.crop_id),
            stage=reader.name(demand.stage),
            version=demand.recipe.version,
            part=words.parts_of_day(reader)[demand.part] if demand.part else "",
            lots=len(demand.lots),
            rows=list(_rows(reader, demand, so_far, before)),
        )

    def _keeping(self, key: tuple[str, ...], now: datetime, make: "_Make") -> DayShares | None:
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and timedelta() <= now - kept.made_at < KEEP:
            return kept.shares
        shares = make()
        with self._lock:
            self._kept[key] = _Kept(shares, now)
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return shares


_Make = Callable[[], DayShares | None]


def _rows(
    reader: Reader, demand: Demand, today: DayShares | None, yesterday: DayShares | None
) -> Iterator[Row]:
    for quantity, wanted in demand.stage.targets.items():
        row = QUANTITIES[quantity]
        light = quantity == "dli"
        said = [
            _light(reader, day, is_over=day is yesterday)
            if light
            else _share(reader, day, quantity)
            for day in (today, yesterday)
        ]
        ranges = dict.fromkeys(reader.range(one) for one in wanted.ranges())
        yield Row(reader.name(row), row.unit, " / ".join(ranges), *said)


def _share(reader: Reader, day: DayShares | None, quantity: str) -> Share:
    found = None if day is None else day.of(quantity)
    if found is None or found.in_range is None:
        return Share(None, "–", "")
    return Share(found.in_range, reader.percent(found.in_range), _known(reader, found.covered))


def _light(reader: Reader, day: DayShares | None, *, is_over: bool) -> Share:
    """Say the light so far, and of a day that is over and was measured whether it was enough."""
    _ = reader
    light = None if day is None else day.light
    if light is None:
        return Share(None, "–", "")
    mol, known = reader.number(light.mol, DIGITS.get("dli", 1)), _known(reader, light.known)
    if not is_over or light.target is None or light.known < WHOLE_DAY:
        said = mol if is_over else _("{value} so far", value=mol)
        return Share(None, said, known)
    low, high = light.target
    judged = _("enough") if light.mol >= low else _("too little")
    judged = judged if light.mol <= high else _("too much")
    return Share(None, f"{mol} · {judged}", known)


def _known(reader: Reader, covered: float) -> str:
    return (
        "" if covered >= WHOLE_DAY else reader("known for {share}", share=reader.percent(covered))
    )
