"""Lamps, pumps and doors of a room as its page shows them: the last day as a band, today's sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup
from sqlmodel import Session

from api import bands, words
from api.i18n import Reader
from sensors import QUANTITIES
from traceability import states
from traceability.day_shares import days_of
from traceability.lived import Span
from traceability.models import Zone
from traceability.states import Equipment


@dataclass(frozen=True, slots=True)
class Band:
    """One piece of equipment. `now` is its state in words, empty where nobody knows it."""

    label: str
    device: str
    now: str
    is_on: bool
    today: str  # "today on for 6 h 12 min (14×)"
    drawing: Markup
    said: str  # what the drawing shows, for who cannot see it


def of_room(session: Session, reader: Reader, zone: Zone, span: Span, now: datetime) -> list[Band]:
    """Return every piece of equipment that told its state in the room since yesterday."""
    _, today = days_of(session, zone, now)
    shown = states.of_spans(session, [Span(zone, span.start, min(span.end, now))])
    of_today = {_key(one): one for one in states.of_spans(session, [today])}
    return [_band(reader, one, of_today.get(_key(one)), span, now) for one in shown]


def _band(
    reader: Reader, one: Equipment, today: Equipment | None, span: Span, now: datetime
) -> Band:
    _, last = reader, one.runs[-1]
    kind = QUANTITIES[one.quantity].state or "on_off"
    is_known = last.end >= now - timedelta(seconds=1)
    lasted = reader.duration(one.on)
    return Band(
        label=reader.name(QUANTITIES[one.quantity]) + (f" ({one.channel})" if one.channel else ""),
        device=one.device,
        now=words.state(reader, kind, last.value) if is_known else "",
        is_on=is_known and last.is_on,
        today=_today(reader, kind, today),
        drawing=bands.band(one.runs, span.start, min(span.end, now)),
        said=_(
            "In the last 24 hours {state} for {time}; known for {known}.",
            state=words.state(reader, kind, 1.0),
            time=lasted,
            known=reader.duration(one.known),
        ),
    )


def _today(reader: Reader, kind: str, today: Equipment | None) -> str:
    _ = reader
    if today is None:
        return _("nothing known today")
    on, often = reader.duration(today.on), today.switched_on
    state = words.state(reader, kind, 1.0)
    if not often:
        return _("today {state} for {time}", state=state, time=on)
    return _("today {state} for {time} ({count}×)", state=state, time=on, count=often)


def _key(one: Equipment) -> Sequence[str]:
    return one.device, one.quantity, one.channel
