"""`minori alarms`: what is out of order, who takes care, and whom to leave in peace."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from edge.commands import _text
from edge.commands._config import config_option
from edge.commands._desk import Desk, looks_up, signer, writes
from edge.commands._spans import span_of
from traceability import alarm_pauses, alarms, notifications
from traceability.errors import BadValue
from traceability.models import Alarm, AlarmPause, Zone

if TYPE_CHECKING:
    from api.alarm_words import Told

_by = click.option("--by", metavar="NAME", help="Who. Without it: you.")
_note = click.option("--note", default="", help="What was found, or is being done.")
_for = click.option("--for", "span", metavar="SPAN", required=True, help="How long: 30min, 2h, 1d.")


@click.group()
def command() -> None:
    """Alarms: list, show, acknowledge, snooze, pause for maintenance, test a contact."""


@command.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those that are over, too, newest first.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@looks_up
def list_(desk: Desk, /, is_all: bool, limit: int) -> str:
    """List open alarms, the gravest first."""
    found = (
        alarms.history(desk.session, limit=limit)
        if is_all
        else alarms.open_alarms(desk.session)[:limit]
    )
    if desk.as_json:
        return _text.as_json([_facts(desk, alarm) for alarm in found])
    lines = _listed(desk, found)
    if not lines:
        lines.append("no alarm yet" if is_all else "nothing is out of order")
    return "\n".join([*lines, *_remarks(desk)])


@command.command()
@click.argument("alarm")
@looks_up
def show(desk: Desk, /, alarm: str) -> str:
    """Show one ALARM, named by the end of its id: its readings, and what happened to it."""
    row = alarms.find(desk.session, alarm)
    return _shown(desk, row)


@command.command()
@click.argument("alarm")
@_by
@_note
@writes
def acknowledge(desk: Desk, /, alarm: str, by: str | None, note: str) -> str:
    """Say that somebody takes care of ALARM: nobody further is told."""
    row = alarms.find(desk.session, alarm)
    alarms.acknowledge(desk.session, row, by=signer(by), at=desk.now, note=note)
    return _shown(desk, row)


@command.command()
@click.argument("alarm")
@_for
@_by
@_note
@writes
def snooze(desk: Desk, /, alarm: str, span: str, by: str | None, note: str) -> str:
    """Tell nobody of ALARM for a while; if it is not over by then, people are told again."""
    row = alarms.find(desk.session, alarm)
    until = desk.now + span_of(span, field="--for")
    alarms.snooze(desk.session, row, until=until, by=signer(by), at=desk.now, note=note)
    return _shown(desk, row)


@command.command()
@click.option("--zone", help="Code of the zone people work in.")
@click.option("--device", default="", help="One device.")
@click.option("--rule", default="", help="One rule.")
@click.option("--all", "is_all", is_flag=True, help="The whole site.")
@click.option("--for", "span", metavar="SPAN", help="How long: 30min, 2h, 1d.")
@click.option("--end", "is_end", is_flag=True, help="End such a pause now.")
@click.option("--why", default="", help="What is being done there.")
@_by
@writes
def pause(
    desk: Desk,
    /,
    zone: str | None,
    device: str,
    rule: str,
    is_all: bool,
    span: str | None,
    is_end: bool,
    why: str,
    by: str | None,
) -> str:
    """Tell nobody of a zone, device or rule while people work there.

    Alarms are recorded all the same, and what is still out of order at the end is told then.
    """
    place = desk.zone(zone) if zone else None
    if not (place or device or rule or is_all):
        raise BadValue(
            field="pause",
            expected="--zone, --device, --rule or --all",
            got="none of them",
            next_step="say what is paused",
        )
    if is_end:
        return _ended(desk, place, device, rule, signer(by))
    row = alarm_pauses.pause(
        desk.session,
        site_id=desk.site.id,
        zone_id=place.id if place else None,
        device=device,
        rule=rule,
        until=desk.now + span_of(span or "", field="--for"),
        by=signer(by),
        at=desk.now,
        why=why,
    )
    return f"paused: {_pause(desk, row)}"


@command.command()
@click.argument("contact")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object an address.")
def test(contact: str, config: Path | None, as_json: bool) -> None:
    """Send a test message to every address of CONTACT; exit code 1 if one was not reached."""
    import asyncio

    from edge import settings_file
    from edge.commands._alarms_test import send_all

    results = asyncio.run(send_all(settings_file.load(config), contact))
    for one in results:
        said = f"{one.address}: {'sent' if one.is_sent else one.trouble}"
        click.echo(_text.as_json(one.as_dict()) if as_json else said)
    if not all(one.is_sent for one in results):
        raise SystemExit(1)


def _ended(desk: Desk, zone: Zone | None, device: str, rule: str, by: str) -> str:
    wanted = (zone.id if zone else None, device, rule)
    for row in alarm_pauses.in_force(desk.session, at=desk.now):
        if (row.zone_id, row.device, row.rule) == wanted:
            alarm_pauses.end(desk.session, row, by=by, at=desk.now)
            return f"ended: {_pause(desk, row)}"
    raise BadValue(
        field="pause",
        expected="one that holds",
        got="no such pause",
        next_step="`minori alarms list` shows those that hold",
    )


def _shown(desk: Desk, alarm: Alarm) -> str:
    from api import alarm_words

    if desk.as_json:
        return _text.as_json(_facts(desk, alarm, full=True))
    told = _told(desk, alarm)
    reader, zone = _text.reader(), told.site.time_zone
    head = f"{alarm.handle}  {alarm_words.severities(reader)[alarm.severity]}"
    lines = [
        *_text.filled(f"{head}: {alarm_words.title(reader, told)}"),
        *alarm_words.details(reader, told),
        f"rule {alarm.rule}, {alarm_words.state(reader, alarm, desk.now)}",
        "",
        *_text.table(
            (f"when ({zone})", "what", "by", "note"),
            [
                (
                    _text.local(one.at, ZoneInfo(zone)),
                    alarm_words.event(reader, one, zone),
                    one.by,
                    one.note if one.kind != "cleared" else "",
                )
                for one in alarms.events(desk.session, alarm)
            ],
        ),
    ]
    sent = [
        (one.contact, one.address, one.state, one.error)
        for one, _ in notifications.of_subject(desk.session, alarm.id)
    ]
    if sent:
        lines += ["", *_text.table(("told", "address", "state", "trouble"), sent)]
    return "\n".join(lines)


def _facts(desk: Desk, alarm: Alarm, *, full: bool = False) -> object:
    from api.v1.alarms import AlarmDetailOut, AlarmOut

    reader = _text.reader()
    if full:
        return AlarmDetailOut.full(desk.session, reader, alarm).model_dump(mode="json")
    return AlarmOut.of(reader, _told(desk, alarm)).model_dump(mode="json")


def _told(desk: Desk, alarm: Alarm) -> "Told":
    from api.alarm_words import Told

    return Told(*alarms.places_of(desk.session, [alarm])[0])


def _listed(desk: Desk, found: Sequence[Alarm]) -> list[str]:
    """Return two lines for each alarm: how it stands, and what it is."""
    from api import alarm_words

    if not found:
        return []
    reader = _text.reader()
    rows = [
        (
            alarm.handle,
            alarm_words.severities(reader)[alarm.severity],
            _text.local_with_zone(alarm.raised_at, desk.time_zone(alarm.site_id)),
            alarm_words.state(reader, alarm, desk.now),
        )
        for alarm in found
    ]
    head, *lines = _text.table(("alarm", "", "since", "state"), rows)
    titles = [alarm_words.title(reader, _told(desk, alarm)) for alarm in found]
    both = zip(lines, titles, strict=True)
    return [head, *(line for one, title in both for line in (one, *_text.filled(title, indent=2)))]


def _remarks(desk: Desk) -> list[str]:
    """Pauses that hold, and messages that did not arrive: nobody must have to ask for these."""
    lines = [f"paused: {_pause(desk, row)}" for row in _pauses(desk)]
    for dispatch, _ in notifications.troubled(desk.session, limit=5):
        word = "not delivered" if dispatch.state == "given_up" else "not delivered yet"
        lines += _text.filled(f"{word}: {dispatch.contact}, {dispatch.address}: {dispatch.error}")
    return ["", *lines] if lines else []


def _pauses(desk: Desk) -> list[AlarmPause]:
    return list(alarm_pauses.in_force(desk.session, at=desk.now))


def _pause(desk: Desk, row: AlarmPause) -> str:
    zone = desk.session.get_one(Zone, row.zone_id).code if row.zone_id else ""
    scope = " ".join(filter(None, (zone, row.device, row.rule))) or "the whole site"
    until = _text.local_with_zone(row.until, desk.time_zone(row.site_id))
    return f"{scope} until {until}, by {row.by}" + (f": {row.why}" if row.why else "")
