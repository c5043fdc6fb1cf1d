"""The `--config` option and the start that every running command shares."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_option(command: _Command) -> _Command:
    """Add `--config FILE`; without it the file is looked for as docs/settings.md says."""
    option = click.option(
        "--config", type=click.Path(path_type=Path), help="Settings file (else: minori.toml)."
    )
    return option(command)


def serve(config: Path | None, *, agent: bool, web: bool) -> None:
    """Read the settings and run the chosen parts until stopped."""
    with _collecting_nothing():
        from edge import logs
        from edge.service import run
        from edge.settings_file import load
    try:
        settings = load(config)
        logs.configure()
        run(settings, agent=agent, web=web)
    except Exception as error:
        if not logs.is_journal(sys.stderr):
            raise
        logs.configure()
        logs.say_end(error)
        sys.exit(2)


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """Leave garbage alone while modules are imported, and what they made alone for ever.

    Half a million objects that stay were looked through again and again: a tenth of a second of
    the start, and some of each later collection.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
