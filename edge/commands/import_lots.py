"""`minori import lots`: lots of earlier years, or of another system, from any CSV file."""

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands._config import config_option
from edge.errors import LotsRefused

if TYPE_CHECKING:
    from edge.lot_table import Outcome


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), help="What its columns mean.")
@click.option("--dry-run", is_flag=True, help="Write nothing; list every problem by its line.")
@config_option
def command(file: Path, map_file: Path | None, dry_run: bool, config: Path | None) -> None:
    """Record the lots of FILE: all rows, or none.

    A filled-in template (CSV, XLSX; minori import template lots) needs no map; any other CSV file
    needs one. What the file does not say stays unknown. Running it twice doubles nothing.
    """
    from edge import lot_map, settings_file, table
    from edge.commands._import_table import take_in
    from edge.lot_table import import_lots

    if map_file is None:
        take_in(file, "lots", settings_file.load(config), dry_run=dry_run)
        return
    mapped = lot_map.load(map_file)
    settings = settings_file.load(config)
    length, hidden = table.count_lines(file), not sys.stderr.isatty()
    with click.progressbar(length=length, label=file.name, file=sys.stderr, hidden=hidden) as bar:
        done = import_lots(
            *(file, mapped, settings),
            recorder=getpass.getuser(),
            dry_run=dry_run,
            progress=bar.update,
        )
    if dry_run:
        for line, problem in done.problems:
            click.echo(f"line {line}: {problem}")
    if done.problems:
        raise _refused(file, done, dry_run=dry_run)
    would = "would be " if dry_run else ""
    click.echo(
        f"{done.rows} rows: {done.new_lots} lots {would}written in {done.new_acts} acts, "
        f"{done.rows - done.new_lots} already known"
    )


def _refused(file: Path, done: "Outcome", *, dry_run: bool) -> LotsRefused:
    line, problem = done.problems[0]
    step = "correct them and try again" if dry_run else "--dry-run lists every one"
    return LotsRefused(
        file=file,
        refused=len(done.problems),
        rows=done.rows,
        line=line,
        problem=problem,
        next_step=step,
    )
