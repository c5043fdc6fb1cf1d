"""What others announced to Home Assistant, as settings of ours.

Zigbee2MQTT, ESPHome, Tasmota and many gateways keep their configurations at the broker, retained:
which topic, which path in its JSON, which unit. Reading them spares typing the same again. Nothing
is changed by looking; the operator copies what is wanted into minori.toml.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from edge.bus import Bus, Message
from edge.collector import broker_of
from edge.errors import BrokerLost
from edge.settings import Settings
from sensors.errors import BadPayload, UnknownQuantity
from sensors.quantities import linear
from sensors.wires import homeassistant
from sensors.wires.homeassistant import Entity


async def listen(settings: Settings, seconds: float) -> list[Entity]:
    """Return every sensor announced at the broker, once it had so long to say so.

    Raises:
        BrokerLost: the broker did not answer in that time.
    """
    found: dict[str, Entity] = {}
    own = settings.mqtt.client_id or f"{settings.site.organisation}-{settings.site.code}"

    def receive(burst: list[Message]) -> None:
        for message in burst:
            with suppress(BadPayload):
                announced = homeassistant.read(message.topic, message.payload)
                found.update((entity.unique_id, entity) for entity in announced.entities)
            message.acknowledge()

    broker = replace(broker_of(settings), client_id=f"{own}-discover")
    bus = Bus(broker)
    running = asyncio.create_task(bus.run((f"{homeassistant.PREFIX}/#",), receive))
    try:
        await asyncio.wait_for(bus.wait_connected(), seconds)
        await asyncio.sleep(seconds)
    except TimeoutError as error:
        raise BrokerLost(broker=broker, cause=f"no connection within {seconds:g} s") from error
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return sorted(found.values(), key=lambda entity: (entity.state_topic, entity.unique_id))


def as_settings(entities: list[Entity]) -> str:
    """Return TOML for minori.toml: a mapped topic each, and what was left out, with the reason."""
    topics: dict[str, list[str]] = {}
    left_out = []
    for entity in entities:
        try:
            topics.setdefault(entity.state_topic, []).append(_field(entity))
        except UnknownQuantity as error:
            left_out.append(f"# left out: {entity.unique_id} on {entity.state_topic}: {error}")
    lines = [line for topic, fields in topics.items() if fields for line in _topic(topic, fields)]
    return "\n".join([*lines, *left_out])


def _topic(topic: str, fields: list[str]) -> Iterator[str]:
    yield "[[mqtt.topics]]"
    yield f"topic = {json.dumps(topic, ensure_ascii=False)}"
    yield 'shape = "mapped"'
    yield f"fields = [{', '.join(fields)}]\n"


def _field(entity: Entity) -> str:
    """One entry of `fields`.

    Raises:
        UnknownQuantity: no quantity of ours, or a unit that is more than a factor away.
    """
    if entity.quantity is None:
        known = "temperature, humidity, carbon_dioxide, door and other Home Assistant classes"
        name = entity.device_class or entity.platform
        raise UnknownQuantity(problem="class", name=name, known=known)
    factor, offset = linear(entity.quantity, entity.unit) if entity.unit else (1.0, 0.0)
    if offset:
        problem = "a unit with an offset, which a mapped topic cannot convert:"
        raise UnknownQuantity(problem=problem, name=entity.unit, known="°C")
    path = json.dumps(entity.path.text, ensure_ascii=False)
    scale = f", scale = {factor:g}" if factor != 1.0 else ""
    return f'{{ path = {path}, quantity = "{entity.quantity}"{scale} }}'
