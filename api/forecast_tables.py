"""Forecasts, their versions, backtests and promises as tables for other programs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

from sqlmodel import Session

from api.forecast_now import now_of
from api.promise_risk import with_risks
from api.sheets import Sheet
from forecasting import AtStep, Forecast, Score, Step
from traceability import forecasts, promises
from traceability.errors import NotFound
from traceability.forecast_subject import Subject
from traceability.models import ForecastRecord, Party, Promise, TradeItem

_STEP = tuple(field.name for field in fields(Step))
_SCORE = tuple(field.name for field in fields(Score))
_RANGE = tuple(field.name for field in fields(AtStep))
_VERSION = (
    *("id", "made_at", "made_by", "horizon_weeks", "refusal", "error", "naive_error"),
    "given_digest",
)
_PROMISE = (
    *("id", "week", "weight_g", "packs", "cases", "packs_per_case", "confidence", "shortfall"),
    *("remainder_g", "p10_g", "p50_g", "p90_g", "naive_g", "model_g", "agronomist_g"),
    *("agreed_g", "lots_share", "packing_share", "forecast_id", "note", "made_at", "made_by"),
)


def forecast(session: Session, subject: Subject, _at: datetime) -> Sheet:
    """Each week of the forecast in force; near weeks as lots in the ground make them now."""
    record = _in_force(session, subject)
    made = now_of(session, record).made
    steps = made.steps if made is not None else ()
    rows = [(record.id, *(getattr(step, name) for name in _STEP), record.made_at) for step in steps]
    return _sheet("forecast", ("forecast_id", *_STEP, "made_at"), rows)


def versions(session: Session, subject: Subject, _at: datetime) -> Sheet:
    """Every forecast ever made, newest first."""
    found = forecasts.history(session, subject, limit=10_000)
    rows = [tuple(getattr(row, name) for name in _VERSION) for row in found]
    return _sheet("versions", _VERSION, rows)


def backtest(session: Session, subject: Subject, _at: datetime) -> Sheet:
    """How wrong the mix, the simple line and each member were at past dates, and their weights."""
    record = _in_force(session, subject)
    rows: list[Sequence[object]] = []
    if not record.refusal:
        made = Forecast.from_json(record.body)
        rows = [
            (record.id, name, made.weights.get(name), *(getattr(score, one) for one in _SCORE))
            for name, score in made.backtest.items()
        ]
    return _sheet("backtest", ("forecast_id", "model", "weight", *_SCORE), rows)


def ranges(session: Session, subject: Subject, _at: datetime) -> Sheet:
    """How P10 to P90 of what is served held at each distance, before lots are weighed in."""
    record = _in_force(session, subject)
    steps = () if record.refusal else Forecast.from_json(record.body).by_step
    rows = [(record.id, *(getattr(step, name) for name in _RANGE)) for step in steps]
    return _sheet("ranges", ("forecast_id", *_RANGE), rows)


def promised(session: Session, subject: Subject, at: datetime) -> Sheet:
    """Every promise that holds, with what became of it; grams."""
    rows = []
    found = promises.outcomes(session, subject.crop, at=at)
    for one, risk in with_risks(session, found, at=at):
        row = one.promise
        if not _is_within(row, subject):
            continue
        item = session.get_one(TradeItem, row.trade_item_id) if row.trade_item_id else None
        facts = (getattr(row, name) for name in _PROMISE)
        partner = session.get_one(Party, row.party_id).code
        came = (risk, one.shipped_g, one.harvested_g, one.is_kept)
        rows.append((partner, item.code if item else None, *facts, *came))
    keys = ("partner", "item", *_PROMISE, "shortfall_now", "shipped_g", "harvested_g", "kept")
    return _sheet("promises", keys, rows)


def _is_within(row: Promise, subject: Subject) -> bool:
    """Whether a promise is of the item and to the partner asked for; none names a site."""
    of_item = subject.item is None or row.trade_item_id == subject.item.id
    return of_item and (subject.partner is None or row.party_id == subject.partner.id)


TABLES: Mapping[str, Callable[[Session, Subject, datetime], Sheet]] = {
    "forecast": forecast,
    "versions": versions,
    "backtest": backtest,
    "ranges": ranges,
    "promises": promised,
}


def _in_force(session: Session, subject: Subject) -> ForecastRecord:
    record = forecasts.newest(session, subject)
    if record is None:
        raise NotFound(what="forecast", name=subject.label, next_step="ask for one with POST")
    return record


def _sheet(name: str, keys: Sequence[str], rows: Sequence[Sequence[object]]) -> Sheet:
    """Programs read these, in any language alike: the heads are the keys."""
    return Sheet(name, keys, rows, name, keys)
