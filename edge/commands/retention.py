"""`minori retention`: what is old enough to go, and what is held back by what."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands import _text
from edge.commands._config import config_option

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from traceability.retention_view import Held, Standing

_KINDS = {"raw": "readings", "1min": "minutes", "1h": "hours", "1d": "days"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@config_option
def command(as_json: bool, config: Path | None) -> None:
    """Say what would be deleted for its age now, and what stays although it is old; delete nothing.

    The service deletes by itself, by [retention] in minori.toml. Every row is counted: on years of
    readings that takes a while.
    """
    from datetime import UTC, datetime

    from edge.retention import policy_of
    from edge.settings_file import load
    from edge.store import reading
    from traceability import retention_view

    settings = load(config)
    with reading(settings) as session:
        found = retention_view.of(session, policy_of(settings, session), now=datetime.now(UTC))
        if as_json:
            click.echo(_text.as_json([_facts(one) for one in found]))
            return
        for line in _lines(found, settings.zone_info):
            click.echo(line)


def _lines(found: "Sequence[Standing]", zone: "ZoneInfo") -> Iterator[str]:
    header = ("RESOLUTION", "KEPT", "OLDEST", "WOULD GO", "HELD BACK")
    rows = [
        (
            f"{one.resolution.label} ({_KINDS[one.resolution.label]})",
            "for ever" if one.keep is None else f"{one.keep.days} days",
            "none" if one.oldest is None else _text.local(one.oldest, zone)[:10],
            f"{one.goes:,}",
            f"{sum(held.rows for held in one.held):,}",
        )
        for one in found
    ]
    yield from _text.table(header, rows, numbers=(3, 4))
    for one in found:
        for held in one.held:
            yield ""
            yield from _text.filled(_sentence(held, zone))


def _sentence(held: "Held", zone: "ZoneInfo") -> str:
    since = "" if held.since is None else f" from {_text.local(held.since, zone)[:10]} on"
    what = f"{held.rows:,} readings of {_few(sorted(held.devices))}{since} stay:"
    codes = _few([lot.code for lot in held.lots.values()])
    return f"{what} {_BECAUSE[held.why].format(lots=codes)}"


_BECAUSE = {
    "open_lot": "they are of lots still open: {lots}. Ship, use up or discard what is gone: "
    "minori lot list",
    "no_record": "what these closed lots lived through is not stored yet: {lots}. The running "
    "service does it, and settles it a day after the closing",
    "rollups": "they are not summed up yet. The running service does it",
    "hub": "the hub has not receipted them yet: minori hub status",
}


def _few(names: Sequence[str], most: int = 4) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _facts(one: "Standing") -> dict[str, object]:
    return {
        "resolution": one.resolution.label,
        "keep_days": None if one.keep is None else one.keep.days,
        "oldest": one.oldest and one.oldest.isoformat(),
        "would_go": one.goes,
        "held_back": [
            {
                "reason": str(held.why),
                "rows": held.rows,
                "since": held.since and held.since.isoformat(),
                "devices": sorted(held.devices),
                "lots": [lot.code for lot in held.lots.values()],
            }
            for held in one.held
        ],
    }
