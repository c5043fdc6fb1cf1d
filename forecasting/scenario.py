"""What if: more is sown from a week on, or the light is another. Nothing of it is a forecast.

Only the standard library: it is computed where it is asked for. Sowing more adds lots as the
finished ones were, each as heavy, after as many days. Light moves what has still to grow: fresh
weight per mol falls as light rises (29, 27 and 21 g per mol at 200, 400 and 750 µmol/m²/s), so
that weight goes with light to the power 0.76. That is not from this site, and is said to be so.

Source of the light response: Carotti et al., Frontiers in Plant Science 11 (2021), 592171.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import fmean

from forecasting.result import Step

# 1 - ln(29 / 21) / ln(750 / 200)
LIGHT_POWER = 0.76
MIDWEEK = 3  # a lot counts for the week in whose middle it would be cut
USUAL_DAYS = 40.0  # of a crop nobody has finished yet


@dataclass(frozen=True, slots=True)
class Finished:
    """A lot that was cut: days from sowing, and grams a plant that was sown."""

    days: int
    grams_a_plant: float


@dataclass(frozen=True, slots=True)
class What:
    """What is otherwise than it is.

    Attributes:
        sow_more: 0.2 sows a fifth more than usual, -1 sows nothing, from `sow_from` on.
        usual_pieces: sown in a usual week.
        dli, dli_now: daily light of the scenario and of today. [mol/m²/d] None: as it is.
    """

    sow_more: float = 0.0
    sow_from: date | None = None
    usual_pieces: float = 0.0
    dli: float | None = None
    dli_now: float | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """One week as it is expected and as it would be. [kg]"""

    before: Step
    after: Step


def scenario(
    steps: Sequence[Step], finished: Sequence[Finished], what: What, *, today: date
) -> list[Changed]:
    """Return each week beside what it would be; `steps` are left as they are."""
    days = fmean([lot.days for lot in finished]) if finished else USUAL_DAYS
    return [
        Changed(
            step, _with(step, _light(step.ds, what, days, today), _more(step.ds, finished, what))
        )
        for step in steps
    ]


def _light(monday: date, what: What, days: float, today: date) -> float:
    """The factor of the part that still grows; what is cut tomorrow has grown already."""
    if what.dli is None or not what.dli_now:
        return 1.0
    share = min(1.0, max(0.0, (monday - today).days + 3) / days)
    return 1.0 + share * (math.pow(what.dli / what.dli_now, LIGHT_POWER) - 1.0)


def _more(monday: date, finished: Sequence[Finished], what: What) -> float:
    """Kilograms that the additional sowings of a week, each on its Monday, bring in another."""
    if what.sow_from is None or not finished or not what.sow_more:
        return 0.0
    extra = 0.0
    for lot in finished:
        sown = monday + timedelta(days=MIDWEEK - lot.days)
        if sown >= what.sow_from:
            extra += lot.grams_a_plant
    return what.sow_more * what.usual_pieces * extra / len(finished) / 1000


def _with(step: Step, factor: float, extra_kg: float) -> Step:
    low, middle, high = (
        max(0.0, factor * (kg + extra_kg)) for kg in (step.p10, step.p50, step.p90)
    )
    return replace(step, p10=low, p50=middle, p90=high)
