"""Scenarios on a crop's forecast in force: computed when asked, kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, median

from sqlmodel import Session, col, select

from api.forecast_now import now_of
from forecasting import FURTHEST_WEEKS
from forecasting.scenario import MIDWEEK, Changed, Finished, What, scenario
from traceability import conditions, forecasts, growing, yields
from traceability.errors import BadValue, NotFound, Phrase
from traceability.forecast_subject import Subject
from traceability.growing import GrowingLot
from traceability.lived import Span
from traceability.models import Crop, Lot, Zone

# Finished lots that speak for the next ones, and weeks of sowing that are usual.
RECENT_LOTS, USUAL_WEEKS = 20, 8
LIGHT_DAYS, LEAST_COVERED = 14, 0.9


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know; `dli_now` left out is taken from the probes."""

    sow_more: float = 0.0
    sow_from: date | None = None
    dli: float | None = None
    dli_now: float | None = None


def what_if(
    session: Session, crop: Crop, asked: Asked, *, at: datetime
) -> tuple[What, Sequence[Changed]]:
    """Return what was assumed, and each week beside what it would be.

    Raises:
        NotFound: there is no forecast to start from.
        BadValue: a number is out of reach, or what it needs is not known here.
    """
    _refuse(asked)
    record = forecasts.newest(session, Subject(crop))
    made = now_of(session, record).made if record is not None else None
    if made is None:
        raise NotFound(
            what="forecast", name=crop.code, next_step="make one first, or see why there is none"
        )
    ground = growing.ground_of(session, Subject(crop), at=at)
    today = at.astimezone(yields.zone_of(session, crop)).date()
    finished = _finished(ground.lots)
    if asked.sow_from is not None and asked.sow_from < today:
        raise BadValue(
            field="sow_from",
            expected="today or a later day",
            got=asked.sow_from,
            next_step="what was sown already is known",
        )
    if asked.sow_more and not finished:
        raise BadValue(
            field="sow_more",
            expected="finished lots of this crop to reckon with",
            got="none",
            next_step="wait for the first harvest of a lot that was sown here",
        )
    what = What(
        sow_more=asked.sow_more,
        sow_from=asked.sow_from or (today if asked.sow_more else None),
        usual_pieces=_usual_pieces(ground.lots, today),
        dli=asked.dli,
        dli_now=None if asked.dli is None else asked.dli_now or _light_now(session, crop, at),
    )
    steps = [step for step in made.steps if step.ds + timedelta(days=7) > today]
    if what.sow_more and what.sow_from:
        _refuse_unseen(crop, what, finished, first=made.steps[0].ds, last=made.steps[-1].ds)
    return what, scenario(steps, finished, what, today=today)


def _refuse(asked: Asked) -> None:
    for field, value, low, high in (
        ("sow_more", asked.sow_more, -1, 10),
        ("dli", asked.dli, 1, 80),
        ("dli_now", asked.dli_now, 1, 80),
    ):
        if value is not None and not low <= value <= high:
            raise BadValue(
                field=field, expected=f"{low} to {high}", got=value, next_step="mend the number"
            )


def _refuse_unseen(
    crop: Crop, what: What, finished: Sequence[Finished], *, first: date, last: date
) -> None:
    """More sowing that moves none of the weeks would look like sowing that brings nothing."""
    if not what.usual_pieces:
        raise BadValue(
            field="sow_more",
            expected=Phrase("sowings of the last {weeks} weeks to have more of", weeks=USUAL_WEEKS),
            got="none",
            next_step=Phrase(
                "plan the sowing and see: minori forecast plan {crop} --on DAY --pieces COUNT",
                crop=crop.code,
            ),
        )
    latest = last + timedelta(days=MIDWEEK - min(lot.days for lot in finished))
    if what.sow_from and what.sow_from > latest:
        cut = what.sow_from + timedelta(days=round(fmean(lot.days for lot in finished)))
        weeks = (cut - first).days // 7 + 1
        raise BadValue(
            field="sow_from",
            expected=Phrase("{latest} or earlier, to be cut within the forecast", latest=latest),
            got=what.sow_from,
            next_step=Phrase(
                "look further ahead: minori forecast fit {crop} --weeks {weeks}",
                crop=crop.code,
                weeks=weeks,
            )
            if weeks <= FURTHEST_WEEKS
            else "nobody knows a harvest further ahead",
        )


def _finished(lots: Sequence[GrowingLot]) -> list[Finished]:
    done = [
        (lot.harvested_on, lot.lot, (lot.harvested_g or 0) / lot.pieces, lot.started_on)
        for lot in lots
        if lot.harvested_on is not None
    ]
    return [
        Finished((cut_on - started_on).days, grams)
        for cut_on, _, grams, started_on in sorted(done)[-RECENT_LOTS:]
    ]


def _usual_pieces(lots: Sequence[GrowingLot], today: date) -> float:
    first = today - timedelta(weeks=USUAL_WEEKS)
    return sum(lot.pieces for lot in lots if first <= lot.started_on <= today) / USUAL_WEEKS


def _light_now(session: Session, crop: Crop, at: datetime) -> float:
    """The light of a usual day lately, where the crop grows. [mol/m²/d]"""
    grows = select(Lot.zone_id).where(
        Lot.crop_id == crop.id, Lot.stage == "growing", col(Lot.closed_at).is_(None)
    )
    start = at - timedelta(days=LIGHT_DAYS)
    zones = session.exec(select(Zone).where(col(Zone.id).in_(grows))).all()
    found = [
        day.mol
        for zone in zones
        for day in conditions.daily_light(session, [Span(zone, start, at)])
        if day.covered >= LEAST_COVERED and day.mol > 0
    ]
    if not found:
        raise BadValue(
            field="dli_now",
            expected="today's daily light [mol/m²/d]",
            got="nothing, and no probe says it where the crop grows",
            next_step="say it beside dli",
        )
    return float(median(found))
