"""Which side of its limits a value is on. Limits and values are in the quantity's own unit."""

from collections.abc import Mapping

from edge.alarms.engine import Side


def threshold(value: float, low: float | None, high: float | None, hysteresis: float) -> Side:
    """Judge a value between two limits; None: no limit on that side.

    It is out beyond a limit, and back only when it is `hysteresis` within it. In a range too
    narrow for both edges, back means its middle half.
    """
    if (low is not None and value < low) or (high is not None and value > high):
        return Side.OUT
    if low is not None and high is not None:
        hysteresis = min(hysteresis, (high - low) / 4)
    is_above = low is None or value >= low + hysteresis
    is_below = high is None or value <= high - hysteresis
    return Side.BACK if is_above and is_below else Side.BETWEEN


def rate(change: float, hours: float, per_hour: float) -> Side:
    """Judge how fast a value moved, up or down; back means slower than half the limit."""
    speed = abs(change) / hours
    if speed > per_hour:
        return Side.OUT
    return Side.BACK if speed <= per_hour / 2 else Side.BETWEEN


def together(sides: Mapping[str, Side], *, raised_by: str | None = None) -> Side:
    """Judge several probes of one quantity in one place: one that is out is enough.

    Args:
        raised_by: The probe that raised the alarm. While it says nothing, nobody knows that it is
            over, and the alarm stays.
    """
    said = set(sides.values()) - {Side.UNKNOWN}
    if Side.OUT in said:
        return Side.OUT
    if not said or (raised_by is not None and sides.get(raised_by, Side.UNKNOWN) is Side.UNKNOWN):
        return Side.UNKNOWN
    return Side.BETWEEN if Side.BETWEEN in said else Side.BACK
