"""`minori import`: history from files, each kind with a map that says what its columns mean."""

import click

from edge.commands._lazy import LazyGroup

COMMANDS = {
    "lots": ("edge.commands.import_lots", "Lots of earlier years or another system (CSV)."),
    "readings": ("edge.commands.import_readings", "A recorded climate (CSV)."),
}


@click.command(cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Bring in history from files; running an import twice doubles nothing."""
