"""A crop's forecast divided among its sites: together exactly the whole, to the gram.

Forecasts made apart differ from the whole's by some 2 %, and a farm has only one harvest. So the
whole's holds, and each site has of a week what its own forecast, lots in the ground included,
says its part is. Where one of them has none to show, all are divided by what they brought in the
eight weeks before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlmodel import Session

from forecasting import Forecast, Step
from traceability import forecasts, yields
from traceability.amounts import apportion
from traceability.forecast_subject import Subject
from traceability.models import Crop, ForecastRecord

RECENT_WEEKS = 8

# Grams of a week by site's id.
Division = Mapping[date, Mapping[str, int]]


def divided(
    session: Session,
    crop: Crop,
    record: ForecastRecord,
    whole: Sequence[Step],
    parts: Mapping[str, Sequence[Step]],
) -> Division:
    """Divide each week of a crop's forecast in force.

    Args:
        record: the whole's; what came before it was made is what shares are taken of.
        parts: the sites' own steps by id, of those that have a forecast to show.
    """
    own = {site: {step.ds: _grams(step) for step in steps} for site, steps in parts.items()}
    active = {site.id for site in forecasts.sites(session, crop, at=record.made_at)}
    said = {step.ds: _said(step.ds, own, active) for step in whole}
    recent = {} if all(said.values()) else _recent(session, crop, record)
    return {step.ds: _week(_grams(step), said[step.ds] or recent) for step in whole}


def in_ratio(made: Forecast, site_id: str, division: Division) -> Forecast:
    """Return a site's forecast with its part of the whole as P50, the range in the same ratio."""
    steps = (_moved(step, division.get(step.ds, {}).get(site_id)) for step in made.steps)
    return replace(made, steps=tuple(steps))


def _said(week: date, own: Mapping[str, Mapping[date, int]], active: set[str]) -> dict[str, int]:
    """What the sites' own forecasts say; nothing where one of those that harvest has none."""
    said = {site: weeks[week] for site, weeks in own.items() if week in weeks}
    return said if active <= said.keys() and any(said.values()) else {}


def _week(total_g: int, shares: Mapping[str, int]) -> dict[str, int]:
    if not any(shares.values()):
        return {}
    parts = apportion(total_g, list(shares.values()))
    return dict(zip(shares, parts, strict=True))


def _recent(session: Session, crop: Crop, record: ForecastRecord) -> dict[str, int]:
    """Grams each active site brought lately; of half a year, where lately nothing came at all."""
    found = {}
    for site in forecasts.sites(session, crop, at=record.made_at):
        weeks = yields.weekly(session, Subject(crop, site=site), until=record.made_at)
        found[site.id] = [week.weight_g for week in weeks]
    lately = {site: sum(weeks[-RECENT_WEEKS:]) for site, weeks in found.items()}
    return lately if any(lately.values()) else {site: sum(weeks) for site, weeks in found.items()}


def _moved(step: Step, grams: int | None) -> Step:
    if grams is None:
        return step
    middle = grams / 1000
    if step.p50 <= 0:
        return replace(step, p50=middle, p90=max(step.p90, middle))
    ratio = middle / step.p50
    return replace(step, p10=step.p10 * ratio, p50=middle, p90=step.p90 * ratio)


def _grams(step: Step) -> int:
    return round(step.p50 * 1000)
