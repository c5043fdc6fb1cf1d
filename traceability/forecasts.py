"""Forecasts as records: made when, by whom, from what; never edited, only superseded."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from traceability.models import Crop, ForecastRecord, Job

# The kind of job that asks for one; its subject is the crop's id.
FORECAST_JOB = "forecast"
# A fit takes seconds, and its limit is ten minutes.
GIVEN_AGAIN_AFTER = timedelta(minutes=30)
RENEWED_AFTER = timedelta(days=7)
TRIED_AGAIN_AFTER = timedelta(days=1)


def store(
    session: Session,
    crop: Crop,
    *,
    body: str,
    made_by: str,
    horizon_weeks: int,
    refusal: str | None = None,
) -> ForecastRecord:
    """Keep a forecast, or the refusal (its code) where no line can honestly be drawn.

    `body` is the JSON of `forecasting.Forecast`; of a refusal {"code": ..., "message": ...}.
    """
    record = ForecastRecord(
        crop_id=crop.id,
        made_at=datetime.now(UTC),
        made_by=made_by,
        horizon_weeks=horizon_weeks,
        refusal=refusal,
        body=body,
    )
    session.add(record)
    session.flush()
    return record


def newest(session: Session, crop: Crop) -> ForecastRecord | None:
    """Return the forecast in force: the last one made."""
    return session.exec(_of(crop)).first()


def history(session: Session, crop: Crop, *, limit: int = 50) -> Sequence[ForecastRecord]:
    """Return this and earlier forecasts, newest first."""
    return session.exec(_of(crop).limit(limit)).all()


def request(session: Session, crop: Crop, *, by: str, at: datetime) -> Job:
    """Ask for a new forecast; an agent makes it. Asking again while one is waiting adds nothing."""
    waiting = session.exec(
        select(Job).where(
            Job.kind == FORECAST_JOB, Job.subject == crop.id, col(Job.started_at).is_(None)
        )
    ).first()
    if waiting is not None:
        return waiting
    job = Job(kind=FORECAST_JOB, subject=crop.id, requested_at=at, requested_by=by)
    session.add(job)
    session.flush()
    return job


def due(session: Session, *, at: datetime) -> Sequence[Crop]:
    """Return the crops whose newest forecast is a week old: a week of harvest has come since.

    A crop nobody ever asked about has none and is not due.
    """
    newest = (
        select(ForecastRecord.crop_id)
        .group_by(col(ForecastRecord.crop_id))
        .having(func.max(ForecastRecord.made_at) < at - RENEWED_AFTER)
    )
    # What failed today would fail again in five seconds, and again.
    tried = select(Job.subject).where(Job.requested_at > at - TRIED_AGAIN_AFTER)
    wanted = select(Crop).where(col(Crop.id).in_(newest), col(Crop.id).not_in(tried))
    return session.exec(wanted).all()


def next_job(session: Session, *, at: datetime) -> Job | None:
    """Return the oldest job nobody works on, for the caller to mark as started.

    One that was started long ago and never finished died with its process, and is given again.
    """
    died = col(Job.started_at) < at - GIVEN_AGAIN_AFTER
    query = (
        select(Job)
        .where(Job.kind == FORECAST_JOB, col(Job.finished_at).is_(None))
        .where(or_(col(Job.started_at).is_(None), died))
        .order_by(col(Job.requested_at))
        .limit(1)
    )
    return session.exec(query).first()


def finish_job(session: Session, job_id: str, *, at: datetime, error: str | None = None) -> None:
    """Mark a job as done; `error` is the sentence for whoever asked, where nothing came of it."""
    job = session.get_one(Job, job_id)
    job.finished_at, job.error = at, error


def _of(crop: Crop) -> SelectOfScalar[ForecastRecord]:
    return (
        select(ForecastRecord)
        .where(ForecastRecord.crop_id == crop.id)
        .order_by(col(ForecastRecord.made_at).desc(), col(ForecastRecord.id).desc())
    )
