"""`minori db`: the database's schema."""

from pathlib import Path

import click

from edge.commands._config import config_option


@click.group()
def command() -> None:
    """Check the database's schema, or bring it to this version's."""


@command.command()
@config_option
def upgrade(config: Path | None) -> None:
    """Bring the schema to this version's; makes the database where there is none."""
    from edge.settings_file import load
    from traceability import database

    settings = load(config)
    click.echo(f"the database is at schema {database.upgrade(settings.database_url)}")


@command.command()
@config_option
def check(config: Path | None) -> None:
    """Say whether this version can work with the database as it is."""
    from edge.settings_file import load
    from edge.store import open_store
    from traceability import database

    engine = open_store(load(config))
    engine.dispose()
    click.echo(f"right: schema {database.head()}")
