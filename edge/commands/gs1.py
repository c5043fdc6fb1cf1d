"""`minori gs1`: what a code holds, the link it makes, and what is wrong with it."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

import click

from traceability.gs1 import dictionary
from traceability.gs1.compression import compress
from traceability.gs1.errors import Gs1Error
from traceability.gs1.interpret import Interpretation, interpret
from traceability.gs1.link import DigitalLink
from traceability.gs1.options import ENGINE_NAMES, Options, option_name
from traceability.gs1.transmit import ONE_GTIN, SYMBOLOGIES, scan_data
from traceability.gs1.urn import from_link

_ON = {"": True, "on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


# \b keeps click from flowing the lines of an example together.
_HELP = """Read GS1 codes: links, (01)…(10)…, scans with a symbology identifier, EPC URNs.

\b
minori gs1 parse '(01)04012345111118(10)A-1'
minori gs1 link --stem https://hub.example '(01)04012345111118(10)A-1'
minori gs1 check --json --file scans.txt

Without TEXT, or with -, one code a line is read from --file or standard input. ^ in first
place stands for FNC1, the separator (GS, 0x1D), as in print. Exit code 1: something was wrong.
"""


@click.group(help=_HELP)
def command() -> None:
    pass


def _inputs(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command what all three take: codes, where from, how strictly, how to answer."""
    leniences = " ".join(ENGINE_NAMES)
    decorators: tuple[Callable[..., Any], ...] = (
        click.argument("texts", nargs=-1, metavar="[TEXT]..."),
        click.option(
            "--file",
            type=click.File(errors="surrogateescape"),
            default="-",
            help="One code a line; standard input if not given.",
        ),
        click.option("--json", "as_json", is_flag=True, help="One JSON line for each code."),
        click.option("--fnc1", help="What your scanner sends for FNC1, as in --fnc1 '{GS}'."),
        click.option(
            "--option",
            "-o",
            "named",
            multiple=True,
            metavar="NAME[=on|off]",
            help=f"Read less strictly: {leniences}.",
        ),
        click.option("--permit-unknown-ais", is_flag=True, help="Read AIs not allocated yet."),
        click.option(
            "--permit-zero-suppressed-gtin", is_flag=True, help="Read short GTINs in links."
        ),
        click.option("--permit-convenience-alphas", is_flag=True, help="Read /gtin/…/lot/…."),
    )
    for decorate in decorators:
        function = decorate(function)
    return function


@command.command()
@_inputs
def parse(**given: Any) -> None:
    """Say what a code holds: each AI with its value, the link, the identity."""
    _answer(_interpreted(given, pairs=False), as_json=given["as_json"])


@command.command()
@_inputs
def check(**given: Any) -> None:
    """Parse, and judge also whether the AIs may stand together on one item."""
    _answer(_interpreted(given, pairs=True), as_json=given["as_json"])


@command.command()
@click.option("--stem", help="Address the link starts with; otherwise its own, or id.gs1.org.")
@click.option("--compress", "compressed", is_flag=True, help="Compress the link.")
@click.option("--urn", "prefix_length", type=int, help="Also as EPC URN: digits of the prefix.")
@click.option("--of-class", is_flag=True, help="The URN of the class or lot, not of one serial.")
@_inputs
def link(
    stem: str | None, prefix_length: int | None, *, compressed: bool, of_class: bool, **given: Any
) -> None:
    """Make the GS1 Digital Link of a code, checked as `check` does."""
    answers = _interpreted(given, pairs=True)
    made = (
        _made(answer, stem, prefix_length, compressed=compressed, of_class=of_class)
        for answer in answers
    )
    _answer(made, as_json=given["as_json"])


@command.command()
@click.argument("data")
@click.option("--symbology", type=click.Choice([*SYMBOLOGIES, *ONE_GTIN]), default="GS1_128_CCA")
@click.option("--add-check-digit", is_flag=True, help="The digits come without it.")
def scan(data: str, symbology: str, *, add_check_digit: bool) -> None:
    """Print what a scanner sends for a barcode; ^ stands for FNC1 on the way in.

    minori gs1 scan --symbology DM '^010401234511111810A-1'
    """
    click.echo(scan_data(symbology, data, add_check_digit=add_check_digit))


def _interpreted(given: dict[str, Any], *, pairs: bool) -> Iterator[dict[str, Any]]:
    options = _options(given)
    for text in _codes(given["texts"], given["file"]):
        sent = text.replace(given["fnc1"], "\x1d") if given["fnc1"] else text
        found = interpret(sent, options=options, pairs=pairs)
        yield {"text": text, "found": found, **_said(found)}


def _codes(texts: tuple[str, ...], file: TextIO) -> Iterable[str]:
    # No code is a lone dash: to whoever pipes, it means what comes in.
    if texts and texts != ("-",):
        return texts
    # Line by line, not str.splitlines: to that, the separator 0x1D ends a line.
    return (line.rstrip("\r\n") for line in file)


def _options(given: dict[str, Any]) -> Options:
    chosen = {
        name: True
        for name in (
            "permit_unknown_ais",
            "permit_zero_suppressed_gtin",
            "permit_convenience_alphas",
        )
        if given[name]
    }
    for entry in given["named"]:
        name, _, state = entry.partition("=")
        ours, on = option_name(name), _ON.get(state.lower())
        if ours is None or on is None:
            known = ", ".join(ENGINE_NAMES)
            msg = f"no option {entry!r}; known are {known}, each with =on or =off"
            raise click.BadParameter(msg)
        chosen[ours] = on
    return Options(**chosen)


def _said(found: Interpretation) -> dict[str, Any]:
    """Return what goes into the answer, in the order it is printed."""
    answer: dict[str, Any] = {"ok": found.ok}
    if not found.ok:
        answer["error"] = _error(found.errors[0])
        if len(found.errors) > 1:
            answer["errors"] = [_error(error) for error in found.errors]
    answer["ais"] = [[element.ai, element.value] for element in found.elements]
    if found.ok:
        answer["link"] = found.link.uri if found.link else None
        answer["canonical"] = found.link.canonical if found.link else None
    if found.plain is not None:
        answer["plain"] = found.plain
    return answer


def _made(
    answer: dict[str, Any],
    stem: str | None,
    prefix_length: int | None,
    *,
    compressed: bool,
    of_class: bool,
) -> dict[str, Any]:
    found: Interpretation = answer["found"]
    if not found.ok:
        return answer
    try:
        # A link that was read already knows its path; anything else is put together here.
        made = found.link or DigitalLink.build(found.elements)
        answer["link"] = compress(made, stem=stem) if compressed else made.under(stem or made.stem)
        if prefix_length is not None:
            answer["urn"] = from_link(made, prefix_length=prefix_length, of_class=of_class)
    except Gs1Error as error:
        return {"text": answer["text"], "found": found, "ok": False, "error": _error(error)}
    return answer


def _error(error: Gs1Error) -> dict[str, Any]:
    return {
        "code": error.code,
        "ai": error.ai,
        "position": error.position,
        "message": str(error),
    }


def _answer(answers: Iterable[dict[str, Any]], *, as_json: bool) -> None:
    """Print each answer as it comes, and end with 1 if any was bad."""
    good = True
    for answer in answers:
        text = answer.pop("text")
        del answer["found"]
        good = good and answer["ok"]
        if as_json:
            click.echo(json.dumps(answer, ensure_ascii=False))
        else:
            click.echo(_for_people(text, answer))
    if not good:
        sys.exit(1)


def _for_people(text: str, answer: dict[str, Any]) -> str:
    lines = [f"{text!r}" if not text.isprintable() else text]
    for ai, value in answer.get("ais", []):
        entry = dictionary.find(ai)
        lines.append(f"  ({ai})".ljust(13) + (entry.title if entry else "").ljust(24) + value)
    said = [name for name in ("plain", "link", "canonical", "urn") if answer.get(name)]
    lines += [f"  {name}".ljust(13) + answer[name] for name in said]
    errors = answer.get("errors") or [answer[name] for name in ("error",) if name in answer]
    lines += ["  wrong".ljust(13) + f"{e['message']} [{e['code']}]" for e in errors]
    return "\n".join(lines)
