"""What passed between a broker and the agent: which messages it was given, which it acknowledged.

The agent's own word is not asked: the bytes on its line are read.
"""

import struct
from collections import Counter
from dataclasses import dataclass, field

from edge.publish_packet import PUBLISH, packet_end, parse
from tests.faults.rig import load
from tests.faults.rig.proxy import Tap

PUBACK = 0x40


@dataclass
class Wiretap:
    """Listens to every connection of one client.

    `presented` counts how often the broker gave a message as a new one: a broker that was killed
    may have forgotten that it had given it already.
    """

    five: bool = True
    presented: Counter[int] = field(default_factory=Counter)
    acknowledged: set[int] = field(default_factory=set)

    def taps(self) -> tuple[Tap, Tap]:
        line = _Line(self)
        return line.towards_server, line.towards_client


class _Line:
    """One connection: packet ids mean something only within it."""

    def __init__(self, heard: Wiretap) -> None:
        self._heard = heard
        self._number_of: dict[int, int] = {}
        self._up, self._down = bytearray(), bytearray()

    def towards_server(self, data: bytes) -> None:
        self._up += data
        while found := packet_end(self._up, 0):
            body, end = found
            if self._up[0] == PUBACK:
                mid = struct.unpack_from("!H", self._up, body)[0]
                self._heard.acknowledged.add(self._number_of.pop(mid))
            del self._up[:end]

    def towards_client(self, data: bytes) -> None:
        self._down += data
        while found := packet_end(self._down, 0):
            body, end = found
            if self._down[0] & 0xF0 == PUBLISH:
                said = parse(self._down, 0, body, end, five=self._heard.five)
                number = load.number_of(said.topic, said.payload)
                self._number_of[said.mid] = number
                if not said.redelivered:
                    self._heard.presented[number] += 1
            del self._down[:end]
