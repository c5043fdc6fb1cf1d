"""Lots in the ground as a forecast needs them: sown when, how many, weighed, harvested or left.

A lot that was split while it grew lives on in its parts, which were sown when it was. One that is
closed without a harvest is lost and brings nothing. A sowing plan is a lot that starts tomorrow.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from traceability import heads
from traceability.errors import BadValue, NotFound, Phrase
from traceability.forecast_subject import Subject
from traceability.models import Act, ActLine, Flow, Inspection, Lot, Site, SowingPlan
from traceability.projection import unvoided

# Curves and days follow what was grown lately; older lots say little about the next.
LOOKED_BACK = timedelta(days=730)
# Finished lots a recipe needs to speak for itself; until then all of its crop speak together.
ENOUGH_FINISHED = 5
_LEAST_END = 6  # of an id, that is as good as the whole


@dataclass(frozen=True, slots=True)
class GrowingLot:
    """One lot; `harvested_*` are None while it grows. Dates are local to its site."""

    lot: str
    recipe: str
    started_on: date
    pieces: int
    left: int | None
    harvested_on: date | None = None
    harvested_pieces: int | None = None
    harvested_g: int | None = None


@dataclass(frozen=True, slots=True)
class Weighing:
    lot: str
    weighed_on: date
    head_g: float


@dataclass(frozen=True, slots=True)
class Ground:
    """All that is known of what grows and grew.

    Attributes:
        too_heavy: weighings no head of the crop can have; on record, and not believed.
    """

    lots: Sequence[GrowingLot]
    weighings: Sequence[Weighing]
    too_heavy: Sequence[Weighing] = ()


@dataclass(slots=True)
class _Cut:
    """What was harvested of one lot, and on the mean of which day."""

    pieces: int = 0
    weight_g: int = 0
    day_grams: int = field(default=0)

    def on(self) -> date:
        return date.fromordinal(round(self.day_grams / self.weight_g))


def ground_of(session: Session, subject: Subject, *, at: datetime) -> Ground:
    """Return lots sown in the last two years, with their harvests, weighings and what is planned.

    Only what a crop brings, or a site of it: a partner's and an item's lots are not sown apart.
    """
    zones = {site.id: ZoneInfo(site.time_zone) for site in session.exec(select(Site))}
    lots = {lot.id: lot for lot in session.exec(_lots(subject, since=at - LOOKED_BACK))}
    started = _started(session, lots, zones)
    cuts = _cuts(session, lots, zones)
    sown = [
        (lot, *started[lot.id], cuts.get(lot.id))
        for lot in lots.values()
        if lot.id in started and (lot.is_open or lot.id in cuts)
    ]
    recipe_of = _recipes(lots, cuts, subject)
    rows = [
        GrowingLot(lot.code, recipe_of[lot.id], day, pieces, lot.pieces)
        if lot.is_open or cut is None
        else GrowingLot(
            *(lot.code, recipe_of[lot.id], day, pieces, 0, cut.on(), cut.pieces, cut.weight_g)
        )
        for lot, day, pieces, cut in sown
    ]
    newest = max(sown, key=lambda one: one[1], default=None)
    recipe = recipe_of[newest[0].id] if newest else subject.crop.code
    planned = _planned(
        session, subject, recipe, {s: at.astimezone(z).date() for s, z in zones.items()}
    )
    ordered = sorted([*rows, *planned], key=lambda row: (row.started_on, row.lot))
    largest_g = subject.crop.largest_head_g
    weighed = _weighings(session, lots, zones)
    believed = [one for one in weighed if one.head_g <= largest_g]
    return Ground(ordered, believed, [one for one in weighed if one.head_g > largest_g])


def plan(
    session: Session,
    subject: Subject,
    *,
    sow_on: date,
    pieces: int,
    note: str,
    by: str,
    at: datetime,
) -> SowingPlan:
    """Keep what is meant to be sown; `subject` names the site.

    Raises:
        BadValue: the day is not in the future, or nothing would be sown.
    """
    assert subject.site is not None
    today = at.astimezone(ZoneInfo(subject.site.time_zone)).date()
    if sow_on <= today:
        raise BadValue(
            field="sow_on",
            expected=Phrase("a day after today, {today}", today=today),
            got=sow_on,
            next_step="record what was sown already with `minori lot sow`",
        )
    if pieces < 1:
        raise BadValue(field="pieces", expected="1 or more", got=pieces, next_step="say how many")
    row = SowingPlan(
        crop_id=subject.crop.id,
        site_id=subject.site.id,
        sow_on=sow_on,
        pieces=pieces,
        note=note,
        planned_at=at,
        planned_by=by,
    )
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, row: SowingPlan, *, by: str, at: datetime) -> None:
    """Take a plan back; that it was made stays known."""
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = at, by
        session.flush()


def find_plan(session: Session, text: str) -> SowingPlan:
    """Return a plan by its id, or by the end of it that only it has.

    Raises:
        NotFound: none ends like that, or several.
    """
    end = text if len(text) >= _LEAST_END else "-"
    ends = select(SowingPlan).where(col(SowingPlan.id).endswith(end, autoescape=True))
    found = session.exec(ends).all()
    if len(found) != 1:
        step = "`minori forecast plans CROP` lists those there are"
        raise NotFound(what="sowing plan", name=text, next_step=step)
    return found[0]


def plans(session: Session, subject: Subject) -> Sequence[SowingPlan]:
    """Return what is planned and was not taken back, soonest first."""
    query = select(SowingPlan).where(
        SowingPlan.crop_id == subject.crop.id, col(SowingPlan.withdrawn_at).is_(None)
    )
    if subject.site is not None:
        query = query.where(SowingPlan.site_id == subject.site.id)
    return session.exec(query.order_by(col(SowingPlan.sow_on), col(SowingPlan.id))).all()


def _lots(subject: Subject, *, since: datetime) -> SelectOfScalar[Lot]:
    query = select(Lot).where(
        Lot.crop_id == subject.crop.id, Lot.stage == "growing", Lot.opened_at > since
    )
    return query if subject.site is None else query.where(Lot.site_id == subject.site.id)


def _started(
    session: Session, lots: Mapping[str, Lot], zones: Mapping[str, ZoneInfo]
) -> dict[str, tuple[date, int]]:
    """Return on which day each lot was sown, itself or as part of another, and its pieces then."""
    query = (
        select(Act, ActLine)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .where(ActLine.role == "output", col(ActLine.lot_id).in_(lots))
        .where(unvoided(Act.id))
        .order_by(col(Act.happened_at), col(Act.sequence))
    )
    parents = _parents(session, lots)
    found: dict[str, tuple[date, int]] = {}
    for act, line in session.exec(query):
        if not line.pieces:
            continue
        parent = parents.get(line.lot_id)
        day = act.happened_at.astimezone(zones[act.site_id]).date()
        sown_on = found[parent][0] if parent in found else day
        found[line.lot_id] = (sown_on, line.pieces)
    return found


def _parents(session: Session, lots: Mapping[str, Lot]) -> dict[str, str]:
    flows = select(Flow).where(col(Flow.target_id).in_(lots), col(Flow.source_id).in_(lots))
    return {
        flow.target_id: flow.source_id for flow in session.exec(flows.where(unvoided(Flow.act_id)))
    }


def _cuts(
    session: Session, lots: Mapping[str, Lot], zones: Mapping[str, ZoneInfo]
) -> dict[str, _Cut]:
    query = (
        select(Act, Flow)
        .join(Flow, col(Flow.act_id) == col(Act.id))
        .where(Act.kind == "harvest", col(Flow.source_id).in_(lots))
        .where(unvoided(Act.id))
    )
    found: dict[str, _Cut] = defaultdict(_Cut)
    for act, flow in session.exec(query):
        if flow.weight_g and flow.pieces:
            cut = found[flow.source_id]
            cut.pieces += flow.pieces
            cut.weight_g += flow.weight_g
            day = act.happened_at.astimezone(zones[act.site_id]).date()
            cut.day_grams += day.toordinal() * flow.weight_g
    return dict(found)


def _recipes(lots: Mapping[str, Lot], cuts: Mapping[str, _Cut], subject: Subject) -> dict[str, str]:
    """Return each lot's recipe; the crop for all while a growing one has too few finished lots."""
    finished: dict[str | None, int] = defaultdict(int)
    for lot in lots.values():
        finished[lot.recipe_id] += lot.id in cuts and not lot.is_open
    growing = {lot.recipe_id for lot in lots.values() if lot.is_open}
    apart = all(finished[recipe] >= ENOUGH_FINISHED for recipe in growing)
    crop = subject.crop.code
    return {lot.id: (lot.recipe_id or crop) if apart else crop for lot in lots.values()}


def _weighings(
    session: Session, lots: Mapping[str, Lot], zones: Mapping[str, ZoneInfo]
) -> list[Weighing]:
    """Return heads weighed on the way: inspections of one, and samples of several."""
    inspected = (
        select(Act, Inspection)
        .join(Inspection, col(Inspection.act_id) == col(Act.id))
        .where(col(Inspection.lot_id).in_(lots), col(Inspection.measure).in_(heads.MEASURES))
        .where(unvoided(Act.id))
    )
    sampled = (
        select(Act, ActLine)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .where(Act.kind == "sample", col(ActLine.lot_id).in_(lots))
        .where(unvoided(Act.id))
    )
    rows = [
        (act, one.lot_id, head_g)
        for act, one in session.exec(inspected)
        if (head_g := heads.grams(one.measure, one.value, one.unit)) is not None
    ]
    rows += [
        (act, line.lot_id, line.weight_g / line.pieces)
        for act, line in session.exec(sampled)
        if line.weight_g and line.pieces
    ]
    found = [
        Weighing(lots[lot].code, act.happened_at.astimezone(zones[act.site_id]).date(), head_g)
        for act, lot, head_g in rows
        if head_g > 0
    ]
    return sorted(found, key=lambda one: (one.weighed_on, one.lot, one.head_g))


def _planned(
    session: Session, subject: Subject, recipe: str, today: Mapping[str, date]
) -> list[GrowingLot]:
    """Return sowings still to come; one whose day went by was done, or was not."""
    return [
        GrowingLot(f"plan {row.id[-6:]}", recipe, row.sow_on, row.pieces, None)
        for row in plans(session, subject)
        if row.sow_on > today[row.site_id]
    ]
