"""What a relay or a contact is the state of, which only settings know (`state_of` of a device)."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from sensors import Reading
from sensors.quantities import STATES

# One quantity for all of a device's channels, or one for each.
StateOf = str | Mapping[str, str]


def channels_of(said: StateOf) -> Mapping[str, str]:
    """Return channel -> quantity; the channel "" is every one."""
    return ({"": said} if said else {}) if isinstance(said, str) else said


def meant_by(said: StateOf, quantity: str | None, channel: str) -> str | None:
    """Return the quantity that a state of that channel is filed under."""
    channels = channels_of(said)
    return channels.get(channel, channels.get("", quantity))


def named(readings: Sequence[Reading], said: StateOf) -> Sequence[Reading]:
    """Return the readings with their states filed under what they are of."""
    if not said:
        return readings
    return [
        replace(one, quantity=meant_by(said, one.quantity, one.channel))
        if one.quantity in STATES
        else one
        for one in readings
    ]
