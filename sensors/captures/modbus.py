"""Modbus rows: request and answer in hex, and a table of what lies in the registers."""

import math
from typing import Any

from sensors.captures.row import Outcome, Row, bad_row, hex_field, list_field, number_field
from sensors.errors import DamagedFrame, NoAnswer
from sensors.wires import modbus
from sensors.wires.crc import crc16
from sensors.wires.modbus import Answer, Function, Read, Request, Write
from sensors.wires.registers import NUMBERS, ORDERS, number
from sensors.wires.single import shortest

_ALIASES = {
    "s16": "i16",
    "s32": "i32",
    "s64": "i64",
    "int16": "i16",
    "uint16": "u16",
    "int32": "i32",
    "uint32": "u32",
    "float": "f32",
    "float32": "f32",
    "float64": "f64",
    "double": "f64",
}
_BITS = ("bit", "bool", "coil")


def read(row: Row) -> Outcome:
    """Find the answer to the row's request among what came, and decode its table."""
    arrived = hex_field(row, "response")
    sent = hex_field(row, "request")
    if not arrived:
        raise NoAnswer(device="the device", limit_ms="its", fault="no_answer")
    answer = _answer(sent, arrived, echo=bool(row.get("local_echo")))
    table = list_field(row, "decode")
    got = {str(entry.get("name")): _decoded(answer.values, entry) for entry in table}
    return Outcome({**_facts(answer), **got})


def expectation(row: Row) -> Any:
    """Return the names that the row's table asks about."""
    table = row.get("decode")
    if not isinstance(table, list):
        return row.get("expect")
    return {str(entry.get("name")): None for entry in table if isinstance(entry, dict)}


def _answer(sent: bytes, arrived: bytes, *, echo: bool) -> Answer:
    if _is_tcp(sent):
        transaction = int.from_bytes(sent[:2], "big")
        body = sent[6:]
        request = _request(modbus.rtu(body[0], body[1:]))
        return modbus.answer_to_tcp(request, arrived, transaction=transaction)
    return modbus.answer_to(_request(sent), arrived, echo=echo)


def _is_tcp(sent: bytes) -> bool:
    """A TCP header: protocol 0, and a length that is exactly the rest; an RTU frame has a CRC."""
    is_rtu = crc16(sent, start=0xFFFF) == 0
    length = int.from_bytes(sent[4:6], "big")
    return not is_rtu and len(sent) > 7 and sent[2:4] == b"\0\0" and length == len(sent) - 6


def _request(sent: bytes) -> Request:
    if len(sent) > 1 and sent[1] in (5, 6, 16):
        return Write.from_bytes(sent)
    return Read.from_bytes(sent)


def _facts(answer: Answer) -> dict[str, Any]:
    request = answer.request
    bits = request.function in (Function.READ_COILS, Function.READ_DISCRETE_INPUTS)
    return {
        "unit": request.unit,
        "function": int(request.function),
        "start": request.start,
        "address": request.start,
        "count": len(answer.values),
        "values": list(answer.values),
        "value": answer.values[0],
        "bits" if bits else "registers": list(answer.values),
    }


def _decoded(values: tuple[int, ...], entry: dict[str, Any]) -> Any:
    kind = _ALIASES.get(str(entry.get("type", "u16")), str(entry.get("type", "u16")))
    offset = int(number_field(entry, "offset"))
    if offset < 0:
        raise bad_row("offset", "a whole number from 0", offset)
    if kind in _BITS:
        return _bit(values, offset, entry)
    order = str(entry.get("order", "ABCD"))
    if kind not in NUMBERS or order not in ORDERS:
        raise bad_row("type", f"one of {', '.join(NUMBERS)} in {', '.join(ORDERS)}", entry)
    count, _ = NUMBERS[kind]
    taken = values[offset : offset + count]
    if len(taken) < count:
        raise DamagedFrame(
            wire="modbus",
            problem="the answer has fewer registers than the table asks for",
            fault="short",
            expected=f"{offset + count} registers",
            got=f"{len(values)}",
        )
    return _scaled(number(taken, kind, order), kind, entry)


def _bit(values: tuple[int, ...], offset: int, entry: dict[str, Any]) -> bool:
    if offset >= len(values):
        raise bad_row("offset", f"below {len(values)}", offset)
    bit = int(number_field(entry, "bit"))
    if not 0 <= bit < 16:
        raise bad_row("bit", "0 to 15", bit)
    return bool(values[offset] >> bit & 1)


def _scaled(raw: float, kind: str, entry: dict[str, Any]) -> float | None:
    if not math.isfinite(raw):
        return None
    if raw in (entry.get("no_value"), entry.get("none")):
        return None
    if "mask" in entry:
        raw = int(raw) & int(number_field(entry, "mask"))
    if kind == "f32":
        raw = shortest(raw)
    scale, add = number_field(entry, "scale", 1), number_field(entry, "add")
    return raw if (scale, add) == (1, 0) else float(f"{raw * scale + add:.12g}")
