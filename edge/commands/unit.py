"""`minori unit`: cases and pallets, packed under one number, opened, shipped whole."""

from collections.abc import Sequence
from typing import Any, Literal, cast

import click
from sqlmodel import col, select

from edge.commands import _lots, _text
from edge.commands._arguments import ActId, OneOf, named_amount
from edge.commands._desk import Desk, InOrder, looks_up, records
from edge.commands.label import KINDS, STOCKS, kind_of, label_written
from traceability import contents, unit_past, units, voiding
from traceability.models import UNIT_KINDS, Act, LogisticUnit
from traceability.occasions import Occasion

_HELP = """Cases and pallets: one number (SSCC) for what is inside.

\b
minori unit pack case P-1=20pcs
minori unit pack pallet --unit 045699510000000016 --unit 045699510000000023
minori unit label 145699510000000013 --out pallet.pdf
minori unit ship 145699510000000013 --to mart

The number comes from gs1_prefix under [site]; without one give a --code.
"""


@click.group(cls=InOrder, help=_HELP)
def command() -> None:
    pass


@command.command()
@click.argument("kind", type=OneOf(UNIT_KINDS))
@click.argument("names", nargs=-1, metavar="LOT[=AMOUNT]...")
@click.option("--unit", "inner", multiple=True, metavar="CODE", help="A case that goes in whole.")
@click.option("--code", help="A code of your own. Without: the next SSCC.")
@records
def pack(
    desk: Desk,
    occasion: Occasion,
    kind: str,
    names: tuple[str, ...],
    inner: tuple[str, ...],
    code: str | None,
) -> Act:
    """Put packs, or cases, into a new case or pallet."""
    held = []
    for text in names:
        name, amount = named_amount(text, field="LOT=AMOUNT")
        lot = desk.lot(name)
        held.append((lot, amount or contents.loose(desk.session, lot)))
    return units.aggregate(
        desk.session,
        occasion,
        kind=kind,
        site=desk.site,
        lots=held,
        units=[units.find_unit(desk.session, one) for one in inner],
        code=code,
    )


@command.command("open")
@click.argument("unit")
@records
def take_out(desk: Desk, occasion: Occasion, unit: str) -> Act:
    """Take everything out of a case or pallet; cases on a pallet stay packed."""
    found = units.find_unit(desk.session, unit)
    return units.disaggregate(desk.session, occasion, unit=found)


@command.command()
@click.argument("unit")
@click.option("--to", "partner", required=True, metavar="CODE", help="The partner's code.")
@records
def ship(desk: Desk, occasion: Occasion, unit: str, partner: str) -> Act:
    """Send a case or pallet, with all that is in it, to a partner."""
    found = units.find_unit(desk.session, unit)
    return units.ship_unit(desk.session, occasion, unit=found, to=desk.party(partner))


@command.command()
@click.argument("act", type=ActId())
@records
def void(desk: Desk, occasion: Occasion, act: str) -> Act:
    """Take back what was done with a case or pallet by mistake.

    ACT is its id, from `minori unit show UNIT --acts`.
    """
    return voiding.void(desk.session, occasion, act=desk.act(act))


@command.command("list")
@click.option("--all", "with_empty", is_flag=True, help="Empty ones, too: shipped or opened.")
@looks_up
def list_units(desk: Desk, with_empty: bool) -> str:
    """List cases and pallets with something in them, newest first."""
    query = select(LogisticUnit).where(LogisticUnit.organisation_id == desk.organisation.id)
    every = desk.session.exec(query.order_by(col(LogisticUnit.made_at).desc())).all()
    found = [(unit, contents.of_unit(desk.session, unit)) for unit in every]
    shown = [(unit, inside) for unit, inside in found if with_empty or not inside.is_nothing]
    if desk.as_json:
        return _text.as_json([_facts(unit, inside) for unit, inside in shown])
    if not shown:
        return "none yet; `minori unit pack` makes one"
    rows = [(unit.code, unit.kind, _said(inside)) for unit, inside in shown]
    return "\n".join(_text.table(("code", "kind", "holds"), rows))


@command.command()
@click.argument("unit")
@click.option("--acts", is_flag=True, help="What was done with it, with the ids `void` takes.")
@looks_up
def show(desk: Desk, unit: str, acts: bool) -> str:
    """Say what is in a case or pallet, and in the cases on it."""
    found = units.find_unit(desk.session, unit)
    if acts:
        return _lots.acts_listed(desk, _acts_of(desk, found), site_id=found.site_id)
    inside = contents.of_unit_in_all(desk.session, found)
    if desk.as_json:
        return _text.as_json([_facts(one, held) for one, held in inside])
    rows = [(one.code, one.kind, _said(held)) for one, held in inside]
    return "\n".join(_text.table(("code", "kind", "holds"), rows))


@command.command()
@click.argument("unit")
@click.option("--format", "kind", type=OneOf(KINDS), help="Without: as FILE ends, or svg.")
@click.option("--out", metavar="FILE", help="Where to; - is standard output. Without: UNIT.svg")
@click.option("--template", type=OneOf(UNIT_KINDS), help="Its size. Without: as the unit is.")
@click.option("--copies", type=click.IntRange(1, 1000), default=1, help="How many (pdf, zpl).")
@click.option("--stock", type=OneOf(STOCKS), help="A4 label stock (pdf). Without: what fits.")
@click.option("--skip", type=click.IntRange(0, 100), default=0, help="Labels used before (pdf).")
@click.option("--dpi", type=OneOf(("203", "300", "600")), default="203", help="Printer (zpl).")
@looks_up
def label(
    desk: Desk,
    /,
    unit: str,
    kind: str | None,
    out: str | None,
    template: str | None,
    stock: str | None,
    dpi: str,
    **run: Any,
) -> str:
    """Write the label of a case or pallet.

    It carries the SSCC as GS1-128 and DataMatrix, with what is in it where that is one
    product; a QR code to its page; and the same in words. PNG is the QR code alone.
    """
    from api.print_run import PrintRun
    from api.unit_label import STOCK, unit_label

    found = units.find_unit(desk.session, unit)
    sheet = PrintRun(template or found.kind, stock=stock or STOCK[found.kind], dpi=int(dpi), **run)
    made = cast("Literal['svg', 'png', 'pdf', 'zpl']", kind or kind_of(out))
    public_url = desk.settings.web.public_url
    link, drawn = unit_label(desk.session, found, sheet, public_url=public_url, kind=made)
    return label_written(desk, found.code, made, out, link, drawn)


def _acts_of(desk: Desk, unit: LogisticUnit) -> list[Act]:
    """Oldest first, as of a lot."""
    return [one.act for one in reversed(unit_past.acts_of(desk.session, unit))]


def _said(inside: contents.Contents) -> str:
    lots = [f"{lot.code} {_text.amount(amount)}" for lot, amount in inside.lots]
    cases = [unit.code for unit in inside.units]
    return ", ".join(_shortened([*lots, *cases])) or "nothing"


def _shortened(words: Sequence[str], most: int = 4) -> list[str]:
    more = len(words) - most
    return list(words) if more <= 0 else [*words[:most], f"and {more} more"]


def _facts(unit: LogisticUnit, inside: contents.Contents) -> dict[str, object]:
    return {
        "code": unit.code,
        "kind": unit.kind,
        "sscc": unit.code if unit.is_sscc else None,
        "lots": [
            {"lot": lot.code, "pieces": amount.pieces, "weight_g": amount.weight_g}
            for lot, amount in inside.lots
        ],
        "units": [one.code for one in inside.units],
    }
