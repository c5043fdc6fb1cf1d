"""What was refused on the way in: counted by code, with the newest samples of each kept.

A refused message is acknowledged all the same: it would be refused again for ever, and hold up
those behind it. So the count and the sample are all that tells of it, and they are shown
(/metrics, the log) rather than hidden.
"""

import logging
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

log = logging.getLogger(__name__)

SAMPLES = 5
SAMPLE_BYTES = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """One refused message, shortened."""

    at: datetime
    source: str
    payload: bytes
    why: str


@dataclass(slots=True)
class Refusals:
    """Counts by code since the start; `codes` come from our own errors, so they are few."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, deque[Sample]] = field(default_factory=dict)

    def add(self, code: str, *, at: datetime, source: str, payload: bytes, why: str) -> None:
        """Count one; the log hears of the 1st, 2nd, 4th, 8th … of a code, so it cannot flood."""
        self.counts[code] += 1
        kept = self.samples.setdefault(code, deque(maxlen=SAMPLES))
        kept.append(Sample(at, source, payload[:SAMPLE_BYTES], why))
        count = self.counts[code]
        if count & (count - 1) == 0:
            log.warning("refused (%d so far): %s", count, why, extra={"code": code})
