"""A click group whose commands are imported when they are called, not when the group is."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

# name -> (module with a click object called `command`, its line in the help)
CommandTable = Mapping[str, tuple[str, str]]


class LazyGroup(click.Group):
    """Late is the point: `minori agent` must start in a blink on a small board (DESIGN 14)."""

    def __init__(self, *args: Any, table: CommandTable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self._table:
            return None
        command = importlib.import_module(self._table[name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Taken from the table: asking each command would import them all for one help page.
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._table.items()])
