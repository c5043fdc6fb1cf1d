"""Inspections that are the weight of one head: they move a forecast, and have a bound."""

from collections.abc import Mapping

MEASURES = ("head_weight", "head weight", "fresh_weight", "fresh weight", "株重")
_GRAMS: Mapping[str, float] = {"g": 1.0, "kg": 1000.0}


def grams(measure: str, value: float, unit: str) -> float | None:
    """Return the weight of one head; None where something else was measured."""
    if measure not in MEASURES or unit not in _GRAMS:
        return None
    return value * _GRAMS[unit]
