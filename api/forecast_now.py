"""A stored forecast as it holds now: as it was made, its near weeks from the lots in the ground,
and a site's as its part of the whole crop's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from api import forecast_sites
from api.forecast_sites import Division
from forecasting import Forecast, LotsNow, Step
from traceability import forecast_lots, forecasts
from traceability.forecast_subject import Subject
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
    if now.made is None or record.site_id is None or record.trade_item_id or record.party_id:
        return now
    division = by_site(session, session.get_one(Crop, record.crop_id))
    return replace(now, made=forecast_sites.in_ratio(now.made, record.site_id, division))


def by_site(session: Session, crop: Crop) -> Division:
    """Return each week of a crop's forecast divided among its sites; empty where it has but one."""
    parts: dict[str, Sequence[Step]] = {}
    for subject in forecasts.known(session, crop):
        record = forecasts.newest(session, subject)
        if record is not None and record.site_id and not (record.trade_item_id or record.party_id):
            made = _alone(session, record).made
            parts |= {record.site_id: made.steps} if made is not None else {}
    whole = forecasts.newest(session, Subject(crop))
    made = _alone(session, whole).made if whole is not None else None
    if whole is None or made is None or not parts:
        return {}
    return forecast_sites.divided(session, crop, whole, made.steps, parts)


def _alone(session: Session, record: ForecastRecord) -> Now:
    made = None if record.refusal else Forecast.from_json(record.body)
    row = forecast_lots.newest(session, record)
    if row is None:
        return Now(record, made, None, None)
    lots = LotsNow.from_json(row.body)
    return Now(record, made.with_lots(lots) if made else None, lots, row.made_at)
