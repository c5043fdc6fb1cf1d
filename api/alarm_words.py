"""An alarm as a person says it: what is out of order, where, since when, and what happened to it.

For pages, messages and commands alike. Imports nothing of the web: the agent words messages, too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api import words
from api.digits import DIGITS
from api.i18n import Reader
from sensors import QUANTITIES
from traceability.models import Alarm, AlarmEvent, Site, Zone

# Units that say nothing behind a number.
_UNSAID = ("1", "pH")
# What `edge.alarms.listening` calls the line of networked probes.
_BROKER_LINE = "mqtt"
# Probes named one by one; beyond that they are counted.
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm with the rows its words need."""

    alarm: Alarm
    site: Site
    zone: Zone | None


def title(reader: Reader, told: Told, *, with_site: bool = False) -> str:
    """Return what is out of order, in one line: the place first, then what."""
    alarm = told.alarm
    place = _place(reader, told) if with_site else reader.name(told.zone) if told.zone else ""
    said = _SENTENCES[alarm.kind](reader, alarm) if alarm.kind in _SENTENCES else alarm.rule
    return reader("{place}: {what}", place=place, what=said) if place else said


def _place(reader: Reader, told: Told) -> str:
    site = reader.name(told.site)
    if told.zone is None:
        return site
    return reader("{site}, {zone}", site=site, zone=reader.name(told.zone))


def details(reader: Reader, told: Told) -> list[str]:
    """Return what else there is to know: the probes and when they were last heard."""
    found = []
    for one in told.alarm.facts.get("devices", ()):
        if one.get("last_at"):
            moment = reader.moment(datetime.fromisoformat(one["last_at"]), told.site.time_zone)
            found.append(
                reader("{device}: last heard {moment}", device=one["device"], moment=moment)
            )
        else:
            found.append(reader("{device}: never heard", device=one["device"]))
    return found


def severities(_: Reader) -> Mapping[str, str]:
    return {"critical": _("critical"), "warning": _("warning"), "info": _("notice")}


def state(_: Reader, alarm: Alarm, now: datetime) -> str:
    """Return where it stands, in a word."""
    if not alarm.is_open:
        return _("over")
    if alarm.snoozed_until is not None and now < alarm.snoozed_until:
        return _("snoozed")
    return _("acknowledged") if alarm.acknowledged_at is not None else _("open")


def event(_: Reader, one: AlarmEvent, zone: str) -> str:
    """Return what happened to an alarm; `zone` is the IANA zone of its site."""
    until = _.moment(one.until, zone) if one.until else ""
    device = one.facts.get("device", "")
    names = ", ".join(one.facts.get("to", ()))
    said = {
        "raised": _("Raised"),
        "acknowledged": _("Acknowledged"),
        "snoozed": _("Snoozed until {until}", until=until),
        "escalated": _("Not acknowledged in time: {names} told", names=names),
        "joined": _("{device} belongs to it, too", device=device),
        "left": _("{device} is in order again", device=device),
        "cleared": _("Over"),
    }[one.kind]
    if one.kind == "cleared" and one.note == "unwatched":
        return _("Over: nobody watches it any more")
    return said


def trouble(reader: Reader, address: str, error: str) -> str:
    """Return why a message did not arrive: what we say of it in the reader's language, what the
    other side said behind it as it is."""
    said = error.removeprefix(f"{address}: ")
    known = _troubles(reader)
    first = next((one for one in known if said.startswith(one)), "")
    return known[first] + said.removeprefix(first) if first else said


def _troubles(_: Reader) -> Mapping[str, str]:
    """What `edge.delivery` says, by its English beginning."""
    return {
        "the mail server cannot be reached": _("the mail server cannot be reached"),
        "the mail server did not answer in time": _("the mail server did not answer in time"),
        "the mail server refused the recipient": _("the mail server refused the recipient"),
        "the mail server refused it": _("the mail server refused it"),
        "no mail server is named": _("no mail server is named"),
        "that is no mail address": _("that is no mail address"),
        "it cannot be reached": _("it cannot be reached"),
        "it refused": _("it refused"),
        "it redirects, which is not followed": _("it redirects, which is not followed"),
        "the name of its host is not known": _("the name of its host is not known"),
        "the MQTT broker did not take it": _("the MQTT broker did not take it"),
        "no answer in time": _("no answer in time"),
        "the service did not take it": _("the service did not take it"),
        "it is not in the settings any more": _("it is not in the settings any more"),
    }


def value(reader: Reader, quantity: str, number: float, digits: int | None = None) -> str:
    """Return a value with its unit."""
    unit = QUANTITIES[quantity].unit if quantity in QUANTITIES else ""
    said = reader.number(number, DIGITS.get(quantity, 1) if digits is None else digits)
    return said if unit in _UNSAID or not unit else f"{said} {unit}"


def _what(reader: Reader, alarm: Alarm) -> str:
    known = QUANTITIES.get(alarm.quantity)
    return alarm.quantity if known is None else reader.name(known)


def _threshold(_: Reader, alarm: Alarm) -> str:
    low, high, number = alarm.facts.get("low"), alarm.facts.get("high"), alarm.value or 0.0
    facts = {"quantity": _what(_, alarm), "value": value(_, alarm.quantity, number)}
    if high is not None and number > high:
        return _("{quantity} {value}, above {limit}", **facts, limit=_limit(_, alarm, high))
    limit = _limit(_, alarm, 0.0 if low is None else low)
    return _("{quantity} {value}, below {limit}", **facts, limit=limit)


def _limit(reader: Reader, alarm: Alarm, number: float) -> str:
    """A limit as somebody wrote it: 30, not 30.0."""
    return value(reader, alarm.quantity, number, digits=_digits(alarm.quantity, number))


def _digits(quantity: str, number: float) -> int:
    return 0 if number == int(number) else DIGITS.get(quantity, 1)


def _recipe(_: Reader, alarm: Alarm) -> str:
    return _(
        "{quantity} {value}; the crop wants {low} to {high}",
        quantity=_what(_, alarm),
        value=value(_, alarm.quantity, alarm.value or 0.0),
        low=_.number(alarm.facts["low"], _digits(alarm.quantity, alarm.facts["low"])),
        high=_limit(_, alarm, alarm.facts["high"]),
    )


def _rate(_: Reader, alarm: Alarm) -> str:
    change = alarm.facts["change"]
    facts = {
        "quantity": _what(_, alarm),
        "change": value(_, alarm.quantity, abs(change)),
        "minutes": alarm.facts["over_min"],
    }
    if change > 0:
        return _("{quantity} up by {change} in {minutes} min", **facts)
    return _("{quantity} down by {change} in {minutes} min", **facts)


def _stuck(_: Reader, alarm: Alarm) -> str:
    return _(
        "{quantity} of {device} exactly {value} for {minutes} min",
        quantity=_what(_, alarm),
        device=alarm.device,
        value=value(_, alarm.quantity, alarm.value or 0.0),
        minutes=alarm.facts["after_min"],
    )


def _no_data(_: Reader, alarm: Alarm) -> str:
    names = [str(one["device"]) for one in alarm.facts.get("devices", ())]
    line = alarm.facts.get("line")
    if line == _BROKER_LINE:
        return _("no data from all {count} probes on MQTT", count=len(names))
    if line:
        return _("no data from all {count} probes of {line}", count=len(names), line=line)
    if len(names) > _MOST_NAMES:
        return _("no data from {count} probes", count=len(names))
    return _("no data from {devices}", devices=", ".join(names) or alarm.device)


def _clock(_: Reader, _alarm: Alarm) -> str:
    return _("The clock of this machine is not set")


def _broker(_: Reader, alarm: Alarm) -> str:
    said = {key: alarm.facts.get(key, "") for key in ("broker", "topic")}
    match alarm.facts.get("code"):
        case "broker_silent":
            return _("The MQTT broker {broker} delivers nothing: see its access list", **said)
        case "subscription_refused":
            return _("The MQTT broker {broker} does not let us listen to {topic}", **said)
        case "publish_refused":
            return _("The MQTT broker {broker} does not let us publish on {topic}", **said)
    return _("The MQTT broker {broker} does not answer", broker=alarm.facts.get("broker", ""))


def _outbox(_: Reader, alarm: Alarm) -> str:
    known = words.uplink_trouble(_).get(str(alarm.facts.get("code", "")))
    if known is not None:
        return known
    if alarm.facts.get("refused"):
        return _("The hub refuses {count} records", count=alarm.facts["refused"])
    return _(
        "Something has waited for the hub for {hours} hours; {share} % of what may wait whole",
        hours=_.number(alarm.facts.get("hours", 0.0)),
        share=alarm.facts.get("full_pct", 0),
    )


def _disk(_: Reader, alarm: Alarm) -> str:
    facts = {
        "free": _.number(alarm.facts["free_mb"]),
        "floor": _.number(alarm.facts["floor_mb"]),
    }
    days = alarm.facts.get("days_left")
    if days is None:
        return _("Disk nearly full: {free} MB left; below {floor} MB readings wait", **facts)
    return _(
        "Disk nearly full: {free} MB left, for about {days} days; below {floor} MB readings wait",
        days=_.number(days),
        **facts,
    )


def _database(_: Reader, alarm: Alarm) -> str:
    if "losses" in alarm.facts:
        count = _.number(alarm.facts["losses"])
        return _("The database was damaged, losses: {count}; see: minori db losses", count=count)
    minutes = _.number((alarm.value or 0.0) // 60)
    return _("The disk fails: nothing could be written for {minutes} minutes", minutes=minutes)


def _forecast(_: Reader, alarm: Alarm) -> str:
    facts = alarm.facts
    if "bias_pct" in facts:
        return _(
            "Forecast of {name}: the last weeks were missed on one side, by {share} % in all",
            name=facts["forecast"],
            share=_.number(facts["bias_pct"]),
        )
    return _(
        "Forecast of {name}: outside its range twice running, last {came} kg ({low} to {high})",
        name=facts["forecast"],
        came=_.number(facts["came_kg"], 1),
        low=_.number(facts["low_kg"], 1),
        high=_.number(facts["high_kg"], 1),
    )


_SENTENCES: Mapping[str, Callable[[Reader, Alarm], str]] = {
    "threshold": _threshold,
    "recipe": _recipe,
    "rate": _rate,
    "stuck": _stuck,
    "no_data": _no_data,
    "clock": _clock,
    "broker": _broker,
    "disk": _disk,
    "outbox": _outbox,
    "database": _database,
    "forecast": _forecast,
}


def facts_of(told: Told) -> dict[str, Any]:
    """Return what an alarm says to a program, by the names of its columns."""
    alarm = told.alarm
    unit = QUANTITIES[alarm.quantity].unit if alarm.quantity in QUANTITIES else None
    return {
        "id": alarm.id,
        "handle": alarm.handle,
        "site": told.site.code,
        "rule": alarm.rule,
        "kind": alarm.kind,
        "severity": alarm.severity,
        "zone": told.zone.code if told.zone else None,
        "device": alarm.device or None,
        "quantity": alarm.quantity or None,
        "channel": alarm.channel,
        "value": alarm.value,
        "unit": unit,
        "raised_at": alarm.raised_at,
        "acknowledged_at": alarm.acknowledged_at,
        "snoozed_until": alarm.snoozed_until,
        "cleared_at": alarm.cleared_at,
        "facts": alarm.facts,
    }
