"""Which way a message takes: by the scheme of its address."""

import asyncio
from collections.abc import Callable

from edge.bus import Bus
from edge.delivery import mail, services, webhook
from edge.delivery.addresses import WEBHOOK, Address
from edge.delivery.message import Message
from edge.errors import BrokerLost, NotDelivered, Undeliverable
from edge.secret_files import read
from edge.settings import Settings

MQTT_LIMIT_S = 30.0


class Sender:
    """Sends messages by the settings in force."""

    def __init__(self, settings: Callable[[], Settings], bus: Bus | None) -> None:
        """Make ready to send; without a bus, MQTT addresses are refused."""
        self._settings = settings
        self._bus = bus

    def reaches(self, address: Address) -> bool:
        """Whether this service can send there at all: only a collecting one has the broker."""
        return self._bus is not None or not address.is_mqtt

    async def send(self, message: Message, address: Address) -> None:
        """Send one message to one address.

        Raises:
            Undeliverable: it cannot work as the address stands.
            NotDelivered: it did not work this time.
        """
        if address.is_mail:
            smtp = self._settings().smtp
            password = read(self._settings(), "smtp.password_file", smtp.password_file)
            await mail.send(message, address, smtp, password)
        elif address.scheme in WEBHOOK:
            await webhook.send(message, address)
        elif address.is_mqtt:
            await self._publish(message, address)
        else:
            await services.send(message, address)

    async def _publish(self, message: Message, address: Address) -> None:
        topic = address.url.partition(":")[2]
        if not topic or set(topic) & set("+#\0"):
            raise Undeliverable(
                address=address.label,
                cause="that is no topic to publish on",
                next_step="write mqtt:some/topic, without + and #",
            )
        if self._bus is None:
            raise NotDelivered(address=address.label, cause="no broker is connected here")
        try:
            async with asyncio.timeout(MQTT_LIMIT_S):
                await self._bus.publish(topic, message.as_json())
        except (BrokerLost, TimeoutError) as error:
            cause = "the MQTT broker did not take it"
            raise NotDelivered(address=address.label, cause=cause) from error
