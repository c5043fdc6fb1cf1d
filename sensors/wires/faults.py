"""One way to say that bytes cannot be trusted, for every wire."""

from sensors.errors import DamagedFrame

# Enough to recognise a frame in a log, short enough to keep by the thousand.
_SHOWN = 32


def damaged(
    wire: str, fault: str, *, expected: str, got: bytes, text: bool = False
) -> DamagedFrame:
    """Build the error; `fault` is a word that never changes, so that faults can be counted.

    Args:
        text: Show `got` as text (ASCII wires), else as hex.
    """
    shown = repr(got[:_SHOWN]) if text else got[:_SHOWN].hex(" ")
    return DamagedFrame(wire=wire, problem=fault, fault=fault, expected=expected, got=shown)
