"""Sparkplug messages as values: what an agent stores, and when it must ask for a rebirth.

A metric's last name part says what it is (`bay 1/air_temperature`), the parts before it become the
channel. Control metrics and states are no measurements; births carry the values of that moment.
"""

from datetime import UTC, datetime
from typing import Literal

from msgspec.structs import replace

from sensors.reading import Quality, Reason
from sensors.wires.payload.decoded import Decoded, Value
from sensors.wires.payload.names import value_of
from sensors.wires.payload.scalars import instant
from sensors.wires.sparkplug.host import Heard, Host, Named, Topic, rebirth_command

_REPORTS = ("NBIRTH", "NDATA", "DBIRTH", "DDATA")
_QUALITIES = {
    "good": (Quality.GOOD, Reason.NONE),
    "uncertain": (Quality.UNCERTAIN, Reason.DEVICE_STATUS),
    "bad": (Quality.BAD, Reason.DEVICE_STATUS),
    "stale": (Quality.STALE, Reason.NOT_UPDATED),
}


class Inbox:
    """Remembers births for every node heard; give it each message once, in order."""

    def __init__(self) -> None:
        self._host = Host()

    def decode(
        self, topic: str, payload: bytes, *, received_at: datetime, retained: bool = False
    ) -> Decoded:
        """Turn one message into values.

        `facts["rebirth"]` is the topic to publish `rebirth(...)` on when messages were lost.

        Raises:
            BadPayload: see `Host.hear`; with fault `unknown_alias` a rebirth helps, too.
        """
        heard = self._host.hear(topic, payload)
        who = heard.topic
        is_report = who.kind in _REPORTS
        values = [_value(metric) for metric in heard.metrics] if is_report else []
        return Decoded(
            "sparkplug",
            f"{who.node}/{who.device}" if who.device else who.node,
            received_at,
            "device" if is_report else "arrival",
            tuple(value for value in values if value is not None),
            availability=_availability(heard),
            is_new=is_report and not retained,
            facts={"rebirth": command_topic(topic)} if heard.wants_rebirth else {},
        )


def command_topic(topic: str) -> str:
    """Return where the node that sent on `topic` listens for commands.

    Raises:
        BadPayload: fault `topic`.
    """
    who = Topic.parse(topic)
    return str(Topic(who.group, "NCMD", who.node))


def rebirth(now: datetime) -> bytes:
    """Return the payload that asks a node for its births."""
    return rebirth_command(round(now.timestamp() * 1000)).to_bytes()


def _value(metric: Named) -> Value | None:
    place, _, name = metric.name.rpartition("/")
    number = metric.value
    is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
    if not (is_number or number is None) or name == "bdSeq" or place.endswith(" Control"):
        return None
    quality, reason = _QUALITIES[metric.quality]
    value = value_of(name, number if isinstance(number, (int, float)) else None, channel=place)
    return replace(
        value, raw=metric.name, at=_moment(metric.timestamp), quality=quality, reason=reason
    )


def _moment(timestamp: int | None) -> datetime | None:
    found = instant(timestamp)
    return found[0].astimezone(UTC) if found else None


def _availability(heard: Heard) -> Literal["online", "offline"] | None:
    if heard.topic.kind in ("NDEATH", "DDEATH"):
        return "offline" if heard.died or heard.topic.kind == "DDEATH" else None
    return "online" if heard.topic.kind in ("NBIRTH", "DBIRTH") else None
