"""The broker inside: amqtt on this machine only, so that a first day needs no broker installed.

It speaks MQTT 3.1.1 and carries some thousand messages a second; what it holds lies in memory,
so after a power cut a sender must send again. A farm with networked probes of its own installs
Mosquitto and names it in [mqtt].
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from amqtt.broker import Broker as Amqtt
from amqtt.contexts import BrokerConfig, ListenerConfig
from amqtt.errors import BrokerError

from edge.errors import AddressTaken

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def serving(port: int) -> AsyncIterator[None]:
    """Run the broker on loopback while the block runs.

    Raises:
        AddressTaken: another program listens there, often a broker already installed.
    """
    # It tells of each client that hangs up, and adds a traceback to what we say in a sentence.
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    broker = Amqtt(_config(port))
    try:
        await broker.start()
    except BrokerError as error:
        raise AddressTaken(
            what="the MQTT broker inside",
            address=f"{LOOPBACK}:{port}",
            next_step=f"is a broker installed? then set [mqtt] host = {LOOPBACK!r}; or change port",
        ) from error
    try:
        yield
    finally:
        await broker.shutdown()


def _config(port: int) -> BrokerConfig:
    return BrokerConfig(
        listeners={"default": ListenerConfig(bind=f"{LOOPBACK}:{port}")},
        plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    )
