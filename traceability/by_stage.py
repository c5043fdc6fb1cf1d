"""What a lot lived through by stage, day and night, against the recipe it grew under.

Through the graph: a packed lot shows how its parents grew, each until its material left it, then
what it went through since the cut, and from packing on its cold chain against what the trade item
is kept at. Lots of one recipe are summed up stage by stage; what nobody measured is said.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from sensors import QUANTITIES
from sensors.quantities import STATES
from traceability import conditions, life, lot_conditions, quarters, recipes, stage_sums
from traceability.conditions import DERIVED, spans_of
from traceability.lived import Condition, Conditions, DayLight, Span
from traceability.local_days import time_there
from traceability.lot_conditions import Body
from traceability.models import Lot, Recipe, Stay, TradeItem, Zone
from traceability.quarters import Range, Told
from traceability.recipes import Phase, Stage, Wanted
from traceability.recipes.daynight import parts_of
from traceability.windows import Window, gaps_of, trusted, windows_of

# After the cut there is no recipe: these two follow it.
HARVESTED, PACKED = "harvested", "packed"
# A day is judged by its light when it was measured from end to end.
WHOLE_DAY, DAY = 0.95, timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StageLived:
    """One stage of a lot's life, over all the lots it was lived through as.

    `stage` is what the recipe says of it, None where a growing lot had no recipe. `spans` are
    where it was; where nobody knows that, there are none. `light` is by local day; the first and
    the last are parts of days.
    """

    code: str
    stage: Stage | None
    recipe: Recipe | None
    lots: Sequence[Lot]
    start: datetime
    end: datetime
    spans: Sequence[Span]
    conditions: Sequence[Condition]
    light: Sequence[DayLight]

    @property
    def is_growing(self) -> bool:
        return self.code not in (HARVESTED, PACKED)

    @property
    def not_measured(self) -> list[str]:
        """What was wanted and no probe told."""
        told = {one.quantity for one in self.conditions}
        return [name for name in (self.stage.targets if self.stage else ()) if name not in told]


def of_lot(
    session: Session, lot: Lot, *, now: datetime, wanted_only: bool = False
) -> list[StageLived]:
    """Return the stages of a lot's life up to `now`: growing, in their order, then since.

    `wanted_only` leaves out what no stage has a range for, which is quicker.
    """
    past = life.of_lot(session, lot, now=now)
    groups = _growing(session, past, now)
    for code in (HARVESTED, PACKED):
        cut = _lots(session, past, code)
        spans = spans_of(session, cut, now=now, until=past.left)
        if spans:
            stage = _kept_at(session, cut) if code == PACKED else None
            groups.append(_Group(code, stage, None, list(cut), spans))
    kept = lot_conditions.of(session, lot)
    return [group.lived(session, kept, wanted_only=wanted_only) for group in groups]


def against(lived: Conditions, stages: Sequence[StageLived]) -> Conditions:
    """Return what was lived through with its share in range by the stages' own ranges.

    `target` is said where one range held all the time.
    """
    shares = judged(stages)
    targets = {quantity: _one_target(stages, quantity) for quantity in shares}
    found = [
        replace(one, in_range=shares.get(one.quantity), target=targets.get(one.quantity))
        for one in lived.quantities
    ]
    return replace(lived, quantities=found)


def lived(
    session: Session,
    spans: Sequence[Span],
    stage: Stage | None,
    *,
    wanted_only: bool = False,
) -> list[Condition]:
    """Return every quantity measured in the spans, whole and by day and night, against the stage.

    The daily light is among them: of whole days, `in_range` being a share of those.
    """
    if wanted_only and (stage is None or not stage.targets):
        return []
    windows = windows_of(session, spans)
    light = None if stage is None else stage.light
    targets: Mapping[str, Wanted] = {} if stage is None else stage.targets
    part_of = parts_of(session, windows, spans, light)
    lengths = stage_sums.lengths_of(spans, part_of)
    found = []
    for told in _by_quantity(session, windows, targets, wanted_only=wanted_only):
        found += stage_sums.conditions_of(
            told,
            targets.get(told[0].quantity),
            part_of=part_of,
            lengths=lengths,
            gaps_of=lambda one: gaps_of(session, one.window, trusted(one.window)),
            by_part=light is not None,
        )
    if wanted_only and "dli" not in targets:
        return found
    dli = _of_whole_days(session, spans, targets.get("dli"))
    return [*found, dli] if dli else found


def judged(stages: Sequence[StageLived]) -> dict[str, float]:
    """Return quantity -> share of the judged time in range, over all these stages together."""
    inside: dict[str, float] = {}
    held: dict[str, float] = {}
    for stage in stages:
        for one in stage.conditions:
            if one.part is None and one.in_range is not None:
                inside[one.quantity] = inside.get(one.quantity, 0) + one.in_range * one.judged_s
                held[one.quantity] = held.get(one.quantity, 0) + one.judged_s
    return {quantity: inside[quantity] / held[quantity] for quantity in held if held[quantity]}


def _one_target(stages: Sequence[StageLived], quantity: str) -> Range | None:
    """Return the range of a quantity where every stage that wants it wants the same."""
    wanted = [s.stage.targets[quantity] for s in stages if s.stage and quantity in s.stage.targets]
    if not wanted or any(one != wanted[0] for one in wanted):
        return None
    return wanted[0].always


@dataclass(slots=True)
class _Group:
    """What is summed up together: lots of one recipe in one of its stages."""

    code: str
    stage: Stage | None
    recipe: Recipe | None
    lots: list[Lot] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    phases: list[tuple[datetime, datetime]] = field(default_factory=list)

    def lived(self, session: Session, kept: Body | None, *, wanted_only: bool) -> StageLived:
        spans = _joined(self.spans)
        times = self.phases or [(span.start, span.end) for span in spans]
        found, light = self._kept(session, kept, spans, wanted_only=wanted_only) or (
            lived(session, spans, self.stage, wanted_only=wanted_only),
            [] if wanted_only else conditions.daily_light(session, spans),
        )
        return StageLived(
            code=self.code,
            stage=self.stage,
            recipe=self.recipe,
            lots=list({lot.id: lot for lot in self.lots}.values()),
            start=min(start for start, _ in times),
            end=max(end for _, end in times),
            spans=spans,
            conditions=found,
            light=light,
        )

    def _kept(
        self, session: Session, kept: Body | None, spans: Sequence[Span], *, wanted_only: bool
    ) -> tuple[Sequence[Condition], Sequence[DayLight]] | None:
        """Return what the lot's record says of the stage, if the readings have expired."""
        version = self.recipe.version if self.recipe else None
        stage = lot_conditions.stage_of(session, kept, self.code, version, spans)
        if stage is None:
            return None
        if not wanted_only:
            return stage.conditions, stage.light
        targets = self.stage.targets if self.stage else {}
        return [one for one in stage.conditions if one.quantity in targets], []


def _growing(session: Session, past: life.Life, now: datetime) -> list[_Group]:
    grew = _lots(session, past, "growing")
    found: dict[tuple[str, str], _Group] = {}
    versions = recipes.of_lots(session, grew)
    phases = recipes.phases_of(session, grew, now=now)
    stays = _stays(session, grew)
    for lot in grew:
        end = min(past.left.get(lot.id, now), lot.closed_at or now, now)
        for phase in phases.get(lot.id) or [_without_recipe(lot, end)]:
            recipe = versions.get(lot.id)
            until = min(phase.end, end)
            if phase.start >= until:
                continue
            key = (recipe.id if recipe else "", phase.stage.code)
            stage = phase.stage if recipe else None
            group = found.setdefault(key, _Group(phase.stage.code, stage, recipe))
            group.lots.append(lot)
            group.phases.append((phase.start, until))
            group.spans.extend(_within(stays.get(lot.id, ()), phase.start, until))
    return sorted(found.values(), key=lambda group: min(group.phases))


def _lots(session: Session, past: life.Life, stage: str) -> Sequence[Lot]:
    """Return the lots of a family that are at that stage, nearest first."""
    ids = [one.id for one in past.family if one.stage == stage]
    rows = {row.id: row for row in session.exec(select(Lot).where(col(Lot.id).in_(ids)))}
    return [rows[one] for one in ids]


def _without_recipe(lot: Lot, end: datetime) -> Phase:
    return Phase(Stage(code="growing"), lot.opened_at, end, "start")


def _stays(session: Session, lots: Sequence[Lot]) -> dict[str, list[tuple[Stay, Zone]]]:
    query = (
        select(Stay, Zone)
        .join(Zone, col(Zone.id) == col(Stay.zone_id))
        .where(col(Stay.lot_id).in_([lot.id for lot in lots]))
        .order_by(col(Stay.start))
    )
    found: dict[str, list[tuple[Stay, Zone]]] = {}
    for stay, zone in session.exec(query):
        found.setdefault(stay.lot_id, []).append((stay, zone))
    return found


def _within(stays: Sequence[tuple[Stay, Zone]], start: datetime, end: datetime) -> Iterator[Span]:
    for stay, zone in stays:
        begin, until = max(start, stay.start), min(end, stay.end or end)
        if begin < until:
            yield Span(zone, begin, until)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Join what overlaps in one zone: two lots in one room lived through one climate."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.zone.id, span.start)):
        last = found[-1] if found else None
        if last is not None and last.zone.id == span.zone.id and span.start <= last.end:
            found[-1] = Span(span.zone, last.start, max(last.end, span.end))
        else:
            found.append(span)
    return sorted(found, key=lambda span: span.start)


def _kept_at(session: Session, packed: Sequence[Lot]) -> Stage | None:
    """What a packed lot's trade item is kept at, written as a stage."""
    item_id = packed[0].trade_item_id
    item = session.get(TradeItem, item_id) if item_id else None
    if item is None or item.storage_low_c is None or item.storage_high_c is None:
        return None
    wanted = Wanted(always=(item.storage_low_c, item.storage_high_c))
    return Stage(code=PACKED, targets={"air_temperature": wanted})


def _by_quantity(
    session: Session,
    windows: Sequence[Window],
    targets: Mapping[str, Wanted],
    *,
    wanted_only: bool,
) -> list[list[Told]]:
    """Return what every probe said, the probes of one quantity together; states are no climate."""

    def ranges_of(quantity: str) -> tuple[Range | None, Range | None]:
        wanted = targets.get(quantity)
        return (None, None) if wanted is None else (wanted.at("day"), wanted.at("night"))

    found: dict[str, list[Told]] = {}
    for window in windows:
        quantity = window.series.quantity
        if quantity in STATES or QUANTITIES[quantity].total:
            continue
        if wanted_only and quantity not in targets:
            continue
        told = quarters.measured(session, window, ranges_of(quantity))
        if told.quarters:
            found.setdefault(quantity, []).append(told)
    derived = [name for name in DERIVED if name in targets] if wanted_only else DERIVED
    missing = [name for name in derived if name not in found]
    for told in quarters.computed(session, windows, missing, ranges_of):
        found.setdefault(told.quantity, []).append(told)
    return [found[quantity] for quantity in QUANTITIES if quantity in found]


def _of_whole_days(
    session: Session, spans: Sequence[Span], wanted: Wanted | None
) -> Condition | None:
    """Return the daily light of the days that lie in the spans and were measured throughout."""
    there = {day for day, inside in time_there(session, spans).items() if inside >= WHOLE_DAY * DAY}
    light = [
        day
        for day in conditions.daily_light(session, spans)
        if day.day in there and day.covered > WHOLE_DAY
    ]
    if not light:
        return None
    mol = [day.mol for day in light]
    target = None if wanted is None else wanted.always
    inside = 0 if target is None else sum(target[0] <= one <= target[1] for one in mol)
    return Condition(
        quantity="dli",
        mean=sum(mol) / len(mol),
        low=min(mol),
        high=max(mol),
        target=target,
        in_range=None if target is None else inside / len(mol),
        covered=len(light) / len(there),
        uncertain=0.0,
        readings=len(light),
        gaps=[],
        derived_from=("ppfd",),
        judged_s=0.0 if target is None else len(light) * 86_400.0,
    )
