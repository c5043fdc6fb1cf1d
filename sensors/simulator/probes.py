"""Simulated probes: what a device of a known model says, byte for byte, on its own wire.

A probe is built from the same profile that reads it, so every model of a wire listed in
`KINDS` can be simulated; `values` is asked whenever the device is, in the thread of its bus, and
gives numbers by quantity (or `quantity/channel`) in the vocabulary's unit. Where it has None the
device says its "no value" code, or refuses if it has none.
"""

from collections.abc import Callable

from sensors.dialogues.modbus import FUNCTIONS
from sensors.errors import DamagedFrame
from sensors.profile import Profile
from sensors.simulator.probe import SimulatedProbe, Values, raw_of
from sensors.simulator.text_probes import EzoProbe, LineProbe, Sdi12Probe
from sensors.wires import mhz19, modbus
from sensors.wires.modbus import Answer, Function, Read, Write
from sensors.wires.registers import NUMBERS, registers_of

# An S8 leaves the factory with auto-baseline each 180 h: what the agent must switch off.
FACTORY_AUTO_BASELINE = 180
_FAILURE = 4
_ILLEGAL_ADDRESS = 2


def simulated(
    profile: Profile, *, values: Values, address: int | str | None = None
) -> SimulatedProbe:
    """Return a simulated device of a model.

    Raises:
        KeyError: no simulation speaks this wire.
    """
    place = profile.address if address is None else address
    return KINDS[profile.wire](profile, values, place)


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
        if status is not None and FUNCTIONS[status["function"]] is function:
            size = NUMBERS[status.get("type", "u16")][0]
            words.update(dict.fromkeys(range(status["register"], status["register"] + size), 0))
        now = self._values()
        for value in self._profile.values:
            if FUNCTIONS[value.how["function"]] is not function:
                continue
            raw = raw_of(value, now)
            if raw is None:
                return None
            kind, order = value.how.get("type", "u16"), value.how.get("order", "ABCD")
            start = value.how["register"]
            words.update(enumerate(registers_of(raw, kind, order), start))
        return words


class _Mhz19Probe:
    """Answers the read command; obeys the others without a word, as most firmware does."""

    talks = False

    def __init__(self, profile: Profile, values: Values, address: int | str) -> None:
        self.address = address
        self._profile, self._values = profile, values

    def power_up(self) -> None:
        pass

    def talk(self) -> bytes:
        return b""

    def hear(self, heard: bytes) -> tuple[int, bytes, float]:
        frame = heard[: mhz19.LENGTH]
        if len(frame) < mhz19.LENGTH or frame[0] != mhz19.START:
            return 0, b"", 0.0
        if frame[-1] != mhz19.checksum(frame):
            return 0, b"", 0.0
        answer = self._answer() if frame == mhz19.READ else b""
        return mhz19.LENGTH, answer, self._profile.answers_within_s / 10

    def _answer(self) -> bytes:
        now = self._values()
        fields = {value.how["field"]: raw_of(value, now) for value in self._profile.values}
        co2 = fields.get("co2")
        if co2 is None:
            return b""
        return mhz19.Answer(round(co2), round(fields.get("temperature") or 20)).to_bytes()


KINDS: dict[str, Callable[[Profile, Values, int | str], SimulatedProbe]] = {
    "modbus": _ModbusProbe,
    "ezo": EzoProbe,
    "sdi12": Sdi12Probe,
    "lines": LineProbe,
    "mhz19": _Mhz19Probe,
}
