"""Commands of `minori lot` for what changes a stock beside making and shipping it: holds, counts,
samples, returns, rework, new labels, supplies used."""

import click

from edge.commands._arguments import Quantity, Weight
from edge.commands._desk import Desk, records
from traceability import holds, rework, stock, supplies
from traceability.amounts import Amount
from traceability.models import Act
from traceability.occasions import Occasion

_lot = click.argument("lot", metavar="LOT")
_lots = click.argument("names", nargs=-1, required=True, metavar="LOT...")
_reason = click.option("--reason", required=True, help="Why.")
_zone = click.option("--zone", required=True, metavar="CODE", help="Where it goes.")
_all_of_it = click.option("--amount", type=Quantity(), help="How much of it. Without: all.")


@click.command()
@_lots
@_reason
@records
def hold(desk: Desk, occasion: Occasion, names: tuple[str, ...], reason: str) -> Act:
    """Stop lots: nothing of them goes out until `release`."""
    found = [desk.lot(name) for name in names]
    return holds.hold(desk.session, occasion, lots=found, reason=reason)


@click.command()
@_lots
@_reason
@records
def release(desk: Desk, occasion: Occasion, names: tuple[str, ...], reason: str) -> Act:
    """Let lots on hold go again; say what was found."""
    found = [desk.lot(name) for name in names]
    return holds.release(desk.session, occasion, lots=found, reason=reason)


@click.command()
@_lot
@click.option("--amount", required=True, type=Quantity(), help="How much was taken.")
@click.option("--purpose", required=True, help="What for, such as potassium.")
@records
def sample(desk: Desk, occasion: Occasion, lot: str, amount: Amount, purpose: str) -> Act:
    """Take some away for a test; `inspect` notes the result."""
    found = desk.lot(lot)
    return stock.sample(desk.session, occasion, lot=found, amount=amount, purpose=purpose)


@click.command()
@_lot
@click.option("--amount", required=True, type=Quantity(), help="What is really there.")
@click.option("--why", default="", help="Why it was counted.")
@records
def count(desk: Desk, occasion: Occasion, lot: str, amount: Amount, why: str) -> Act:
    """Say what is really there; the error is kept."""
    return stock.count(desk.session, occasion, lot=desk.lot(lot), counted=amount, why=why)


@click.command("return")
@_lot
@click.option("--from", "partner", required=True, metavar="CODE", help="Who gave it back.")
@click.option("--amount", required=True, type=Quantity(), help="How much came back.")
@_zone
@_reason
@records
def give_back(
    desk: Desk,
    occasion: Occasion,
    lot: str,
    partner: str,
    amount: Amount,
    zone: str,
    reason: str,
) -> Act:
    """Take back what a partner was sent; it keeps its code."""
    found = desk.lot(lot)
    return stock.give_back(
        desk.session,
        occasion,
        lot=found,
        from_party=desk.party(partner),
        amount=amount,
        zone=desk.zone(zone, site_id=found.site_id),
        reason=reason,
    )


@click.command("rework")
@_lot
@click.option("--weight", required=True, type=Weight(), help="What of it is good, 3.9kg.")
@click.option("--code", required=True, help="The code of what is good: a harvested lot.")
@_all_of_it
@_zone
@_reason
@records
def rework_packs(
    desk: Desk,
    occasion: Occasion,
    lot: str,
    weight: int,
    code: str,
    amount: Amount | None,
    zone: str,
    reason: str,
) -> Act:
    """Open packs; what is good is packed anew."""
    found = desk.lot(lot)
    return rework.rework(
        desk.session,
        occasion,
        lot=found,
        amount=amount,
        weight_g=weight,
        code=code,
        zone=desk.zone(zone, site_id=found.site_id),
        reason=reason,
    )


@click.command()
@_lot
@click.option("--item", required=True, metavar="CODE", help="Trade item: its code or GTIN.")
@click.option("--code", required=True, help="The lot code on the new label.")
@_all_of_it
@_reason
@records
def relabel(
    desk: Desk,
    occasion: Occasion,
    lot: str,
    item: str,
    code: str,
    amount: Amount | None,
    reason: str,
) -> Act:
    """Give packs another label and code, same content."""
    return rework.relabel(
        desk.session,
        occasion,
        lot=desk.lot(lot),
        item=desk.item(item),
        code=code,
        amount=amount,
        reason=reason,
    )


@click.command()
@_lot
@_all_of_it
@click.option("--zone", metavar="CODE", help="On all that grows there; or the tank it went into.")
@click.option("--on", "names", multiple=True, metavar="LOT", help="On this lot; may be repeated.")
@records
def use(
    desk: Desk,
    occasion: Occasion,
    lot: str,
    amount: Amount | None,
    zone: str | None,
    names: tuple[str, ...],
) -> Act:
    """Use a supply, such as fertiliser, on what grows."""
    found = desk.lot(lot)
    return supplies.use(
        desk.session,
        occasion,
        supply=found,
        amount=amount,
        zone=desk.zone(zone, site_id=found.site_id) if zone else None,
        lots=[desk.lot(name) for name in names],
    )


COMMANDS = (hold, release, sample, count, give_back, rework_packs, relabel, use)
