"""`minori run`."""

from pathlib import Path

import click

from edge.commands._config import config_option, serve


@click.command()
@config_option
def command(config: Path | None) -> None:
    """All of it: collect readings and serve the pages. Ends on SIGTERM or Ctrl-C."""
    serve(config, agent=True, web=True)
