"""Forecasts as records: made when, by whom, from what; never edited, only superseded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from traceability.forecast_subject import Subject, of_record
from traceability.models import (
    Act,
    ActLine,
    Crop,
    ForecastRecord,
    Job,
    Lot,
    Party,
    Site,
    TradeItem,
)
from traceability.projection import unvoided

# The kind of job that asks for one; its subject is a Subject's key.
FORECAST_JOB = "forecast"
# A fit takes seconds, and its limit is ten minutes.
GIVEN_AGAIN_AFTER = timedelta(minutes=30)
RENEWED_AFTER = timedelta(days=7)
TRIED_AGAIN_AFTER = timedelta(days=1)
# A site or partner that had nothing for so long is no part of a crop's forecasts any more.
ACTIVE = timedelta(weeks=26)


@dataclass(frozen=True, slots=True)
class Made:
    """What a fit gave: the JSON to keep, and what look-ups want to know without reading it.

    Attributes:
        body: JSON of `forecasting.Forecast`; of a refusal {"code": ..., "message": ...}.
        refusal: its code, where no line can honestly be drawn.
        given_digest: SHA-256 of all the fit was given.
        error, naive_error: WAPE over past cutoffs, of what is served and of the line to beat.
    """

    body: str
    refusal: str | None = None
    given_digest: str | None = None
    error: float | None = None
    naive_error: float | None = None


def store(
    session: Session, subject: Subject, made: Made, *, made_by: str, horizon_weeks: int
) -> ForecastRecord:
    """Keep a forecast, or the refusal where there is none; earlier ones stay as they were."""
    crop_id, item_id, site_id, party_id = subject.ids
    record = ForecastRecord(
        crop_id=crop_id,
        trade_item_id=item_id,
        site_id=site_id,
        party_id=party_id,
        made_at=datetime.now(UTC),
        made_by=made_by,
        horizon_weeks=horizon_weeks,
        refusal=made.refusal,
        body=made.body,
        given_digest=made.given_digest,
        error=made.error,
        naive_error=made.naive_error,
    )
    session.add(record)
    session.flush()
    return record


def newest(session: Session, subject: Subject) -> ForecastRecord | None:
    """Return the forecast in force: the last one made."""
    return session.exec(_of(subject)).first()


def history(session: Session, subject: Subject, *, limit: int = 50) -> Sequence[ForecastRecord]:
    """Return this and earlier forecasts, newest first."""
    return session.exec(_of(subject).limit(limit)).all()


def crops(session: Session) -> Sequence[Crop]:
    """Return the crops that a forecast was ever made of, by code."""
    asked = select(ForecastRecord.crop_id)
    return session.exec(select(Crop).where(col(Crop.id).in_(asked)).order_by(Crop.code)).all()


def known(session: Session, crop: Crop) -> Sequence[Subject]:
    """Return every subject of a crop that a forecast was ever made of, the whole crop first."""
    newest = select(func.max(ForecastRecord.id)).where(ForecastRecord.crop_id == crop.id)
    newest = newest.group_by(
        col(ForecastRecord.trade_item_id), col(ForecastRecord.site_id), col(ForecastRecord.party_id)
    )
    records = session.exec(select(ForecastRecord).where(col(ForecastRecord.id).in_(newest)))
    found = [of_record(session, record) for record in records]
    return sorted(found, key=lambda one: (not one.is_whole, one.label))


def request(session: Session, subject: Subject, *, by: str, at: datetime) -> Job:
    """Ask for a new forecast; an agent makes it. Asking again while one is waiting adds nothing."""
    waiting = session.exec(
        select(Job).where(
            Job.kind == FORECAST_JOB, Job.subject == subject.key, col(Job.started_at).is_(None)
        )
    ).first()
    if waiting is not None:
        return waiting
    job = Job(kind=FORECAST_JOB, subject=subject.key, requested_at=at, requested_by=by)
    session.add(job)
    session.flush()
    return job


def due(session: Session, *, at: datetime) -> Sequence[Subject]:
    """Return what should be forecast anew: a week of history has come since the newest.

    A crop nobody ever asked about has none and is not due. With a crop come its sites, where
    there are several, and the partners who took of it lately.
    """
    wanted = {
        subject.key: subject
        for crop in crops(session)
        for subject in (*known(session, crop), *family(session, crop, at=at))
    }
    # What failed today would fail again in five seconds, and again.
    tried = set(session.exec(select(Job.subject).where(Job.requested_at > at - TRIED_AGAIN_AFTER)))
    return [
        subject
        for key, subject in wanted.items()
        if key not in tried and _is_old(newest(session, subject), at)
    ]


def family(session: Session, crop: Crop, *, at: datetime) -> Sequence[Subject]:
    """Return a crop's sites and trade items, where there are several, and who takes of it."""
    harvesting, packing = sites(session, crop, at=at), items(session, crop, at=at)
    partners = _active(session, crop, "ship", Party, Act.to_party_id, at)
    by_site = [Subject(crop, site=one) for one in harvesting] if len(harvesting) > 1 else []
    by_item = [Subject(crop, item=one) for one in packing] if len(packing) > 1 else []
    return [*by_site, *by_item, *(Subject(crop, partner=partner) for partner in partners)]


def sites(session: Session, crop: Crop, *, at: datetime) -> Sequence[Site]:
    """Return the sites that harvested a crop in the half year before."""
    return _active(session, crop, "harvest", Site, Act.site_id, at)


def items(session: Session, crop: Crop, *, at: datetime) -> Sequence[TradeItem]:
    """Return the trade items that a crop was packed as in the half year before."""
    return _active(session, crop, "pack", TradeItem, Lot.trade_item_id, at)


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


def _active(
    session: Session, crop: Crop, kind: str, model: type[Any], column: Any, at: datetime
) -> Sequence[Any]:
    """Return the rows that acts of a kind on a crop lately named in a column."""
    named = (
        select(column)
        .select_from(Act)
        .join(ActLine, col(ActLine.act_id) == col(Act.id))
        .join(Lot, col(Lot.id) == col(ActLine.lot_id))
        .where(Act.kind == kind, Lot.crop_id == crop.id, Act.happened_at > at - ACTIVE)
        .where(unvoided(Act.id))
    )
    return session.exec(select(model).where(model.id.in_(named)).order_by(model.code)).all()


def _is_old(record: ForecastRecord | None, at: datetime) -> bool:
    return record is None or record.made_at < at - RENEWED_AFTER


def _of(subject: Subject) -> SelectOfScalar[ForecastRecord]:
    crop_id, item_id, site_id, party_id = subject.ids
    return (
        select(ForecastRecord)
        .where(
            ForecastRecord.crop_id == crop_id,
            ForecastRecord.trade_item_id == item_id,
            ForecastRecord.site_id == site_id,
            ForecastRecord.party_id == party_id,
        )
        .order_by(col(ForecastRecord.made_at).desc(), col(ForecastRecord.id).desc())
    )
