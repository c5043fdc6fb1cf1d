"""Winsen MH-Z19B/C: CO2 over a UART, 9600 8N1, nine bytes each way.

Its auto baseline takes the lowest CO2 of a day for fresh air, which is wrong in a closed or
CO2-enriched house, and it forgets "off" at power loss: send `ABC_OFF` at each start and every
12 h. While warming up it repeats 400, 410 or 500 as if measured.

Source: Winsen MH-Z19B and MH-Z19C user manuals (commands 86, 79, 99); the temperature byte and
the boot marker 3A98 are undocumented and known from public drivers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sensors.errors import DamagedFrame
from sensors.wires.faults import damaged

LENGTH = 9
START = 0xFF
READ_CO2 = 0x86
WARM_UP_S = 180
PLACEHOLDERS_PPM = (400, 410, 500)
_BOOTING = 15_000  # bytes 6 and 7 while the probe starts


def command(number: int, data: bytes = b"") -> bytes:
    """Build one command to the probe: FF 01 number, five data bytes, checksum."""
    body = bytes([START, 0x01, number]) + data.ljust(5, b"\0")
    return body + bytes([checksum(body)])


def checksum(frame: bytes) -> int:
    """Return (FF - sum of bytes 1 to 7) + 1, in eight bits."""
    return -sum(frame[1 : LENGTH - 1]) & 0xFF


READ = command(READ_CO2)
ABC_OFF = command(0x79)
ABC_ON = command(0x79, b"\xa0")


def set_range(ppm: int) -> bytes:
    """Build the range command; 2000 and 5000 are what both models take."""
    return command(0x99, bytes(3) + ppm.to_bytes(2, "big"))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to READ. `status` and `marker` are the undocumented rest, kept as they came."""

    co2_ppm: int
    temperature_c: int
    status: int = 0
    marker: int = 0

    @classmethod
    def from_bytes(cls, frame: bytes) -> "Answer":
        """Read exactly one frame.

        Raises:
            DamagedFrame: fault `short`, `start`, `command` or `checksum`.
        """
        check(frame, READ_CO2)
        return cls(
            co2_ppm=int.from_bytes(frame[2:4], "big"),
            temperature_c=frame[4] - 40,
            status=frame[5],
            marker=int.from_bytes(frame[6:8], "big"),
        )

    def to_bytes(self) -> bytes:
        body = bytes([START, READ_CO2]) + self.co2_ppm.to_bytes(2, "big")
        body += bytes([self.temperature_c + 40, self.status]) + self.marker.to_bytes(2, "big")
        return body + bytes([checksum(body)])

    def is_placeholder(self, powered_s: float | None = None) -> bool:
        """Say whether this may be a warm-up number and no measurement.

        Args:
            powered_s: Time since the probe got power, None where nobody knows; then the numbers
                it is known to repeat are doubted, too. [s]
        """
        if self.marker == _BOOTING:
            return True
        return self.co2_ppm in PLACEHOLDERS_PPM and (powered_s is None or powered_s < WARM_UP_S)


def check(frame: bytes, number: int) -> None:
    """Raise DamagedFrame unless this is one whole, undamaged answer to command `number`."""
    if len(frame) < LENGTH:
        raise _damaged("short", f"{LENGTH} bytes", frame)
    if frame[0] != START:
        raise _damaged("start", f"{START:02x} first", frame)
    if frame[LENGTH - 1] != checksum(frame):
        raise _damaged("checksum", f"{checksum(frame):02x}", frame)
    if frame[1] != number:
        raise _damaged("command", f"an answer to {number:02x}", frame)


def first_answer(received: bytes, number: int = READ_CO2) -> bytes:
    """Find the first undamaged answer to `number` in what came, noise before it allowed.

    Raises:
        DamagedFrame: there is none; says what was wrong with the likeliest candidate.
    """
    head = bytes([START, number])
    position = received.find(head)
    candidates = []
    while position >= 0:
        candidates.append(received[position : position + LENGTH])
        position = received.find(head, position + 1)
    for candidate in candidates:
        if len(candidate) == LENGTH and candidate[-1] == checksum(candidate):
            return candidate
    likeliest = candidates[0] if candidates else received
    check(likeliest, number)
    raise _damaged("start", head.hex(" "), received)


class Frames:
    """Cut a stream into undamaged answers of any command; never holds more than eight bytes."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Take what came; give every whole frame, dropping what cannot be part of one."""
        for byte in received:
            self._held.append(byte)
            if len(self._held) < LENGTH:
                continue
            frame = bytes(self._held)
            if frame[0] == START and frame[-1] == checksum(frame):
                self._held.clear()
                yield frame
            else:
                del self._held[0]


def _damaged(fault: str, expected: str, got: bytes) -> DamagedFrame:
    return damaged("mhz19", fault, expected=expected, got=got)
