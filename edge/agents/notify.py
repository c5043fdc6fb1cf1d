"""Tells people: notification rows in, messages out. Looks at the state, and may run twice.

Whoever wrote a row need not know whom it reaches. Here it becomes a dispatch for each address of
each contact who wants it, and each dispatch is sent until it arrives: later and later after a
failure, after quiet hours, in one message with others where they are many. A claim keeps two agents
from sending the same; one that dies loses its claim, and the same is sent again under the same id.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from edge.alarms.telling import Circle
from edge.clock import Clock
from edge.delivery import quiet
from edge.delivery.addresses import Address, addresses_of
from edge.delivery.message import Message
from edge.delivery.sending import Sender
from edge.errors import EdgeError, NotDelivered, SettingsInvalid, Undeliverable
from edge.lasting import outlasting_the_database
from edge.metrics import Metric
from edge.settings import Contact, Settings
from traceability import forecasts, notifications
from traceability.database import reading_session, writing_session
from traceability.models import Dispatch, Notification
from traceability.recall_told import NOTICE

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
# Longer than any way of sending may take.
CLAIM = timedelta(minutes=3)
# A summary that could not be made in time is not made at all: after a jump of the clock, or a
# service that was off in the morning.
DIGEST_FOR = timedelta(hours=2)
# What is told once a week is told on that Monday, however late.
FORECASTS_FOR = timedelta(days=1)
# A contact that is not in these settings may be in those of another service on this database.
LEFT_TO_OTHERS_FOR = timedelta(hours=1)
# Kinds of notification, as `api.messages` words them.
DIGEST, FORECASTS = "digest", "forecast_week"

# Stands for the addresses of a contact whose file cannot be read, so that this is seen.
_UNREAD = "settings"

Due = Sequence[tuple[Dispatch, Notification]]


@dataclass(frozen=True, slots=True)
class _Way:
    """One address of one contact, and what is to be sent there now."""

    contact: Contact
    address: Address
    due: Due


class NotifyAgent:
    """Sends what is to be told, until cancelled."""

    def __init__(
        self,
        engine: Engine,
        settings: Callable[[], Settings],
        sender: Sender,
        clock: Clock,
        *,
        leaves_to_others: bool = False,
    ) -> None:
        """Make ready to tell.

        Args:
            leaves_to_others: Without contacts here, rows are left to a service that has some,
                instead of being told to nobody.
        """
        self._leaves_to_others = leaves_to_others
        self._engine = engine
        self._settings = settings
        self._sender = sender
        self._clock = clock

    async def run(self) -> None:
        while True:
            with outlasting_the_database("messages"):
                await self.run_once()
            await self._clock.sleep(LOOK_EVERY_S)

    async def run_once(self) -> None:
        """Send what is due; one address that hangs holds up no other."""
        ways = await asyncio.to_thread(self._prepare)
        async with asyncio.TaskGroup() as tasks:
            for way in ways:
                tasks.create_task(self._serve(way), name=f"tell {way.contact.name}")

    def _prepare(self) -> list[_Way]:
        now, settings = self._clock.now(), self._settings()
        if self._leaves_to_others and not settings.contacts:
            return []
        if self._has_work(settings, now):
            with writing_session(self._engine) as session:
                self._summarise(session, settings, now)
                for row in notifications.unaddressed(session):
                    notifications.address(session, row, _wanted(settings, row), at=now)
        with reading_session(self._engine) as session:
            due = notifications.waiting(session, at=now)
        return self._ways(settings, due, now) if due else []

    def _has_work(self, settings: Settings, now: datetime) -> bool:
        with reading_session(self._engine) as session:
            if notifications.unaddressed(session):
                return True
            return bool(_due_summaries(session, settings, now))

    def _summarise(self, session: Session, settings: Settings, now: datetime) -> None:
        for contact, kind, key in _due_summaries(session, settings, now):
            notifications.tell(session, key, kind, at=now, audience=[contact.name])

    def _ways(self, settings: Settings, due: Due, now: datetime) -> list[_Way]:
        """Sort what is due by where it goes; what leads nowhere any more is given up."""
        contacts = {contact.name: contact for contact in settings.contacts}
        by_place: dict[tuple[str, str], list[tuple[Dispatch, Notification]]] = {}
        for pair in due:
            by_place.setdefault((pair[0].contact, pair[0].address), []).append(pair)
        ways = []
        for (name, label), pairs in by_place.items():
            contact = contacts.get(name)
            try:
                address = _labelled(settings, contact, label)
            except SettingsInvalid as error:
                self._failed(pairs, error, now)
                continue
            if contact is not None and label == _UNREAD:
                self._address_again(pairs, settings, contact, now)
            elif contact is None or address is None:
                unserved = [p for p in pairs if now - p[0].next_at >= LEFT_TO_OTHERS_FOR]
                self._give_up(unserved, "it is not in the settings any more")
            elif self._sender.reaches(address):
                ways.append(_Way(contact, address, pairs))
        return ways

    def _address_again(
        self, pairs: Due, settings: Settings, contact: Contact, now: datetime
    ) -> None:
        """The file of addresses that could not be read can be now."""
        places = [(contact.name, one.label) for one in addresses_of(settings, contact)]
        with writing_session(self._engine) as session:
            for dispatch, row in pairs:
                notifications.address(session, row, places, at=now)
                notifications.give_up(session, [dispatch.id], "")

    async def _serve(self, way: _Way) -> None:
        now, settings = self._clock.now(), self._settings()
        until = quiet.quiet_until(way.contact, now, settings.zone_info)
        awake = [p for p in way.due if until is None or p[1].severity == "critical"]
        asleep = [p for p in way.due if p not in awake]
        if asleep and until is not None:
            await asyncio.to_thread(self._postpone, asleep, until)
        sent = await asyncio.to_thread(self._sent_lately, way, now)
        sizes = quiet.messages(
            [row.severity for _, row in awake], sent=sent, most=way.contact.most_in_ten_minutes
        )
        for size in sizes:
            await self._send(way, awake[:size])
            awake = awake[size:]
        if awake:
            await asyncio.to_thread(self._postpone, awake, now + quiet.WINDOW / 10)

    async def _send(self, way: _Way, pairs: Due) -> None:
        now = self._clock.now()
        ids = [dispatch.id for dispatch, _ in pairs]
        message = await asyncio.to_thread(self._claimed, way, pairs, now)
        if message is None:
            return  # another agent has it
        try:
            await self._sender.send(message, way.address)
        except Undeliverable as error:
            log.warning("%s: %s", way.contact.name, error, extra={"code": error.code})
            await asyncio.to_thread(self._give_up, pairs, str(error))
        except (NotDelivered, SettingsInvalid) as error:
            await asyncio.to_thread(self._failed, pairs, error, self._clock.now())
        else:
            await asyncio.to_thread(self._note_sent, ids, self._clock.now())

    def _claimed(self, way: _Way, pairs: Due, now: datetime) -> Message | None:
        ids = [dispatch.id for dispatch, _ in pairs]
        with writing_session(self._engine) as session:
            if not notifications.claim(session, ids, until=now + CLAIM, at=now):
                return None
        with reading_session(self._engine) as session:
            return _message(session, way, pairs, self._settings(), now)

    def _sent_lately(self, way: _Way, now: datetime) -> int:
        with reading_session(self._engine) as session:
            return notifications.messages_between(
                session,
                way.contact.name,
                way.address.label,
                start=now - quiet.WINDOW,
                end=now,
            )

    def _note_sent(self, ids: Sequence[str], now: datetime) -> None:
        with writing_session(self._engine) as session:
            notifications.sent(session, ids, at=now)

    def _failed(self, pairs: Due, error: EdgeError, now: datetime) -> None:
        contact = pairs[0][0].contact
        if pairs[0][0].tries == 0:
            log.warning("%s not told: %s", contact, error, extra={"code": error.code})
        with writing_session(self._engine) as session:
            notifications.failed(session, [d.id for d, _ in pairs], str(error), at=now)

    def _give_up(self, pairs: Due, why: str) -> None:
        if not pairs:
            return
        with writing_session(self._engine) as session:
            notifications.give_up(session, [d.id for d, _ in pairs], why)

    def _postpone(self, pairs: Due, until: datetime) -> None:
        with writing_session(self._engine) as session:
            notifications.postpone(session, [d.id for d, _ in pairs], until=until)


def by_state(engine: Engine) -> Iterator[Metric]:
    """Yield how far messages are, for /metrics."""
    with reading_session(engine) as session:
        counts = notifications.count_by_state(session)
    samples = [({"state": s}, counts.get(s, 0)) for s in ("waiting", "sent", "given_up")]
    yield Metric("minori_messages", "gauge", "Messages to people, by how far they are.", samples)


def _wanted(settings: Settings, row: Notification) -> Iterator[tuple[str, str]]:
    """Yield (contact, address) of whoever is to be told; of one whose addresses cannot be read,
    a stand-in that fails and is shown."""
    names = row.audience or Circle.of(settings.contacts, row.severity).everybody
    for contact in settings.contacts:
        is_of = row.kind == NOTICE and contact.partner in names
        if contact.name not in names and not is_of:
            continue
        try:
            for address in addresses_of(settings, contact):
                yield contact.name, address.label
        except SettingsInvalid:
            yield contact.name, _UNREAD


def _labelled(settings: Settings, contact: Contact | None, label: str) -> Address | None:
    if contact is None:
        return None
    return next((one for one in addresses_of(settings, contact) if one.label == label), None)


def _due_summaries(
    session: Session, settings: Settings, now: datetime
) -> list[tuple[Contact, str, str]]:
    """Return (contact, kind, key) of the summaries that are to be told now and are not yet."""
    return [
        (contact, kind, key)
        for contact in settings.contacts
        for kind, key in _summaries(contact, settings, now)
        if not notifications.is_told(session, key)
        if kind != FORECASTS or forecasts.crops(session)
    ]


def _summaries(contact: Contact, settings: Settings, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield (kind, key) of the summaries of a contact that it is time for."""
    local = now.astimezone(settings.zone_info)
    today = local.date()
    if _is_time(contact.digest_at, local, DIGEST_FOR) and not contact.partner:
        yield DIGEST, f"digest/{today.isoformat()}/{contact.name}"
    monday = today - timedelta(days=today.weekday())
    if today == monday and _is_time(contact.forecasts_at, local, FORECASTS_FOR):
        yield FORECASTS, f"forecasts/{monday.isoformat()}/{contact.name}"


def _is_time(clock: str, local: datetime, lasts: timedelta) -> bool:
    if not clock:
        return False
    at = datetime.combine(local.date(), time.fromisoformat(clock), local.tzinfo)
    return at <= local < at + lasts


def _message(session: Session, way: _Way, pairs: Due, settings: Settings, now: datetime) -> Message:
    # Imported late: with it come the words of a whole language.
    from api import messages  # noqa: PLC0415
    from api.i18n import Reader  # noqa: PLC0415

    reader = Reader.of(way.contact.language)
    found = [messages.worded(session, reader, row, now=now) for _, row in pairs]
    said = found[0] if len(found) == 1 else messages.together(reader, found)
    base = settings.web.public_url.rstrip("/")
    link = base + said.path if base and said.path else ""
    first = pairs[0][1]
    return Message(
        id=pairs[0][0].id,
        kind=first.kind,
        severity=first.severity,
        language=reader.language,
        title=said.title,
        text="\n".join([*said.lines, *([link] if link else [])]),
        at=now,
        link=link,
        facts=said.facts,
        also=len(pairs) - 1,
    )
