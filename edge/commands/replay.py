"""`minori replay`: a recorded climate through simulated probes and the real agent."""

import math
from pathlib import Path

import click

from edge.commands._config import config_option


def _number(_context: click.Context, _option: click.Parameter, speed: float) -> float:
    if not math.isfinite(speed):
        raise click.BadParameter(f"expected a number such as 0 or 60, got {speed}")
    return speed


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), required=True)
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    callback=_number,
    default=0.0,
    help="60 plays an hour in a minute; 0 (the default) as fast as the wires go.",
)
@config_option
def command(file: Path, map_file: Path, speed: float, config: Path | None) -> None:
    """Play FILE (CSV) as its map says; what is read is stored with the recording's own times."""
    from edge import table, table_map
    from edge.commands._faults import show
    from edge.replay import replay
    from edge.settings_file import load
    from edge.store import open_store

    mapped = table_map.load(map_file)
    settings = load(config)
    engine = open_store(settings, create=True)
    with click.progressbar(length=table.count_lines(file), label=file.name) as bar:
        done = replay(file, mapped, settings, engine, speed=speed, progress=bar.update)
    engine.dispose()
    click.echo(f"{done.rows} rows played, {done.polls} polls, {done.stored} new readings stored")
    for name, health in done.devices.items():
        faults = ", ".join(f"{count} x {code}" for code, count in health.faults.items())
        click.echo(f"  {name}: {health.answers} answers{'; ' + faults if faults else ''}")
    if done.left_out:
        click.echo(f"  not played, no model says how: {', '.join(done.left_out)}")
    show(done.faults)
