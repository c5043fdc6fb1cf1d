"""`minori doctor`: everything that can be looked at, each with its cure."""

import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands import _text
from edge.commands._config import config_option

if TYPE_CHECKING:
    from api.i18n import Reader
    from edge.doctor.finding import Finding

_COLOURS = {0: "green", 1: "yellow", 2: "red"}
_INDENT = 17


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--lang", type=click.Choice(("ja", "en")), help="Language; else the terminal's.")
@click.option("--all", "is_all", is_flag=True, help="Show what is all right, too (else counted).")
@config_option
def command(as_json: bool, lang: str | None, is_all: bool, config: Path | None) -> None:
    """Look at ports, clock, disk, database, broker, hub and the rest; change nothing.

    It may be run while the service runs, or when it does not. Exit code 0: all is well, 1: works,
    with something to see to, 2: something does not work.
    """
    from api.i18n import Reader
    from edge.doctor import examination
    from edge.doctor.case import of_site

    # What is logged on the way is among the findings, with its cure.
    logging.getLogger().addHandler(logging.NullHandler())
    reader = Reader.of(lang) if lang else _text.reader()
    findings = examination.examine(of_site(config))
    worst = examination.worst(findings)
    if as_json:
        click.echo(_text.as_json(_listed(findings, reader)))
    else:
        for line in _lines(findings, reader, is_all=is_all):
            click.echo(line)
    sys.exit(int(worst))


def _listed(findings: "Sequence[Finding]", reader: "Reader") -> list[dict[str, object]]:
    return [
        {
            "check": finding.check,
            "level": finding.level.name.lower(),
            "text": said(reader, finding, finding.text),
            "cure": said(reader, finding, finding.cure),
        }
        for finding in findings
    ]


def _lines(findings: "Sequence[Finding]", reader: "Reader", *, is_all: bool) -> Iterator[str]:
    for finding in findings:
        if finding.level or is_all:
            yield from _shown(reader, finding)
    counts = [sum(finding.level == level for finding in findings) for level in range(3)]
    yield reader(
        "{ok} all right, {warn} to see to, {fail} not working",
        ok=counts[0],
        warn=counts[1],
        fail=counts[2],
    )


def _shown(reader: "Reader", finding: "Finding") -> Iterator[str]:
    level = click.style(f"{finding.level.name.lower():<5}", fg=_COLOURS[finding.level])
    first, *rest = _text.wrapped(said(reader, finding, finding.text), _text.COLUMNS - _INDENT)
    yield f"{level} {_text.pad(finding.check, _INDENT - 7)} {first}"
    yield from (" " * _INDENT + line for line in rest)
    if finding.cure:
        cure = _text.wrapped(said(reader, finding, finding.cure), _text.COLUMNS - _INDENT - 2)
        yield " " * _INDENT + "→ " + cure[0]
        yield from (" " * (_INDENT + 2) + line for line in cure[1:])


def said(reader: "Reader", finding: "Finding", text: str) -> str:
    """Return a sentence of a finding in the reader's language, errors within it, too."""
    from api.problems import sentence

    facts = {
        key: sentence(reader, fact) if isinstance(fact, Exception) else fact
        for key, fact in finding.facts.items()
    }
    return reader(text).format(**facts)
