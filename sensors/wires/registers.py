"""Numbers in 16-bit registers: types, and the four byte orders vendors choose from.

A register is big-endian on the wire; how two of them make 32 bits is the vendor's choice and must
stand in the device's profile. A range check usually shows a wrong choice at once.
"""

import struct

# Type of a number over registers -> (registers, struct letter).
NUMBERS = {
    "u16": (1, "H"),
    "i16": (1, "h"),
    "u32": (2, "I"),
    "i32": (2, "i"),
    "f32": (2, "f"),
    "u64": (4, "Q"),
    "i64": (4, "q"),
    "f64": (4, "d"),
}
# The vendor's choice, A the most significant byte: how many of CDAB's are "swapped" nobody agrees
# on, so the letters are the only names used.
ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")


def number(registers: tuple[int, ...], kind: str, order: str = "ABCD") -> float:
    """Read one number out of its registers.

    Args:
        registers: As many as `NUMBERS[kind]` says, in the order they were read.
        kind: A key of `NUMBERS`.
        order: One of `ORDERS`; for 16 bits only the swap inside a register counts.

    >>> number((0x0000, 0x4366), "f32", "CDAB")
    230.0
    """
    _, letter = NUMBERS[kind]
    value: float = struct.unpack(f">{letter}", _ordered(registers, order))[0]
    return value


def registers_of(value: float, kind: str, order: str = "ABCD") -> tuple[int, ...]:
    """Write one number as registers, as a device would: the inverse of `number`."""
    count, letter = NUMBERS[kind]
    data = struct.pack(f">{letter}", value if letter in "fd" else round(value))
    registers = struct.unpack(f">{count}H", data)
    # Each of the four orders is its own inverse.
    return struct.unpack(f">{count}H", _ordered(registers, order))


def _ordered(registers: tuple[int, ...], order: str) -> bytes:
    words = registers[::-1] if order in ("CDAB", "DCBA") else registers
    letter = "<" if order in ("BADC", "DCBA") else ">"
    return struct.pack(f"{letter}{len(words)}H", *words)
