"""`minori import template`: an empty table to fill in."""

from pathlib import Path

import click

from edge.commands._arguments import OneOf

_KINDS = ("crops", "products", "partners", "places", "lots")


@click.command("template")
@click.argument("kind", type=OneOf(_KINDS))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file: .xlsx or .csv. Without it: CSV on the screen.",
)
@click.option(
    "--encoding", type=OneOf(("utf-8", "cp932")), default="utf-8", show_default=True, help="Of CSV."
)
@click.option(
    "--language", type=OneOf(("en", "ja")), default="ja", show_default=True, help="Of the heads."
)
def command(kind: str, out: Path | None, encoding: str, language: str) -> None:
    """Write an empty table of KIND; its heads say what belongs where, * what is needed."""
    from api.i18n import Reader
    from api.incoming import template
    from api.sheetfile import Form
    from edge.commands._sheet_files import written

    reader = Reader.of(language)
    if out is None:
        content = template(reader, kind, Form("csv")).content
        click.echo(content.decode("utf-8-sig").rstrip())
        return
    click.echo(written(out, lambda form: template(reader, kind, form), encoding=encoding))
