"""`minori catalogue recipe`: what a crop wants, stage by stage, version by version.

A version is never edited: a changed file is imported as the next one, and lots keep the version
they were sown under.
"""

import getpass
from pathlib import Path

import click
from sqlmodel import col, select

from edge.commands._arguments import Count, Range, time_of
from edge.commands._desk import Desk, looks_up, writes
from traceability import catalogue, recipes
from traceability.errors import BadValue, NotFound
from traceability.models import Crop, Recipe

_crop = click.argument("crop", metavar="CROP")
_by = click.option("--by", metavar="NAME", help="Who decided it. Without it: you.")
_why = click.option("--why", default="", metavar="TEXT", help="Why it is so now.")


@click.group()
def command() -> None:
    """What a crop wants by stage, day and night; docs/recipes.md describes the file."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--crop", "code", metavar="CODE", help="The crop, where the file does not say it.")
@_why
@_by
@click.option(
    "--since",
    metavar="TIME",
    help="Lots sown from then on grow under it, such as 2026-11-23T00:00. Without it: now.",
)
@writes
def import_recipe(
    desk: Desk, /, file: Path, code: str | None, why: str, by: str | None, since: str | None
) -> str:
    """Read a recipe from a TOML FILE as the crop's next version."""
    from edge import recipe_file

    read = recipe_file.load(file)
    crop = desk.crop(_the_crop(code, read.crop))
    before = recipes.newest_of(desk.session, crop)
    row = recipes.record(
        desk.session,
        crop,
        read.document,
        by=(by or "").strip() or getpass.getuser(),
        why=why or read.why,
        since=time_of(since, zone=desk.settings.zone_info, now=desk.now, option="--since")
        if since
        else None,
        now=desk.now,
    )
    return _answer(desk, crop, row, before)


@command.command("add")
@_crop
@click.option(
    "--target",
    "targets",
    type=Range(),
    multiple=True,
    required=True,
    help="A range for all its life, such as air_temperature=18..24; once for each quantity.",
)
@_by
@writes
def add_recipe(
    desk: Desk,
    /,
    crop: str,
    targets: tuple[tuple[str, tuple[float, float]], ...],
    by: str | None,
) -> str:
    """Say ranges that hold all the life of a crop; stages need a file (import)."""
    found = desk.crop(crop)
    before = recipes.newest_of(desk.session, found)
    who = (by or "").strip() or getpass.getuser()
    owner, code = desk.organisation, found.code
    catalogue.ensure_crop(desk.session, owner, code, targets=dict(targets), by=who)
    row = recipes.newest_of(desk.session, found)
    assert row is not None
    return _answer(desk, found, row, before)


@command.command("show")
@_crop
@click.option("--version", type=Count(), help="An older version. Without it: the newest.")
@click.option("--toml", "as_file", is_flag=True, help="As the file that `import` reads.")
@looks_up
def show_recipe(desk: Desk, crop: str, version: int | None, as_file: bool) -> str:
    """Show a crop's recipe."""
    from edge import recipe_file
    from edge.commands import _recipes

    found = desk.crop(crop)
    row = _version(desk, found, version)
    if as_file:
        return recipe_file.as_toml(row, crop=found.code).rstrip("\n")
    return _recipes.shown(desk, found, row)


@command.command("list")
@looks_up
def list_recipes(desk: Desk) -> str:
    """List the newest recipe of every crop."""
    from edge.commands import _recipes

    query = select(Crop).where(Crop.organisation_id == desk.organisation.id)
    return _recipes.listed(desk, desk.session.exec(query.order_by(col(Crop.code))).all())


def _the_crop(said: str | None, in_file: str) -> str:
    if said and in_file and said != in_file:
        raise BadValue(
            field="--crop",
            expected=f"{in_file}, which the file says",
            got=said,
            next_step="leave --crop out, or change the file",
        )
    if not said and not in_file:
        raise BadValue(
            field="--crop",
            expected="the crop whose recipe this is",
            got="nothing",
            next_step='say --crop CODE, or write crop = "CODE" into the file',
        )
    return said or in_file


def _version(desk: Desk, crop: Crop, version: int | None) -> Recipe:
    rows = recipes.history(desk.session, crop)
    row = next((one for one in rows if version in (None, one.version)), None)
    if row is None:
        known = ", ".join(str(one.version) for one in reversed(rows))
        step = f"known are: {known}" if known else "minori catalogue recipe import FILE.toml"
        name = f"{crop.code} {version}" if version else crop.code
        raise NotFound(what="recipe", name=name, next_step=step)
    return row


def _answer(desk: Desk, crop: Crop, row: Recipe, before: Recipe | None) -> str:
    from edge.commands import _recipes, _text

    desk.session.flush()
    if desk.as_json:
        return _text.as_json(_recipes.as_facts(crop, row))
    if before is not None and before.id == row.id:
        return f"recipe of {crop.code} is already so: version {row.version}"
    if before is None:
        return f"recipe of {crop.code}: version {row.version}, for every lot of it until the next"
    since = _text.local_with_zone(row.since, desk.settings.zone_info)
    return (
        f"recipe of {crop.code}: version {row.version}, for lots sown from {since} on\n"
        "lots sown before keep theirs"
    )
