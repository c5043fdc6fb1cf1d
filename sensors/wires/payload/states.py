"""On and off, open and closed, as relays, contacts and covers say it: 1 and 0.

A contact says what it touches, not what the door does: Zigbee2MQTT's `contact: true` is a closed
door. What a relay is of (lamp, pump) no message says; settings do (`state_of`), until then it is a
`switch`.

Sources: Zigbee2MQTT `exposes`; Tasmota POWER, Switch; the LoRaWAN device repository for contacts.
"""

import re
from dataclasses import dataclass

from sensors.quantities import STATES
from sensors.wires.payload.decoded import Value

_ON = frozenset({"on", "open", "opened", "opening", "closing", "true", "yes", "running", "1"})
_OFF = frozenset({"off", "close", "closed", "false", "no", "stopped", "0"})
# `state_l1`, `state_left`, `POWER2`, `Switch1`: the same device, another relay.
_CHANNEL = re.compile(r"(.+?)_?(l?\d{1,2}|left|right|center|top|bottom)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _State:
    quantity: str
    inverted: bool = False


_KNOWN = {
    **{name: _State(name) for name in STATES},
    "state": _State("switch"),
    "relay": _State("switch"),
    "power": _State("switch"),  # Tasmota's POWER; a number of that name is watts
    "contact": _State("door", inverted=True),
    "magnet_status": _State("door"),
    "door_open_status": _State("door"),
    "window": _State("vent"),
}


def word_of(got: object) -> float | None:
    """Return 1 for on or open, 0 for off or closed, None for what is no such word.

    A cover on its way to close is still open.
    """
    if isinstance(got, bool):
        return float(got)
    if isinstance(got, str):
        word = got.strip().lower()
        return 1.0 if word in _ON else 0.0 if word in _OFF else None
    return None


def share_of(got: object) -> float | None:
    """Return a state also where it is a number from 0 to 1, the open part of a vent."""
    if isinstance(got, (int, float)) and not isinstance(got, bool):
        return float(got) if 0 <= got <= 1 else None
    return word_of(got)


def state_of(raw: str, got: object, *, channel: str = "") -> Value | None:
    """Name the state a message field says, or None where the field is none."""
    name, of = raw.rpartition(".")[2].lower(), ""
    known = _KNOWN.get(name)
    if known is None and (match := _CHANNEL.fullmatch(name)):
        known, of = _KNOWN.get(match[1]), match[2]
    if known is None:
        return None
    # A bare number under such a name may be anything (a pump's watts): only who speaks of the
    # state itself is believed.
    plain = name in STATES or name == "door_open_status"
    value = share_of(got) if plain else word_of(got)
    if value is None:
        return None
    return stated(raw, value, known.quantity, inverted=known.inverted, channel=channel or of)


def stated(
    raw: str, value: float, quantity: str, *, inverted: bool = False, channel: str = ""
) -> Value:
    """Build the Value of a state; `inverted`: what was said as 1 is off or closed."""
    state = 1.0 - value if inverted else value
    return Value(raw, quantity, state, quantity, state, channel)
