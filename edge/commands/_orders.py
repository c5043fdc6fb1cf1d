"""`minori forecast order`, `ahead` and `summary`: what partners want, set against what comes."""

import click

from api.balance_ahead import Week, weeks_ahead
from edge.commands import _text
from edge.commands._arguments import OneOf, Weight
from edge.commands._desk import Desk, looks_up, writes
from edge.commands._promises import day_of
from traceability import orders

_crop = click.argument("crop_code", metavar="CROP")


@click.command()
@_crop
@click.option("--partner", required=True, metavar="CODE")
@click.option("--week", required=True, metavar="DATE", help="A day of the week, 2026-12-21.")
@click.option(
    "--weight", required=True, type=Weight(least=0), help="What was ordered, 30kg; 0g: nothing."
)
@click.option("--reference", default="", help="The partner's own number.")
@writes
def order(
    desk: Desk, /, crop_code: str, partner: str, week: str, weight: int, reference: str
) -> str:
    """Keep what a partner ordered for a week; its forecast learns from it."""
    made = orders.order(
        *(desk.session, desk.crop(crop_code), desk.party(partner)),
        week=day_of(week, "--week"),
        weight_g=weight,
        reference=reference,
        by=desk.user,
        at=desk.now,
    )
    if desk.as_json:
        return _text.as_json(made.model_dump(mode="json"))
    return f"kept: {partner} ordered {weight / 1000:.1f} kg for the week of {made.week}"


@click.command()
@_crop
@looks_up
def ahead(desk: Desk, crop_code: str) -> str:
    """Set supply against orders, partners' forecasts and contracts, week by week."""
    found = weeks_ahead(desk.session, desk.crop(crop_code), at=desk.now)
    if desk.as_json:
        from api.v1.orders import WeekOut

        return _text.as_json([WeekOut.of(week).model_dump(mode="json") for week in found])
    if not found:
        return f"no week is forecast; minori forecast fit {crop_code}"
    header = ("week of", "wanted", "expected", "short", "probability", "by")
    return "\n".join(_text.table(header, [_row(week) for week in found], numbers=range(1, 5)))


@click.command()
@_crop
@click.option("--language", type=OneOf(("en", "ja")), default="en", show_default=True)
@looks_up
def summary(desk: Desk, crop_code: str, language: str) -> str:
    """Say a crop's week in three sentences; its page has the chart."""
    from api.forecast_summary import sentences
    from api.i18n import Reader

    crop = desk.crop(crop_code)
    said = sentences(desk.session, Reader.of(language), crop, at=desk.now)
    if desk.as_json:
        return _text.as_json(said)
    if not said:
        return f"no forecast is in force; minori forecast fit {crop_code}"
    return "\n".join(line for one in said for line in _text.filled(one))


def _row(week: Week) -> tuple[str, ...]:
    kg = (week.wanted_kg, week.supply.p50, week.short_kg)
    by = ", ".join(f"{one.partner} ({one.basis})" for one in week.wanted)
    return week.monday.isoformat(), *(f"{one:.1f}" for one in kg), f"{week.shortfall:.0%}", by
