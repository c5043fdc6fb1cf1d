"""The water's temperature of one zone, for the probes there that compensate for it.

An EZO circuit forgets it at power loss, so it travels with every question. Only a good value that
is not old counts: without one the circuit takes its own default of 25 °C, as it says it does.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sensors import Quality, Reading

# A tank warms by less than a degree in this time, which is 2 % of EC and 0.003 of pH.
LONGEST_HOLD = timedelta(minutes=15)


class Thermometer:
    """Remembers the newest good water temperature that any probe of the zone has measured."""

    def __init__(self) -> None:
        self._newest: Reading | None = None

    def note(self, readings: Iterable[Reading]) -> None:
        """Take what a probe of the zone has just said."""
        for reading in readings:
            if reading.quantity == "water_temperature" and reading.quality is Quality.GOOD:
                self._newest = reading

    def celsius(self, now: datetime) -> float | None:
        """Return the water's temperature, or None where nobody knows it. [°C]"""
        if self._newest is None or now - self._newest.at > LONGEST_HOLD:
            return None
        return self._newest.value
