"""The data types of ECHONET Lite properties: numbers with "no value" codes, maps, lists, times.

Each type has codes that are no numbers, depending on its size; taken for numbers they become
3276.6 °C on a winter night. A field without value is None, and `reason` says which code it was.

Source: ECHONET Lite Specification, part 2, section 3.4; APPENDIX "Detailed requirements for
device objects" release R, chapters 2 and 3.3.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

UNDERFLOW, OVERFLOW, NO_VALUE, SIZE = "underflow", "overflow", "no_value", "size"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one property says: fields by name. `reason` is why a field is None."""

    fields: dict[str, object] = field(default_factory=dict)
    reason: str | None = None


Read = Callable[[bytes], Meaning]


def number(raw: bytes, *, signed: bool) -> tuple[int | None, str | None]:
    """Return the number, or None and which code stood in its place."""
    value = int.from_bytes(raw, "big", signed=signed)
    top = (1 << (8 * len(raw) - signed)) - 1
    if signed:
        codes = {-top - 1: UNDERFLOW, top: OVERFLOW, top - 1: NO_VALUE}
    else:
        # Totals of four bytes use FFFFFFFE for "not measured", the others for "below range".
        below = NO_VALUE if len(raw) == 4 else UNDERFLOW
        codes = {top: OVERFLOW, top - 1: below, top - 2: NO_VALUE}
    reason = codes.get(value)
    return (None if reason else value), reason


def quantity(name: str, size: int, *, signed: bool = False, step: float = 1) -> Read:
    """Read one number under its own `name` and as `value`; `step` is what one count means."""
    return group(size, signed=signed, step=step, names=(name,))


def group(size: int, *, signed: bool, step: float, names: tuple[str, ...]) -> Read:
    """Read several numbers of equal size, one a name; a single one is also called `value`."""

    def read(edt: bytes) -> Meaning:
        if len(edt) != size * len(names):
            return Meaning(dict.fromkeys((*names, "value")), SIZE)
        fields: dict[str, object] = {}
        reasons = []
        for index, name in enumerate(names):
            count, reason = number(edt[size * index : size * (index + 1)], signed=signed)
            fields[name] = None if count is None else scaled(count, step)
            reasons.append(reason)
        if len(names) == 1:
            fields["value"] = fields[names[0]]
        return Meaning(fields, next(filter(None, reasons), None))

    return read


def plain(name: str, size: int) -> Read:
    """Read an unsigned number that has no codes: counts, digits, coefficients."""

    def read(edt: bytes) -> Meaning:
        if len(edt) != size:
            return Meaning({name: None, "value": None}, SIZE)
        value = int.from_bytes(edt, "big")
        return Meaning({name: value, "value": value})

    return read


def choice(name: str, meanings: dict[int, object]) -> Read:
    """Read one byte that stands for something else."""

    def read(edt: bytes) -> Meaning:
        value = meanings.get(edt[0]) if len(edt) == 1 else None
        return Meaning({name: value, "value": value}, None if value is not None else "unknown")

    return read


def channels(size: int, *, signed: bool, step: float, names: tuple[str, ...] = ()) -> Read:
    """Read a channel list: first channel, count, then `count` numbers or groups of numbers."""
    width = size * max(1, len(names))

    def read(edt: bytes) -> Meaning:
        if len(edt) < 2 or len(edt) != 2 + width * edt[1]:
            return Meaning({"start": None, "count": None, "values": None}, SIZE)
        rows = [edt[at : at + width] for at in range(2, len(edt), width)]
        values = [_row(row, size, signed=signed, step=step, names=names) for row in rows]
        return Meaning({"start": edt[0], "count": edt[1], "values": values})

    return read


def channel_range(edt: bytes) -> Meaning:
    """Read which channels a list is to cover: the first and how many."""
    if len(edt) != 2:
        return Meaning({"start": None, "count": None}, SIZE)
    return Meaning({"start": edt[0], "count": edt[1]})


def counts(edt: bytes) -> Meaning:
    """Read a cumulative total; its unit and coefficient are properties of their own."""
    if len(edt) != 4:
        return Meaning({"value": None, "raw": None}, SIZE)
    value, reason = number(edt, signed=False)
    return Meaning({"value": value, "raw": value}, reason)


def property_map(edt: bytes) -> Meaning:
    """Read a property map: up to 15 properties as a list, from 16 on as a bitmap of 16 bytes.

    In the bitmap, byte n holds the properties that end in n; bit 0 is 8n, bit 7 is Fn.
    """
    if not edt:
        return Meaning({"count": None, "epcs": None}, SIZE)
    count, rest = edt[0], edt[1:]
    if count < 16:
        found = sorted(rest)
    else:
        places = [(low, bit) for low in range(len(rest)) for bit in range(8)]
        found = sorted(0x80 + 16 * bit + low for low, bit in places if rest[low] >> bit & 1)
    if len(found) != count or (count >= 16 and len(rest) != 16):
        return Meaning({"count": count, "epcs": None}, SIZE)
    epcs = [f"0x{epc:02X}" for epc in found]
    return Meaning({"count": count, "epcs": epcs, "value": epcs})


def encode_property_map(epcs: set[int]) -> bytes:
    """Write a property map in the form its size asks for."""
    if len(epcs) < 16:
        return bytes([len(epcs), *sorted(epcs)])
    bitmap = bytearray(16)
    for epc in epcs:
        bitmap[epc & 0x0F] |= 1 << (epc >> 4) - 8
    return bytes([len(epcs)]) + bytes(bitmap)


def objects(size: int, name: str) -> Read:
    """Read a list of instances (3 bytes each) or classes (2 bytes), led by its count."""

    def read(edt: bytes) -> Meaning:
        if not edt or len(edt) != 1 + size * edt[0]:
            return Meaning({"count": None, name: None}, SIZE)
        rows = [edt[at : at + size] for at in range(1, len(edt), size)]
        found = [f"0x{row.hex().upper()}" for row in rows]
        return Meaning({"count": edt[0], name: found, "value": found})

    return read


def day_history(edt: bytes) -> Meaning:
    """Read a day's 48 half-hour totals: day (0 is today), then 48 counts of four bytes."""
    if len(edt) != 2 + 48 * 4:
        return Meaning({"day": None, "values": None}, SIZE)
    day = int.from_bytes(edt[:2], "big")
    values = [number(edt[at : at + 4], signed=False)[0] for at in range(2, len(edt), 4)]
    # FFFF: the meter was not yet told which day it should report.
    return Meaning({"day": None if day == 0xFFFF else day, "values": values})


def timed_history(edt: bytes) -> Meaning:
    """Read up to twelve half-hours, newest first: time, count, then pairs (used, fed in)."""
    if len(edt) < 7 or len(edt) != 7 + 8 * edt[6]:
        return Meaning({"time": None, "count": None, "values": None}, SIZE)
    pairs = [edt[at : at + 8] for at in range(7, len(edt), 8)]
    values = [
        [number(pair[:4], signed=False)[0], number(pair[4:], signed=False)[0]] for pair in pairs
    ]
    return Meaning({"time": local_time(edt[:6]), "count": edt[6], "values": values})


def timed_count(edt: bytes) -> Meaning:
    """Read a total with the meter's local time (in Japan: JST): 7 bytes of time, 4 of count."""
    if len(edt) != 11:
        return Meaning({"time": None, "value": None}, SIZE)
    value, reason = number(edt[7:], signed=False)
    return Meaning({"time": local_time(edt[:7]), "value": value, "raw": value}, reason)


def timed_pair(edt: bytes) -> Meaning:
    """Read a one-minute total: 7 bytes of time, what was used, what was fed in."""
    if len(edt) != 15:
        return Meaning({"time": None, "used": None, "fed_in": None}, SIZE)
    used, reason = number(edt[7:11], signed=False)
    fed_in, _ = number(edt[11:], signed=False)
    return Meaning({"time": local_time(edt[:7]), "used": used, "fed_in": fed_in}, reason)


def clock(edt: bytes) -> Meaning:
    """Read hours and minutes."""
    whole = len(edt) == 2 and edt[0] < 24 and edt[1] < 60
    text = f"{edt[0]:02d}:{edt[1]:02d}" if whole else None
    return Meaning({"time": text, "value": text}, None if whole else SIZE)


def date(edt: bytes) -> Meaning:
    """Read year (two bytes), month and day."""
    time = local_time(edt + b"\0\0\0") if len(edt) == 4 else None
    text = time[:10] if time else None
    return Meaning({"date": text, "value": text}, None if text else SIZE)


def text(edt: bytes) -> Meaning:
    """Read a serial number: ASCII, padded with zeros or blanks."""
    content = edt.decode("ascii", errors="replace").strip("\0 ")
    return Meaning({"text": content, "value": content})


def unknown(edt: bytes) -> Meaning:
    """Keep what no table explains, as hex."""
    return Meaning({"hex": edt.hex(), "value": edt.hex()})


def local_time(edt: bytes) -> str | None:
    """Return ISO local time of year (2), month, day, hour, minute and perhaps second."""
    month, day, hour, minute, second = edt[2:].ljust(5, b"\0")
    year = int.from_bytes(edt[:2], "big")
    try:
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
    return moment.isoformat()


def scaled(count: int, step: float) -> float:
    """Return count × step without the dust of binary fractions."""
    return count if step == 1 else round(count * step, 6)


def _row(row: bytes, size: int, *, signed: bool, step: float, names: tuple[str, ...]) -> object:
    numbers = [number(row[at : at + size], signed=signed)[0] for at in range(0, len(row), size)]
    made = [None if count is None else scaled(count, step) for count in numbers]
    return dict(zip(names, made, strict=True)) if names else made[0]
