"""Which of several senders of one CCM is heard, and until when.

The lower priority number wins, then the nearer place, then the lower IP address. A value lives for
three periods of its level and is invalid afterwards: 3, 30 or 180 s. We only ever show these
values; a CCM is never an order to us.

Source: UECS 1.00-E10, outline page ("reception"); UARDECS behaves the same.
"""

from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address

from sensors.wires.uecs.messages import Data, Place

# Period in a level -> life of a value; the -0 or -1 at its end (sent on change, too) adds nothing.
_LIFE_S = {"1S": 3.0, "10S": 30.0, "1M": 180.0}
# B levels are sent on request only: keep them as long as the slowest of the others.
_ON_REQUEST_S = 180.0
# As many senders of one type as a site can have; beyond that somebody is playing.
_MAX_SENDERS = 256


def life_s(level: str) -> float:
    """Return how long a value of this level (A-10S-0, S-1M-0, B-1) stays valid. [s]"""
    parts = level.replace("_", "-").split("-")
    return next((_LIFE_S[part] for part in parts if part in _LIFE_S), _ON_REQUEST_S)


@dataclass(slots=True)
class Listener:
    """Listens for one type at one place; times are monotonic seconds, handed in."""

    full_type: str
    place: Place
    life_s: float
    _heard: dict[tuple[str, Place, int], tuple[float, Data]] = field(default_factory=dict)

    def hear(self, data: Data, *, at: float, sender: str | None = None) -> bool:
        """Take one value; False where it is of another type or place.

        Args:
            sender: Where the datagram came from, for nodes that do not write their IP.
        """
        if data.full_type != self.full_type or not self.place.matches(data.place):
            return False
        self._forget(at)
        key = (data.ip or sender or "", data.place, data.priority)
        if key in self._heard or len(self._heard) < _MAX_SENDERS:
            self._heard[key] = (at, data)
        return True

    def current(self, at: float) -> Data | None:
        """Return the value that counts now, None when all have fallen silent."""
        self._forget(at)
        if not self._heard:
            return None
        return self._heard[min(self._heard, key=_rank)][1]

    def _forget(self, at: float) -> None:
        silent = [key for key, (heard, _) in self._heard.items() if at - heard >= self.life_s]
        for key in silent:
            del self._heard[key]


def _rank(key: tuple[str, Place, int]) -> tuple[int, int, int]:
    ip, place, priority = key
    try:
        address = int(IPv4Address(ip))
    except AddressValueError:
        address = 1 << 32  # who does not say its address comes last
    return priority, place.width, address
