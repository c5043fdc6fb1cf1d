"""`minori db`: the database's schema, and what state it is in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands._config import config_option

if TYPE_CHECKING:
    from edge.settings import Settings


@click.group()
def command() -> None:
    """Check the database, or bring its schema to this version's."""


@command.command()
@click.option("--no-backup", is_flag=True, help="Do not copy the record first.")
@click.option("--backup-to", type=click.Path(path_type=Path), help="Else: [backup] folder.")
@config_option
def upgrade(no_backup: bool, backup_to: Path | None, config: Path | None) -> None:
    """Bring the schema to this version's; makes the database where there is none.

    Where there is something to change, the record is copied first: a version that is installed
    back cannot read what a newer one made of it.
    """
    from edge.settings_file import load
    from traceability import database

    settings = load(config)
    found = database.revision_of(settings.database_url)
    if found not in (None, database.head()) and not no_backup:
        _copy_first(settings, backup_to)
    click.echo(f"the database is at schema {database.upgrade(settings.database_url)}")


@command.command()
@config_option
def check(config: Path | None) -> None:
    """Say whether this version can work with the database, and whether the file is whole.

    Every page is read: some seconds for a season, minutes for years on a card. Exit code 1: it is
    damaged.
    """
    import sys

    from edge.commands import _text
    from edge.settings_file import load
    from edge.store import opened
    from traceability import database, state

    settings = load(config)
    with opened(settings) as engine:
        found = state.of(engine)
    if found.fault:
        said = f"minori: database_damaged: {found.fault}; restore a copy: minori restore --help"
        click.echo(said, err=True)
        sys.exit(1)
    click.echo(f"right: schema {database.head()}")
    if found.bytes is not None:
        click.echo(f"size: {found.bytes / 1e6:.1f} MB")
    rows = [(name, f"{count}") for name, count in found.rows.items() if count]
    if rows:
        click.echo("\n".join(_text.table(("TABLE", "ROWS"), rows, numbers=(1,))))
    click.echo("whole: every page was read")


def _copy_first(settings: "Settings", folder: Path | None) -> None:
    from datetime import UTC, datetime

    from edge.backup.making import make
    from edge.backup.shelf import shelf_of
    from edge.commands._progress import Progress

    progress = Progress()
    try:
        made = make(settings, shelf_of(settings, folder), at=datetime.now(UTC), progress=progress)
    finally:
        progress.end()
    click.echo(f"copied first: {made.copy}")
