"""`minori devices`: what probes there are, and what their bytes mean."""

import json
from pathlib import Path
from typing import Any

import click

from sensors.captures import WIRES
from sensors.captures import decode as decode_rows
from sensors.errors import BadPayload


@click.group("devices")
def command() -> None:
    """Probes: known models, recorded exchanges, a look at what a device says."""


@command.command()
@click.option(
    "--capture",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Recorded exchanges, one JSON object a line (Sparkplug: manifest.json or its folder).",
)
@click.option("--wire", required=True, type=click.Choice(WIRES), help="What the capture speaks.")
def decode(capture: Path, wire: str) -> None:
    """Print what recorded bytes mean, one JSON line a row, in order."""
    source = capture / "manifest.json" if capture.is_dir() else capture
    rows = _manifest(source) if wire == "sparkplug" else _lines(source)
    for line in decode_rows(wire, rows, lambda name: _beside(source, name)):
        click.echo(json.dumps(line, ensure_ascii=False))


def _manifest(path: Path) -> list[dict[str, Any]]:
    content = _json(path.read_text("utf-8"), f"{path}")
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise _malformed(f"{path}", "a list of objects", content)
    return content


def _lines(path: Path) -> list[dict[str, Any]]:
    rows = []
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        row = _json(text, f"{path}, line {number}")
        if not isinstance(row, dict):
            raise _malformed(f"{path}, line {number}", "a JSON object", row)
        rows.append(row)
    return rows


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
