"""`minori sheet`: tables that auditors, authorities and partners ask for."""

from datetime import timedelta

import click

from edge.commands._arguments import time_of
from edge.commands._desk import Desk, InOrder, looks_up
from edge.commands._sheet_files import FileWish, file_options, given_out
from edge.commands._spans import span_of
from traceability.errors import BadValue

_HELP = """Sheets for auditors, authorities and partners.

\b
minori sheet fsma --lot P-1 --out fsma.xlsx
minori sheet jgap --from 2026-07-01 --out jgap.zip --encoding cp932
minori sheet jas0033 --lot P-1 --out record.xlsx

Without --out: what is in it, and what is missing. docs/sheets.md says what each
sheet holds and which rule wants it.
"""
_lot = click.option("--lot", metavar="LOT", help="A lot, with all it came from and went into.")
_start = click.option("--from", "start", metavar="TIME", help="From then on: 2026-11-01.")
_end = click.option("--to", "end", metavar="TIME", help="Until then. Without: now.")
_HOUR = timedelta(hours=1)
# A day at most: longer steps hide a door left open.
_STEPS = (timedelta(minutes=1), timedelta(days=1))


@click.group(cls=InOrder, help=_HELP)
def command() -> None:
    pass


@command.command()
@_lot
@_start
@_end
@file_options("en")
@looks_up
def fsma(desk: Desk, /, lot: str | None, start: str | None, end: str | None, wish: FileWish) -> str:
    """FSMA 204: the electronic sortable spreadsheet."""
    return _made(desk, "fsma", lot, (start, end), wish)


@command.command()
@_lot
@_start
@_end
@file_options("ja")
@looks_up
def jgap(desk: Desk, /, lot: str | None, start: str | None, end: str | None, wish: FileWish) -> str:
    """JGAP, ASIAGAP: harvests, shipments, mass balance."""
    return _made(desk, "jgap", lot, (start, end), wish)


@command.command()
@click.option("--lot", metavar="LOT", required=True, help="A harvest, or packs.")
@_start
@_end
@click.option("--step", default="1h", show_default=True, help="Of the record: 10min, 1h.")
@file_options("ja")
@looks_up
def jas0033(
    desk: Desk, /, lot: str, start: str | None, end: str | None, step: str, wish: FileWish
) -> str:
    """JAS 0033: temperature and time record of a lot."""
    wide = span_of(step, field="--step")
    if not _STEPS[0] <= wide <= _STEPS[1]:
        raise BadValue(
            field="--step", expected="1min to 1d", got=step, next_step="choose one between"
        )
    return _made(desk, "jas0033", lot, (start, end), wish, step=wide)


def _made(
    desk: Desk,
    name: str,
    lot: str | None,
    span: tuple[str | None, str | None],
    wish: FileWish,
    *,
    step: timedelta = _HOUR,
) -> str:
    from api import sheet_kinds
    from api.i18n import Reader
    from api.sheet_kinds import Asked

    zone = desk.settings.zone_info
    start, end = (
        time_of(at, zone=zone, now=desk.now, option=option) if at else None
        for option, at in zip(("--from", "--to"), span, strict=True)
    )
    found = desk.lot(lot) if lot else None
    asked = Asked(desk.session, desk.organisation, desk.now, found, start, end, step)
    return given_out(desk, sheet_kinds.tables(name, Reader.of(wish.language), asked), wish)
