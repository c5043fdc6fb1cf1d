"""`minori devices models`: which probes the settings may name."""

import textwrap
from pathlib import Path
from typing import Any

import click

from edge import settings_file
from edge.commands import _text
from edge.errors import SettingsMissing
from edge.wiring import OWN_PROFILES
from sensors import profile as profiles
from sensors.profile import Profile
from sensors.quantities import QUANTITIES

# What a model measures takes another line rather than losing a word.
_KEYS_COLUMNS = 56


@click.command()
@click.argument("word", default="")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(word: str, config: Path | None, *, as_json: bool) -> None:
    """List the models a device in the settings may have, your own profiles included.

    With a WORD only those with it in model, name or what they measure: minori devices models co2
    """
    folders = own_folders(config)
    known = [profiles.load(model, *folders) for model in sorted(profiles.available(*folders))]
    found = [profile for profile in known if word.casefold() in _searched(profile)]
    if as_json:
        click.echo(_text.as_json([_listed(profile) for profile in found]))
        return
    if not found:
        click.echo(f"no model here has {word!r} in it; docs/new-device.md says how to add one")
        return
    rows = [row for profile in found for row in _rows(profile)]
    click.echo("\n".join(_text.table(("MODEL, WIRE", "NAME, AND WHAT IT MEASURES"), rows)))


def own_folders(config: Path | None) -> list[Path]:
    """The operator's own profiles, where settings are given or found; none is no error here."""
    try:
        return [settings_file.load(config).path(OWN_PROFILES)]
    except SettingsMissing:
        if config is not None:
            raise
        return []


def _rows(profile: Profile) -> list[tuple[str, str]]:
    first, *more = textwrap.wrap(", ".join(v.key for v in profile.values), _KEYS_COLUMNS)
    return [
        (profile.model, profile.name),
        (f"  {profile.wire}", first),
        *(("", part) for part in more),
    ]


def _searched(profile: Profile) -> str:
    measured = " ".join(value.key for value in profile.values)
    return f"{profile.model} {profile.name} {measured}".casefold()


def _listed(profile: Profile) -> dict[str, Any]:
    return {
        "model": profile.model,
        "name": profile.name,
        "wire": profile.wire,
        "measures": {v.key: QUANTITIES[v.quantity].unit for v in profile.values},
        "source": profile.source,
        "note": profile.note,
    }
