"""MQTT's PUBLISH packet, read from a buffer: the one packet that comes by the thousand.

Pure: bytes in, fields out. Every other packet is only measured here, and left to the client.

Source: MQTT 5.0 (OASIS 2019), sections 1.5.5, 2.1.4 and 3.3; 3.1.1 has the same without properties.
"""

from typing import NamedTuple

PUBLISH = 0x30
_RETAIN = 0x01
_QOS = 0x06
_DUP = 0x08


class Publish(NamedTuple):
    """One message as it stands in its packet. `mid` is 0 at QoS 0."""

    topic: str
    payload: bytes
    qos: int
    mid: int
    retained: bool
    redelivered: bool


def packet_end(buffer: bytes | bytearray, start: int) -> tuple[int, int] | None:
    """Return where the body and the whole packet that begins at `start` end up: (body, end).

    None: not all of it has arrived, or not even its length.

    >>> packet_end(bytes.fromhex("d000 3003"), 0)
    (2, 2)
    >>> packet_end(bytes.fromhex("d000 3003"), 2) is None
    True
    """
    found = _varint(buffer, start + 1)
    if found is None:
        return None
    length, body = found
    end = body + length
    return (body, end) if end <= len(buffer) else None


def parse(buffer: bytes | bytearray, start: int, body: int, end: int, *, five: bool) -> Publish:
    """Return the message in `buffer[start:end]`, whose body begins at `body`.

    Args:
        five: MQTT 5, which has properties between packet id and payload; they are skipped.

    Raises:
        IndexError: its inner lengths contradict each other; nothing after it can be trusted.
    """
    flags = buffer[start]
    qos = (flags & _QOS) >> 1
    at = body + 2 + _number(buffer, body)
    # A name that is no UTF-8 matches no template, and is refused and counted as such.
    topic = buffer[body + 2 : at].decode("utf-8", "replace")
    mid = 0
    if qos:
        mid = _number(buffer, at)
        at += 2
    if five:
        found = _varint(buffer, at)
        if found is None:
            raise IndexError("the properties have no length")
        at = found[0] + found[1]
    if at > end:
        raise IndexError("the packet is shorter than its parts")
    retained, redelivered = bool(flags & _RETAIN), bool(flags & _DUP)
    return Publish(topic, bytes(buffer[at:end]), qos, mid, retained, redelivered)


def _number(buffer: bytes | bytearray, at: int) -> int:
    return buffer[at] << 8 | buffer[at + 1]


def _varint(buffer: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Return a length of one to four bytes and where it ends; None: not all there yet."""
    value = 0
    for shift, place in enumerate(range(at, min(at + 4, len(buffer)))):
        byte = buffer[place]
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, place + 1
    if len(buffer) >= at + 4:
        raise IndexError("a length of more than four bytes")
    return None
