"""`minori backup`: a copy of the record, proved by restoring it."""

from pathlib import Path
from typing import Any

import click

from edge.commands._config import config_option


@click.command()
@click.argument("dest", type=click.Path(path_type=Path), required=False)
@click.option("--keep", type=click.IntRange(1), help="Remove all but the newest N copies.")
@click.option("--secrets", is_flag=True, help="Copy passwords and keys, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@config_option
def command(
    dest: Path | None, keep: int | None, secrets: bool, as_json: bool, config: Path | None
) -> None:
    """Copy the record, the settings and your profiles into a new folder in DEST.

    DEST is `[backup] folder` where it is left out. The service may run meanwhile: the copy is the
    record at one moment. It is then restored beside itself and compared, table by table, and only
    a copy that passes gets its name. See: minori restore --help
    """
    from datetime import UTC, datetime

    from edge.backup.making import make
    from edge.backup.shelf import shelf_of
    from edge.commands import _text
    from edge.commands._progress import Progress
    from edge.settings_file import load

    settings, progress = load(config), Progress()
    shelf = shelf_of(settings, dest)
    try:
        made = make(
            settings, shelf, at=datetime.now(UTC), keep=keep, secrets=secrets, progress=progress
        )
    finally:
        progress.end()
    if as_json:
        click.echo(_text.as_json(_listed(made)))
        return
    newest = made.manifest.record.newest.reading
    rows = sum(table.rows for table in made.manifest.record.tables.values())
    last = _text.local_with_zone(newest, settings.zone_info) if newest else "none"
    click.echo(f"{made.copy}")
    click.echo(f"  {rows} rows, {made.bytes / 1e6:.1f} MB, last reading {last}")
    click.echo("  restored beside itself and compared: the same")
    for copy in made.gone:
        click.echo(f"  removed: {copy.name}")
    if secrets and _is_open(made.copy):
        click.echo("  this disk keeps no permissions: who holds it can read the secrets", err=True)


def _listed(made: Any) -> dict[str, object]:
    newest = made.manifest.record.newest
    return {
        "copy": str(made.copy),
        "bytes": made.bytes,
        "schema": made.manifest.record.schema,
        "rows": {name: table.rows for name, table in made.manifest.record.tables.items()},
        "newest_reading": newest.reading and newest.reading.isoformat(),
        "newest_act": newest.act and newest.act.isoformat(),
        "removed": [str(copy) for copy in made.gone],
    }


def _is_open(copy: Path) -> bool:
    return any(path.stat().st_mode & 0o077 for path in (copy / "secrets").glob("*"))
