"""What a partner can count on in a week: supply at a confidence, less what others were promised,
divided by contract, recent share and priority."""

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from api.forecast_now import now_of
from forecasting import Step
from forecasting.levels import counted_on, shortfall
from traceability import (
    contracts,
    forecast_lots,
    forecasts,
    packing_loss,
    promises,
    remarks,
    yields,
)
from traceability.division import Divided, Need, divide
from traceability.errors import BadValue, NotForecast
from traceability.forecast_subject import Subject
from traceability.models import Crop, ForecastRecord, Party, Promise, TradeItem

# Promised unless the farm says otherwise: nine weeks of ten bring more than P10.
CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class Week:
    """A week's supply in force, in kg: the model's, and what an agronomist made of it."""

    record: ForecastRecord
    model: Step
    supply: Step  # after the agronomist: all three quantiles in the ratio of the new P50
    agronomist_g: int | None
    lots_id: str | None
    packing_share: float  # of the harvest that packing leaves

    @property
    def net(self) -> Step:
        """What can be sent of the supply: partners get packs, not outer leaves."""
        step = self.supply
        p10, p50, p90 = (kg * self.packing_share for kg in (step.p10, step.p50, step.p90))
        return replace(step, p10=p10, p50=p50, p90=p90)

    def countable_g(self, confidence: float) -> int:
        """What can be sent at least, with that probability."""
        net = self.net
        return _grams(counted_on(net.p10, net.p50, net.p90, confidence))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be promised; without a weight, what the division gives.

    Attributes:
        weight_g: promised instead; needs a note.
        agreed_kg: the week's supply that farm and partner agreed to reckon with.
    """

    crop: Crop
    partner: Party
    week: date
    item: TradeItem | None = None
    confidence: float = CONFIDENCE
    weight_g: int | None = None
    packs_per_case: int | None = None
    agreed_kg: float | None = None
    note: str = ""


def week_of(session: Session, crop: Crop, monday: date) -> Week:
    """Return the supply that holds for a week.

    Raises:
        NotFound: no forecast in force reaches that week.
    """
    record = forecasts.newest(session, Subject(crop))
    made = now_of(session, record).made if record is not None else None
    step = next((one for one in made.steps if one.ds == monday), None) if made else None
    if record is None or step is None:
        reach = f"{made.steps[0].ds} to {made.steps[-1].ds}" if made else "none"
        raise NotForecast(crop=crop.code, week=str(monday), reach=reach)
    word = remarks.overrides(session, crop, since=monday).get(monday)
    known_g = None if word is None else word.weight_g
    lots = forecast_lots.newest(session, record)
    return Week(
        record,
        step,
        _known_better(step, known_g),
        known_g,
        lots.id if lots else None,
        packing_loss.left_of(session, crop),
    )


def divided(
    session: Session, crop: Crop, monday: date, *, total_g: int, at: datetime
) -> tuple[Divided, dict[str, int]]:
    """Divide grams of a week among partners; what was promised already comes before all.

    Returns:
        What each partner may have in all, and what it was promised, by code.
    """
    given = _promised(session, crop, monday)
    free = max(0, total_g - sum(given.values()))
    open_ = [need for _, need in _needs(session, crop, monday, at) if need.name not in given]
    found = divide(free, open_)
    return replace(found, by_name={**found.by_name, **given}), given


def promise(session: Session, asked: Asked, *, by: str, at: datetime) -> Promise:
    """Make a promise and freeze it.

    Raises:
        NotFound: no forecast reaches that week.
        BadValue: the week is over, the confidence is none, more is promised without a note.
    """
    _refuse(asked, today=at.astimezone(yields.zone_of(session, asked.crop)).date())
    promises.one_at_a_time(session, asked.crop)
    week = week_of(session, asked.crop, asked.week)
    supply, net = week.supply, week.net
    countable_g = week.countable_g(asked.confidence)
    others = [
        one
        for one in promises.standing(session, asked.crop, week=asked.week)
        if (one.party_id, one.trade_item_id) != (asked.partner.id, asked.item and asked.item.id)
    ]
    others_g = sum(one.weight_g for one in others)
    weight_g = asked.weight_g
    if weight_g is None:
        weight_g = _share_g(session, asked, others, countable_g, at)
    packs = _packed(session, asked, weight_g)
    risk = shortfall(net.p10, net.p50, net.p90, (others_g + packs.weight_g) / 1000)
    agreed = asked.agreed_kg if asked.agreed_kg is not None else supply.p50
    row = Promise(
        crop_id=asked.crop.id,
        party_id=asked.partner.id,
        trade_item_id=asked.item.id if asked.item else None,
        week=asked.week,
        weight_g=packs.weight_g,
        packs=packs.packs,
        cases=packs.cases,
        packs_per_case=packs.packs_per_case,
        confidence=asked.confidence,
        shortfall=risk,
        remainder_g=max(0, countable_g - others_g - packs.weight_g),
        p10_g=_grams(supply.p10),
        p50_g=_grams(supply.p50),
        p90_g=_grams(supply.p90),
        naive_g=_grams(week.model.naive),
        model_g=_grams(week.model.p50),
        agronomist_g=week.agronomist_g,
        agreed_g=_grams(agreed),
        lots_share=week.model.lots_share,
        packing_share=week.packing_share,
        forecast_id=week.record.id,
        forecast_lots_id=week.lots_id,
        note=asked.note,
        made_at=at,
        made_by=by,
    )
    return promises.store(session, row)


@dataclass(frozen=True, slots=True)
class _Packing:
    weight_g: int
    packs: int | None = None
    cases: int | None = None
    packs_per_case: int | None = None


def _refuse(asked: Asked, *, today: date) -> None:
    if not 0 < asked.confidence < 1:
        raise BadValue(
            field="confidence",
            expected="more than 0 and less than 1, such as 0.9",
            got=asked.confidence,
            next_step="mend the number",
        )
    if asked.week.weekday() != 0 or asked.week + timedelta(days=7) <= today:
        raise BadValue(
            field="week",
            expected="the Monday of a week that is not over",
            got=asked.week,
            next_step="name the week",
        )
    if asked.packs_per_case is not None and asked.item is None:
        raise BadValue(
            field="packs_per_case",
            expected="a trade item, whose packs are in the case",
            got="none",
            next_step="name the trade item, or leave the packs out",
        )
    if asked.weight_g is not None and not asked.note:
        raise BadValue(
            field="note",
            expected="why another weight than can be counted on is promised",
            got="nothing",
            next_step="say why, or leave the weight out",
        )


def _share_g(
    session: Session, asked: Asked, others: list[Promise], countable_g: int, at: datetime
) -> int:
    """What the division gives the partner, after what stands already."""
    taken: dict[str, int] = {}
    for one in others:
        taken[one.party_id] = taken.get(one.party_id, 0) + one.weight_g
    needs = _needs(session, asked.crop, asked.week, at)
    # A contract is fulfilled by what was promised of the partner's other items, too.
    open_ = [
        replace(need, contract_g=max(0, need.contract_g - taken.get(party.id, 0)))
        for party, need in needs
        if party.id not in taken or party.id == asked.partner.id
    ]
    if asked.partner.code not in {need.name for need in open_}:
        return 0
    return divide(max(0, countable_g - sum(taken.values())), open_).by_name[asked.partner.code]


def _needs(session: Session, crop: Crop, monday: date, at: datetime) -> list[tuple[Party, Need]]:
    """Return who may have of a week, each with what it wants at most, as far as that is known:
    P90 of its own forecast; with neither forecast nor shipments, what its contract says."""
    found = []
    for party, need in contracts.needs(session, crop, week=monday, at=at):
        wants_g = _wanted_g(session, Subject(crop, partner=party), monday)
        if wants_g is None and not need.recent_g:
            wants_g = need.contract_g
        found.append((party, replace(need, wants_g=wants_g)))
    return found


def _wanted_g(session: Session, subject: Subject, monday: date) -> int | None:
    record = forecasts.newest(session, subject)
    made = now_of(session, record).made if record is not None else None
    steps = made.steps if made is not None else ()
    return next((_grams(step.p90) for step in steps if step.ds == monday), None)


def _packed(session: Session, asked: Asked, weight_g: int) -> _Packing:
    """Whole cases where it is known how many packs one holds, else whole packs."""
    if asked.item is None:
        return _Packing(weight_g)
    per_case = asked.packs_per_case or _usual_case(session, asked)
    packs = weight_g // asked.item.net_content_g
    if per_case is None:
        return _Packing(packs * asked.item.net_content_g, packs)
    cases = packs // per_case
    packs = cases * per_case
    return _Packing(packs * asked.item.net_content_g, packs, cases, per_case)


def _usual_case(session: Session, asked: Asked) -> int | None:
    """As the last promise of the item had it."""
    found = [
        one.packs_per_case
        for one in promises.standing(session, asked.crop)
        if asked.item is not None and one.trade_item_id == asked.item.id and one.packs_per_case
    ]
    return found[-1] if found else None


def _known_better(step: Step, weight_g: int | None) -> Step:
    if weight_g is None:
        return step
    middle = weight_g / 1000
    # With nothing to scale, the word alone stands, without a range of its own.
    ratio = middle / step.p50 if step.p50 > 0 else 0.0
    low, high = (step.p10 * ratio, step.p90 * ratio) if ratio else (middle, middle)
    return replace(step, p10=low, p50=middle, p90=high)


def _promised(session: Session, crop: Crop, monday: date) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in promises.standing(session, crop, week=monday):
        code = session.get_one(Party, one.party_id).code
        found[code] = found.get(code, 0) + one.weight_g
    return found


def _grams(kg: float) -> int:
    return math.floor(kg * 1000 + 1e-6)
