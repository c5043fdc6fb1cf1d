"""`minori forecast plan`, `plans` and `unplan`: what is meant to be sown moves the forecast."""

from collections.abc import Sequence

import click

from edge.commands import _text
from edge.commands._arguments import Count
from edge.commands._desk import Desk, looks_up, writes
from edge.commands._promises import day_of
from traceability import catalogue, growing
from traceability.forecast_subject import Subject
from traceability.models import Site, SowingPlan

_crop = click.argument("crop_code", metavar="CROP")


@click.command()
@_crop
@click.option("--on", "day", required=True, metavar="DATE", help="When, as 2026-12-24.")
@click.option("--pieces", required=True, type=Count(), help="How many plants.")
@click.option("--site", metavar="CODE", help="Without it: this one.")
@click.option("--note", default="", help="Why, or for whom.")
@writes
def plan(desk: Desk, /, crop_code: str, day: str, pieces: int, site: str | None, note: str) -> str:
    """Plan a sowing; the forecast takes it into account within the minute."""
    crop = desk.crop(crop_code)
    within = {"organisation_id": crop.organisation_id}
    place = catalogue.find(desk.session, Site, site, **within) if site else desk.site
    made = growing.plan(
        desk.session,
        Subject(crop, site=place),
        sow_on=day_of(day, "--on"),
        pieces=pieces,
        note=note,
        by=desk.user,
        at=desk.now,
    )
    if desk.as_json:
        return _as_json([made])
    return (
        f"planned: {pieces} {crop.code} on {made.sow_on}; `minori forecast unplan {made.id[-8:]}`"
    )


@click.command()
@_crop
@looks_up
def plans(desk: Desk, crop_code: str) -> str:
    """List what is planned to be sown of a crop, soonest first."""
    rows = growing.plans(desk.session, Subject(desk.crop(crop_code)))
    if desk.as_json:
        return _as_json(rows)
    if not rows:
        return f"nothing planned; minori forecast plan {crop_code} --on DATE --pieces N"
    header = ("sow on", "pieces", "by", "note", "id")
    lines = [
        (row.sow_on.isoformat(), str(row.pieces), row.planned_by, row.note, row.id[-8:])
        for row in rows
    ]
    return "\n".join(_text.table(header, lines, numbers=(1,)))


@click.command()
@click.argument("plan_id", metavar="ID")
@writes
def unplan(desk: Desk, /, plan_id: str) -> str:
    """Take a planned sowing back; that it was planned stays known."""
    row = growing.find_plan(desk.session, plan_id)
    growing.withdraw(desk.session, row, by=desk.user, at=desk.now)
    return _as_json([row]) if desk.as_json else f"taken back: {row.pieces} plants on {row.sow_on}"


def _as_json(rows: Sequence[SowingPlan]) -> str:
    from api.v1.sowing_plans import PlanOut

    said = [PlanOut.model_validate(row.model_dump()) for row in rows]
    return _text.as_json([one.model_dump(mode="json") for one in said])
