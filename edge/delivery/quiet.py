"""When somebody sleeps, and how much they are told at once. Pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from edge.settings import Contact

WINDOW = timedelta(minutes=10)


def quiet_until(contact: Contact, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when a contact's quiet hours end; None outside of them. They may span midnight."""
    if not contact.quiet_from or not contact.quiet_to:
        return None
    start, end = time.fromisoformat(contact.quiet_from), time.fromisoformat(contact.quiet_to)
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    is_quiet = start <= clock < end if start <= end else clock >= start or clock < end
    if not is_quiet:
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, zone).astimezone(now.tzinfo)


def messages(severities: Sequence[str], *, sent: int, most: int) -> list[int]:
    """Return how many things each message tells of, the gravest first; what is left waits.

    Args:
        severities: Of what is due, the gravest first.
        sent: Messages in the last ten minutes.
        most: How many there may be in ten minutes; critical ones may be as many again.
    """
    free = max(0, most - sent)
    if len(severities) <= free:
        return [1] * len(severities)
    if free:
        return _merged(len(severities), free)
    grave = sum(severity == "critical" for severity in severities)
    return _merged(grave, max(0, 2 * most - sent))


def _merged(count: int, room: int) -> list[int]:
    """So many things in so many messages: one each, and all that is left in the last."""
    if not count or not room:
        return []
    return [1] * count if count <= room else [1] * (room - 1) + [count - (room - 1)]
