"""`minori settings`: check the file, and print its documentation."""

from pathlib import Path

import click

from edge import settings_doc, settings_file
from edge.wiring import check_models


@click.group()
def command() -> None:
    """Check minori.toml, or read what may stand in it."""


@command.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
def check(config: Path | None) -> None:
    """Say whether the settings are right, or which line is not."""
    file = settings_file.find(config)
    settings = settings_file.load(config)
    check_models(settings, {port.name for port in settings.ports})
    counts = f"{len(settings.zones)} zones, {len(settings.ports)} ports"
    click.echo(f"{file}: right ({counts}, {len(settings.devices)} devices)")


@command.command()
def doc() -> None:
    """Print docs/settings.md: every key, and what breaks if it is wrong."""
    click.echo(settings_doc.markdown(), nl=False)
