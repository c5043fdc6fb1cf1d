"""How far something long has come: one line that is written over, on a terminal only."""

import sys
import time

import click

from edge.commands import _text

_EVERY_S = 0.2


class Progress:
    """Shows sentences with their share; says nothing where nobody looks on."""

    def __init__(self) -> None:
        self._is_seen = sys.stderr.isatty()
        self._shown_at = 0.0
        self._words = ""

    def __call__(self, words: str, share: float | None) -> None:
        now = time.monotonic()
        if not self._is_seen or (words == self._words and now - self._shown_at < _EVERY_S):
            return
        self._words, self._shown_at = words, now
        said = words if share is None else f"{words}: {share:.0%}"
        click.echo("\r" + _text.pad(said, _text.COLUMNS - 1), err=True, nl=False)

    def end(self) -> None:
        """Take the line away."""
        if self._is_seen and self._words:
            click.echo("\r" + " " * (_text.COLUMNS - 1) + "\r", err=True, nl=False)
