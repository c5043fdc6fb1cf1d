"""`minori enrol`: this site gets its own credential at a hub."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands._config import config_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.settings import Settings


@click.command()
@click.argument("code", required=False)
@click.option("--hub", metavar="URL", help="The hub's address; left out: [hub] url.")
@click.option("--rotate", is_flag=True, help="Take a new credential; the old one ends.")
@click.option("--leave", is_flag=True, help="Send to no hub any more; all stays recorded here.")
@config_option
def command(
    code: str | None, hub: str | None, rotate: bool, leave: bool, config: Path | None
) -> None:
    """Connect this site to a hub with the one-time CODE that `minori hub enrol` printed there.

    A running service begins to send by itself; nothing has to be restarted.
    """
    from edge import enrolment
    from edge.settings_file import load

    settings = load(config)
    if [bool(code), rotate, leave].count(True) != 1:
        raise click.UsageError("say the CODE from the hub, --rotate or --leave")
    if leave:
        for line in _left(settings):
            click.echo(line)
        return
    if rotate:
        said = asyncio.run(_rotated(settings))
        click.echo(f"{said} has a new credential; the old one ends with its first use")
        return
    address = enrolment.safe_address(hub or settings.hub.url or _asked_for())
    name, file = asyncio.run(_enrolled(settings, address, code or ""))
    click.echo(f"{name} is enrolled at {address}; its credential is in {file}")
    click.echo("a running service sends by itself; see: minori hub status")


def _left(settings: "Settings") -> "Iterator[str]":
    from edge import enrolment
    from edge.store import writing

    with writing(settings) as session:
        enrolment.leave(settings, session)
    yield "this site sends to no hub any more; all that was recorded stays, here and there"
    if settings.hub.url:
        yield f"take url out of [hub] in {settings.file}, too"
    yield f"at the hub: minori hub revoke {settings.site.organisation}/{settings.site.code}"


def _asked_for() -> str:
    raise click.UsageError("say --hub https://..., or set [hub] url")


async def _enrolled(settings: "Settings", address: str, code: str) -> tuple[str, Path]:
    from edge import enrolment
    from edge.hub_client import HubClient
    from traceability.wire import Enrolment

    site = settings.site
    with enrolment.place(settings) as keep:
        async with HubClient(settings, address) as hub:
            said = await hub.enrol(Enrolment(code, site.organisation, site.code))
        return said.name, keep(enrolment.Enrolment(address, said.credential))


async def _rotated(settings: "Settings") -> str:
    from edge import enrolment
    from edge.hub_client import HubClient

    now = enrolment.load(settings)
    with enrolment.place(settings) as keep:
        async with HubClient(settings, now.hub, now.credential) as hub:
            said = await hub.new_credential()
        keep(enrolment.Enrolment(now.hub, said.credential))
    return said.name
