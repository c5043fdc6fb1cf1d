"""`minori demo`: a whole farm to look at, and `--check`, which asks it every main question."""

import logging
import sys
import time
from datetime import date, datetime

import click

from edge.demo import check as checks
from edge.demo import show
from edge.demo.asker import a_packed_lot
from edge.errors import DemoFailed

SEED = 7


@click.command()
@click.option("--check", is_flag=True, help="Ask every main question, print a line each, and end.")
@click.option("--seed", default=SEED, show_default=True, help="Another seed is another farm.")
@click.option(
    "--end",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Last day of the past (today); the past is the same for one seed and end.",
)
@click.option("--port", type=int, help="Port of the pages (8000, or any that is free).")
def command(*, check: bool, seed: int, end: datetime | None, port: int | None) -> None:
    """A plant factory in a temporary folder, with two rooms, a greenhouse bay and a past.

    Everything between the probes and the pages is the real program; nothing is left behind.
    """
    # The radio's gateway waits for the broker as any would; that is no news here.
    logging.getLogger("edge.bus").setLevel(logging.CRITICAL)
    last_day: date | None = end.date() if end else None
    with show.running(seed=seed, end=last_day, web_port=port, say=_say) as demo:
        if check:
            sys.exit(checks.ask_everything(demo, say=_say))
        _show_addresses(demo)
        _hold(demo)


def _say(line: str) -> None:
    click.echo(line)


def _show_addresses(demo: show.Demo) -> None:
    lot = a_packed_lot(demo)
    click.echo(
        f"""
Minori shows a farm. Open:

  operator     {demo.url}/
  retailer     {demo.url}{lot.path}
  agronomist   {demo.url}/forecasts
  machines     {demo.url}/docs

By command, in another terminal:

  export MINORI_CONFIG={demo.config} LOT={lot.code}
  .venv/bin/minori lot list
  .venv/bin/minori trace $LOT
  .venv/bin/minori forecast show low-k-lettuce

The service's log: {demo.folder / "minori.log"}
From here to a farm of your own: deploy/README.md
Ctrl-C ends the demo and removes its folder."""
    )


def _hold(demo: show.Demo) -> None:
    try:
        while demo.process.poll() is None:
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("\nending the demo ...")
        return
    raise DemoFailed(what="minori run ended by itself", said=show.log_tail(demo))
