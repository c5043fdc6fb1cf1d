"""A judge for each series of networked probes: their messages carry values, not verdicts."""

from collections.abc import Sequence

from msgspec.structs import replace

from sensors import Reading
from sensors.quality import Judge

# Networked probes seldom say so and devices come and go; each judge is some hundred bytes.
MOST_SERIES = 20_000


class Judges:
    """Remembers what each series said last, to tell what is believable next."""

    def __init__(self) -> None:
        self._by_series: dict[tuple[str, str, str], Judge] = {}

    def judged(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Return the readings with their quality: range and rate of the vocabulary apply."""
        return [self._judged(reading) for reading in readings]

    def _judged(self, reading: Reading) -> Reading:
        series = (reading.device, reading.quantity, reading.channel)
        judge = self._by_series.get(series)
        if judge is None:
            if len(self._by_series) >= MOST_SERIES:
                self._by_series.pop(next(iter(self._by_series)))
            judge = self._by_series[series] = Judge(reading.quantity)
        verdict = judge.judge(reading.value, reading.at, doubt=reading.reason)
        if (verdict.value, verdict.reason) == (reading.value, reading.reason):
            return reading
        return replace(reading, value=verdict.value, quality=verdict.quality, reason=verdict.reason)
