"""What a place or a lot lived through, as data: spans, quantities, gaps, light, warmth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sensors.heat import Clipping
from traceability.models import Zone


@dataclass(frozen=True, slots=True)
class Span:
    """A lot's time in one zone, start <= t < end."""

    zone: Zone
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which nothing trustworthy was heard."""

    zone: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """One quantity over all spans, in the unit of `sensors.QUANTITIES`; shares are 0 to 1.

    `covered` is the share of the time with a trusted value; mean and `in_range` speak of that
    time only. `in_range` is None where the crop has no target for the quantity.
    """

    quantity: str
    mean: float
    low: float
    high: float
    target: tuple[float, float] | None
    in_range: float | None
    covered: float
    uncertain: float
    readings: int
    gaps: Sequence[Gap]
    # The quantities it was computed from, of one probe at a time; empty: it was measured itself.
    derived_from: Sequence[str] = ()
    # By day or by night only; None: all the time.
    part: Literal["day", "night"] | None = None
    # How long it was measured while a range was wanted; `in_range` is a share of that. [s]
    judged_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DayLight:
    """Daily light integral of one local day. [mol/m²/d] `covered`: measured share of the day."""

    day: date
    mol: float
    covered: float


@dataclass(frozen=True, slots=True)
class DegreeDays:
    """Growing degree days over local days. [°C·d] `missing_days` had no trusted temperature.

    The first and the last day are as long as the crop was there; `clipping` is named because
    three are in use (`sensors.heat`).
    """

    total: float
    base_c: float
    clipping: Clipping
    days: int
    missing_days: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was lived through in the given spans."""

    spans: Sequence[Span]
    quantities: Sequence[Condition]
    daily_light: Sequence[DayLight]
    degree_days: DegreeDays | None = None  # None: the crop's base is not said


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a chart; all None where nothing was heard."""

    at: datetime
    mean: float | None
    low: float | None
    high: float | None
