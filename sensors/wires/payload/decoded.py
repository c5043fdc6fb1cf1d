"""What one network message says, before it becomes readings."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from sensors.quantities import QUANTITIES
from sensors.reading import Quality, Reading, Reason


class Value(msgspec.Struct, frozen=True, gc=False):
    """One number of a message.

    `name` says the unit last (`ec_us_cm`) and `value` is in it; `raw` is the name as sent.
    `quantity` and `canonical` are the same in the vocabulary's words and unit, both None where
    the vocabulary has no such thing (a link quality). A `value` of None was sent as null.
    `at`, `quality` and `reason` are the value's own where its sender gives them (Sparkplug).
    """

    raw: str
    name: str
    value: float | None
    quantity: str | None = None
    canonical: float | None = None
    channel: str = ""
    at: datetime | None = None
    quality: Quality = Quality.GOOD
    reason: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class Refused:
    """One field of a message that could not be trusted; its neighbours still count."""

    raw: str
    fault: str
    got: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """One message: who, when, what.

    `at` is aware UTC: the device's own time, the network's time of receipt, or the arrival here;
    `at_source` says which. `key` repeats when the same message is delivered twice (None: the
    sender gives none). `is_new` is False for what the broker kept from before (retained) or what
    nobody measured (simulated): it shows a state but must never become a reading.
    `facts` holds what helps a technician: radio, counters, registers, raw bytes.
    """

    shape: str
    device: str
    at: datetime
    at_source: Literal["device", "network", "arrival"] = "arrival"
    values: tuple[Value, ...] = ()
    key: str | None = None
    availability: Literal["online", "offline"] | None = None
    is_new: bool = True
    refused: tuple[Refused, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)

    def readings(self) -> tuple[Reading, ...]:
        """Return what may be stored: new, and in the vocabulary; null becomes "no value"."""
        if not self.is_new:
            return ()
        return tuple(_reading(self, value) for value in self.values if value.quantity in QUANTITIES)


def _reading(message: Decoded, value: Value) -> Reading:
    quality, reason = value.quality, value.reason
    if value.canonical is None:
        quality, reason = Quality.BAD, Reason.NO_VALUE
    assert value.quantity is not None
    return Reading(
        message.device,
        value.quantity,
        value.canonical,
        value.at or message.at,
        quality,
        reason,
        value.channel,
    )
