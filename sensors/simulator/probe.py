"""What a simulated probe is, whatever its wire, and the number it would send for a value."""

from collections.abc import Callable, Mapping
from typing import Protocol

from sensors.profile import Value
from sensors.quantities import linear

# Asked whenever the device is, in the thread of its bus; by `Value.key` or by quantity, in the
# vocabulary's unit. None, or nothing at all, is "no value".
Values = Callable[[], Mapping[str, float | None]]


class SimulatedProbe(Protocol):
    """One device on a simulated bus."""

    address: int | str
    talks: bool  # it speaks unasked, each second

    def hear(self, heard: bytes) -> tuple[int, bytes, float]:
        """Return how many bytes were understood, the answer, and how long it takes. [s]

        (0, b"", 0) means that the device waits for more, or that it is not meant.
        """

    def talk(self) -> bytes:
        """What it says unasked."""

    def power_up(self) -> None:
        """It has lost power and got it back: what was set is forgotten."""


def raw_of(value: Value, now: Mapping[str, float | None]) -> float | None:
    """Return the number the device would send for the value of the moment.

    Where there is none: its code for that, or None if it has no code.
    """
    canonical = now.get(value.key, now.get(value.quantity))
    if canonical is None:
        return value.no_value[0] if value.no_value else None
    factor, offset = linear(value.quantity, value.unit)
    return ((canonical - offset) / factor - value.offset) / value.scale


def text_of(raw: float, value: Value) -> str:
    """Write a raw number with as many decimals as the device's resolution has, three at least
    where a scale hides it."""
    step = abs((value.resolution or 0.001) / value.scale)
    decimals = len(f"{step:.6f}".rstrip("0").partition(".")[2])
    return f"{raw:.{min(decimals, 4)}f}"


def by_place(values: tuple[Value, ...], now: Mapping[str, float | None]) -> list[str] | None:
    """Return the texts of an answer whose values have a `field`; what nobody reads is 0.

    None where a value is missing and the device has no code for that.
    """
    placed = {int(value.how["field"]): value for value in values}
    texts = ["0"] * (max(placed) + 1)
    for place, value in placed.items():
        raw = raw_of(value, now)
        if raw is None:
            return None
        texts[place] = text_of(raw, value)
    return texts
