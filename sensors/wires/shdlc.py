"""Sensirion SHDLC: frames over a UART at 115200 8N1, as SEK-SHT bridges and SPS30 speak them.

A frame lies between two 7E; inside, 7E 7D 11 13 are sent as 7D and the byte xor 20.

Source: Sensirion, SPS30 datasheet, section 5.1 "SHDLC"; SHT4x datasheet, sections 4.4 and 4.6.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sensors.errors import DamagedFrame, DeviceRefused
from sensors.wires.faults import damaged

BOUNDARY = 0x7E
_ESCAPE = 0x7D
_FLIP = 0x20
_STUFFED = (BOUNDARY, _ESCAPE, 0x11, 0x13)
MAX_DATA = 255
# Every byte stuffed: address, command, state, length, 255 data bytes, checksum.
_MAX_STUFFED = 2 * (5 + MAX_DATA)


def checksum(content: bytes) -> int:
    """Return the inverted low byte of the sum."""
    return ~sum(content) & 0xFF


def stuff(content: bytes) -> bytes:
    """Wrap the content of a frame with its checksum between two boundaries."""
    out = bytearray([BOUNDARY])
    for byte in content + bytes([checksum(content)]):
        out += bytes([_ESCAPE, byte ^ _FLIP]) if byte in _STUFFED else bytes([byte])
    return bytes(out + bytes([BOUNDARY]))


def unstuff(frame: bytes) -> bytes:
    """Return the content of one frame, boundaries and checksum taken off.

    Raises:
        DamagedFrame: fault `boundary`, `stuffing`, `short` or `checksum`.
    """
    if len(frame) < 2 or frame[0] != BOUNDARY or frame[-1] != BOUNDARY:
        raise _damaged("boundary", "7e … 7e", frame)
    out, bytes_left = bytearray(), iter(frame[1:-1])
    for byte in bytes_left:
        if byte != _ESCAPE:
            out.append(byte)
            continue
        original = next(bytes_left, 0) ^ _FLIP
        if original not in _STUFFED:
            raise _damaged("stuffing", "7d before a stuffed byte", frame)
        out.append(original)
    if len(out) < 4:
        raise _damaged("short", "at least 4 bytes", frame)
    content, got = bytes(out[:-1]), out[-1]
    if got != checksum(content):
        raise _damaged("checksum", f"{checksum(content):02x}", frame)
    return content


@dataclass(frozen=True, slots=True)
class Request:
    """Host to device: address, command, data."""

    address: int
    command: int
    data: bytes = b""

    @classmethod
    def from_bytes(cls, frame: bytes) -> "Request":
        content = unstuff(frame)
        _check_length(content, 3, frame)
        return cls(content[0], content[1], content[3:])

    def to_bytes(self) -> bytes:
        return stuff(bytes([self.address, self.command, len(self.data)]) + self.data)


@dataclass(frozen=True, slots=True)
class Answer:
    """Device to host; `state` 0 is success, its top bit a fault the device remembers."""

    address: int
    command: int
    state: int
    data: bytes = b""

    @classmethod
    def from_bytes(cls, frame: bytes) -> "Answer":
        content = unstuff(frame)
        _check_length(content, 4, frame)
        return cls(content[0], content[1], content[2], content[4:])

    def to_bytes(self) -> bytes:
        head = bytes([self.address, self.command, self.state, len(self.data)])
        return stuff(head + self.data)

    def of(self, request: Request) -> bytes:
        """Return the data when this answers `request`.

        Raises:
            DamagedFrame: fault `foreign`: another device's or an earlier command's answer.
            DeviceRefused: fault `state`: the device could not do it.
        """
        if (self.address, self.command) != (request.address, request.command):
            expected = f"address {request.address} command {request.command:02x}"
            raise _damaged("foreign", expected, self.to_bytes())
        if self.state & 0x7F:
            raise DeviceRefused(
                device=f"SHDLC device {self.address}",
                fault="state",
                reason=f"error {self.state & 0x7F:#04x}",
                next_step="compare with the datasheet's error codes",
            )
        return self.data


class Frames:
    """Cut a stream into frames from boundary to boundary; damaged ones included, none too long."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, received: bytes) -> Iterator[bytes]:
        for byte in received:
            if byte == BOUNDARY:
                if self._held:
                    yield bytes([BOUNDARY]) + bytes(self._held) + bytes([BOUNDARY])
                self._held.clear()
            elif len(self._held) < _MAX_STUFFED:
                self._held.append(byte)


def crc8(word: bytes) -> int:
    """Return Sensirion's CRC of two bytes: polynomial 31, start FF; BE EF gives 92."""
    crc = 0xFF
    for byte in word:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def sht4x(data: bytes) -> tuple[float, float]:
    """Return temperature and relative humidity of the six bytes an SHT4x answers. [°C, %]

    Raises:
        DamagedFrame: fault `short` or `crc`.
    """
    if len(data) != 6:
        raise _damaged("short", "6 bytes", data)
    for word in (data[:3], data[3:]):
        if crc8(word[:2]) != word[2]:
            raise _damaged("crc", f"{crc8(word[:2]):02x}", data)
    temperature_c = -45 + 175 * int.from_bytes(data[:2], "big") / 0xFFFF
    humidity_pct = -6 + 125 * int.from_bytes(data[3:5], "big") / 0xFFFF
    # The datasheet asks for the cut: the line reaches a little beyond what air can be.
    return temperature_c, min(100.0, max(0.0, humidity_pct))


def _check_length(content: bytes, head: int, frame: bytes) -> None:
    if len(content) < head or content[head - 1] != len(content) - head:
        raise _damaged("length", "the length byte to match", frame)


def _damaged(fault: str, expected: str, got: bytes) -> DamagedFrame:
    return damaged("shdlc", fault, expected=expected, got=got)
