"""From an MQTT topic to readings: which template it matches, what shape it has, whose it is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace as changed

from edge.errors import UnknownTopic
from edge.settings import Settings, Topic
from edge.states import StateOf, meant_by
from sensors.quantities import QUANTITIES, STATES
from sensors.wires.payload import (
    Decoded,
    Field,
    Mapping,
    Path,
    Template,
    Value,
    decode,
    decode_mapped,
)
from sensors.wires.payload.names import Known, named, value_of
from sensors.wires.payload.scalars import refusal
from sensors.wires.sparkplug import Inbox


@dataclass(frozen=True, slots=True)
class Rule:
    """One `[[mqtt.topics]]` section, compiled. `mapping` where settings explain the payload."""

    template: Template
    shape: str | None
    zone: ZoneInfo
    mapping: Mapping | None


class TopicTable:
    """Decodes what comes in on the topics of the settings, under the names of the settings."""

    def __init__(self, settings: Settings, before: "TopicTable | None" = None) -> None:
        self._rules = [_rule(topic, settings.site.time_zone) for topic in settings.mqtt.topics]
        self._names = {d.identity or d.name: d.name for d in settings.devices if not d.port}
        self._states = {d.name: d.state_of for d in settings.devices if d.state_of}
        self._accept_unlisted = settings.mqtt.accept_unlisted
        # Sparkplug names its metrics once, at birth: somebody has to remember, and the table that
        # follows another takes its memory over.
        self._sparkplug: Inbox = before.memory if before else Inbox()

    @property
    def memory(self) -> Inbox:
        """What was learned from messages, and is needed to read those to come."""
        return self._sparkplug

    @property
    def filters(self) -> Sequence[str]:
        """What to subscribe to: each filter once, in the order of the settings."""
        return list(dict.fromkeys(rule.template.subscription for rule in self._rules))

    def decode(
        self, topic: str, payload: bytes, *, received_at: datetime, retained: bool
    ) -> Decoded:
        """Turn one message into values under the device's name.

        Raises:
            UnknownTopic: no template matches, or nobody listed this device.
            BadPayload: the payload is not what its shape allows; `fault` says how.
        """
        for rule in self._rules:
            fields = rule.template.match(topic)
            if fields is not None and rule.shape == "sparkplug":
                found = self._sparkplug.decode(
                    topic, payload, received_at=received_at, retained=retained
                )
                return self._named(found, topic)
            if fields is not None:
                found = _decoded(rule, fields, topic, payload, received_at, retained=retained)
                return self._named(found, topic)
        raise UnknownTopic(topic=topic, known=", ".join(r.template.text for r in self._rules))

    def _named(self, found: Decoded, topic: str) -> Decoded:
        name = self._names.get(found.device)
        if name is None and not self._accept_unlisted:
            raise UnknownTopic(topic=topic, known=", ".join(self._names) or "no MQTT device")
        if name not in (None, found.device):
            found = replace(found, device=name)
        said = self._states.get(found.device)
        return found if said is None else _of_what(found, said)


def _of_what(found: Decoded, said: StateOf) -> Decoded:
    """File what a device's relays say under what they are the state of."""
    values = tuple(
        changed(value, quantity=meant_by(said, value.quantity, value.channel))
        if value.quantity in STATES
        else value
        for value in found.values
    )
    return replace(found, values=values)


def delivery_key(client_id: str, mid: int, topic: str, payload: bytes) -> str:
    """Name a message that has no time of its own, so that its redelivery is known again."""
    digest = hashlib.blake2b(payload, digest_size=12, key=topic.encode()[:64]).hexdigest()
    return f"{client_id}/{mid}/{digest}"


def _rule(topic: Topic, site_zone: str) -> Rule:
    mapping = None
    if topic.fields:
        fields = tuple(
            Field(Path.parse(f.path), f.quantity, f.scale, f.channel, f.inverted)
            for f in topic.fields
        )
        mapping = Mapping(fields, Path.parse(topic.time) if topic.time else None)
    elif topic.quantity:
        mapping = Mapping((Field(Path.parse("$"), topic.quantity),))
    zone = ZoneInfo(topic.time_zone or site_zone)
    return Rule(Template.parse(topic.topic), topic.shape or None, zone, mapping)


def _decoded(
    rule: Rule,
    fields: dict[str, str],
    topic: str,
    payload: bytes,
    received_at: datetime,
    *,
    retained: bool,
) -> Decoded:
    if rule.mapping is not None:
        return decode_mapped(
            topic,
            payload,
            rule.mapping,
            device=fields.get("device", topic),
            received_at=received_at,
            retained=retained,
        )
    message = decode(
        topic,
        payload,
        received_at=received_at,
        retained=retained,
        zone=rule.zone,
        shape=rule.shape,
    )
    return _of_topic(message, topic, fields) if message.shape == "plain" else message


def _of_topic(message: Decoded, topic: str, fields: dict[str, str]) -> Decoded:
    """Give a plain message the device and, if it is a bare number, the quantity its topic names."""
    device, word = fields.get("device", message.device), fields.get("quantity", "")
    values = tuple(_meant(value, word) for value in message.values)
    if values and not any(value.quantity for value in values):
        raise refusal(
            topic,
            fault="no_quantity",
            problem="no number in it is of a known quantity",
            expected='quantity = "..." or fields under its [[mqtt.topics]] (docs/networks.md)',
            got=word or ", ".join(value.raw for value in values),
        )
    return replace(message, device=device, values=values)


def _meant(value: Value, word: str) -> Value:
    if value.raw != "value" or not word:
        return value
    if word in QUANTITIES:
        return named(word, value.value, Known(word, word))
    return value_of(word, value.value)
