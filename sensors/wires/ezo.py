"""Atlas Scientific EZO circuits on a UART: one line of ASCII a command, ended by a carriage return.

A fresh circuit talks by itself, one line a second, so the first command is always `C,0`; with
`*OK,1` it closes every answer with a response code, which is how the end of an answer is known.
Temperature compensation is forgotten at power loss, so it travels with every reading (`RT,21.3`).

An EC circuit answers up to four fields in a fixed order (EC in µS/cm, TDS, salinity, specific
gravity), those switched on by `O,…`; growers read mS/cm, the profile converts.

Source: Atlas Scientific, EZO-pH, EZO-EC, EZO-DO data sheets, UART mode.
"""

import re
from dataclasses import dataclass, field
from typing import Self

from sensors.errors import DamagedFrame, DeviceRefused

END = b"\r"
STOP_TALKING = b"C,0\r"
CODES_ON = b"*OK,1\r"
READ = b"R\r"
ASK_SLOPE = b"Slope,?\r"
ASK_CALIBRATION = b"Cal,?\r"
ASK_STATUS = b"Status\r"
ASK_INFO = b"I\r"
# How long each kind of circuit needs for R; any other command takes 300 ms.
READ_S = {"pH": 0.9, "EC": 0.6, "DO": 0.6, "RTD": 0.6, "ORP": 0.9}
COMMAND_S = 0.3
# A pH probe below this slope no longer reacts as it should: replace it.
WORN_SLOPE_PCT = 85.0
# A line is at most four numbers; what grows beyond this is noise.
MAX_LINE = 64

# What the circuit says about itself, at any moment, beside the answer.
_CODES = {
    "*OK": "ok",
    "*ER": "command",
    "*OV": "over_voltage",
    "*UV": "under_voltage",
    "*RS": "reset",
    "*RE": "ready",
    "*SL": "sleep",
    "*WA": "wake",
    "*DONE": "ok",
}
_REFUSALS = {
    "*ER": ("it did not understand the command", "compare the model's profile with its firmware"),
    "*OV": ("supply voltage too high", "measure its supply; it takes 3.3 to 5 V"),
    "*UV": ("supply voltage too low", "measure its supply; it takes 3.3 to 5 V"),
    "*RS": ("it has just restarted", "nothing to do; it is asked again"),
    "*SL": ("it sleeps", "nothing to do; it is asked again"),
}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def read_at(temperature_c: float) -> bytes:
    """Ask for a reading compensated for the water's temperature. [°C]"""
    return f"RT,{temperature_c:.1f}\r".encode()


def set_temperature(temperature_c: float) -> bytes:
    """Set the temperature of compensation until the next power loss. [°C]"""
    return f"T,{temperature_c:.1f}\r".encode()


def calibrate(point: str, value: float | None = None) -> bytes:
    """Calibrate at one point: `mid` 7.00 first for pH (it clears the others), `low`, `high`; `dry`.

    Source: EZO-pH data sheet, "Calibration": Cal,mid,7.00 · Cal,low,4.00 · Cal,high,10.00.
    """
    return f"Cal,{point}\r".encode() if value is None else f"Cal,{point},{value:.2f}\r".encode()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What came back for one command: its lines of data, and the response codes seen."""

    lines: tuple[str, ...]
    codes: tuple[str, ...] = field(default=())

    @classmethod
    def from_bytes(cls, arrived: bytes) -> Self:
        """Split what arrived into lines and codes; a line that is not finished yet is left out.

        Raises:
            DamagedFrame: bytes that are no ASCII line, which is line noise or a wrong baud rate.
        """
        whole = arrived[: arrived.rfind(END) + 1]
        pieces = [piece.strip(b"\n\x00") for piece in whole.split(END)]
        if any(len(p) > MAX_LINE or not p.isascii() or not _printable(p) for p in pieces):
            raise _damaged("not printable ASCII", "a line of numbers", arrived)
        lines = [piece.decode("ascii") for piece in pieces if piece]
        return cls(
            tuple(line for line in lines if not line.startswith("*")),
            tuple(line for line in lines if line.startswith("*")),
        )

    def to_bytes(self) -> bytes:
        return "".join(f"{line}\r" for line in (*self.lines, *self.codes)).encode()

    @property
    def status(self) -> str:
        """The last code in words: ok, command, under_voltage …; empty where none came."""
        return _CODES.get(self.codes[-1], "unknown") if self.codes else ""


@dataclass(frozen=True, slots=True)
class Slope:
    """How an aged pH probe compares with an ideal one. [%, %, mV]"""

    acid_pct: float
    base_pct: float
    offset_mv: float

    @property
    def worn(self) -> bool:
        return min(self.acid_pct, self.base_pct) < WORN_SLOPE_PCT


def is_complete(arrived: bytes) -> bool:
    """True once a response code that ends an answer has arrived whole."""
    finished = arrived[: arrived.rfind(END) + 1].split(END)
    return any(_ends(piece.strip(b"\n\x00")) for piece in finished)


def values(arrived: bytes, *, device: str = "EZO") -> tuple[float, ...]:
    """Return the numbers of one reading, in the circuit's order.

    Raises:
        DeviceRefused: the circuit answered with an error or supply code.
        DamagedFrame: not the numbers of a reading.
    """
    said = answer_to(arrived, device=device)
    if not said.lines:
        raise _damaged("no line of numbers before the response code", "a reading", arrived)
    # Continuous lines from before C,0 may stand in front: the last one is ours.
    fields = said.lines[-1].split(",")
    if not all(_NUMBER.fullmatch(text) for text in fields):
        raise _damaged("a field that is no number", "numbers split by commas", arrived)
    return tuple(float(text) for text in fields)


def slope(arrived: bytes, *, device: str = "EZO") -> Slope:
    """Return the probe's slope from the answer to `Slope,?`.

    Raises:
        DeviceRefused, DamagedFrame: as `values`.
    """
    acid, base, *offset = _numbers_of("?Slope", arrived, device, least=2)
    return Slope(acid, base, offset[0] if offset else 0.0)


def calibration_points(arrived: bytes, *, device: str = "EZO") -> int:
    """Return how many points the circuit is calibrated at: 0 is never.

    Raises:
        DeviceRefused, DamagedFrame: as `values`.
    """
    return int(_numbers_of("?Cal", arrived, device, least=1)[0])


def status(arrived: bytes, *, device: str = "EZO") -> tuple[str, float]:
    """Return why it last restarted (P power, S software, B brown-out, W watchdog) and supply [V].

    Raises:
        DeviceRefused, DamagedFrame: as `values`.
    """
    fields = _fields_of("?Status", arrived, device, least=2)
    if not _NUMBER.fullmatch(fields[1]):
        raise _damaged("the supply is no number", "?Status,P,5.038", arrived)
    return fields[0], float(fields[1])


def info(arrived: bytes, *, device: str = "EZO") -> tuple[str, str]:
    """Return the kind of circuit (pH, EC, DO, RTD, ORP) and its firmware.

    Raises:
        DeviceRefused, DamagedFrame: as `values`.
    """
    # The data sheet writes ?I, some firmware ?i.
    fields = _fields_of("?I", arrived, device, least=2)
    return fields[0], fields[1]


def answer_to(arrived: bytes, *, device: str = "EZO") -> Dialogue:
    """Return the finished answer to one command.

    Raises:
        DeviceRefused: an error or supply code; `facts["fault"]` is its word.
        DamagedFrame: no code, or not text.
    """
    said = Dialogue.from_bytes(arrived)
    for code in said.codes:
        if code in _REFUSALS:
            reason, next_step = _REFUSALS[code]
            raise DeviceRefused(
                device=device, reason=reason, next_step=next_step, fault=_CODES[code]
            )
    if said.status != "ok":
        raise _damaged("no response code", "*OK at the end", arrived)
    return said


def _ends(line: bytes) -> bool:
    return line in (b"*OK", b"*ER", b"*OV", b"*UV", b"*RS", b"*SL", b"*DONE")


def _printable(line: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in line)


def _fields_of(word: str, arrived: bytes, device: str, *, least: int) -> list[str]:
    for line in answer_to(arrived, device=device).lines:
        name, *fields = line.split(",")
        if name.lower() == word.lower() and len(fields) >= least:
            return fields
    raise _damaged(f"no line {word}", f"{word} and {least} fields", arrived)


def _numbers_of(word: str, arrived: bytes, device: str, *, least: int) -> list[float]:
    fields = _fields_of(word, arrived, device, least=least)
    if not all(_NUMBER.fullmatch(text) for text in fields):
        raise _damaged("a field that is no number", f"{word} and numbers", arrived)
    return [float(text) for text in fields]


def _damaged(problem: str, expected: str, got: bytes) -> DamagedFrame:
    return DamagedFrame(wire="ezo", problem=problem, expected=expected, got=repr(got[:64])[1:])
