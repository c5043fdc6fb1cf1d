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
    damaged. What was lost earlier, when a damaged file was rescued, is named too.
    """
    import sys

    from edge.commands import _text
    from edge.settings_file import load
    from edge.store import opened
    from traceability import database, state
    from traceability.sqlite import losses

    settings = load(config)
    with opened(settings) as engine:
        found = state.of(engine)
        with database.reading_session(engine) as session:
            lost = [] if found.fault else losses.all_of(session)
    if found.fault:
        said = (
            f"minori: database_damaged: {found.fault}; stop every minori service, then recover "
            "what can be read: minori db rescue, or restore a copy: minori restore --help"
        )
        click.echo(said, err=True)
        sys.exit(1)
    click.echo(f"right: schema {database.head()}")
    if found.bytes is not None:
        free = f", {found.free_bytes / 1e6:.1f} MB of it free to be used again"
        click.echo(f"size: {found.bytes / 1e6:.1f} MB{free if found.free_bytes else ''}")
    rows = [(name, f"{count}") for name, count in found.rows.items() if count]
    if rows:
        click.echo("\n".join(_text.table(("TABLE", "ROWS"), rows, numbers=(1,))))
    click.echo("whole: every page was read")
    if lost:
        click.echo(f"losses of an earlier damage: {len(lost)}; see: minori db losses")


@command.command()
@config_option
def rescue(config: Path | None) -> None:
    """Recover what can be read of a damaged database into a new one. Stop the services first.

    Every page is read first; where none is wrong, nothing is done. The damaged file is set aside
    beside the new one, and what is missing is named. A service does the same when it starts.
    """
    from edge.commands import _text
    from edge.mending import next_step
    from edge.settings_file import load
    from traceability import database
    from traceability.errors import DatabaseUnusable
    from traceability.sqlite import losses, start

    settings = load(config)
    file = database.sqlite_file(settings.database_url)
    if file is None:
        raise DatabaseUnusable(
            url="PostgreSQL", cause="it looks after its own files", next_step="ask its logs"
        )
    done = start.put_in_order(file)
    if done is None:
        click.echo("nothing to do: every page was read, and none is wrong")
        return
    click.echo(f"{file}: {done.rows} rows are in the new database")
    click.echo(f"  the damaged one is kept as {done.aside.name}")
    engine = database.open_database(settings.database_url)
    with database.reading_session(engine) as session:
        lost = losses.unseen(session)
    engine.dispose()
    if not lost:
        click.echo("nothing is missing")
        return
    click.echo("missing (UTC), kept on record, see: minori db losses")
    for loss in lost:
        click.echo("\n".join(_text.filled(losses.sentence(loss), indent=2)))
    click.echo("\n".join(next_step(settings)))


@command.command("losses")
@click.option("--acknowledge", "is_seen", is_flag=True, help="You know: ends alarm and notice.")
@click.option("--by", metavar="NAME", help="Who. Without it: you.")
@config_option
def losses_(is_seen: bool, by: str | None, config: Path | None) -> None:
    """Name what was lost when a damaged database was rescued. It stays on record.

    Until somebody acknowledges it, it is an alarm, and a notice on the first page.
    """
    from datetime import UTC, datetime
    from itertools import groupby

    from edge import store
    from edge.commands import _text
    from edge.commands._desk import signer
    from edge.mending import next_step
    from edge.settings_file import load
    from traceability.sqlite import losses

    settings = load(config)
    if is_seen:
        with store.writing(settings) as session:
            taken = losses.take_notice(session, by=signer(by), at=datetime.now(UTC))
        click.echo(f"acknowledged: {len(taken)}")
        return
    with store.reading(settings) as session:
        found = losses.all_of(session)
    for file, group in groupby(found, key=lambda loss: loss.file):
        rows = list(group)
        click.echo(f"{_text.local_with_zone(rows[0].found_at, settings.zone_info)}  {file}")
        for loss in rows:
            seen = f"; acknowledged by {loss.seen_by}" if loss.seen_at else ""
            click.echo("\n".join(_text.filled(losses.sentence(loss) + seen, indent=2)))
    if found:
        click.echo("\n".join(["times are UTC", *next_step(settings)]))
    if not found:
        click.echo("nothing was ever lost")


@command.command()
@config_option
def held(config: Path | None) -> None:
    """List readings whose time is not known yet: taken before the clock was set."""
    from edge.commands import _text
    from edge.settings_file import load
    from edge.store import opened
    from traceability import held as waiting

    settings = load(config)
    with opened(settings) as engine, engine.connect() as connection:
        found = waiting.waiting(connection)
    if not found:
        click.echo("none: every reading has its time")
        return
    zone = settings.zone_info
    rows = [
        (
            one.boot,
            f"{one.readings}",
            f"{one.first_since_boot_s:.0f} to {one.last_since_boot_s:.0f} s",
            _text.local(one.clocked[0], zone),
        )
        for one in found
    ]
    header = ("BOOT", "READINGS", "AFTER THE START", "ITS CLOCK SAID")
    click.echo("\n".join(_text.table(header, rows, numbers=(1,))))


@command.command()
@click.argument("boot")
@click.option("--began", required=True, metavar="TIME", help="When that machine was started.")
@config_option
def release(boot: str, began: str, config: Path | None) -> None:
    """Give the held readings of a BOOT their time: say when the machine was started.

    What waits of the boot that runs gets its time by itself, once the clock is set.
    """
    from datetime import UTC, datetime

    from edge.commands._arguments import time_of
    from edge.settings_file import load
    from edge.store import opened
    from traceability import held as waiting
    from traceability.errors import NotFound

    settings = load(config)
    at = time_of(began, zone=settings.zone_info, now=datetime.now(UTC), option="--began")
    with opened(settings) as engine:
        count = waiting.release(engine, boot, began=at)
    if not count:
        raise NotFound(what="boot", name=boot, next_step="list them: minori db held")
    click.echo(f"{count} readings got their time")


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
