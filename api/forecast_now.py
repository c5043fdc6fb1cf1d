"""A stored forecast as it holds now: as it was made, its near weeks from the lots in the ground."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from forecasting import Forecast, LotsNow
from traceability import forecast_lots
from traceability.models import ForecastRecord


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
    made = None if record.refusal else Forecast.from_json(record.body)
    row = forecast_lots.newest(session, record)
    if row is None:
        return Now(record, made, None, None)
    lots = LotsNow.from_json(row.body)
    return Now(record, made.with_lots(lots) if made else None, lots, row.made_at)
