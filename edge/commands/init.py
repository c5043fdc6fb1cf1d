"""`minori init`: a first settings file, with words beside every line."""

from pathlib import Path

import click

from edge.errors import SettingsInvalid
from edge.settings_doc import sample


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("minori.toml"))
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for what is written while it runs. Without: the settings' own.",
)
def command(file: Path, data: Path | None) -> None:
    """Write a documented sample to FILE (minori.toml); never over an existing one."""
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(sample(data.absolute() if data else None))
    except OSError as error:
        raise SettingsInvalid(
            file=file,
            line="",
            key="file",
            expected="a new file in a folder you may write to",
            got=error.strerror or str(error),
            next_step="name another: minori init FILE",
        ) from error
    click.echo(f"{file} written; look it over, then: minori run --config {file}")
