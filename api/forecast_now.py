"""A stored forecast as it holds now: as it was made, its near weeks from the lots in the ground,
and a site's or an item's as its part of the whole crop's."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from api import forecast_parts
from api.forecast_parts import Division
from forecasting import Forecast, LotsNow, Step
from traceability import forecast_lots, forecasts, packing_loss
from traceability.forecast_subject import Subject, of_record
from traceability.models import Crop, ForecastRecord


@dataclass(frozen=True, slots=True)
class Now:
    """`made` is None where there is a refusal, `lots` where nothing grows or is not weighed yet."""

    record: ForecastRecord
    made: Forecast | None
    lots: LotsNow | None
    lots_at: datetime | None


def now_of(session: Session, record: ForecastRecord) -> Now:
    """Return what holds of a forecast.

    Raises:
        ForecastingError: it was written by a version that this one does not know.
    """
    now = _alone(session, record)
    subject = of_record(session, record)
    if now.made is None:
        return now
    if subject == Subject(subject.crop, site=subject.site) and subject.site:
        division = by_site(session, subject.crop)
        return replace(now, made=forecast_parts.in_ratio(now.made, subject.site.id, division))
    if subject == Subject(subject.crop, item=subject.item) and subject.item:
        division = by_item(session, subject.crop)
        made = forecast_parts.in_ratio(now.made, subject.item.id, division)
        return replace(now, made=_as_grown(session, made, subject.crop, division))
    return now


def by_site(session: Session, crop: Crop) -> Division:
    """Return each week of a crop's forecast divided among its sites; empty where it has but one."""
    record, steps = _whole(session, crop)
    parts = _parts(session, crop, "site")
    if record is None or not parts:
        return {}
    active = {
        site.id: Subject(crop, site=site)
        for site in forecasts.sites(session, crop, at=record.made_at)
    }
    totals = {step.ds: forecast_parts.grams(step) for step in steps}
    return forecast_parts.divided(session, totals, parts, active, until=record.made_at)


def by_item(session: Session, crop: Crop) -> Division:
    """Return what will be packed of each week of a crop's forecast, divided among its trade items.

    That is what packing leaves of the harvest, less what is sent loose.
    """
    record, steps = _whole(session, crop)
    parts = _parts(session, crop, "item")
    if record is None or not parts:
        return {}
    active = {
        item.id: Subject(crop, item=item)
        for item in forecasts.items(session, crop, at=record.made_at)
    }
    share = packing_loss.packed_of(session, crop, at=record.made_at)
    totals = {step.ds: math.floor(forecast_parts.grams(step) * share) for step in steps}
    return forecast_parts.divided(session, totals, parts, active, until=record.made_at)


def _whole(session: Session, crop: Crop) -> tuple[ForecastRecord | None, Sequence[Step]]:
    """Return the crop's own forecast in force; none where it is a refusal."""
    record = forecasts.newest(session, Subject(crop))
    made = _alone(session, record).made if record is not None else None
    return (record, made.steps) if made is not None else (None, ())


def _parts(session: Session, crop: Crop, narrowed: str) -> dict[str, Sequence[Step]]:
    """Return the own steps of each site, or item, that has a forecast to show, by its id."""
    parts: dict[str, Sequence[Step]] = {}
    for subject in forecasts.known(session, crop):
        row = getattr(subject, narrowed)
        if row is None or subject != Subject(crop, **{narrowed: row}):
            continue
        record = forecasts.newest(session, subject)
        made = _alone(session, record).made if record is not None else None
        parts |= {row.id: made.steps} if made is not None else {}
    return parts


def _as_grown(session: Session, made: Forecast, crop: Crop, division: Division) -> Forecast:
    """An item's weeks come from the crop's lots, as far as the crop's own do."""
    share: dict[date, float] = {step.ds: step.lots_share for step in _whole(session, crop)[1]}
    steps = (
        replace(step, lots_share=share[step.ds]) if division.get(step.ds) else step
        for step in made.steps
    )
    return replace(made, steps=tuple(steps))


def _alone(session: Session, record: ForecastRecord) -> Now:
    made = None if record.refusal else Forecast.from_json(record.body)
    row = forecast_lots.newest(session, record)
    if row is None:
        return Now(record, made, None, None)
    lots = LotsNow.from_json(row.body)
    return Now(record, made.with_lots(lots) if made else None, lots, row.made_at)
