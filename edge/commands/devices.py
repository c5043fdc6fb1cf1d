"""`minori devices`: what probes there are, what they say, and what their bytes mean."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from edge import settings_file
from edge.commands import _devices_ask as ask
from edge.commands import _devices_calibrate as calibrate
from edge.commands import _text
from edge.commands._devices_models import models, own_folders
from sensors import profile as profiles
from sensors.captures import WIRES
from sensors.captures import decode as decode_rows
from sensors.errors import BadPayload
from sensors.profile import Profile
from sensors.quantities import QUANTITIES
from sensors.rehearsal import complaints
from sensors.rehearsal import decode as decode_answers

_CONFIG = click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

# \b keeps click from flowing the lines of an example together.
_HELP = """Probes: known models, recorded exchanges, a look at what a device says.

\b
minori devices models
minori devices scan
minori devices discover
minori devices test bench-1
minori devices check profiles/my_probe.toml
minori devices decode xy_md02 --hex '01 04 04 00 CE 02 57 DA E5'
minori devices decode --capture trouble.jsonl --wire modbus
minori devices calibrate ph-1 --quantity ph --one-point 6.95:6.86 --why "buffer 6.86"
minori devices calibrations ph-1
"""


@click.group(help=_HELP)
def command() -> None:
    """Group what is asked about probes."""


command.add_command(models)
command.add_command(calibrate.calibrate)
command.add_command(calibrate.listed)
command.add_command(calibrate.void)


@command.command()
@_CONFIG
@click.option("--seconds", type=click.FloatRange(0.1, 600), default=3.0, show_default=True)
def discover(config: Path | None, seconds: float) -> None:
    """Print settings for what others announced to Home Assistant at the broker."""
    from edge import discovery

    found = asyncio.run(discovery.listen(settings_file.load(config), seconds))
    if not found:
        click.echo("nothing is announced there; a longer --seconds finds slow brokers", err=True)
        return
    click.echo(discovery.as_settings(found))


@command.command()
@_CONFIG
@_JSON
def scan(config: Path | None, *, as_json: bool) -> None:
    """Ask every polled device of the settings once, at its address; writes nothing to any.

    Exit code 1: at least one did not answer as its model should.
    """
    found = asyncio.run(ask.scan(settings_file.load(config)))
    if as_json:
        click.echo(_text.as_json([ask.listed(device) for device in found]))
    elif not found:
        click.echo(
            "no polled device in the settings; name one under [[devices]], with its [[ports]]"
        )
    else:
        for device in found:
            click.echo(f"{device.name} ({device.model} at {device.address} on {device.port})")
            click.echo(f"  {device.said}")
    if any(device.error for device in found):
        sys.exit(1)


@command.command()
@click.argument("device")
@_CONFIG
@_JSON
def test(device: str, config: Path | None, *, as_json: bool) -> None:
    """Read one device now, as the agent would: raw bytes, decoded values, how long it took.

    Stop the agent first: a line has one owner. Exit code 1: the reading failed.
    """
    tried = asyncio.run(ask.test(settings_file.load(config), device))
    click.echo(_text.as_json(ask.shown(tried)) if as_json else "\n".join(ask.lines(tried)))
    if tried.error:
        sys.exit(1)


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Play the examples of a profile of your own: does it ask and understand as they say?

    Exit code 1: it does not, and each line says where.
    """
    profile = profiles.read_file(file)
    found = complaints(profile)
    if found:
        click.echo("\n".join(f"{file.name}: {sentence}" for sentence in found))
        sys.exit(1)
    shown = ", ".join(value.key for value in profile.values)
    click.echo(f"{file.name}: {len(profile.examples)} examples right, they show {shown}")


@command.command()
@click.argument("model", required=False)
@click.option("--hex", "answers", multiple=True, help="One answer of the device; repeatable.")
@click.option(
    "--file",
    "answer_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answers in hex, one a line, in the order of the model's questions.",
)
@click.option(
    "--capture",
    type=click.Path(exists=True, path_type=Path),
    help="Recorded exchanges, one JSON object a line (Sparkplug: manifest.json or its folder).",
)
@click.option("--wire", type=click.Choice(WIRES), help="What the capture speaks.")
@_CONFIG
def decode(
    model: str | None,
    answers: Sequence[str],
    answer_file: Path | None,
    capture: Path | None,
    wire: str | None,
    config: Path | None,
) -> None:
    """Print what bytes mean, as JSON: of one MODEL, or of a whole capture, row by row."""
    if capture is not None and wire is not None and model is None:
        _print_capture(capture, wire)
        return
    lines = [*answers, *(answer_file.read_text("utf-8").splitlines() if answer_file else ())]
    if model is None or capture is not None or wire is not None or not lines:
        raise click.UsageError("give MODEL with --hex or --file, or --capture with --wire")
    profile = profiles.load(model, *own_folders(config))
    click.echo(_text.as_json(_decoded(profile, [_bytes(line) for line in lines if line.strip()])))


def _decoded(profile: Profile, answers: Sequence[bytes]) -> dict[str, Any]:
    heard = decode_answers(profile, answers)
    return {
        "model": profile.model,
        "values": {
            value.key: {
                "value": value.measured(heard.values[value.key]),
                "unit": QUANTITIES[value.quantity].unit,
                "raw": heard.values[value.key],
            }
            for value in profile.values
        },
        "doubt": heard.doubt.name.lower(),
    }


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise BadPayload(
            source="--hex",
            fault="hex",
            problem="no bytes",
            expected="hex digits, two a byte",
            got=repr(text[:60]),
        ) from error


def _print_capture(capture: Path, wire: str) -> None:
    source = capture / "manifest.json" if capture.is_dir() else capture
    rows = _manifest(source) if wire == "sparkplug" else _lines(source)
    for line in decode_rows(wire, rows, lambda name: _beside(source, name)):
        click.echo(json.dumps(line, ensure_ascii=False))


def _manifest(path: Path) -> list[dict[str, Any]]:
    content = _json(_read(path), f"{path}")
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise _malformed(f"{path}", "a list of objects", content)
    return content


def _lines(path: Path) -> list[dict[str, Any]]:
    rows = []
    # Only LF ends a line of a capture: other line ends may stand inside its texts.
    for number, text in enumerate(_read(path).split("\n"), start=1):
        if not text.strip():
            continue
        row = _json(text, f"{path}, line {number}")
        if not isinstance(row, dict):
            raise _malformed(f"{path}, line {number}", "a JSON object", row)
        rows.append(row)
    return rows


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _malformed(f"{path}", f"UTF-8 text ({error})", path.name) from error


def _json(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _malformed(source, f"JSON ({error})", text) from error


def _beside(source: Path, name: str) -> bytes:
    """Read a payload file that a manifest names; it lies beside the manifest, nowhere else."""
    path = source.parent / name
    if Path(name).name != name or not path.is_file():
        raise _malformed(f"{source}", "a file beside the manifest", name)
    return path.read_bytes()


def _malformed(source: str, expected: str, got: object) -> BadPayload:
    return BadPayload(
        source=source,
        fault="capture",
        problem="no capture",
        expected=expected,
        got=repr(got)[:60],
    )
