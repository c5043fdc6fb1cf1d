"""Sparkplug messages as values: what an agent stores, and when it must ask for a rebirth.

A metric's last name part says what it is (`bay 1/air_temperature`), the parts before it become the
channel. Control metrics are no measurements; births carry the values of that moment.
"""

from datetime import UTC, datetime
from typing import Literal

from msgspec.structs import replace

from sensors.reading import Quality, Reason
from sensors.wires.payload.decoded import Decoded, Value
from sensors.wires.payload.names import value_of
from sensors.wires.payload.scalars import instant
from sensors.wires.payload.states import state_of
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
    if name == "bdSeq" or place.endswith(" Control"):
        return None
    value = _named(name, metric.value, place)
    if value is None:
        return None
    quality, reason = _QUALITIES[metric.quality]
    return replace(
        value, raw=metric.name, at=_moment(metric.timestamp), quality=quality, reason=reason
    )


def _named(name: str, got: object, place: str) -> Value | None:
    """Name a state or a number; other booleans and texts are neither."""
    if got is None:
        return value_of(name, None, channel=place)
    state = state_of(name, got, channel=place)
    if state is not None:
        return state
    is_number = isinstance(got, (int, float)) and not isinstance(got, bool)
    return value_of(name, float(got), channel=place) if is_number else None  # type: ignore[arg-type]


def _moment(timestamp: int | None) -> datetime | None:
    found = instant(timestamp)
    return found[0].astimezone(UTC) if found else None


def _availability(heard: Heard) -> Literal["online", "offline"] | None:
    if heard.topic.kind in ("NDEATH", "DDEATH"):
        return "offline" if heard.died or heard.topic.kind == "DDEATH" else None
    return "online" if heard.topic.kind in ("NBIRTH", "DBIRTH") else None
