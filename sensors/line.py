"""How bytes travel on one serial line: speed, parity, stop bits, and the time they take."""

from dataclasses import dataclass
from typing import Literal

Parity = Literal["N", "E", "O"]
# Above this speed Modbus fixes the silence, because interrupts could not keep up.
FIXED_SILENCE_ABOVE_BAUD = 19_200
FIXED_SILENCE_S = 0.00175


@dataclass(frozen=True, slots=True)
class Line:
    """Settings of one serial line; every device on it must be set to the same.

    A pseudo-terminal refuses parity, so tests and the demo run `Line(baud).without_parity()`.
    """

    baud: int = 9600
    parity: Parity = "N"
    stop_bits: int = 1
    data_bits: int = 8

    @property
    def bits(self) -> int:
        """Bits of one character: start, data, parity, stop. 8N1 has 10, 8E1 has 11."""
        return 1 + self.data_bits + (self.parity != "N") + self.stop_bits

    @property
    def character_s(self) -> float:
        """How long one byte takes on the wire. [s]"""
        return self.bits / self.baud

    def time_s(self, length: int) -> float:
        """How long `length` bytes take on the wire. [s]"""
        return length * self.character_s

    @property
    def silence_s(self) -> float:
        """The pause that separates two frames: 3.5 characters, fixed above 19,200 baud. [s]

        Source: Modbus over serial line V1.02, section 2.5.1.1.
        """
        if self.baud > FIXED_SILENCE_ABOVE_BAUD:
            return FIXED_SILENCE_S
        return 3.5 * self.character_s

    def without_parity(self) -> "Line":
        """The same speed as 8N1: what a pseudo-terminal accepts."""
        return Line(self.baud)

    def __str__(self) -> str:
        return f"{self.baud} {self.data_bits}{self.parity}{self.stop_bits}"
