"""`minori restore`: a copy put back, the old record set aside."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from edge.commands._config import config_option

if TYPE_CHECKING:
    from edge.backup.restoring import Restored


@click.command()
@click.argument("src", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Set a record that is there aside; it is kept.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the copy's settings into this folder first: a new machine.",
)
@config_option
def command(src: Path, replace: bool, into: Path | None, config: Path | None) -> None:
    """Put back the copy SRC, a folder that `minori backup` made. Stop the service first.

    The copy is verified and compared before anything is touched, then takes the record's place in
    one step. What was there is set aside beside it, and what only that holds is told.
    """
    from datetime import UTC

    from edge.backup.restoring import restore
    from edge.backup.unpacking import unpack
    from edge.commands._progress import Progress
    from edge.settings_file import load

    copy, progress = _copy(src), Progress()
    settings, written = unpack(copy, into) if into else (load(config), [])
    try:
        done = restore(settings, copy, at=datetime.now(UTC), replace=replace, progress=progress)
    finally:
        progress.end()
    for file in written:
        click.echo(f"written: {file}")
    for line in _lines(done, settings.zone_info):
        click.echo(line)


def _copy(src: Path) -> Path:
    """Return the copy, or say which one of a folder of copies is the newest."""
    from edge.backup import manifest
    from edge.errors import NoBackup

    if (src / manifest.NAME).exists() or not src.is_dir():
        return src
    found = sorted(path.parent for path in src.glob(f"[!.]*/{manifest.NAME}"))
    if found:
        problem = f"it holds {len(found)} copies, the newest is {found[-1]}"
        raise NoBackup(folder=src, problem=problem)
    return src


def _lines(done: "Restored", zone: ZoneInfo) -> list[str]:
    from edge.commands import _text

    rows = sum(table.rows for table in done.manifest.record.tables.values())
    made = _text.local_with_zone(done.manifest.made_at, zone)
    lines = [f"{done.database}: restored from the copy of {made}, {rows} rows"]
    if done.aside:
        lines.append(f"the record that was there is now {done.aside}")
    copied, lost = done.manifest.record.newest, done.lost
    if lost is not None and lost.newest.reading and lost.newest.reading != copied.reading:
        since = _text.local(copied.reading, zone) if copied.reading else "the beginning"
        until = _text.local_with_zone(lost.newest.reading, zone)
        lines.append(f"missing here, there only: readings from {since} to {until}")
    if lost is not None and lost.acts:
        lines.append(f"missing here, there only: {lost.acts} acts recorded since the copy")
    return [*lines, "start the service: sudo systemctl start minori"]
