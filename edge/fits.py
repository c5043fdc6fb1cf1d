"""From what came week by week to a stored forecast; the fit itself runs in a process of its own.

No transaction is open while it fits: a farm's SQLite has one writer, and the probes are it.
"""

import asyncio
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeGuard

from sqlalchemy import Engine

from edge.fit_process import in_child
from edge.settings import Forecast as ForecastSettings
from forecasting import Forecast
from traceability import forecasts, remarks, yields
from traceability.database import reading_session, writing_session
from traceability.forecast_subject import Subject
from traceability.forecasts import Made
from traceability.models import ForecastRecord
from traceability.yields import Week

HORIZON_WEEKS = 8
NO_HARVEST = "no_harvest"
# Another version may fit otherwise, so what it was given is not the same.
_FITTED_BY = ("minori", "prophet", "statsforecast", "numpy", "pandas")


async def make(
    engine: Engine,
    subject: Subject,
    *,
    by: str,
    now: datetime,
    horizon_weeks: int = HORIZON_WEEKS,
    accept: Collection[str] = (),
    settings: ForecastSettings | None = None,
) -> ForecastRecord:
    """Fit what comes week by week [kg] and store what came of it, a refusal included.

    Where nothing changed since the newest forecast, that one is returned and nothing is fitted.

    Args:
        accept: Codes of refusals a person has looked at, as in `forecasting.forecast`.
        settings: Calendars; without them none is known.

    Raises:
        FitFailed: the child process gave no answer. Nothing was stored.
    """
    weeks, newest, excluded = await asyncio.to_thread(_known, engine, subject, now)
    calendar = (settings or ForecastSettings()).calendar(
        subject.partner.code if subject.partner else None
    )
    request = {
        "series": subject.label,
        "kind": subject.kind,
        "weeks": [(week.monday.isoformat(), week.weight_g) for week in weeks],
        "excluded": excluded,
        "calendar": rules if any((rules := calendar.model_dump()).values()) else None,
        "horizon_weeks": horizon_weeks,
        "accept": sorted(accept),
    }
    digest = digest_of(request)
    if _is_of(newest, digest):
        return newest
    made = await _made(subject, request | {"today": now.date().isoformat()}, digest)
    with writing_session(engine) as session:
        # Somebody else may have asked the same a second later, and be done.
        newest = forecasts.newest(session, subject)
        if _is_of(newest, digest):
            return newest
        return forecasts.store(session, subject, made, made_by=by, horizon_weeks=horizon_weeks)


def _is_of(record: ForecastRecord | None, digest: str) -> TypeGuard[ForecastRecord]:
    """Whether it was made from the same; a refusal is asked anew."""
    return record is not None and record.refusal is None and record.given_digest == digest


def _known(
    engine: Engine, subject: Subject, now: datetime
) -> tuple[Sequence[Week], ForecastRecord | None, list[str]]:
    """Return what came, the forecast in force, and the weeks nothing is to be learnt from."""
    with reading_session(engine) as session:
        weeks = yields.wanted(session, subject, until=now)
        # What went wrong in a room says nothing about what a partner wanted.
        excluded = remarks.excluded(session, subject.crop) if subject.partner is None else {}
        mondays = sorted({week.monday for week in weeks} & set(excluded))
        newest = forecasts.newest(session, subject)
        return weeks, newest, [monday.isoformat() for monday in mondays]


def digest_of(request: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a child process is given, and of who works on it there."""
    versions = {name: _version(name) for name in _FITTED_BY}
    given = json.dumps([request, versions], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(given.encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


async def _made(subject: Subject, request: dict[str, Any], digest: str) -> Made:
    """Return what is to be stored: a forecast, or why there is none."""
    series = subject.label
    if not request["weeks"]:
        sentence = (
            f"no whole week of weighed {_word(subject)} of {series} is recorded yet; "
            f"a forecast needs weeks to go by: record them, with their weights, as they come"
        )
        return Made(json.dumps({"code": NO_HARVEST, "message": sentence}), NO_HARVEST, digest)
    answer = await in_child("edge.fit", series, request)
    if "refusal" in answer:
        # The facts are for those who read it in another language.
        refusal = {"code": answer["refusal"]} | {key: answer[key] for key in ("message", "facts")}
        return Made(json.dumps(refusal, ensure_ascii=False), answer["refusal"], digest)
    made = Forecast.from_json(answer["body"])
    error, naive = made.error, made.naive_error
    return Made(
        answer["body"],
        given_digest=digest,
        error=error.wape if error else None,
        naive_error=naive.wape if naive else None,
    )


def _word(subject: Subject) -> str:
    if subject.partner is not None:
        return "shipment"
    return "harvest" if subject.item is None else "packing"
