"""What a lot, or the lots of a zone, want at a moment: their stage's targets, by day or night."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session, col, or_, select

from sensors import to_ms, utc_from_ms
from traceability.lived import Span
from traceability.models import Lot, Recipe, Stay, Zone
from traceability.quarters import QUARTER_MS
from traceability.recipes import versions
from traceability.recipes.daynight import PartOf, part_at, parts_of
from traceability.recipes.document import Part, Stage
from traceability.recipes.lives import phases_of
from traceability.recipes.stages import Phase
from traceability.windows import windows_of

_MOMENT = timedelta(microseconds=1)


class Target(NamedTuple):
    """A range in the quantity's unit, and what it is the range of. `part` is None where the
    range is the same by day and by night."""

    low: float
    high: float
    stage: str
    part: Part | None


@dataclass(frozen=True, slots=True)
class Demand:
    """Lots of one zone in one stage of one recipe, and what they want."""

    recipe: Recipe
    stage: Stage
    part: Part | None  # None: nobody knows whether it is day
    lots: Sequence[Lot]

    @property
    def pieces(self) -> int:
        return sum(lot.pieces or 0 for lot in self.lots)

    @property
    def targets(self) -> dict[str, Target]:
        return _targets(self.stage, self.part)


def stage_of(session: Session, lot: Lot, at: datetime) -> Phase | None:
    """Return the stage a growing lot was in; None before it was there, after it, or without recipe.

    The phase ends at `at`, for what comes later is not known; `planned_end` says the plan.
    """
    found = phases_of(session, [lot], now=at + _MOMENT).get(lot.id, [])
    last = found[-1] if found else None
    return last if last is not None and last.start <= at < last.end else None


def targets_at(session: Session, where: Lot | Zone, at: datetime) -> dict[str, Target]:
    """Return quantity -> range that a lot, or most of the plants in a zone, want at that time.

    A zone is run for most of its plants: where its lots are in different stages, the one with
    the most plants decides; `demands_at` tells them all. `dli` is for the whole local day.
    """
    if isinstance(where, Zone):
        demands = demands_at(session, where, at)
        return demands[0].targets if demands else {}
    phase, zone = stage_of(session, where, at), _zone_of(session, where, at)
    if phase is None:
        return {}
    part = None if zone is None else part_at(session, zone, phase.stage.light, at)
    return _targets(phase.stage, part)


def demands_at(session: Session, zone: Zone, at: datetime) -> list[Demand]:
    """Return what the growing lots of a zone want, the demand of most plants first."""
    lots = _growing_in(session, zone, at)
    recipes = versions.of_lots(session, lots)
    groups: dict[tuple[str, str], list[Lot]] = {}
    stages: dict[tuple[str, str], Stage] = {}
    for lot_id, found in phases_of(session, lots, now=at + _MOMENT).items():
        if found:
            key = (recipes[lot_id].id, found[-1].stage.code)
            groups.setdefault(key, []).extend(lot for lot in lots if lot.id == lot_id)
            stages[key] = found[-1].stage
    demands = [
        Demand(
            recipe=recipes[members[0].id],
            stage=stages[key],
            part=part_at(session, zone, stages[key].light, at),
            lots=members,
        )
        for key, members in groups.items()
    ]
    return sorted(demands, key=lambda one: (-one.pieces, one.recipe.id, one.stage.code))


def course(
    session: Session, span: Span, stage: Stage
) -> dict[str, list[tuple[datetime, datetime, tuple[float, float]]]]:
    """Return quantity -> (from, to, range), what a stage wants in a span as day and night go by.

    `dli` is left out: it is for a whole day.
    """
    part_of = parts_of(session, windows_of(session, [span]), [span], stage.light)
    found: dict[str, list[tuple[datetime, datetime, tuple[float, float]]]] = {}
    for start, end, part in _parts(span, part_of):
        for quantity, wanted in stage.targets.items():
            pair = wanted.at(part)
            if pair is None or quantity == "dli":
                continue
            run = found.setdefault(quantity, [])
            if run and run[-1][1] == start and run[-1][2] == pair:
                run[-1] = (run[-1][0], end, pair)
            else:
                run.append((start, end, pair))
    return found


def _parts(span: Span, part_of: PartOf) -> Iterator[tuple[datetime, datetime, Part | None]]:
    """Cut a span at its quarter hours, each with the part of the day it is in."""
    at = span.start
    while at < span.end:
        quarter = to_ms(at) // QUARTER_MS
        end = min(span.end, utc_from_ms((quarter + 1) * QUARTER_MS))
        yield at, end, part_of(span, quarter)
        at = end


def _targets(stage: Stage, part: Part | None) -> dict[str, Target]:
    found = {}
    for quantity, wanted in stage.targets.items():
        pair = wanted.at(part)
        if pair is not None:
            found[quantity] = Target(*pair, stage.code, part if wanted.by_part else None)
    return found


def _growing_in(session: Session, zone: Zone, at: datetime) -> Sequence[Lot]:
    query = (
        select(Lot)
        .join(Stay, col(Stay.lot_id) == col(Lot.id))
        .where(Lot.stage == "growing", Stay.zone_id == zone.id, Stay.start <= at)
        .where(or_(col(Stay.end).is_(None), col(Stay.end) > at))
    )
    return session.exec(query.order_by(col(Lot.opened_at), col(Lot.id))).unique().all()


def _zone_of(session: Session, lot: Lot, at: datetime) -> Zone | None:
    query = (
        select(Zone)
        .join(Stay, col(Stay.zone_id) == col(Zone.id))
        .where(Stay.lot_id == lot.id, Stay.start <= at)
        .where(or_(col(Stay.end).is_(None), col(Stay.end) > at))
    )
    return session.exec(query.order_by(col(Stay.start).desc())).first()
