"""`minori balance`: what there was and came, against what went and is left, to the gram."""

import sys

import click

from edge.commands import _text
from edge.commands._arguments import time_of
from edge.commands._desk import Desk, looks_up
from traceability import balance
from traceability.balance import COMES, GOES, Balance
from traceability.errors import BadValue

_WORDS = {
    "harvested": "harvested",
    "received": "received",
    "returned": "came back",
    "made": "made of others",
    "shipped": "shipped",
    "discarded": "thrown away",
    "sampled": "taken as samples",
    "used": "went into others",
    "lost": "lost in making",
}
# More than these and the reader wants --json.
_SHOWN = 20


@click.command()
@click.option("--lot", metavar="LOT", help="The account of one lot.")
@click.option("--crop", metavar="CODE", help="Of a crop's harvested and packed lots.")
@click.option("--item", metavar="CODE", help="Of a trade item's packs.")
@click.option("--from", "start", metavar="TIME", help="From then on, such as 2026-11-01.")
@click.option("--to", "end", metavar="TIME", help="Until then. Without: now.")
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 100),
    default=1.0,
    show_default=True,
    help="Percent of what came that may be unexplained; beyond it the exit code is 1.",
)
@looks_up
def command(
    desk: Desk,
    lot: str | None,
    crop: str | None,
    item: str | None,
    start: str | None,
    end: str | None,
    tolerance: float,
) -> str:
    """Mass balance of a lot, a crop or a trade item; the unexplained is named."""
    found = _account(desk, lot, crop, item, start, end)
    is_within = found.is_within(tolerance / 100)
    if desk.as_json:
        said = _text.as_json(_facts(found, is_within=is_within))
    else:
        said = "\n".join(_lines(found, tolerance, is_within=is_within))
    if not is_within:
        click.echo(said)
        sys.exit(1)
    return said


def _account(
    desk: Desk,
    lot: str | None,
    crop: str | None,
    item: str | None,
    start: str | None,
    end: str | None,
) -> Balance:
    if sum(1 for named in (lot, crop, item) if named) != 1:
        raise BadValue(
            field="account",
            expected="one of --lot, --crop and --item",
            got="none or several",
            next_step="name one",
        )
    zone = desk.settings.zone_info
    until = time_of(end, zone=zone, now=desk.now, option="--to")
    if lot:
        return balance.of_lot(desk.session, desk.lot(lot), until=until)
    since = time_of(start or "1970-01-01", zone=zone, now=desk.now, option="--from")
    if crop:
        return balance.of_crop(desk.session, desk.crop(crop), start=since, end=until)
    return balance.of_item(desk.session, desk.item(str(item)), start=since, end=until)


def _lines(found: Balance, tolerance: float, *, is_within: bool) -> list[str]:
    rows = [
        ("there at the beginning", found.opening_g),
        *((_WORDS[name], found.entries[name]) for name in COMES),
        *((f"- {_WORDS[name]}", found.entries[name]) for name in GOES),
        ("- there at the end", found.closing_g),
        ("= unexplained", found.unexplained_g),
    ]
    table = _text.table(("", "g"), [(name, f"{grams:,}") for name, grams in rows], numbers=(1,))
    verdict = "within" if is_within else "BEYOND"
    return [
        f"{found.lots} lots",
        *table[1:],
        f"{verdict} {tolerance:g} % of what came",
        *(f"  {_named(one)}" for one in found.unexplained[:_SHOWN]),
        *(
            [f"  and {len(found.unexplained) - _SHOWN} more"]
            if len(found.unexplained) > _SHOWN
            else []
        ),
    ]


def _named(one: balance.Named) -> str:
    if one.grams is None:
        return f"{one.lot}: some of it was never weighed"
    word = "missing" if one.grams > 0 else "too much"
    return f"{one.lot}: a count found {abs(one.grams):,} g {word}"


def _facts(found: Balance, *, is_within: bool) -> dict[str, object]:
    from api.v1.balances import BalanceOut

    return {**BalanceOut.of(found).model_dump(mode="json"), "within_tolerance": is_within}
