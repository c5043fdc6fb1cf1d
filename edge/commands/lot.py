"""`minori lot`: lots listed, shown, and everything that is done with them.

LOT is a code, a link or a scan; where several lots answer, they are listed and none is guessed.
Amounts are written 40pcs, 3.2kg or 40pcs,3200g.
"""

import click

from edge.commands import _lot_stock
from edge.commands._arguments import (
    ActId,
    Count,
    Number,
    OneOf,
    Quantity,
    Weight,
    named_amount,
)
from edge.commands._desk import Desk, InOrder, looks_up, records
from traceability import lots, staging, supplies, voiding
from traceability.amounts import Amount
from traceability.errors import BadValue
from traceability.models import STAGES, Act
from traceability.occasions import Occasion

_lot = click.argument("lot", metavar="LOT")
_zone = click.option("--zone", required=True, metavar="CODE", help="Where it goes.")
_code = click.option("--code", required=True, help="The new lot's code.")
_amount = click.option("--amount", type=Quantity(), help="How much of it. Without: all.")


# \b keeps click from flowing the lines of an example together.
_HELP = """Lots: list, show, sow, harvest, pack, ship and all between.

\b
minori lot sow L1 --crop lowk --zone A --pieces 200
minori lot harvest L1 --pieces 200 --weight 18.4kg --zone P --final
minori lot pack L1-1 --item lowk-80 --packs 220 --code P-1 --zone C
minori lot ship P-1 --to mart --amount 100pcs

LOT is a code, a GS1 link or a scan. AMOUNT is 40pcs, 3.2kg or 40pcs,3200g.
"""


@click.group(cls=InOrder, help=_HELP)
def command() -> None:
    pass


@command.command("list")
@click.option("--stage", type=OneOf(STAGES), help="Only lots of this stage.")
@click.option("--crop", default="", metavar="CODE", help="Only lots of this crop.")
@click.option("--text", default="", help="Only lots whose code contains this.")
@click.option("--all", "with_closed", is_flag=True, help="Closed lots, too.")
@click.option("--limit", type=Count(), default=50, show_default=True, help="At most so many.")
@looks_up
def list_lots(
    desk: Desk, stage: str | None, crop: str, text: str, with_closed: bool, limit: int
) -> str:
    """List lots, newest first: open ones, or --all."""
    from edge.commands import _lots

    return _lots.listed(
        desk, stage=stage or "", crop=crop, text=text, with_closed=with_closed, limit=limit
    )


@command.command()
@_lot
@click.option("--acts", is_flag=True, help="Only its acts, with the ids that `void` takes.")
@looks_up
def show(desk: Desk, lot: str, acts: bool) -> str:
    """Amount, place, journey, conditions and inspections of a lot."""
    from edge.commands import _lots

    found = desk.lot(lot)
    return _lots.acts_shown(desk, found) if acts else _lots.shown(desk, found)


@command.command()
@_lot
@click.option("--parts", is_flag=True, help="Day and night of every quantity, not of some.")
@looks_up
def conditions(desk: Desk, lot: str, parts: bool) -> str:
    """What a lot lived through by stage, day and night, against its recipe."""
    from edge.commands import _stages

    return _stages.shown(desk, desk.lot(lot), every_part=parts)


@command.command()
@click.argument("code", required=False)
@click.option("--crop", required=True, metavar="CODE", help="What is sown.")
@_zone
@click.option("--pieces", required=True, type=Count(), help="How many plants.")
@click.option("--seed", "seeds", multiple=True, metavar="LOT=AMOUNT", help="Seed lot sown from.")
@records
def sow(
    desk: Desk,
    occasion: Occasion,
    code: str | None,
    crop: str,
    zone: str,
    pieces: int,
    seeds: tuple[str, ...],
) -> Act:
    """Start a growing lot.

    Without CODE it gets the next of the pattern under [lots].
    """
    used = []
    for text in seeds:
        name, amount = named_amount(text, field="--seed")
        if amount is None:
            raise _no_amount("--seed", text)
        used.append((desk.lot(name), amount))
    return lots.sow(
        desk.session,
        occasion,
        zone=desk.zone(zone),
        crop=desk.crop(crop),
        code=code,
        pieces=pieces,
        seeds=used,
    )


@command.command()
@_lot
@_zone
@click.option("--lost", type=Count(0), default=0, help="Plants that did not make it.")
@records
def transplant(desk: Desk, occasion: Occasion, lot: str, zone: str, lost: int) -> Act:
    """Move plants on to their next zone or gear."""
    found = desk.lot(lot)
    place = desk.zone(zone, site_id=found.site_id)
    return lots.transplant(desk.session, occasion, lot=found, zone=place, lost_pieces=lost)


@command.command()
@_lot
@click.argument("stage", metavar="STAGE")
@records
def stage(desk: Desk, occasion: Occasion, lot: str, stage: str) -> Act:
    """Say which STAGE of its recipe it is in, where acts and days do not."""
    return staging.set_stage(desk.session, occasion, lot=desk.lot(lot), stage=stage)


@command.command()
@_lot
@_zone
@records
def move(desk: Desk, occasion: Occasion, lot: str, zone: str) -> Act:
    """Put a whole lot into another zone; a part is a split first."""
    found = desk.lot(lot)
    place = desk.zone(zone, site_id=found.site_id)
    return lots.move(desk.session, occasion, lot=found, zone=place)


@command.command()
@_lot
@click.option("--pieces", required=True, type=Count(), help="How many heads were cut.")
@click.option("--weight", required=True, type=Weight(), help="What they weigh, 18.4kg or 18400g.")
@_zone
@click.option("--code", help="The harvested lot's code. Without: LOT-1, LOT-2, ...")
@click.option("--final", is_flag=True, help="The last harvest: what is left is lost.")
@records
def harvest(
    desk: Desk,
    occasion: Occasion,
    lot: str,
    pieces: int,
    weight: int,
    zone: str,
    code: str | None,
    final: bool,
) -> Act:
    """Cut heads of a growing lot; what was cut is a new lot."""
    found = desk.lot(lot)
    return lots.harvest(
        desk.session,
        occasion,
        lot=found,
        pieces=pieces,
        weight_g=weight,
        zone=desk.zone(zone, site_id=found.site_id),
        code=code,
        final=final,
    )


@command.command()
@_lot
@click.option("--measure", required=True, help="What was measured, such as potassium.")
@click.option("--value", required=True, type=Number(), help="The number.")
@click.option("--unit", required=True, help='Its unit, such as "mg/100 g".')
@click.option("--method", default="", help="How, or by which laboratory.")
@records
def inspect(
    desk: Desk,
    occasion: Occasion,
    lot: str,
    measure: str,
    value: float,
    unit: str,
    method: str,
) -> Act:
    """Note a measured property of a lot."""
    found = desk.lot(lot)
    return lots.inspect(
        desk.session,
        occasion,
        lot=found,
        measure=measure,
        value=value,
        unit=unit,
        method=method,
    )


@command.command()
@_lot
@click.argument("parts", nargs=-1, required=True, metavar="CODE=AMOUNT...")
@records
def split(desk: Desk, occasion: Occasion, lot: str, parts: tuple[str, ...]) -> Act:
    """Divide a lot into parts; they must add up to it."""
    named: list[tuple[str, Amount]] = []
    for text in parts:
        code, amount = named_amount(text, field="CODE=AMOUNT")
        if amount is None:
            raise _no_amount("CODE=AMOUNT", text)
        named.append((code, amount))
    return lots.split(desk.session, occasion, lot=desk.lot(lot), parts=named)


@command.command()
@click.argument("names", nargs=-1, required=True, metavar="LOT LOT...")
@_code
@records
def merge(desk: Desk, occasion: Occasion, names: tuple[str, ...], code: str) -> Act:
    """Put whole lots of one kind together under a new code."""
    found = [desk.lot(name) for name in names]
    return lots.merge(desk.session, occasion, lots=found, code=code)


@command.command()
@click.argument("names", nargs=-1, required=True, metavar="LOT[=WEIGHT]...")
@click.option("--item", required=True, metavar="CODE", help="Trade item: its code or GTIN.")
@click.option("--packs", required=True, type=Count(), help="How many packs.")
@click.option("--code", help="The new lot's code. Without: the next of the pattern under [lots].")
@_zone
@records
def pack(
    desk: Desk,
    occasion: Occasion,
    names: tuple[str, ...],
    item: str,
    packs: int,
    code: str | None,
    zone: str,
) -> Act:
    """Pack harvested lots: all of each, or so much of it."""
    inputs = []
    for text in names:
        name, amount = named_amount(text, field="LOT=WEIGHT")
        if amount is not None and (amount.weight_g is None or amount.pieces is not None):
            raise BadValue(
                field="LOT=WEIGHT",
                expected="a weight, such as L1-1=8kg",
                got=repr(text),
                next_step="packing is reckoned in grams: say how many went in",
            )
        inputs.append((desk.lot(name), amount.weight_g if amount else None))
    return lots.pack(
        desk.session,
        occasion,
        inputs=inputs,
        item=desk.item(item),
        code=code,
        packs=packs,
        zone=desk.zone(zone, site_id=inputs[0][0].site_id),
    )


@command.command()
@_lot
@click.option("--to", "partner", required=True, metavar="CODE", help="The partner's code.")
@_amount
@records
def ship(desk: Desk, occasion: Occasion, lot: str, partner: str, amount: Amount | None) -> Act:
    """Send a lot, or an amount of it, to a partner."""
    found = desk.lot(lot)
    return lots.ship(desk.session, occasion, lot=found, to=desk.party(partner), amount=amount)


@command.command()
@click.argument("code", required=False)
@click.option("--crop", metavar="CODE", help="What it is; a trade item says it, too.")
@click.option("--item", metavar="CODE", help="Trade item: its code or GTIN.")
@click.option("--material", metavar="CODE", help="A supply: its material.")
@click.option("--from", "partner", required=True, metavar="CODE", help="Who it came from.")
@click.option("--amount", required=True, type=Quantity(), help="How much came.")
@click.option("--stage", type=OneOf(STAGES), default="input", show_default=True)
@_zone
@records
def receive(
    desk: Desk,
    occasion: Occasion,
    code: str | None,
    crop: str | None,
    item: str | None,
    material: str | None,
    partner: str,
    amount: Amount,
    stage: str,
    zone: str,
) -> Act:
    """Take in seed, produce or a supply (--material).

    CODE is the one it came with; only a supplier who gives none gets one of our pattern.
    """
    if material is not None:
        return supplies.receive_supply(
            desk.session,
            occasion,
            zone=desk.zone(zone),
            material=desk.material(material),
            code=code or "",
            amount=amount,
            from_party=desk.party(partner),
        )
    if crop is None and item is None:
        raise BadValue(
            field="--crop",
            expected="--crop, --item or --material",
            got="none of them",
            next_step="say what came",
        )
    sold_as = desk.item(item) if item else None
    return lots.receive(
        desk.session,
        occasion,
        zone=desk.zone(zone),
        crop=desk.crop_of_product(crop or str(item)),
        code=code,
        amount=amount,
        from_party=desk.party(partner),
        stage=stage,
        item=sold_as,
    )


@command.command()
@_lot
@click.option("--reason", required=True, help="Why.")
@_amount
@records
def discard(desk: Desk, occasion: Occasion, lot: str, reason: str, amount: Amount | None) -> Act:
    """Throw away a lot, or an amount of it, and say why."""
    found = desk.lot(lot)
    return lots.discard(desk.session, occasion, lot=found, reason=reason, amount=amount)


@command.command()
@click.argument("act", type=ActId())
@records
def void(desk: Desk, occasion: Occasion, act: str) -> Act:
    """Take back an act recorded by mistake.

    ACT is its id, from `minori lot show LOT --acts`.
    """
    return voiding.void(desk.session, occasion, act=desk.act(act))


for _one in _lot_stock.COMMANDS:
    command.add_command(_one)


def _no_amount(field: str, text: str) -> BadValue:
    return BadValue(
        field=field,
        expected="a code and an amount, such as A=40pcs or A=3.2kg",
        got=repr(text),
        next_step="say how much",
    )
