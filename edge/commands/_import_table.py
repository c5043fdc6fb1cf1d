"""A command that takes in a filled-in template: products, partners, places and the like."""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.commands import _text
from edge.commands._config import config_option
from edge.errors import TableInvalid

if TYPE_CHECKING:
    from api.incoming import Outcome
    from edge.settings import Settings

# What a terminal is told; --json has all of it.
_MOST = 40


def table_command(kind: str, what: str) -> click.Command:
    """Return `minori import KIND FILE`."""

    def run(file: Path, dry_run: bool, as_json: bool, config: Path | None) -> None:
        from edge import settings_file

        take_in(file, kind, settings_file.load(config), dry_run=dry_run, as_json=as_json)

    run.__doc__ = f"""Take in {what} from FILE (CSV or XLSX): all rows, or none.

    \b
    minori import template {kind} --out {kind}.xlsx    an empty one to fill in
    minori import {kind} {kind}.xlsx --dry-run         every problem by its row

    A cell left empty leaves what is there. Running it twice changes nothing.
    """
    decorated: Callable[..., Any] = run
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return click.command(kind)(config_option(decorated))


_OPTIONS = (
    click.argument("file", type=click.Path(path_type=Path)),
    click.option("--dry-run", is_flag=True, help="Write nothing; list every problem by its row."),
    click.option("--json", "as_json", is_flag=True, help="Answer as JSON."),
)


def take_in(
    file: Path, kind: str, settings: "Settings", *, dry_run: bool, as_json: bool = False
) -> None:
    """Take a file in and say what came of it.

    Raises:
        ImportRefused: rows that cannot be, and it was no dry run: nothing was written.
    """
    from api.incoming.taking import refuse

    outcome = _outcome(file, kind, settings, dry_run=dry_run)
    if as_json and (dry_run or outcome.is_kept):
        from api.v1.imports import OutcomeOut

        click.echo(OutcomeOut.of(outcome).model_dump_json(indent=2))
    elif dry_run or outcome.is_kept:
        click.echo("\n".join(_said(outcome)))
    refuse(outcome, dry_run=dry_run)


def _outcome(file: Path, kind: str, settings: "Settings", *, dry_run: bool) -> "Outcome":
    from api.incoming.taking import kept, take_in
    from api.incoming.writing import Sender
    from edge import store
    from traceability import catalogue
    from traceability.database import writing_session
    from traceability.models import Organisation

    content = _content(file)
    with store.opened(settings, create=True) as engine, writing_session(engine) as session:
        site = store.ensure_place(session, settings)
        owner = catalogue.find(session, Organisation, settings.site.organisation)
        sender = Sender(session, owner, site, getpass.getuser(), _text.reader())
        return kept(session, take_in(sender, kind, content), dry_run=dry_run)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise TableInvalid(
            file=file,
            problem="cannot be read",
            expected="a CSV or XLSX file",
            got=error.strerror or str(error),
            next_step="check its name",
        ) from error


def _said(outcome: "Outcome") -> list[str]:
    lines: list[str] = []
    for one in outcome.problems:
        is_named = not one.column or one.problem.startswith(one.column)
        lines += [f"row {one.row}: {'' if is_named else f'{one.column}: '}{one.problem}"]
    for change in outcome.changed[:_MOST]:
        cells = ", ".join(f"{name} {was} → {now}" for name, (was, now) in change.cells.items())
        lines += [f"row {change.row}, {change.code}: {cells}"]
    if len(outcome.changed) > _MOST:
        lines.append(f"and {len(outcome.changed) - _MOST} more changes")
    would = "" if outcome.is_kept else "would be "
    wrong = len({one.row for one in outcome.problems})
    news = f"{len(outcome.new)} {would}new, {len(outcome.changed)} {would}changed"
    return [*lines, f"{outcome.rows} rows: {news}, {outcome.same} already so, {wrong} wrong"]
