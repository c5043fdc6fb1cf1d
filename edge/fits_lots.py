"""Keeps near weeks up with the lots: what was sown, weighed, planned or lost moves them at once.

The weighing runs in a process of its own (`edge.fit_lots`), and only where what it would be given
is something else than last time.
"""

import asyncio
import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlmodel import Session, select

from edge.fit_process import in_child
from edge.fits import digest_of
from traceability import forecast_lots, growing, yields
from traceability.database import reading_session, writing_session
from traceability.forecast_subject import Subject
from traceability.lot_climate import LotClimates
from traceability.models import ForecastRecord, Site


async def follow(engine: Engine, *, now: datetime, climates: LotClimates | None = None) -> int:
    """Make near weeks anew for every forecast whose lots changed; return for how many.

    Args:
        climates: remembers between calls what was summed already.

    Raises:
        FitFailed: the child process gave no answer; what was made before it is kept.
    """
    count = 0
    for subject, record, request in await asyncio.to_thread(
        _changed, engine, now, climates or LotClimates()
    ):
        answer = await in_child("edge.fit_lots", subject.label, request)
        with writing_session(engine) as session:
            forecast_lots.store(
                session, record, body=answer["body"], given_digest=digest_of(request), at=now
            )
        count += 1
    return count


def request_for(
    session: Session,
    subject: Subject,
    record: ForecastRecord,
    *,
    now: datetime,
    climates: LotClimates,
) -> dict[str, Any]:
    """Return what the child is given: lots, weighings, plans, history and the line."""
    ground = growing.ground_of(session, subject, at=now)
    had = climates.of(session, subject, ground.lots, at=now)
    weeks = yields.weekly(session, subject, until=now)
    running = yields.running_week(session, subject, until=now)
    request = {
        "lots": [
            asdict(row) | (asdict(had[row.lot]) if row.lot in had else {}) for row in ground.lots
        ],
        "weighings": [asdict(one) for one in ground.weighings],
        "too_heavy": [asdict(one) for one in ground.too_heavy],
        "largest_head_g": subject.crop.largest_head_g,
        "weeks": [(week.monday, week.weight_g) for week in weeks],
        "already_g": running.weight_g if running is not None else 0,
        "forecast": None if record.refusal else record.body,
        "horizon_weeks": record.horizon_weeks,
        "today": _today(session, subject, now),
    }
    plain: dict[str, Any] = json.loads(json.dumps(request, default=date.isoformat))
    return plain


def _changed(
    engine: Engine, now: datetime, climates: LotClimates
) -> list[tuple[Subject, ForecastRecord, dict[str, Any]]]:
    found = []
    with reading_session(engine) as session:
        for subject, record in forecast_lots.followed(session):
            request = request_for(session, subject, record, now=now, climates=climates)
            before = forecast_lots.newest(session, record)
            grows = any(lot["harvested_on"] is None for lot in request["lots"])
            if before is None and not grows:
                continue  # nothing was ever sown of it here: the line stands alone
            if before is None or before.given_digest != digest_of(request):
                found.append((subject, record, request))
    return found


def _today(session: Session, subject: Subject, now: datetime) -> date:
    """The local day at the subject's site; with several, at the first that there is."""
    site = subject.site or session.exec(select(Site).order_by(Site.code)).first()
    return now.astimezone(ZoneInfo(site.time_zone) if site else None).date()
