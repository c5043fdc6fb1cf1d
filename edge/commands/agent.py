"""`minori agent`."""

from pathlib import Path

import click

from edge.commands._config import config_option, serve


@click.command()
@config_option
def command(config: Path | None) -> None:
    """Collect only: ports and MQTT into the database. Ends on SIGTERM or Ctrl-C."""
    serve(config, agent=True, web=False)
