"""The one console command. Each subcommand is a file in `edge/commands/`, imported late.

Late is the point: `minori agent` must start in a blink on a small board, so nothing here
may pull in pandas, Prophet or the web server before a command needs it (DESIGN 14).
"""

import sys
from collections.abc import Sequence

import click

from edge.commands._lazy import LazyGroup

# name -> (module with a click object called `command`, its line in the help)
COMMANDS = {
    "alarms": ("edge.commands.alarms", "What is out of order: acknowledge, snooze, pause."),
    "catalogue": ("edge.commands.catalogue", "Crops, trade items, zones and partners."),
    "devices": ("edge.commands.devices", "Probes: models, recorded exchanges, what they say."),
    "demo": ("edge.commands.demo", "A whole farm in a temporary folder, to look at."),
    "doctor": ("edge.commands.doctor", "What is the matter with this site, and the cure."),
    "forecast": ("edge.commands.forecast", "What may come, and how wrong we were before."),
    "gs1": ("edge.commands.gs1", "Read GS1 codes: what they hold, the link they make."),
    "run": ("edge.commands.run", "Collect and serve: all of it in one process."),
    "agent": ("edge.commands.agent", "Collect only: ports and MQTT into the database."),
    "web": ("edge.commands.web", "Serve only: pages and HTTP from the database."),
    "import": ("edge.commands.import_", "Bring in history: readings, lots."),
    "replay": ("edge.commands.replay", "Play a recorded climate through simulated probes."),
    "user": ("edge.commands.user", "Who may sign in."),
    "backup": ("edge.commands.backup", "Copy the record, and prove the copy by restoring it."),
    "db": ("edge.commands.db", "Check or upgrade the database."),
    "enrol": ("edge.commands.enrol", "Connect this site to a hub, by a code from there."),
    "hub": ("edge.commands.hub", "Sites and their hub: let in, revoke, what waits, what is there."),
    "init": ("edge.commands.init", "Write a documented settings file."),
    "label": ("edge.commands.label", "Write the QR label of a lot."),
    "links": ("edge.commands.links", "Where printed codes lead: set, end, withdraw."),
    "lot": ("edge.commands.lot", "Lots: list, show, sow, harvest, pack, ship and all between."),
    "recall": ("edge.commands.recall", "Recalls and exercises: what is affected, who has it."),
    "balance": ("edge.commands.balance", "Mass balance: what came against what went, in grams."),
    "sheet": ("edge.commands.sheet", "Tables for auditors and partners: FSMA 204, and others."),
    "unit": ("edge.commands.unit", "Cases and pallets: pack, open, ship, under one number."),
    "trace": ("edge.commands.trace", "Where a lot came from and where it went, as two trees."),
    "retention": ("edge.commands.retention", "What is old: what would go, what is held back, why."),
    "restore": ("edge.commands.restore", "Put back a copy; the old record is kept."),
    "settings": ("edge.commands.settings", "Check minori.toml, or print what may stand in it."),
}


@click.command(
    cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="minori")
def minori() -> None:
    """From the probe to the shelf: readings, lots, provenance and forecasts of a farm."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an error we know becomes one sentence and exit code 2, never a traceback."""
    try:
        minori(args=arguments, prog_name="minori", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "minori"
        said = error.format_message().rstrip(".")
        click.echo(f"minori: usage: {said}; see: {where} --help", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except Exception as error:
        # Every package's own errors carry a stable code and a template (a database driver's have
        # a code of their own, too); anything else is our bug and must be seen.
        code = getattr(error, "code", None)
        if not isinstance(code, str) or not hasattr(error, "template"):
            raise
        click.echo(f"minori: {code}: {error}", err=True)
        sys.exit(2)
