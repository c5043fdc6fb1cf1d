"""Single-precision numbers as their sender meant them."""

import struct


def shortest(value: float) -> float:
    """Return the shortest decimal that is the same 32-bit float.

    >>> shortest(1.8200000524520874)
    1.82
    """
    single = struct.pack("<f", value)
    candidates = (float(f"{value:.{digits}g}") for digits in (6, 7, 8))
    return next((one for one in candidates if struct.pack("<f", one) == single), value)
