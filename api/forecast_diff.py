"""Two versions of a forecast beside each other, week by week, with what made them differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from forecasting import Forecast
from traceability import forecasts, yields
from traceability.errors import NotFound
from traceability.forecast_subject import Subject, of_record
from traceability.models import ForecastRecord

# Twenty years of weekly forecasts; and the end of an id that is as good as the whole.
_SEARCHED, _LEAST_END = 1000, 6


@dataclass(frozen=True, slots=True)
class Row:
    """P50 of one week in both [kg], None where one does not reach it; `came` once it is over."""

    week: date
    older: float | None
    newer: float | None
    came: float | None

    @property
    def change(self) -> float | None:
        if self.older is None or self.newer is None:
            return None
        return self.newer - self.older


@dataclass(frozen=True, slots=True)
class Diff:
    """`facts` are (name, older, newer) of what the two were made with, where it differs."""

    older: ForecastRecord
    newer: ForecastRecord
    rows: tuple[Row, ...]
    facts: tuple[tuple[str, str, str], ...]


def find(session: Session, subject: Subject, text: str) -> ForecastRecord:
    """Return a stored forecast of a subject by its id, or by the end of it that only it has."""
    found = [
        record
        for record in forecasts.history(session, subject, limit=_SEARCHED)
        if len(text) >= _LEAST_END and record.id.endswith(text)
    ]
    if len(found) != 1:
        step = "`minori forecast versions CROP` lists those there are"
        raise NotFound(what="forecast", name=text, next_step=step)
    return found[0]


def diff(session: Session, older: ForecastRecord, newer: ForecastRecord, *, at: datetime) -> Diff:
    """Compare two records as they were made, without what lots did to them since."""
    before, after = _made(older), _made(newer)
    subject = of_record(session, newer)
    came = {w.monday: w.weight_g / 1000 for w in yields.wanted(session, subject, until=at)}
    lines = [{step.ds: step.p50 for step in made.steps} if made else {} for made in (before, after)]
    weeks = sorted(lines[0].keys() | lines[1].keys())
    rows = tuple(
        Row(week, lines[0].get(week), lines[1].get(week), came.get(week)) for week in weeks
    )
    said = zip(_facts(older, before), _facts(newer, after), strict=True)
    facts = tuple((name, old, new) for (name, old), (_, new) in said if old != new)
    return Diff(older, newer, rows, facts)


def _made(record: ForecastRecord) -> Forecast | None:
    return None if record.refusal else Forecast.from_json(record.body)


def _facts(record: ForecastRecord, made: Forecast | None) -> list[tuple[str, str]]:
    error = "" if record.error is None else f"{record.error:.1%}"
    return [
        ("refusal", record.refusal or ""),
        ("history", f"{made.history_first} to {made.history_last}" if made else ""),
        ("served", made.served if made else ""),
        ("error", error),
        ("calibration", made.calibration if made else ""),
        ("notes", "; ".join(note.sentence for note in made.notes) if made else ""),
        ("weights", _listed(made.weights) if made else ""),
        ("versions", _listed(made.versions) if made else ""),
    ]


def _listed(facts: Mapping[str, float] | Mapping[str, str]) -> str:
    return ", ".join(
        f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}"
        for name, value in facts.items()
    )
