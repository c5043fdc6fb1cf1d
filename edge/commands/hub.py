"""`minori hub`: on a hub, which sites may send; on a site, what is there and what waits."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec
from sqlmodel import Session, select

from edge import enrolment
from edge.commands import _text
from edge.commands._arguments import Code
from edge.commands._desk import Desk, InOrder, looks_up_early, manages
from edge.settings import Settings
from traceability import edges, thinned, uplink, uplink_records
from traceability.edges import Sender
from traceability.models import Act, UplinkRefusal
from traceability.replicated import ACT
from traceability.thinned import ByMinute
from traceability.uplink import Level, Status

_MEND = (
    "An act: take it back (minori lot void ACT) and record it anew. A crop, item or partner: "
    "correct it. Then: minori hub retry"
)
# A status older than this says that no agent runs.
_SILENT = timedelta(minutes=5)
# Below that nothing is near to be thinned.
_WORTH_SAYING = 0.05


@click.group(cls=InOrder)
def command() -> None:
    """On a hub: enrol, edges, revoke. On a site: status, refused, retry."""


@command.command()
@click.option("--organisation", type=Code(), help="Let in a site of this farm only.")
@click.option("--site-code", type=Code(), help="Let in this site only.")
@click.option("--renew", metavar="EDGE", help="A new credential for an edge that is here.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=15,
    show_default=True,
    help="How long the code is good.",
)
@manages
def enrol(
    desk: Desk, organisation: str | None, site_code: str | None, renew: str | None, minutes: int
) -> str:
    """On the hub: print a one-time code that lets one site in.

    A farm that is here already has to be named (--organisation), so that no stranger's site joins
    it by bearing the same code.
    """
    code = edges.new_code(
        desk.session,
        now=desk.now,
        organisation=organisation,
        site=site_code,
        renews=renew,
        valid=timedelta(minutes=minutes),
    )
    hub = desk.settings.web.public_url or "https://THIS-HUB"
    if desk.as_json:
        expires = desk.now + timedelta(minutes=minutes)
        return _text.as_json({"code": code, "expires_at": expires.isoformat()})
    return f"{code}  good once, for {minutes} minutes; on the site: minori enrol {code} --hub {hub}"


@command.command("edges")
@click.option("--refused", is_flag=True, help="What was refused, by edge.")
@looks_up_early
def list_edges(desk: Desk, refused: bool) -> str:
    """On the hub: list the sites that send, when they were last here, and what waits there."""
    senders = edges.listed(desk.session)
    if refused:
        return _refused_of(desk, senders)
    by_minute = thinned.of_edges(desk.session)
    if desk.as_json:
        return _text.as_json([_as_json(one, by_minute.get(one.edge.id)) for one in senders])
    if not senders:
        return "no site is enrolled here yet; make a code: minori hub enrol"
    header = ("edge", "state", "last seen", "records waiting", "refused", "readings up to")
    rows = [_row(sender, desk.now) for sender in senders]
    lines = _text.table(header, rows, numbers=(3, 4))
    for one in senders:
        if one.edge.id in by_minute:
            span = _days(by_minute[one.edge.id])
            lines += _text.filled(
                f"{one.edge.name}: {span} by the minute, because it was away for too long"
            )
    return "\n".join(lines)


@command.command()
@click.argument("edge")
@manages
def revoke(desk: Desk, edge: str) -> str:
    """On the hub: let EDGE send no more, at once. What it sent stays."""
    gone = edges.revoke(desk.session, edge, desk.now)
    if desk.as_json:
        return _text.as_json({"edge": gone.name, "revoked_at": str(gone.revoked_at)})
    return f"{gone.name} may send no more; to let it in again: minori hub enrol --renew {gone.name}"


@command.command()
@looks_up_early
def status(desk: Desk) -> str:
    """On a site: what is collected, what is safely at the hub, and what waits since when."""
    level = uplink.level(desk.session)
    if desk.as_json:
        status = msgspec.to_builtins(level.status)
        said = asdict(level) | {"status": status, "thinned": _ends(level.thinned)}
        return _text.as_json({key: _plain(value) for key, value in said.items()})
    if level.status is None or not enrolment.is_wanted(desk.settings, desk.session):
        return _unsaid(desk.settings, desk.session)
    return "\n".join(_status_lines(level, level.status, desk.now))


@command.command()
@looks_up_early
def refused(desk: Desk) -> str:
    """On a site: list the records the hub does not take, and why."""
    rows = uplink_records.refused(desk.session)
    if desk.as_json:
        return _text.as_json([_refusal(row) for row in rows])
    if not rows:
        return "the hub refuses nothing"
    lines: list[str] = []
    for row in rows:
        lines += [f"{row.sequence}  {_named(desk, row)}  ({row.code})"]
        lines += _text.filled(row.detail, indent=4)
    return "\n".join([*lines, *_text.filled(_MEND)])


@command.command()
@click.argument("sequences", metavar="[NUMBER]...", nargs=-1, type=int)
@manages
def retry(desk: Desk, sequences: Sequence[int]) -> str:
    """On a site: send refused records again, all or those with these numbers, in their order."""
    count = uplink_records.retry(desk.session, sequences=sequences or None)
    if desk.as_json:
        return _text.as_json({"queued": count})
    return f"{count} records are queued again; see: minori hub refused"


def _named(desk: Desk, row: UplinkRefusal) -> str:
    """Say which record it is as a person knows it."""
    act = desk.session.exec(select(Act).where(Act.id == row.ref)).first()
    if row.kind != ACT or act is None:
        return f"{row.kind} {row.ref}"
    at = _text.local(act.happened_at, desk.time_zone(act.site_id))
    return f"{act.kind} of {at}, act {act.id}"


def _unsaid(settings: Settings, session: Session) -> str:
    if not enrolment.is_wanted(settings, session):
        return "this site sends to no hub; to connect it: minori enrol CODE --hub https://..."
    hub = enrolment.load(settings).hub
    return f"hub       {hub}: nothing was said to it yet; is minori run or agent running?"


def _status_lines(level: Level, said: Status, now: datetime) -> list[str]:
    since = _text.duration(now - datetime.fromisoformat(said.since))
    lines = [f"hub       {said.hub or 'none yet'}: {said.code} for {since}"]
    if said.detail:
        lines += _text.filled(said.detail, indent=10)
    silent = now - datetime.fromisoformat(said.at)
    if silent > _SILENT:
        spoken = f"nothing was said to it for {_text.duration(silent)}"
        lines += [f"          {spoken}: is minori run or agent running?"]
    waits = f"{level.records_waiting:,} waiting{_age(level.oldest_record_at, now)}"
    there = f"{level.records_there:,} safely there"
    lines += [f"records   {level.records:,} collected, {there}, {waits}"]
    if level.refused:
        lines += [f"          {level.refused:,} refused there; see: minori hub refused"]
    if level.oldest_reading_at is None:
        lines += ["readings  all safely there"]
    else:
        lines += [f"readings  waiting{_age(level.oldest_reading_at, now)}"]
    if level.thinned:
        lines += [f"          {_days(level.thinned)} by the minute: too old to go whole"]
    if said.fill >= _WORTH_SAYING:
        full = f"{said.fill:.0%} of what may wait whole (whole_days, whole_mb of [hub])"
        lines += [f"          {full}"]
    if said.held:
        lines += [f"          {said.held} series wait until the hub knows them"]
    return lines


def _days(span: ByMinute) -> str:
    zone = ZoneInfo(span.time_zone)
    return " to ".join(_text.local(at, zone) for at in span[:2])


def _ends(span: ByMinute | None) -> dict[str, str] | None:
    return {"start": span.start.isoformat(), "end": span.end.isoformat()} if span else None


def _age(oldest: datetime | None, now: datetime) -> str:
    return "" if oldest is None else f", the oldest for {_text.duration(now - oldest)}"


def _row(sender: Sender, now: datetime) -> tuple[str, ...]:
    edge, said = sender.edge, sender.edge.said
    seen = edge.last_seen_at
    oldest = said.get("oldest_reading")
    up_to = datetime.fromisoformat(str(oldest)) if oldest else seen
    return (
        edge.name,
        "revoked" if edge.revoked_at else "may send",
        f"{_text.duration(now - seen)} ago" if seen else "never",
        f"{said.get('records', 0):,}",
        f"{sender.refused:,}",
        f"{_text.duration(now - up_to)} ago" if up_to else "nothing yet",
    )


def _refused_of(desk: Desk, senders: Sequence[Sender]) -> str:
    found = [(s.edge, row) for s in senders for row in edges.refusals(desk.session, s.edge)]
    if desk.as_json:
        return _text.as_json([{"edge": edge.name, **_refusal(row)} for edge, row in found])
    lines = [f"{edge.name}  {row.kind} {row.ref}\n    {row.detail}" for edge, row in found]
    return "\n".join(lines) or "nothing is refused"


def _refusal(row: Any) -> dict[str, object]:
    keys = ("sequence", "kind", "ref", "code", "detail", "facts")
    return {key: getattr(row, key) for key in keys} | {"refused_at": row.refused_at.isoformat()}


def _as_json(sender: Sender, by_minute: ByMinute | None) -> dict[str, object]:
    edge, stream = sender.edge, sender.stream
    return {
        "edge": edge.name,
        "revoked": edge.revoked_at is not None,
        "last_seen_at": _plain(edge.last_seen_at),
        "store": stream.store_id if stream else None,
        "records": stream.records if stream else 0,
        "refused": sender.refused,
        "waiting": edge.said,
        "by_minute": _ends(by_minute),
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
