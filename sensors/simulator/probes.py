"""Simulated probes: what a device of a known model says, byte for byte, on its own wire.

A probe is built from the same profile that reads it, so every model of a wire listed in
`_KINDS` can be simulated; `values` is asked whenever the device is, in the thread of its bus, and
gives numbers by quantity (or `quantity/channel`) in the vocabulary's unit. Where it has None the
device says its "no value" code, or refuses if it has none.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from sensors.errors import DamagedFrame
from sensors.profile import Profile, Value
from sensors.quantities import linear
from sensors.wires import modbus
from sensors.wires.modbus import Answer, Function, Read, Write
from sensors.wires.registers import NUMBERS, registers_of

Values = Callable[[], Mapping[str, float | None]]

# An S8 leaves the factory with auto-baseline each 180 h: what the agent must switch off.
FACTORY_AUTO_BASELINE = 180
_FAILURE = 4
_ILLEGAL_ADDRESS = 2


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


def simulated(
    profile: Profile, *, values: Values, address: int | str | None = None
) -> SimulatedProbe:
    """Return a simulated device of a model.

    Raises:
        KeyError: no simulation speaks this wire.
    """
    place = profile.address if address is None else address
    return _KINDS[profile.wire](profile, values, place)


class _ModbusProbe:
    """Answers reads of the registers its profile names, and writes of its auto-baseline."""

    talks = False

    def __init__(self, profile: Profile, values: Values, address: int | str) -> None:
        self.address: int | str = int(str(address), 0)
        self._profile, self._values = profile, values
        self._settings: dict[int, int] = {}
        self.power_up()

    def power_up(self) -> None:
        # Registers of the real device are kept in its memory; only a fresh one has factory values.
        policy = self._profile.how.get("auto_baseline")
        if policy is not None:
            self._settings.setdefault(policy["register"], FACTORY_AUTO_BASELINE)

    def talk(self) -> bytes:
        return b""

    def hear(self, heard: bytes) -> tuple[int, bytes, float]:
        length = 9 + heard[6] if len(heard) > 6 and heard[1] == Function.WRITE_REGISTERS else 8
        if len(heard) < length or heard[0] != self.address:
            return 0, b"", 0.0
        kind = Read if heard[1] <= Function.READ_INPUT else Write
        try:
            request = kind.from_bytes(heard[:length])
        except DamagedFrame:
            return 0, b"", 0.0
        # Real probes answer within a few ms; the limit in a profile is several times that.
        return length, self._answer(request), self._profile.answers_within_s / 10

    def _answer(self, request: Read | Write) -> bytes:
        if isinstance(request, Write):
            if request.start not in self._settings:
                return modbus.refusal(request, _ILLEGAL_ADDRESS)
            self._settings[request.start] = request.values[0]
            return Answer(request, request.values).to_bytes()
        words = self._words(request.function)
        if words is None:
            return modbus.refusal(request, _FAILURE)
        places = range(request.start, request.start + request.count)
        # What lies between known registers reads as 0, as on the devices that allow it.
        if not any(place in words for place in places):
            return modbus.refusal(request, _ILLEGAL_ADDRESS)
        return Answer(request, tuple(words.get(place, 0) for place in places)).to_bytes()

    def _words(self, function: Function) -> dict[int, int] | None:
        """All registers of one table; None where a value is missing and no code says so."""
        words = dict(self._settings) if function is Function.READ_HOLDING else {}
        status = self._profile.how.get("status")
        if status is not None and _function(status["function"]) is function:
            size = NUMBERS[status.get("type", "u16")][0]
            words.update(dict.fromkeys(range(status["register"], status["register"] + size), 0))
        now = self._values()
        for value in self._profile.values:
            if _function(value.how["function"]) is not function:
                continue
            raw = _raw(value, now)
            if raw is None:
                return None
            kind, order = value.how.get("type", "u16"), value.how.get("order", "ABCD")
            start = value.how["register"]
            words.update(enumerate(registers_of(raw, kind, order), start))
        return words


class _EzoProbe:
    """An EZO circuit: talks by itself until told not to, then answers commands."""

    def __init__(self, profile: Profile, values: Values, address: int | str) -> None:
        self.address = address
        self._profile, self._values = profile, values
        self.talks = True

    def power_up(self) -> None:
        # Continuous mode is kept at power loss; the temperature of compensation is not.
        pass

    def talk(self) -> bytes:
        return self._fields()

    def hear(self, heard: bytes) -> tuple[int, bytes, float]:
        command, end, _ = heard.partition(b"\r")
        if not end:
            return 0, b"", 0.0
        return len(command) + 1, *self._answer(command.strip().upper())

    def _answer(self, command: bytes) -> tuple[bytes, float]:
        if command == b"R" or command.startswith(b"RT,"):
            fields = self._fields()
            said = fields + b"*OK\r" if fields else b"*ER\r"
            return said, self._profile.answers_within_s * 0.9
        if command in (b"C,0", b"C,1"):
            self.talks = command == b"C,1"
        elif not command.startswith((b"T,", b"CAL,", b"*OK,1")):
            return b"*ER\r", 0.25
        return b"*OK\r", 0.25

    def _fields(self) -> bytes:
        now = self._values()
        numbers = {value.how["field"]: (value, _raw(value, now)) for value in self._profile.values}
        texts = []
        for place in range(max(numbers) + 1):
            value, raw = numbers.get(place, (None, 0.0))
            if raw is None:
                return b""
            decimals = 3 if value is None else _decimals(value.resolution or 0.001)
            texts.append(f"{raw:.{decimals}f}")
        return ",".join(texts).encode() + b"\r"


_KINDS: dict[str, Callable[[Profile, Values, int | str], SimulatedProbe]] = {
    "modbus": _ModbusProbe,
    "ezo": _EzoProbe,
}


def _raw(value: Value, now: Mapping[str, float | None]) -> float | None:
    """The number the device would send for the value of the moment, or its code for none."""
    canonical = now.get(value.key, now.get(value.quantity))
    if canonical is None:
        return value.no_value[0] if value.no_value else None
    factor, offset = linear(value.quantity, value.unit)
    return ((canonical - offset) / factor - value.offset) / value.scale


def _decimals(resolution: float) -> int:
    return max(0, len(f"{resolution:.6f}".rstrip("0").partition(".")[2]))


def _function(name: str) -> Function:
    names = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
    return Function(names[name])
