"""`minori sheet`: tables that auditors, authorities and partners ask for."""

from pathlib import Path

import click

from edge.commands._arguments import time_of
from edge.commands._desk import Desk, InOrder, looks_up
from edge.commands._sheet_files import file_options, given_out
from traceability.fsma import Request

_HELP = """Sheets for auditors, authorities and partners.

\b
minori sheet fsma --lot P-1 --out fsma.xlsx
minori sheet fsma --from 2026-07-01 --to 2026-08-01 --out fsma.zip --encoding cp932

Without --out: what is in it, and what is missing. docs/sheets.md says what each
sheet holds and which rule wants it.
"""


@click.group(cls=InOrder, help=_HELP)
def command() -> None:
    pass


@command.command()
@click.option("--lot", metavar="LOT", help="A lot, with all it came from and went into.")
@click.option("--from", "start", metavar="TIME", help="From then on, such as 2026-11-01.")
@click.option("--to", "end", metavar="TIME", help="Until then. Without: now.")
@file_options
@looks_up
def fsma(
    desk: Desk,
    lot: str | None,
    start: str | None,
    end: str | None,
    out: Path | None,
    table: str,
    encoding: str,
    replace: bool,
    language: str | None,
) -> str:
    """FSMA 204: the electronic sortable spreadsheet of a lot or a period."""
    from api import fsma_sheets
    from api.i18n import Reader

    zone = desk.settings.zone_info
    request = Request(
        time_of(start, zone=zone, now=desk.now) if start else None,
        time_of(end, zone=zone, now=desk.now) if end else None,
        desk.lot(lot) if lot else None,
    )
    reader = Reader.of(language or "en")
    made = fsma_sheets.tables(reader, desk.session, desk.organisation, request, now=desk.now)
    return given_out(desk, made, out=out, table=table, encoding=encoding, replace=replace)
