"""Modbus RTU and TCP: requests, answers, and how an answer is found among what arrived.

Pure: no port, no clock. A master builds a `Read` or `Write`, sends `to_bytes()` (or
`to_tcp(transaction)`), asks `is_complete` while bytes arrive, and gets an `Answer` from
`answer_to`, or a typed error: `DeviceRefused` where the device is alive and says no (busy is not
"gone"), `DamagedFrame` for everything that cannot be trusted, whose `facts["fault"]` is one of
crc, short, unit_mismatch, function_mismatch, byte_count, echo, no_frame.

Traps kept here:
- The CRC travels low byte first, registers high byte first.
- A late answer of another unit arrives with a good CRC; unit, function and byte count must match
  the question. A late answer of the *same* unit to another question of the same size cannot be
  told apart on RTU, so the port flushes its input before it sends.
- Half-duplex adapters may echo the request (which for functions 05 and 06 looks like the answer)
  and add a 0x00 or 0xFF at turn-around; both are stepped over.
- Addresses here count from 0: "register 40001" in a manual is address 0 of function 03.

Source: Modbus Application Protocol V1.1b3; Modbus over serial line V1.02.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self, TypeVar

from sensors.errors import DamagedFrame, DeviceRefused
from sensors.line import Line
from sensors.wires.crc import crc16

_T = TypeVar("_T")

MAX_REGISTERS = 125
MAX_BITS = 2000
BROADCAST = 0  # no answer ever comes


class Function(IntEnum):
    """The function codes we speak."""

    READ_COILS = 1
    READ_DISCRETE_INPUTS = 2
    READ_HOLDING = 3
    READ_INPUT = 4
    WRITE_COIL = 5
    WRITE_REGISTER = 6
    WRITE_REGISTERS = 16


_BIT_READS = (Function.READ_COILS, Function.READ_DISCRETE_INPUTS)
_READS = (*_BIT_READS, Function.READ_HOLDING, Function.READ_INPUT)

# What a device means by its refusal, and what can be done about it.
EXCEPTIONS = {
    1: ("illegal function", "the model's profile names a function this device does not have"),
    2: ("illegal address", "compare the registers of the profile with the data sheet (0-based?)"),
    3: ("illegal value", "compare the count of the read with what the data sheet allows"),
    4: ("device failure", "switch the device off and on, then read its status"),
    5: ("acknowledged, still working", "ask again in a few seconds"),
    6: ("busy", "nothing to do; it is asked again"),
    8: ("memory parity error", "switch the device off and on"),
    10: ("gateway path unavailable", "check the gateway's own bus settings"),
    11: ("gateway target silent", "check power and address of the device behind the gateway"),
}


@dataclass(frozen=True, slots=True)
class Read:
    """Ask for `count` registers (functions 03, 04) or bits (01, 02) from `start`, 0-based."""

    unit: int
    function: Function
    start: int
    count: int

    def __post_init__(self) -> None:
        limit = MAX_BITS if self.function in _BIT_READS else MAX_REGISTERS
        if self.function not in _READS or not 1 <= self.count <= limit:
            raise ValueError(f"{self}: a read is function 01-04 of 1 to {limit} items")
        _check_place(self.unit, self.start, self.count)

    @property
    def pdu(self) -> bytes:
        return struct.pack(">BHH", self.function, self.start, self.count)

    @property
    def byte_count(self) -> int:
        """Bytes of data in a right answer."""
        return -(-self.count // 8) if self.function in _BIT_READS else 2 * self.count

    @property
    def answer_head(self) -> bytes:
        """How the PDU of every right answer starts."""
        return bytes((self.function, self.byte_count))

    @property
    def answer_length(self) -> int:
        """Length of the PDU of a right answer."""
        return 2 + self.byte_count

    def to_bytes(self) -> bytes:
        return rtu(self.unit, self.pdu)

    def to_tcp(self, transaction: int) -> bytes:
        return tcp(transaction, self.unit, self.pdu)

    @classmethod
    def from_bytes(cls, frame: bytes) -> Self:
        """Read a request off an RTU line, as a device does.

        Raises:
            DamagedFrame: wrong length, CRC or function.
        """
        unit, pdu = _checked(frame, length=8)
        function, start, count = struct.unpack(">BHH", pdu)
        if function not in _READS:
            raise _damaged("no_frame", f"function {function} is no read", "01 to 04", frame)
        return _built(cls, frame, unit, Function(function), start, count)


@dataclass(frozen=True, slots=True)
class Write:
    """Set one coil (05, values 0 or 1), one register (06) or several registers (16)."""

    unit: int
    function: Function
    start: int
    values: tuple[int, ...]

    def __post_init__(self) -> None:
        several = self.function is Function.WRITE_REGISTERS
        if self.function in _READS or not 1 <= len(self.values) <= (123 if several else 1):
            raise ValueError(f"{self}: a write is function 05, 06 (one value) or 16 (1 to 123)")
        top = 1 if self.function is Function.WRITE_COIL else 0xFFFF
        if not all(0 <= value <= top for value in self.values):
            raise ValueError(f"{self}: values must be 0 to {top}")
        _check_place(self.unit, self.start, len(self.values))

    @property
    def pdu(self) -> bytes:
        if self.function is Function.WRITE_COIL:
            return struct.pack(">BHH", self.function, self.start, 0xFF00 * self.values[0])
        if self.function is Function.WRITE_REGISTER:
            return struct.pack(">BHH", self.function, self.start, self.values[0])
        count = len(self.values)
        head = struct.pack(">BHHB", self.function, self.start, count, 2 * count)
        return head + struct.pack(f">{count}H", *self.values)

    @property
    def answer_head(self) -> bytes:
        """A device repeats the first five bytes: for 05 and 06 that is the whole request."""
        return self.pdu[:5]

    @property
    def answer_length(self) -> int:
        return 5

    def to_bytes(self) -> bytes:
        return rtu(self.unit, self.pdu)

    def to_tcp(self, transaction: int) -> bytes:
        return tcp(transaction, self.unit, self.pdu)

    @classmethod
    def from_bytes(cls, frame: bytes) -> Self:
        """Read a request off an RTU line, as a device does.

        Raises:
            DamagedFrame: wrong length, CRC, function or count.
        """
        several = len(frame) > 6 and frame[1] == Function.WRITE_REGISTERS
        unit, pdu = _checked(frame, length=9 + frame[6] if several else 8)
        if several:
            _, start, count, size = struct.unpack(">BHHB", pdu[:6])
            if size != 2 * count:
                raise _damaged("byte_count", "count and byte count differ", f"{2 * count}", frame)
            values = struct.unpack(f">{count}H", pdu[6:])
            return _built(cls, frame, unit, Function.WRITE_REGISTERS, start, values)
        function, start, value = struct.unpack(">BHH", pdu)
        if function not in (Function.WRITE_COIL, Function.WRITE_REGISTER):
            raise _damaged("no_frame", f"function {function} is no write", "05, 06, 16", frame)
        if function == Function.WRITE_COIL:
            if value not in (0, 0xFF00):
                raise _damaged("no_frame", "a coil is neither on nor off", "FF00 or 0000", frame)
            value = int(value != 0)
        return _built(cls, frame, unit, Function(function), start, (value,))


Request = Read | Write


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device said: registers 0 to 65535, bits as 0 and 1, or the values it has taken."""

    request: Request
    values: tuple[int, ...]

    @property
    def pdu(self) -> bytes:
        if isinstance(self.request, Write):
            return self.request.answer_head
        if self.request.function in _BIT_READS:
            bits = sum(bit << place for place, bit in enumerate(self.values))
            return self.request.answer_head + bits.to_bytes(self.request.byte_count, "little")
        return self.request.answer_head + struct.pack(f">{len(self.values)}H", *self.values)

    def to_bytes(self) -> bytes:
        return rtu(self.request.unit, self.pdu)

    @classmethod
    def from_pdu(cls, request: Request, pdu: bytes) -> Self:
        """Take the values out of the PDU of a right answer (`answer_to` checks that it is one)."""
        if isinstance(request, Write):
            return cls(request, request.values)
        data = pdu[2:]
        if request.function in _BIT_READS:
            bits = int.from_bytes(data, "little")
            return cls(request, tuple(bits >> place & 1 for place in range(request.count)))
        return cls(request, struct.unpack(f">{request.count}H", data))


def refusal(request: Request, exception: int) -> bytes:
    """The RTU frame by which a device refuses `request`: for simulators and tests."""
    return rtu(request.unit, bytes((request.function | 0x80, exception)))


def rtu(unit: int, pdu: bytes) -> bytes:
    """Wrap a PDU for a serial line: unit in front, CRC behind, low byte first."""
    body = bytes((unit,)) + pdu
    return body + crc16(body, start=0xFFFF).to_bytes(2, "little")


def tcp(transaction: int, unit: int, pdu: bytes) -> bytes:
    """Wrap a PDU for TCP: transaction, protocol 0, length, unit; no CRC."""
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


def is_complete(request: Request, arrived: bytes, *, echo: bool = False) -> bool:
    """True once `arrived` holds a trustworthy answer or refusal to `request` (RTU)."""
    return _find(request, arrived, echo=echo) is not None


def answer_to(request: Request, arrived: bytes, *, echo: bool = False) -> Answer:
    """Find the answer to `request` among the bytes that arrived on an RTU line.

    Args:
        echo: The adapter sends our own bytes back first. Only needed for functions 05 and 06,
            whose answer looks the same; a read steps over its echo by itself.

    Raises:
        DeviceRefused: the device sent an exception; `facts["exception"]` is its number.
        DamagedFrame: no trustworthy answer is among them; `facts["fault"]` says why.
    """
    pdu = _find(request, arrived, echo=echo)
    if pdu is None:
        raise _why(request, arrived, echo=echo)
    return _judged(request, pdu)


def is_complete_tcp(request: Request, arrived: bytes, *, transaction: int) -> bool:
    """True once `arrived` holds the answer or refusal of this transaction."""
    return _find_tcp(request, arrived, transaction) is not None


def answer_to_tcp(request: Request, arrived: bytes, *, transaction: int) -> Answer:
    """Find the answer to `request` in a TCP stream; answers of other transactions are skipped.

    Raises:
        DeviceRefused, DamagedFrame: as `answer_to`.
    """
    pdu = _find_tcp(request, arrived, transaction)
    if pdu is None:
        problem = f"no answer of transaction {transaction}"
        raise _damaged("no_frame", problem, f"{7 + request.answer_length} bytes", arrived)
    if pdu[0] & 0x7F != request.function:
        raise _damaged("function_mismatch", "another function", f"{request.function}", arrived)
    if not _answers(request, pdu):
        raise _damaged("byte_count", "wrong length", f"{request.answer_length} bytes", arrived)
    return _judged(request, pdu)


def limit_s(request: Request, line: Line, *, device_s: float) -> float:
    """How long to wait for an answer: the line's own time, the silences, the device's time. [s]

    A dead device on 9,600 baud costs `device_s` and about 30 ms, not pymodbus' four times 3 s.
    """
    length = len(request.pdu) + 3 + request.answer_length + 3
    return line.time_s(length) + 2 * line.silence_s + device_s


def merge(reads: Iterable[Read], *, gap: int = 0) -> list[Read]:
    """Join reads of neighbouring registers of one unit, so that one question serves several values.

    A line carries about 40 small reads a second at 9,600 baud: fewer questions is the way.

    Args:
        gap: How many registers nobody asked for may be read to join two spans. 0 for devices
            that refuse addresses they do not have.
    """
    merged: list[Read] = []
    for read in sorted(reads, key=lambda read: (read.unit, read.function, read.start)):
        limit = MAX_BITS if read.function in _BIT_READS else MAX_REGISTERS
        last = merged[-1] if merged else None
        if last is None or (last.unit, last.function) != (read.unit, read.function):
            merged.append(read)
            continue
        end = max(last.start + last.count, read.start + read.count)
        near = read.start <= last.start + last.count + gap
        if near and end - last.start <= limit:
            merged[-1] = Read(last.unit, last.function, last.start, end - last.start)
        else:
            merged.append(read)
    return merged


def _find(request: Request, arrived: bytes, *, echo: bool) -> bytes | None:
    """The PDU of the first trustworthy answer or refusal in `arrived`, or None."""
    arrived = _without_echo(request, arrived, echo=echo)
    unit = bytes((request.unit,))
    for head, length in (
        (unit + request.answer_head, request.answer_length),
        (bytes((request.unit, request.function | 0x80)), 2),
    ):
        at = arrived.find(head)
        while at >= 0:
            frame = arrived[at : at + length + 3]
            if len(frame) == length + 3 and crc16(frame, start=0xFFFF) == 0:
                return frame[1:-2]
            at = arrived.find(head, at + 1)
    return None


def _without_echo(request: Request, arrived: bytes, *, echo: bool) -> bytes:
    """What came after our own request, where the adapter sends that back to us."""
    sent = request.to_bytes()
    # The answer to a write of one value repeats the request, so only settings can tell.
    if isinstance(request, Write) and not echo:
        return arrived
    before, found, after = arrived.partition(sent)
    if found:
        return after
    return b"" if isinstance(request, Write) else before


def _find_tcp(request: Request, arrived: bytes, transaction: int) -> bytes | None:
    at = 0
    while len(arrived) - at >= 8:
        number_, protocol, length, unit = struct.unpack_from(">HHHB", arrived, at)
        if protocol != 0 or not 2 <= length <= 254:
            raise _damaged("no_frame", "not a Modbus TCP header", "protocol 0", arrived[at:])
        if len(arrived) - at < 6 + length:
            return None
        if number_ == transaction and unit == request.unit:
            return arrived[at + 7 : at + 6 + length]
        at += 6 + length
    return None


def _answers(request: Request, pdu: bytes) -> bool:
    if pdu[0] == request.function | 0x80:
        return len(pdu) == 2
    return len(pdu) == request.answer_length and pdu.startswith(request.answer_head)


def _judged(request: Request, pdu: bytes) -> Answer:
    if pdu[0] & 0x80:
        raise refused(f"modbus unit {request.unit}", pdu[1])
    return Answer.from_pdu(request, pdu)


def refused(device: str, exception: int) -> DeviceRefused:
    """The error for one exception code, with what can be done about it."""
    unknown = (f"exception {exception}", "look the number up in the device's manual")
    reason, next_step = EXCEPTIONS.get(exception, unknown)
    return DeviceRefused(device=device, reason=reason, next_step=next_step, exception=exception)


def _why(request: Request, arrived: bytes, *, echo: bool) -> DamagedFrame:
    """Say what is wrong with bytes that hold no answer to `request`; the likeliest cause first."""
    heard = _without_echo(request, arrived, echo=echo)
    if not heard:
        return _damaged("echo", "only our own request came back", "an answer after it", arrived)
    foreign = _any_frame(heard)
    if foreign is not None:
        return _why_not_this(request, foreign)
    wanted = request.answer_length + 3
    at = heard.find(bytes((request.unit, request.function)))
    if at < 0:
        return _damaged("no_frame", "no answer among the bytes", f"{wanted} bytes", heard)
    if len(heard) - at < wanted:
        return _damaged("short", "the answer is cut short", f"{wanted} bytes", heard)
    return _damaged("crc", "the CRC does not match", "an undamaged answer", heard)


def _why_not_this(request: Request, frame: bytes) -> DamagedFrame:
    """Say why a whole, undamaged frame is no answer to `request`."""
    if frame[0] != request.unit:
        problem, expected = f"a late answer of unit {frame[0]}", f"unit {request.unit}"
        return _damaged("unit_mismatch", problem, expected, frame)
    if frame[1] & 0x7F != request.function:
        problem = f"an answer to function {frame[1] & 0x7F:02d}"
        return _damaged("function_mismatch", problem, f"function {request.function:02d}", frame)
    expected = f"{request.answer_length + 3} bytes"
    return _damaged("byte_count", "an answer to another question", expected, frame)


def _any_frame(arrived: bytes) -> bytes | None:
    """The first whole answer frame of anybody to anything, for telling late from damaged."""
    for at in range(max(0, len(arrived) - 4)):
        function = arrived[at + 1]
        if function & 0x80:
            length = 5
        elif function in _READS:
            length = 5 + arrived[at + 2]
        else:
            length = 8
        frame = arrived[at : at + length]
        if len(frame) == length and crc16(frame, start=0xFFFF) == 0:
            return frame
    return None


def _checked(frame: bytes, *, length: int) -> tuple[int, bytes]:
    """Unit and PDU of one whole RTU frame."""
    if len(frame) != length:
        raise _damaged("short", "a request of the wrong length", f"{length} bytes", frame)
    if crc16(frame, start=0xFFFF) != 0:
        raise _damaged("crc", "the CRC does not match", "an undamaged request", frame)
    return frame[0], frame[1:-2]


def _built(cls: type[_T], frame: bytes, *fields: object) -> _T:
    try:
        return cls(*fields)
    except ValueError as error:
        raise _damaged("no_frame", str(error), "a request in range", frame) from error


def _check_place(unit: int, start: int, count: int) -> None:
    # 248 to 255 are reserved by the standard, yet Senseair answers to 0xFE.
    if not 0 <= unit <= 255 or start < 0 or start + count > 0x10000:
        raise ValueError(f"unit {unit}, {count} items from {start}: beyond what a frame can say")


def _damaged(fault: str, problem: str, expected: str, got: bytes) -> DamagedFrame:
    # A long sample helps nobody: 32 bytes show what kind of noise it is.
    sample = got[:32].hex(" ") + (" …" if len(got) > 32 else "")
    return DamagedFrame(
        wire="modbus", problem=problem, expected=expected, got=sample or "nothing", fault=fault
    )
