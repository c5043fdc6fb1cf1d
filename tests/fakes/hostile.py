"""A line that hurts: the same simulated probes, whose answers arrive as cables deliver them."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sensors.simulator import SimulatedBus

# What becomes of one answer: pieces to write, a number between them is a pause in seconds.
Delivery = Callable[[bytes], Iterator[bytes | float]]
_RANDOM = random.Random(7)


def byte_by_byte(data: bytes) -> Iterator[bytes | float]:
    for byte in data:
        yield bytes([byte])
        yield 0.0005


def noise_before(data: bytes) -> Iterator[bytes | float]:
    yield b"\x00\xff\x13" + data


def noise_after(data: bytes) -> Iterator[bytes | float]:
    yield data + b"\xff\x00\xaa"


def doubled(data: bytes) -> Iterator[bytes | float]:
    yield data * 2


def truncated(data: bytes) -> Iterator[bytes | float]:
    yield data[:-3]


def tenth_lost(data: bytes) -> Iterator[bytes | float]:
    yield bytes(byte for byte in data if _RANDOM.random() >= 0.1)


def stalled(data: bytes) -> Iterator[bytes | float]:
    """The rest comes when the next question is already on its way."""
    yield data[: len(data) // 2]
    yield 0.12
    yield data[len(data) // 2 :]


def nothing(data: bytes) -> Iterator[bytes | float]:
    yield b""


class HostileBus(SimulatedBus):
    """Delivers each answer by the next of `deliveries`, and well once they are used up."""

    def __init__(self, link: Path, deliveries: list[Delivery]) -> None:
        super().__init__(link, pace=0)
        self.deliveries = deliveries

    def _say(self, data: bytes) -> None:
        delivery = self.deliveries.pop(0) if self.deliveries and data else None
        if delivery is None:
            super()._say(data)
            return
        for piece in delivery(data):
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                super()._say(piece)
