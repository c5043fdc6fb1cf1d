"""Sparkplug B payloads: metrics with names or aliases, values by data type, quality.

Signed integers travel as two's complement in an unsigned field; data types stand in births only.
A data set, a template or an extension is stepped over: its value is `SKIPPED`.

Source: Eclipse Sparkplug 3.0, section 6 and sparkplug_b.proto (field numbers only).
"""

import math
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from sensors.wires.single import shortest
from sensors.wires.sparkplug import protobuf
from sensors.wires.sparkplug.protobuf import FIXED32, FIXED64, LENGTH, VARINT, bad

GOOD, BAD, STALE = 192, 0, 500


class DataType(IntEnum):
    """The data types a metric can have; arrays from 22 on are read as raw bytes."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19


class _Skipped:
    def __repr__(self) -> str:
        return "SKIPPED"


SKIPPED: Final = _Skipped()
Value = int | float | bool | str | bytes | None | _Skipped

_BITS: dict[int, int] = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
    DataType.UINT8: -8,
    DataType.UINT16: -16,
    DataType.UINT32: -32,
    DataType.UINT64: -64,
    DataType.DATETIME: -64,
}
# Field numbers of a metric's value, and the wire type each must have.
_INT, _LONG, _FLOAT, _DOUBLE, _BOOL, _STRING, _BYTES = range(10, 17)
_KIND = {_INT: VARINT, _LONG: VARINT, _FLOAT: FIXED32, _DOUBLE: FIXED64, _BOOL: VARINT}
_KIND |= dict.fromkeys(range(_STRING, 20), LENGTH)
_KINDS = {**dict.fromkeys(range(2, 8), VARINT), **dict.fromkeys((1, 8, 9), LENGTH), **_KIND}
_TEXTS = (DataType.STRING, DataType.TEXT, DataType.UUID)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as sent. `raw` is (field, content) of its value, read with `value_as`.

    Name or alias is given; `datatype` only in births; times are milliseconds since 1970.
    `quality` is 192 good, 0 bad, 500 stale, None where no property says.
    """

    name: str | None = None
    alias: int | None = None
    timestamp: int | None = None
    datatype: int | None = None
    is_historical: bool = False
    is_null: bool = False
    quality: int | None = None
    raw: tuple[int, int | bytes] | None = None

    @classmethod
    def from_bytes(cls, message: bytes) -> "Metric":
        """Read one metric.

        Raises:
            BadPayload: fault `truncated`, `protobuf`, `not_utf8`.
        """
        got: dict[int, int | bytes] = {}
        raw: tuple[int, int | bytes] | None = None
        for number, kind, content in protobuf.fields(message):
            if _KINDS.get(number, kind) != kind:
                raise bad("protobuf", f"wire type {_KINDS[number]} for field {number}", message)
            if number in _KIND:
                raw = (number, content)
            else:
                got[number] = content
        return cls(
            _text(got[1], message) if 1 in got else None,
            _int(got.get(2)),
            _int(got.get(3)),
            _int(got.get(4)),
            bool(_int(got.get(5))),
            bool(_int(got.get(7))),
            _quality(got.get(9)),
            raw,
        )

    def value_as(self, datatype: int | None) -> Value:
        """Return the value, read by the data type of the birth where the metric names none.

        Raises:
            BadPayload: fault `datatype`: the content does not fit the type; `not_finite`.
        """
        if self.is_null or self.raw is None:
            return None
        field, content = self.raw
        kind = self.datatype or datatype or DataType.UNKNOWN
        if field in (_INT, _LONG):
            return _integer(int(content), kind, field)
        if field in (_FLOAT, _DOUBLE):
            return _real(bytes(content), field)
        if field == _BOOL:
            return bool(content)
        if not isinstance(content, bytes) or field > _BYTES:
            return SKIPPED
        return _text(content, content) if field == _STRING else content

    def to_bytes(self) -> bytes:
        out = protobuf.put_bytes(1, self.name.encode()) if self.name is not None else b""
        for number, value in ((2, self.alias), (3, self.timestamp), (4, self.datatype)):
            out += protobuf.put_varint(number, value) if value is not None else b""
        out += protobuf.put_varint(5, 1) if self.is_historical else b""
        out += protobuf.put_varint(7, 1) if self.is_null else b""
        out += (
            protobuf.put_bytes(9, _quality_set(self.quality)) if self.quality is not None else b""
        )
        return out + (_raw_field(*self.raw) if self.raw else b"")


@dataclass(frozen=True, slots=True)
class Payload:
    """One message: its time, its metrics, and `seq`, which NDEATH has not."""

    timestamp: int | None
    metrics: tuple[Metric, ...]
    seq: int | None = None

    @classmethod
    def from_bytes(cls, message: bytes) -> "Payload":
        """Read a payload.

        Raises:
            BadPayload: fault `too_large`, `truncated`, `protobuf`, `not_utf8`, `seq`.
        """
        if len(message) > protobuf.MAX_BYTES:
            raise bad("too_large", f"at most {protobuf.MAX_BYTES} bytes", message)
        timestamp = seq = None
        metrics: list[Metric] = []
        for number, kind, content in protobuf.fields(message):
            if number in (1, 2, 3) and kind != (LENGTH if number == 2 else VARINT):
                raise bad("protobuf", f"another wire type for field {number}", message)
            if number == 2:
                metrics.append(Metric.from_bytes(bytes(content)))
            timestamp = int(content) if number == 1 else timestamp
            seq = int(content) if number == 3 else seq
        if seq is not None and seq > 0xFF:
            raise bad("seq", "0 to 255", message)
        return cls(timestamp, tuple(metrics), seq)

    def to_bytes(self) -> bytes:
        out = protobuf.put_varint(1, self.timestamp) if self.timestamp is not None else b""
        out += b"".join(protobuf.put_bytes(2, metric.to_bytes()) for metric in self.metrics)
        return out + (protobuf.put_varint(3, self.seq) if self.seq is not None else b"")


def raw_of(value: float | str, datatype: DataType) -> tuple[int, int | bytes]:
    """Return the field and content that carry a value of a data type."""
    if datatype == DataType.BOOLEAN:
        return _BOOL, int(bool(value))
    if datatype == DataType.FLOAT:
        return _FLOAT, struct.pack("<f", value)
    if datatype == DataType.DOUBLE:
        return _DOUBLE, struct.pack("<d", value)
    if datatype in _TEXTS:
        return _STRING, str(value).encode()
    # As many bits as the type has: some hosts refuse a sign carried further, all read this.
    bits = abs(_BITS[datatype])
    return (_LONG if bits == 64 else _INT), int(value) & (1 << bits) - 1


def _integer(content: int, kind: int, field: int) -> int | bool:
    if kind == DataType.BOOLEAN:
        return bool(content)
    bits = _BITS.get(kind, -64)
    # Senders put small types into the long field, too; the type says how many bits count.
    number = content & ((1 << min(abs(bits), 32 if field == _INT else 64)) - 1)
    if bits > 0 and number >> (bits - 1):
        number -= 1 << bits
    return number


def _real(content: bytes, field: int) -> float | None:
    value: float = struct.unpack("<f" if field == _FLOAT else "<d", content)[0]
    if not math.isfinite(value):
        # NaN is how PLC gateways say "none".
        return None
    return shortest(value) if field == _FLOAT else value


def _quality(properties: int | bytes | None) -> int | None:
    """Find the property `Quality` in a property set: keys are field 1, values field 2, in order."""
    if not isinstance(properties, bytes):
        return None
    keys: list[bytes] = []
    values: list[bytes] = []
    for number, kind, content in protobuf.fields(properties):
        if kind == LENGTH and number in (1, 2) and isinstance(content, bytes):
            (keys if number == 1 else values).append(content)
    pairs = dict(zip(keys, values, strict=False))
    return _property_int(pairs[b"Quality"]) if b"Quality" in pairs else None


def _property_int(message: bytes) -> int | None:
    # PropertyValue: type 1, is_null 2, int 3, long 4.
    found = {number: content for number, _, content in protobuf.fields(message)}
    return _int(found.get(3, found.get(4)))


def _quality_set(quality: int) -> bytes:
    value = protobuf.put_varint(1, DataType.INT32) + protobuf.put_varint(3, quality)
    return protobuf.put_bytes(1, b"Quality") + protobuf.put_bytes(2, value)


def _raw_field(number: int, content: int | bytes) -> bytes:
    if isinstance(content, int):
        return protobuf.put_varint(number, content)
    if _KIND[number] == LENGTH:
        return protobuf.put_bytes(number, content)
    return protobuf.encode_varint(number << 3 | _KIND[number]) + content


def _int(content: int | bytes | None) -> int | None:
    return content if isinstance(content, int) else None


def _text(content: int | bytes, message: bytes) -> str:
    try:
        return bytes(content).decode()
    except (UnicodeDecodeError, TypeError) as error:
        raise bad("not_utf8", "UTF-8 text", message) from error
