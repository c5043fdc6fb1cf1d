"""Whether what comes still agrees with what was said: two looks, for whoever calls somebody.

One week outside P10 to P90 is one in five and means nothing; two running are one in twenty-five.
A bias is a drift when nearly all of the last weeks missed on the same side, and by much in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

RUNNING = 2
BIAS_WEEKS, LEAST_WEEKS = 8, 6
DRIFT = 0.15  # of all that came
OTHER_SIDE = 1  # so many of the weeks may have missed the other way


@dataclass(frozen=True, slots=True)
class Judged:
    """A week that is over, with what was in force before it began. [kg]"""

    week: date
    p10: float
    p50: float
    p90: float
    came: float

    @property
    def side(self) -> int:
        """-1 below P10, 1 above P90, 0 within."""
        return -1 if self.came < self.p10 else 1 if self.came > self.p90 else 0


def left_the_interval(weeks: Sequence[Judged]) -> bool:
    """Whether the last weeks running lay outside; `weeks` oldest first."""
    last = weeks[-RUNNING:]
    return len(last) == RUNNING and all(week.side for week in last)


def bias(weeks: Sequence[Judged]) -> float | None:
    """Return Σ(said - came) / Σ came of the last weeks; None where that cannot be said."""
    last = weeks[-BIAS_WEEKS:]
    total = sum(week.came for week in last)
    if len(last) < LEAST_WEEKS or total <= 0:
        return None
    return sum(week.p50 - week.came for week in last) / total


def drifts(weeks: Sequence[Judged]) -> bool:
    """Whether the last weeks were missed on one side, and by more than a seventh in all."""
    drift = bias(weeks)
    if drift is None or abs(drift) <= DRIFT:
        return False
    other = sum((week.p50 - week.came) * drift < 0 for week in weeks[-BIAS_WEEKS:])
    return other <= OTHER_SIDE
