"""`minori catalogue`: what is grown and sold, where, and with whom.

Adding what is already so changes nothing; adding a code again with other facts changes those that
were said and leaves the rest.
"""

import getpass
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from sqlmodel import SQLModel, col, select

from edge.commands import _text
from edge.commands import recipe as recipes_of_crops
from edge.commands._arguments import Celsius, Code, Count, OneOf, Quantity, Range, Weight
from edge.commands._desk import Desk, looks_up, writes
from traceability import catalogue, recipes
from traceability.amounts import Amount
from traceability.errors import BadValue
from traceability.gs1 import gln13
from traceability.models import (
    MATERIAL_KINDS,
    PARTY_ROLES,
    ZONE_KINDS,
    Crop,
    Material,
    Party,
    TradeItem,
    Zone,
)

_code = click.argument("code", type=Code())


@click.group()
def command() -> None:
    """Crops, trade items, zones and partners."""


@command.group()
def crop() -> None:
    """What is grown, and how heavy a head can get."""


command.add_command(recipes_of_crops.command, "recipe")


@command.group()
def item() -> None:
    """What is sold under one number: a GTIN, or your own code until you have one."""


@command.group()
def zone() -> None:
    """Rooms, bays and stores. Those of minori.toml are here by themselves."""


@command.group()
def material() -> None:
    """What is used and not sold: substrate, fertiliser, packaging."""


@command.group()
def partner() -> None:
    """Who lots go to and come from."""


def _named(function: Callable[..., None]) -> Callable[..., None]:
    english = click.option("--name", metavar="TEXT", help="As people read it.")
    return english(click.option("--name-ja", metavar="TEXT", help="In Japanese.")(function))


@crop.command("add")
@_code
@_named
@click.option("--variety", help="Cultivar.")
@click.option(
    "--largest-head", type=Weight(), help="No head weighs more, such as 250g: physics. Needed."
)
@click.option("--growing-days", type=Count(), help="From sowing to the first harvest.")
@click.option(
    "--degree-day-base",
    "degree_day_base_c",
    type=click.FloatRange(-5, 25),
    help="Temperature below which it stands still, such as 4.4 for lettuce. [°C]",
)
@click.option(
    "--target",
    "targets",
    type=Range(),
    multiple=True,
    help="Range to grow in, such as air_temperature=18..24; once for each quantity.",
)
@writes
def add_crop(
    desk: Desk,
    /,
    code: str,
    largest_head: int | None,
    targets: tuple[tuple[str, tuple[float, float]], ...],
    **said: object,
) -> str:
    """Add a crop, or change what is said of it."""
    facts = _said(said) | _said({"largest_head_g": largest_head})
    before = _before(desk, Crop, code, organisation_id=desk.organisation.id)
    _needs(before, code, facts, {"largest_head_g": "--largest-head 250g"})
    recipe = _version(desk, before)
    row = catalogue.ensure_crop(
        desk.session,
        desk.organisation,
        code,
        targets=dict(targets),
        by=getpass.getuser(),
        **facts,
    )
    said_now = _answer(desk, "crop", row, before)
    version = _version(desk, row.model_dump())
    if version == recipe or desk.as_json:
        return said_now
    old = "; lots sown before keep theirs" if recipe else ""
    return f"{said_now}\nits recipe is at version {version}{old}"


@item.command("add")
@_code
@_named
@click.option("--crop", metavar="CODE", help="The crop that is in it. Needed.")
@click.option("--gtin", help="8, 12, 13 or 14 digits, from GS1.")
@click.option("--net", type=Weight(), help="Net content of one pack, such as 80g. Needed.")
@click.option("--pack", metavar="TEXT", help="What it is packed in, such as bag.")
@click.option("--pack-ja", metavar="TEXT", help="In Japanese.")
@click.option("--shelf-life-days", type=Count(), help="From packing to best before.")
@click.option("--keep-at", type=Celsius(), help="What packs are kept at, such as 1..5. [°C]")
@writes
def add_item(
    desk: Desk,
    /,
    code: str,
    crop: str | None,
    net: int | None,
    keep_at: tuple[float, float] | None,
    **said: object,
) -> str:
    """Add a trade item, or change what is said of it."""
    facts = _said(said) | _said({"net_content_g": net})
    if keep_at is not None:
        facts |= {"storage_low_c": keep_at[0], "storage_high_c": keep_at[1]}
    owner = desk.organisation
    before = _before(desk, TradeItem, code, organisation_id=owner.id)
    _needs(before, code, facts | _said({"crop": crop}), {"crop": "--crop CODE"})
    _needs(before, code, facts, {"net_content_g": "--net 80g"})
    grown = desk.crop(crop) if crop else desk.session.get_one(Crop, (before or {})["crop_id"])
    row = catalogue.ensure_trade_item(desk.session, owner, code, crop=grown, **facts)
    return _answer(desk, "item", row, before)


@zone.command("add")
@_code
@_named
@click.option("--kind", type=OneOf(ZONE_KINDS), help="What it is.")
@writes
def add_zone(desk: Desk, /, code: str, **said: object) -> str:
    """Add a zone of this site, or change what is said of it."""
    before = _before(desk, Zone, code, site_id=desk.site.id)
    facts = _said(said)
    _needs(before, code, facts, {})
    row = catalogue.ensure_zone(desk.session, desk.site, code, **facts)
    return _answer(desk, "zone", row, before)


@material.command("add")
@_code
@_named
@click.option("--kind", type=OneOf(MATERIAL_KINDS), help="What it is. Needed.")
@writes
def add_material(desk: Desk, /, code: str, **said: object) -> str:
    """Add a material, or change what is said of it."""
    owner = desk.organisation
    before = _before(desk, Material, code, organisation_id=owner.id)
    facts = _said(said)
    _needs(before, code, facts, {"kind": f"--kind {'|'.join(MATERIAL_KINDS)}"})
    row = catalogue.ensure_material(desk.session, owner, code, **facts)
    return _answer(desk, "material", row, before)


@item.command("takes")
@_code
@click.argument("material", metavar="MATERIAL")
@click.option("--amount", type=Quantity(), required=True, help="For one pack: 1pcs, or 2g.")
@writes
def add_packing(desk: Desk, /, code: str, material: str, amount: Amount) -> str:
    """Say what one pack takes of a material; packing then uses up its lots."""
    sold, used = desk.item(code), desk.material(material)
    row = catalogue.ensure_packing(
        desk.session, sold, used, pieces=amount.pieces, weight_g=amount.weight_g
    )
    if desk.as_json:
        return _text.as_json(row.model_dump(mode="json"))
    return f"a pack of {sold.code} takes {_text.amount(amount)} of {used.code}"


@partner.command("add")
@_code
@_named
@click.option("--role", type=OneOf(PARTY_ROLES), help="What they are to you.")
@click.option("--gln", help="13 digits, from GS1.")
@click.option("--address", metavar="TEXT", help="In one line, the country last.")
@click.option("--phone", metavar="TEXT", help="With the country's code.")
@click.option(
    "--gives-lot-codes/--gives-none",
    "gives_lot_codes",
    default=None,
    help="Whether its lots come with a code; an exempt supplier's get one of ours.",
)
@click.option(
    "--public/--private",
    "is_public",
    default=None,
    help="Whether shoppers may read that they received a lot. New: private.",
)
@writes
def add_partner(desk: Desk, /, code: str, gln: str | None, **said: object) -> str:
    """Add a partner, or change what is said of it."""
    owner = desk.organisation
    before = _before(desk, Party, code, organisation_id=owner.id)
    facts = _said(said) | ({"gln": gln13(gln)} if gln else {})
    _needs(before, code, facts, {})
    row = catalogue.ensure_party(desk.session, owner, code, **facts)
    return _answer(desk, "partner", row, before)


@crop.command("list")
@looks_up
def list_crops(desk: Desk) -> str:
    """List crops."""
    return _listed(desk, Crop, ("code", "variety", "largest_head_g", "growing_days", "name"))


@item.command("list")
@looks_up
def list_items(desk: Desk) -> str:
    """List trade items."""
    return _listed(desk, TradeItem, ("code", "gtin", "net_content_g", "pack", "name"))


@zone.command("list")
@looks_up
def list_zones(desk: Desk) -> str:
    """List the zones of this site."""
    return _listed(desk, Zone, ("code", "kind", "name"), site_id=desk.site.id)


@material.command("list")
@looks_up
def list_materials(desk: Desk) -> str:
    """List materials."""
    return _listed(desk, Material, ("code", "kind", "name"))


@partner.command("list")
@looks_up
def list_partners(desk: Desk) -> str:
    """List partners."""
    return _listed(desk, Party, ("code", "role", "gln", "is_public", "name"))


def _version(desk: Desk, crop: Mapping[str, Any] | None) -> int:
    """Return the newest version of a crop's recipe; 0 where there is none."""
    row = recipes.newest_of(desk.session, Crop(**crop)) if crop else None
    return 0 if row is None else row.version


def _said(facts: Mapping[str, object]) -> dict[str, Any]:
    """Keep what was said: an option left out must not wipe what an earlier one set."""
    return {name: value for name, value in facts.items() if value is not None}


def _before(desk: Desk, model: type[SQLModel], code: str, **within: str) -> dict[str, Any] | None:
    row = desk.session.exec(select(model).filter_by(code=code, **within)).first()
    return None if row is None else row.model_dump()


def _needs(
    before: Mapping[str, object] | None,
    code: str,
    facts: dict[str, Any],
    needed: Mapping[str, str],
) -> None:
    """Refuse a new row without what it cannot be without; its name is its code unless said."""
    if before is not None:
        return
    facts.setdefault("name", code)
    for name, option in needed.items():
        if name not in facts:
            raise BadValue(
                field=option.split()[0],
                expected=f"a value for the new {code}",
                got="nothing",
                next_step=f"say {option}",
            )


def _answer(desk: Desk, what: str, row: Any, before: Mapping[str, Any] | None) -> str:
    desk.session.flush()
    facts = row.model_dump(mode="json")
    if desk.as_json:
        return _text.as_json(facts)
    if before is None:
        return f"{what} {row.code} ({_text.name_of(row)}) added"
    changed = [name for name, value in row.model_dump().items() if before[name] != value]
    if not changed:
        return f"{what} {row.code} ({_text.name_of(row)}) is already so"
    return f"{what} {row.code} ({_text.name_of(row)}) changed: {', '.join(changed)}"


def _listed(desk: Desk, model: type[Any], columns: Sequence[str], **within: str) -> str:
    within = within or {"organisation_id": desk.organisation.id}
    rows = desk.session.exec(select(model).filter_by(**within).order_by(col(model.code))).all()
    if desk.as_json:
        return _text.as_json([row.model_dump(mode="json") | _targets(desk, row) for row in rows])
    if not rows:
        return "none yet; `add` makes one"
    header = [
        column.removesuffix("_g") + (" [g]" if column.endswith("_g") else "") for column in columns
    ]
    return "\n".join(_text.table(header, [[_cell(row, name) for name in columns] for row in rows]))


def _cell(row: Any, column: str) -> str:
    if column == "name":
        return " / ".join(dict.fromkeys(name for name in (row.name, row.name_ja) if name))
    value = getattr(row, column)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _targets(desk: Desk, row: Any) -> dict[str, Any]:
    if not isinstance(row, Crop):
        return {}
    return {"targets": catalogue.targets_of(desk.session, row) or {}}
