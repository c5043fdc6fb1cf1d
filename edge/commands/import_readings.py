"""`minori import readings`: a recorded climate as history."""

from pathlib import Path

import click

from edge.commands._config import config_option


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), required=True)
@config_option
def command(file: Path, map_file: Path, config: Path | None) -> None:
    """Store the readings of FILE (CSV) as its map says; running it twice doubles nothing."""
    from edge import table, table_map
    from edge.commands._faults import show
    from edge.history import import_readings
    from edge.settings_file import load
    from edge.store import open_store

    mapped = table_map.load(map_file)
    settings = load(config)
    engine = open_store(settings, create=True)
    with click.progressbar(length=table.count_lines(file), label=file.name) as bar:
        done = import_readings(file, mapped, settings, engine, progress=bar.update)
    engine.dispose()
    click.echo(
        f"{done.rows} rows: {done.new} new readings, {done.known} already known, "
        f"{done.blank} cells without a value"
    )
    show(done.faults)
