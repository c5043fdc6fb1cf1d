"""A crop's week in three sentences: what is expected, how the last week went, what falls short."""

from datetime import datetime

from sqlmodel import Session

from api.balance_ahead import weeks_ahead
from api.forecast_judged import judged
from api.forecast_now import now_of
from api.i18n import Reader
from forecasting import Step
from traceability import forecasts, yields
from traceability.forecast_subject import Subject
from traceability.models import Crop

# Less of what is wanted is within what any forecast misses by.
LEAST_SHORT = 0.05


def sentences(session: Session, reader: Reader, crop: Crop, *, at: datetime) -> list[str]:
    """Return three sentences; none where no forecast is in force."""
    record = forecasts.newest(session, Subject(crop))
    made = now_of(session, record).made if record is not None else None
    today = at.astimezone(yields.zone_of(session, crop)).date()
    step = next((one for one in made.steps if one.ds >= today), None) if made else None
    if step is None:
        return []
    return [
        _expected(reader, step),
        _last(session, reader, crop, at),
        _short(session, reader, crop, at),
    ]


def _expected(_: Reader, step: Step) -> str:
    return _(
        "In the week from {week} {mid} kg are expected ({low} to {high}), {share} of it from lots "
        "in the ground.",
        week=_.short(step.ds),
        mid=_.number(step.p50),
        low=_.number(step.p10),
        high=_.number(step.p90),
        share=_.percent(step.lots_share),
    )


def _last(session: Session, _: Reader, crop: Crop, at: datetime) -> str:
    weeks = judged(session, Subject(crop), at=at)
    if not weeks:
        return _("No week that is over was forecast before it began.")
    last = weeks[-1]
    facts = {
        "week": _.short(last.week),
        "came": _.number(last.came),
        "said": _.number(last.p50),
        "within": sum(week.side == 0 for week in weeks),
        "of": len(weeks),
    }
    if last.side:
        return _(
            "In the week from {week} {came} kg came where {said} were expected, outside the range; "
            "{within} of {of} weeks stayed within it.",
            **facts,
        )
    return _(
        "In the week from {week} {came} kg came where {said} were expected, within the range; "
        "{within} of {of} weeks stayed within it.",
        **facts,
    )


def _short(session: Session, _: Reader, crop: Crop, at: datetime) -> str:
    weeks = [week for week in weeks_ahead(session, crop, at=at) if week.wanted]
    if not weeks:
        return _("What partners will want is not known yet.")
    short = next((week for week in weeks if week.short_kg > LEAST_SHORT * week.wanted_kg), None)
    if short is None:
        return _("In none of the next {count} weeks more is wanted than comes.", count=len(weeks))
    return _(
        "In the week from {week} {short} kg more are wanted than are expected.",
        week=_.short(short.monday),
        short=_.number(short.short_kg),
    )
