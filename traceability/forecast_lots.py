"""Near weeks of a forecast as lots in the ground made them: kept beside it, one after another."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from traceability import forecasts
from traceability.forecast_subject import Subject
from traceability.models import Act, Crop, ForecastLots, ForecastRecord, SowingPlan

# Whatever one of these is another than before, lots may bring something else.
Mark = tuple[object, ...]


def store(
    session: Session, record: ForecastRecord, *, body: str, given_digest: str, at: datetime
) -> ForecastLots:
    """Keep what lots make of a forecast's weeks; `body` is the JSON of `forecasting.LotsNow`."""
    row = ForecastLots(forecast_id=record.id, made_at=at, given_digest=given_digest, body=body)
    session.add(row)
    session.flush()
    return row


def newest(session: Session, record: ForecastRecord) -> ForecastLots | None:
    """Return what holds for a forecast now."""
    query = select(ForecastLots).where(ForecastLots.forecast_id == record.id)
    query = query.order_by(col(ForecastLots.made_at).desc(), col(ForecastLots.id).desc())
    return session.exec(query.limit(1)).first()


def followed(session: Session) -> Sequence[tuple[Subject, ForecastRecord]]:
    """Return the forecasts in force that lots have a say in: of a crop, or of it at a site."""
    found = []
    for crop in session.exec(select(Crop).order_by(Crop.code)):
        for subject in forecasts.known(session, crop):
            record = forecasts.newest(session, subject)
            if record is not None and subject.item is None and subject.partner is None:
                found.append((subject, record))
    return found


def mark(session: Session, *, at: datetime) -> Mark:
    """Return a value that changes with every act, plan and forecast, and each hour."""
    acts = session.exec(select(func.max(Act.sequence))).one()
    planned = session.exec(select(func.count()).select_from(SowingPlan)).one()
    withdrawn = session.exec(select(func.count(col(SowingPlan.withdrawn_at)))).one()
    made = session.exec(select(func.max(ForecastRecord.id))).one()
    return acts, planned, withdrawn, made, at.replace(minute=0, second=0, microsecond=0)
