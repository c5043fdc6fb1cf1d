"""The small part of the protobuf wire format that a Sparkplug payload uses, both ways.

Six fields suffice for a sensor, so no runtime and no generated code are needed. What a reader
does not know it steps over, as the format asks.

Source: protobuf.dev, "Encoding".
"""

import struct
from collections.abc import Iterator

from sensors.errors import BadPayload

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
# A varint has at most ten bytes; an eleventh is noise or an attack.
_MAX_VARINT = 10
MAX_BYTES = 1_048_576

Field = tuple[int, int, int | bytes]


def fields(message: bytes) -> Iterator[Field]:
    """Yield (number, wire type, value) of each field: int for numbers, bytes for the rest.

    Raises:
        BadPayload: fault `truncated`, `protobuf`.
    """
    position, size = 0, len(message)
    while position < size:
        # Nearly all tags and many numbers fit one byte: read those without a call.
        tag = message[position]
        position += 1
        if tag > 0x7F:
            tag, position = _varint(message, position - 1)
        if tag < 8:
            raise bad("protobuf", "a field number above 0", message)
        kind = tag & 7
        value: int | bytes
        if kind != VARINT:
            value, position = _bytes(message, position, kind)
        elif position < size and message[position] < 0x80:
            value = message[position]
            position += 1
        else:
            value, position = _varint(message, position)
        yield tag >> 3, kind, value


def put_varint(number: int, value: int) -> bytes:
    """Write an unsigned number as a field."""
    return encode_varint(number << 3 | VARINT) + encode_varint(value)


def put_bytes(number: int, value: bytes) -> bytes:
    """Write text, bytes or a message as a field."""
    return encode_varint(number << 3 | LENGTH) + encode_varint(len(value)) + value


def put_float(number: int, value: float) -> bytes:
    return encode_varint(number << 3 | FIXED32) + struct.pack("<f", value)


def put_double(number: int, value: float) -> bytes:
    return encode_varint(number << 3 | FIXED64) + struct.pack("<d", value)


def encode_varint(value: int) -> bytes:
    """Write an unsigned number in groups of seven bits, lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def bad(fault: str, expected: str, got: bytes) -> BadPayload:
    """Build the error for bytes that are no Sparkplug payload."""
    return BadPayload(
        source="sparkplug", problem=fault, fault=fault, expected=expected, got=got[:32].hex(" ")
    )


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    for byte in message[position : position + _MAX_VARINT]:
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
        shift += 7
    if shift < 7 * _MAX_VARINT:
        raise bad("truncated", "more bytes", message)
    raise bad("protobuf", "a varint of at most 10 bytes", message)


def _bytes(message: bytes, position: int, kind: int) -> tuple[bytes, int]:
    if kind == LENGTH:
        size, position = _varint(message, position)
    elif kind in (FIXED32, FIXED64):
        size = 4 if kind == FIXED32 else 8
    else:
        raise bad("protobuf", "a known wire type", message)
    if position + size > len(message):
        raise bad("truncated", f"{size} more bytes", message)
    return message[position : position + size], position + size
