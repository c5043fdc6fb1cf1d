"""`minori web`."""

from pathlib import Path

import click

from edge.commands._config import config_option, serve


@click.command()
@config_option
def command(config: Path | None) -> None:
    """Serve only: pages and HTTP from the database. Ends on SIGTERM or Ctrl-C."""
    serve(config, agent=False, web=True)
