"""A test message to each address of one contact, sent at once and by this very process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from api import messages
from api.i18n import Reader
from edge.bus import Bus
from edge.collector import broker_of
from edge.delivery.addresses import Address, addresses_of
from edge.delivery.message import Message
from edge.delivery.sending import Sender
from edge.errors import NotDelivered
from edge.settings import Contact, Settings
from traceability.errors import NotFound
from traceability.models import new_id


@dataclass(frozen=True, slots=True)
class Result:
    """How one address fared; `trouble` is empty where it was reached."""

    contact: str
    address: str
    trouble: str = ""

    @property
    def is_sent(self) -> bool:
        return not self.trouble

    def as_dict(self) -> dict[str, Any]:
        return {"sent": self.is_sent, **asdict(self)}


async def send_all(settings: Settings, name: str) -> list[Result]:
    """Send to every address of the contact.

    Raises:
        NotFound: no contact has that name; says which there are.
        SettingsInvalid: its addresses cannot be read.
    """
    contact = _contact(settings, name)
    addresses = addresses_of(settings, contact)
    message = _message(settings, contact)
    async with _connected(settings, addresses) as bus:
        sender = Sender(lambda: settings, bus)
        return list(
            await asyncio.gather(*(_sent(sender, contact, message, one) for one in addresses))
        )


async def _sent(sender: Sender, contact: Contact, message: Message, address: Address) -> Result:
    try:
        await sender.send(message, address)
    except NotDelivered as error:
        trouble = str(error).removeprefix(f"{address.label}: ")
        return Result(contact.name, address.label, f"not delivered: {trouble}")
    return Result(contact.name, address.label)


@asynccontextmanager
async def _connected(settings: Settings, addresses: list[Address]) -> AsyncIterator[Bus | None]:
    """Give a bus of our own where an address asks for one: the agent's session is the agent's."""
    if not any(one.is_mqtt for one in addresses):
        yield None
        return
    broker = broker_of(settings)
    bus = Bus(replace(broker, client_id=f"{broker.client_id}-test"))
    running = asyncio.create_task(bus.run())
    try:
        yield bus
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def _contact(settings: Settings, name: str) -> Contact:
    for contact in settings.contacts:
        if contact.name == name:
            return contact
    known = ", ".join(one.name for one in settings.contacts) or "none yet, see docs/alarms.md"
    raise NotFound(what="contact", name=name, next_step=f"known are: {known}")


def _message(settings: Settings, contact: Contact) -> Message:
    reader, site = Reader.of(contact.language), settings.site
    where = (site.name_ja if contact.language == "ja" else "") or site.name or site.code
    said = messages.trial_of(reader, where)
    return Message(
        id=new_id(),
        kind="test",
        severity="info",
        language=contact.language,
        title=said.title,
        text="\n".join(said.lines),
        at=datetime.now(UTC),
    )
