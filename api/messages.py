"""What is told to people, in their language: a notification becomes a title and some lines.

Each kind of notification has its wording here; a new kind (a recall, a forecast) adds one to
`WORDINGS`. Imports nothing of the web: the agent that sends has no web framework in its memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from api import alarm_words, forecast_message
from api.alarm_words import Told
from api.i18n import Reader
from traceability import alarms, recall_told
from traceability.models import Alarm, Notification, Party, Site

# Titles listed in a daily summary.
_MOST_LISTED = 20
_WORTH_SAYING = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wording:
    """One message: a line, some more, and the same for programs. `path` is its page here."""

    title: str
    lines: list[str]
    path: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def worded(session: Session, reader: Reader, row: Notification, *, now: datetime) -> Wording:
    """Say a notification in the reader's language."""
    return WORDINGS.get(row.kind, _plain)(session, reader, row, now)


def _alarm(session: Session, reader: Reader, row: Notification, now: datetime) -> Wording:
    alarm = session.get(Alarm, row.subject)
    if alarm is None:
        return _plain(session, reader, row, now)
    told = Told(*alarms.places_of(session, [alarm])[0])
    what = alarm_words.title(reader, told, with_site=True)
    said = alarm_words.severities(reader)[alarm.severity]
    title = _heading(reader, row.kind, what, said)
    return Wording(
        title,
        [*_since(reader, told, now), *_details(reader, told), _named(reader, alarm)],
        f"/alarms/{alarm.id}",
        {"alarm": _jsonable(alarm_words.facts_of(told))},
    )


def _heading(_: Reader, kind: str, what: str, severity: str) -> str:
    if kind == "alarm_cleared":
        return _("Over: {what}", what=what)
    if kind == "alarm_again":
        return _("Still so ({severity}): {what}", severity=severity, what=what)
    if kind == "alarm_escalated":
        return _("Nobody has acknowledged ({severity}): {what}", severity=severity, what=what)
    return _("Alarm ({severity}): {what}", severity=severity, what=what)


def _since(_: Reader, told: Told, now: datetime) -> list[str]:
    alarm, zone = told.alarm, told.site.time_zone
    start = _.moment(alarm.raised_at, zone)
    if alarm.cleared_at is not None:
        end = _.moment(alarm.cleared_at, zone)
        return [_("From {start} to {end}", start=start, end=end)]
    age = now - alarm.raised_at
    if age < _WORTH_SAYING:
        return [_("Since {start}", start=start)]
    return [_("Since {start} ({age})", start=start, age=_.age(age))]


def _details(reader: Reader, told: Told) -> list[str]:
    # When they were last heard is no news any more once it is over.
    return alarm_words.details(reader, told) if told.alarm.is_open else []


def _named(_: Reader, alarm: Alarm) -> str:
    return _("Alarm {handle}, rule {rule}", handle=alarm.handle, rule=alarm.rule)


def trial_of(_: Reader, where: str) -> Wording:
    """Say what a test says; `where` is the site it comes from."""
    title = _("Test message from {where}", where=where)
    return Wording(title, [_("If you can read this, alarms reach you here.")])


def _test(session: Session, reader: Reader, _row: Notification, _now: datetime) -> Wording:
    site = session.exec(select(Site).order_by(Site.code)).first()
    return trial_of(reader, reader.name(site) if site else "Minori")


def _digest(session: Session, _: Reader, _row: Notification, now: datetime) -> Wording:
    still = alarms.open_alarms(session)
    lately = [a for a in alarms.history(session, limit=500) if a.raised_at > now - _DAY]
    title = _(
        "Daily summary: {open} alarms open, {count} in the last 24 hours",
        open=len(still),
        count=len(lately),
    )
    told = [Told(*row) for row in alarms.places_of(session, list(still)[:_MOST_LISTED])]
    lines = [alarm_words.title(_, one) for one in told]
    return Wording(title, lines or [_("Nothing is out of order.")], "/alarms")


def _recall(_session: Session, _: Reader, row: Notification, _now: datetime) -> Wording:
    """Tell a partner which lots it has of a recall, and how much."""
    facts = row.facts
    received = facts.get("received", [])
    # Of an older version, whose rows have the codes alone.
    lines = [_received(_, one) for one in received[:_MOST_LISTED]] or [
        _("Lots: {lots}", lots=facts["lots"])
    ]
    if len(received) > _MOST_LISTED:
        lines.append(_("… and {count} more", count=len(received) - _MOST_LISTED))
    if facts["weight_g"] is not None:
        lines.append(_("You received {weight} of them.", weight=_.weight(facts["weight_g"])))
    lines.append(_("Stop selling them, and answer what you still have and what you destroyed."))
    title = _("Recall: {reason}", reason=facts["reason"])
    return Wording(title, lines, f"/my/recalls#{row.subject}", dict(facts))


def _received(_: Reader, one: Mapping[str, Any]) -> str:
    what = one["what_ja"] if _.language == "ja" else one["what"]
    amount = _.amount(one["pieces"], one["weight_g"])
    return _("{what}, lot {lot}: {amount}", what=what, lot=one["lot"], amount=amount)


def _recall_answered(session: Session, _: Reader, row: Notification, _now: datetime) -> Wording:
    """Tell the farm what a partner answered by itself."""
    facts = row.facts
    party = session.get(Party, facts["party_id"])
    who = _.name(party) if party else facts["party"]
    lines = [str(facts["answer"])]
    for said, grams in (
        (_("Given back"), facts["returned_g"]),
        (_("Destroyed"), facts["destroyed_g"]),
    ):
        if grams is not None:
            lines.append(f"{said}: {_.weight(grams)}")
    title = _("{partner} answered the recall: {reason}", partner=who, reason=facts["reason"])
    return Wording(title, lines, f"/recalls/{row.subject}", dict(facts))


def _forecast_week(session: Session, _: Reader, _row: Notification, now: datetime) -> Wording:
    lines = forecast_message.lines(session, _, at=now)
    title = _("The harvest of the next weeks")
    return Wording(title, lines or [_("No forecast is in force.")], "/forecasts")


def _plain(_session: Session, reader: Reader, row: Notification, _now: datetime) -> Wording:
    """A kind this version cannot word: what its facts say, by language, else its name."""
    title = row.facts.get(f"title_{reader.language}") or row.facts.get("title") or row.kind
    text = row.facts.get(f"text_{reader.language}") or row.facts.get("text") or ""
    path = str(row.facts.get("path", ""))
    return Wording(str(title), [str(text)] if text else [], path, dict(row.facts))


WORDINGS: Mapping[str, Callable[[Session, Reader, Notification, datetime], Wording]] = {
    "alarm_raised": _alarm,
    "alarm_again": _alarm,
    "alarm_escalated": _alarm,
    "alarm_cleared": _alarm,
    "test": _test,
    "digest": _digest,
    "forecast_week": _forecast_week,
    recall_told.NOTICE: _recall,
    recall_told.ANSWERED: _recall_answered,
}


def together(reader: Reader, wordings: list[Wording]) -> Wording:
    """Say several at once, where one message each would be too many."""
    _, first = reader, wordings[0]
    title = _("{first}, and {count} more", first=first.title, count=len(wordings) - 1)
    listed = [one.title for one in wordings[:_MOST_LISTED]]
    if len(wordings) > _MOST_LISTED:
        listed.append(_("… and {count} more", count=len(wordings) - _MOST_LISTED))
    facts = {"messages": [dict(one.facts) | {"title": one.title} for one in wordings]}
    # What a partner may read is under /my; all else is an alarm of the farm.
    path = first.path if first.path.startswith("/my/") else "/alarms"
    return Wording(title, listed, path, facts)


def _jsonable(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in facts.items()
    }
