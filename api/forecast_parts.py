"""A crop's forecast divided among its sites, or its trade items: together exactly the whole.

Forecasts made apart differ from the whole's by some 2 %, and a farm has only one harvest. So the
whole's holds, and each part has of a week what its own forecast, lots in the ground included,
says its part is. Where one of them has none to show, all are divided by what they brought in the
eight weeks before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from forecasting import Forecast, Step
from traceability import yields
from traceability.amounts import apportion
from traceability.forecast_subject import Subject

RECENT_WEEKS = 8

# Grams of a week by the part's id.
Division = Mapping[date, Mapping[str, int]]


def divided(
    session: Session,
    totals: Mapping[date, int],
    parts: Mapping[str, Sequence[Step]],
    active: Mapping[str, Subject],
    *,
    until: datetime,
) -> Division:
    """Divide each week's grams.

    Args:
        parts: their own steps by id, of those that have a forecast to show.
        active: by id, what brought something lately.
        until: when the whole was made; what came before it is what shares are taken of.
    """
    own = {part: {step.ds: grams(step) for step in steps} for part, steps in parts.items()}
    said = {week: _said(week, own, set(active)) for week in totals}
    recent = {} if all(said.values()) else _recent(session, active, until)
    return {week: _week(total_g, said[week] or recent) for week, total_g in totals.items()}


def in_ratio(made: Forecast, part_id: str, division: Division) -> Forecast:
    """Return a part's forecast with its share of the whole as P50, the range in the same ratio."""
    steps = (_moved(step, division.get(step.ds, {}).get(part_id)) for step in made.steps)
    return replace(made, steps=tuple(steps))


def grams(step: Step) -> int:
    return round(step.p50 * 1000)


def _said(week: date, own: Mapping[str, Mapping[date, int]], active: set[str]) -> dict[str, int]:
    """What the parts' own forecasts say; nothing where one of those that bring has none."""
    said = {part: weeks[week] for part, weeks in own.items() if week in weeks}
    return said if active <= said.keys() and any(said.values()) else {}


def _week(total_g: int, shares: Mapping[str, int]) -> dict[str, int]:
    if not any(shares.values()):
        return {}
    parts = apportion(total_g, list(shares.values()))
    return dict(zip(shares, parts, strict=True))


def _recent(session: Session, active: Mapping[str, Subject], until: datetime) -> dict[str, int]:
    """Grams each active part brought lately; of half a year, where lately nothing came at all."""
    found = {
        part: [week.weight_g for week in yields.weekly(session, subject, until=until)]
        for part, subject in active.items()
    }
    lately = {part: sum(weeks[-RECENT_WEEKS:]) for part, weeks in found.items()}
    return lately if any(lately.values()) else {part: sum(weeks) for part, weeks in found.items()}


def _moved(step: Step, part_g: int | None) -> Step:
    if part_g is None:
        return step
    middle = part_g / 1000
    if step.p50 <= 0:
        return replace(step, p50=middle, p90=max(step.p90, middle))
    ratio = middle / step.p50
    return replace(step, p10=step.p10 * ratio, p50=middle, p90=step.p90 * ratio)
