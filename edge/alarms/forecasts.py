"""The rule about forecasts: what came left their interval twice running, or they drift.

Looked at once an hour: what it looks at changes once a week.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import select

from api.forecast_judged import judged
from edge.alarms.engine import Side
from edge.alarms.system import State
from forecasting.watch import Judged, bias, drifts, left_the_interval
from traceability import forecasts
from traceability.database import reading_session
from traceability.forecast_subject import Subject
from traceability.models import Crop


class ForecastWatch:
    """A source of states, one of each kind for every forecast that can be judged."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._looked: datetime | None = None
        self._states: list[State] = []

    def __call__(self) -> Iterable[State]:
        now = self._now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._looked:
            self._states, self._looked = self._look(now), hour
        return self._states

    def _look(self, now: datetime) -> list[State]:
        with reading_session(self._engine) as session:
            subjects = [
                subject
                for crop in session.exec(select(Crop).order_by(Crop.code))
                for subject in forecasts.known(session, crop)
            ]
            return [
                state
                for subject in subjects
                for state in states_of(subject, list(judged(session, subject, at=now)))
            ]


def states_of(subject: Subject, weeks: list[Judged]) -> list[State]:
    """Return how a forecast is; nothing where no week could be judged yet."""
    if not weeks:
        return []
    last, drift = weeks[-1], bias(weeks)
    facts = {"forecast": subject.label, "crop": subject.crop.code}
    week = {
        "week": last.week.isoformat(),
        "came_kg": round(last.came, 1),
        "low_kg": round(last.p10, 1),
        "high_kg": round(last.p90, 1),
    }
    is_out = Side.OUT if left_the_interval(weeks) else Side.BACK
    found = [State("forecast", is_out, f"interval/{subject.label}", last.came, facts | week)]
    if drift is not None:
        pct = round(100 * drift)
        is_out = Side.OUT if drifts(weeks) else Side.BACK
        found.append(
            State("forecast", is_out, f"bias/{subject.label}", pct, facts | {"bias_pct": pct})
        )
    return found
