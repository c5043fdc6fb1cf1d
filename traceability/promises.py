"""Promises to partners: kept as they were said, and looked at again once the week is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from traceability import yields
from traceability.forecast_subject import Subject
from traceability.models import Crop, Party, Promise, TradeItem

# Steps of a forecast on its way to a partner, in order; each names a weight of a promise.
STEPS = ("naive", "model", "agronomist", "agreed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a promise; None while its week is not over.

    Attributes:
        shipped_g: what the partner got that week.
        harvested_g: what the crop brought that week.
    """

    promise: Promise
    shipped_g: int | None
    harvested_g: int | None

    @property
    def is_kept(self) -> bool | None:
        return None if self.shipped_g is None else self.shipped_g >= self.promise.weight_g


@dataclass(frozen=True, slots=True)
class Added:
    """How far off one step was over past weeks (WAPE), and what it took off the error before it."""

    step: str
    error: float
    added: float | None  # None: the first step
    weeks: int


def one_at_a_time(session: Session, crop: Crop) -> None:
    """Wait until nobody else promises of a crop: two at once would both take the same kilograms.

    Held until the caller commits. On SQLite every writer waits for its turn anyway; acts on lots of
    the crop wait for nobody.
    """
    row = select(Crop.id).where(Crop.id == crop.id)
    session.exec(row.with_for_update(key_share=True)).one()


def store(session: Session, promise: Promise) -> Promise:
    """Keep a promise; the newest one for a partner, item and week holds."""
    session.add(promise)
    session.flush()
    return promise


def standing(session: Session, crop: Crop, *, week: date | None = None) -> Sequence[Promise]:
    """Return the promises that hold, of one week or of all, soonest first."""
    query = select(Promise).where(Promise.crop_id == crop.id)
    if week is not None:
        query = query.where(Promise.week == week)
    rows = session.exec(query.order_by(col(Promise.made_at), col(Promise.id)))
    newest = {(row.week, row.party_id, row.trade_item_id): row for row in rows}
    return sorted(newest.values(), key=lambda row: (row.week, row.party_id, row.id))


def earlier(session: Session, promise: Promise) -> Sequence[Promise]:
    """Return what the same partner was told before for the same week, newest first."""
    query = select(Promise).where(
        Promise.crop_id == promise.crop_id,
        Promise.party_id == promise.party_id,
        Promise.trade_item_id == promise.trade_item_id,
        Promise.week == promise.week,
        Promise.id != promise.id,
    )
    return session.exec(query.order_by(col(Promise.made_at).desc())).all()


def outcomes(session: Session, crop: Crop, *, at: datetime) -> Sequence[Outcome]:
    """Return every promise that holds with what became of it, newest week first."""
    came = _by_week(session, Subject(crop), at)
    shipped: dict[tuple[str, str | None], dict[date, int]] = {}
    found = []
    for promise in reversed(standing(session, crop)):
        to = (promise.party_id, promise.trade_item_id)
        if to not in shipped:
            shipped[to] = _by_week(session, _subject(session, crop, promise), at)
        is_over = promise.week + timedelta(days=7) <= _today(session, crop, at)
        found.append(
            Outcome(
                promise,
                shipped[to].get(promise.week, 0) if is_over else None,
                came.get(promise.week, 0) if is_over else None,
            )
        )
    return found


def of_partner(session: Session, partner: Party, *, at: datetime) -> Sequence[Outcome]:
    """Return what one partner was promised of every crop, newest week first."""
    crops = select(Promise.crop_id).where(Promise.party_id == partner.id)
    found = [
        one
        for crop in session.exec(select(Crop).where(col(Crop.id).in_(crops)).order_by(Crop.code))
        for one in outcomes(session, crop, at=at)
        if one.promise.party_id == partner.id
    ]
    return sorted(found, key=lambda one: one.promise.week, reverse=True)


def hit_rate(found: Sequence[Outcome]) -> float | None:
    """Return the share of promises that were kept; None while no week is over.

    A promise of nothing is kept whatever comes, and counts for nothing.
    """
    over = [one.is_kept for one in found if one.is_kept is not None and one.promise.weight_g]
    return sum(over) / len(over) if over else None


def value_added(found: Sequence[Outcome]) -> Sequence[Added]:
    """Return what each step added over the weeks that are over, each week counted once.

    A week in which nobody knew better than the model has the model's weight at that step.
    """
    weeks = {
        one.promise.week: one
        for one in sorted(found, key=lambda one: (one.promise.made_at, one.promise.id))
        if one.harvested_g is not None
    }
    total = sum(one.harvested_g or 0 for one in weeks.values())
    if not total:
        return []
    steps: list[Added] = []
    for step in STEPS:
        missed = sum(
            abs(_weight(one.promise, step) - (one.harvested_g or 0)) for one in weeks.values()
        )
        error = missed / total
        steps.append(Added(step, error, steps[-1].error - error if steps else None, len(weeks)))
    return steps


def _weight(promise: Promise, step: str) -> int:
    weight: int | None = getattr(promise, f"{step}_g")
    return promise.model_g if weight is None else weight


def _subject(session: Session, crop: Crop, promise: Promise) -> Subject:
    item = session.get_one(TradeItem, promise.trade_item_id) if promise.trade_item_id else None
    return Subject(crop, item=item, partner=session.get_one(Party, promise.party_id))


def _by_week(session: Session, subject: Subject, at: datetime) -> dict[date, int]:
    return {week.monday: week.weight_g for week in yields.weekly(session, subject, until=at)}


def _today(session: Session, crop: Crop, at: datetime) -> date:
    return at.astimezone(yields.zone_of(session, crop)).date()
