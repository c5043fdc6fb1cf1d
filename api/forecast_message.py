"""The week of every crop that is forecast, as a message: its three sentences and its chart in text.

A message is read on a lock screen, so that the chart is one line of bars; the page has the other.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from api.forecast_now import now_of
from api.forecast_summary import sentences
from api.i18n import Reader
from forecasting import ForecastingError, Step
from traceability import forecasts, yields
from traceability.forecast_subject import Subject
from traceability.models import Crop

_BARS = "▁▂▃▄▅▆▇█"


def lines(session: Session, reader: Reader, *, at: datetime) -> list[str]:
    """Return what is to be told; empty where no forecast is in force."""
    said: list[str] = []
    for crop in forecasts.crops(session):
        told = _told(session, reader, crop, at)
        said += ["", reader.name(crop), *told] if told else []
    return said[1:]


def _told(session: Session, reader: Reader, crop: Crop, at: datetime) -> list[str]:
    try:
        told = sentences(session, reader, crop, at=at)
        return [*told, *_chart(session, reader, crop, at)] if told else []
    except ForecastingError:
        return []  # of a version this one does not know


def _chart(session: Session, _: Reader, crop: Crop, at: datetime) -> Iterator[str]:
    record = forecasts.newest(session, Subject(crop))
    made = now_of(session, record).made if record is not None else None
    today = at.astimezone(yields.zone_of(session, crop)).date()
    steps = [step for step in made.steps if step.ds >= today] if made else []
    if not steps:
        return
    middles = [step.p50 for step in steps]
    yield _(
        "{bars} {first} to {last}: {low} to {high} kg a week",
        bars=bars(steps),
        first=_.short(steps[0].ds),
        last=_.short(steps[-1].ds),
        low=_.number(min(middles)),
        high=_.number(max(middles)),
    )


def bars(steps: list[Step]) -> str:
    """Return one bar a week, the tallest for the most that is expected."""
    most = max(step.p50 for step in steps) or 1.0
    return "".join(_BARS[round((len(_BARS) - 1) * step.p50 / most)] for step in steps)
