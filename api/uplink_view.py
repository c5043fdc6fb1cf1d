"""How it stands between a site and its hub, as the day's page says it, on either side."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api import words
from api.i18n import Reader
from traceability import edges, thinned, uplink
from traceability.edges import Sender
from traceability.thinned import ByMinute

# An agent says how it stands each minute; an edge is heard from as often.
SILENT = timedelta(minutes=5)
_CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class SiteView:
    """Of this site: what is collected, what is safely at the hub, what waits and for how long."""

    collected: int
    there: int
    waiting: int
    refused: int
    oldest_record: str
    oldest_reading: str
    thinned: str  # from when to when what waits goes by the minute
    trouble: str


@dataclass(frozen=True, slots=True)
class SenderView:
    """One site that sends to this hub; ages are words, empty where there is nothing to say."""

    name: str
    is_revoked: bool
    is_silent: bool
    seen: str
    waiting: int
    oldest_reading: str
    thinned: str  # from when to when there are minutes instead of readings
    refused: int


def of_this_site(session: Session, reader: Reader, now: datetime) -> SiteView | None:
    """Return how this site stands with its hub, or None where it has none."""
    if uplink.status(session) is None:
        return None
    level = uplink.level(session)
    return SiteView(
        collected=level.records,
        there=level.records_there,
        waiting=level.records_waiting,
        refused=level.refused,
        oldest_record=_age(reader, level.oldest_record_at, now),
        oldest_reading=_age(reader, level.oldest_reading_at, now),
        thinned=_days(reader, level.thinned),
        trouble=_trouble(reader, level.status, now),
    )


def of_our_sites(session: Session, reader: Reader, now: datetime) -> list[SenderView]:
    """Return the sites that send here; none where this is no hub."""
    by_minute = thinned.of_edges(session)
    return [
        _sender(reader, sender, by_minute.get(sender.edge.id), now)
        for sender in edges.listed(session)
    ]


def _trouble(reader: Reader, status: uplink.Status | None, now: datetime) -> str:
    if status is None:
        return ""
    if now - datetime.fromisoformat(status.at) > SILENT:
        return reader("Nothing was sent lately: is minori run or minori agent running?")
    if status.code == _CONNECTED:
        return ""
    known = words.uplink_trouble(reader)
    return known.get(status.code, reader("The hub does not take what we send."))


def _sender(
    reader: Reader, sender: Sender, by_minute: ByMinute | None, now: datetime
) -> SenderView:
    edge, said = sender.edge, sender.edge.said
    oldest = said.get("oldest_reading")
    waiting = said.get("records")
    return SenderView(
        name=edge.name,
        is_revoked=edge.revoked_at is not None,
        is_silent=edge.last_seen_at is None or now - edge.last_seen_at > SILENT,
        seen=_age(reader, edge.last_seen_at, now),
        waiting=waiting if isinstance(waiting, int) else 0,
        oldest_reading=_age(reader, datetime.fromisoformat(oldest), now)
        if isinstance(oldest, str)
        else "",
        thinned=_days(reader, by_minute),
        refused=sender.refused,
    )


def _age(reader: Reader, moment: datetime | None, now: datetime) -> str:
    return "" if moment is None else reader.age(max(timedelta(), now - moment))


def _days(reader: Reader, span: ByMinute | None) -> str:
    if span is None:
        return ""
    zone = ZoneInfo(span.time_zone)
    return " – ".join(reader.full(at.astimezone(zone).date()) for at in span[:2])
