"""Settings that change while we run: the file is read again, judged, and put in force or refused.

A bad file changes nothing: what ran goes on, the log, the metrics and the pages say which line is
wrong, and mending it takes effect. Polled rather than told by the kernel: a stat of a few files
every two seconds costs nothing, and works on every file system and through every kind of editor.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from edge.changes import AT_START, changes
from edge.current import Current
from edge.errors import SettingsNeedRestart, SettingsRefused
from edge.secret_files import named
from edge.settings import Settings
from edge.settings_file import load
from edge.watched_files import WatchedFiles
from edge.wiring import OWN_PROFILES

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
# What was refused for something outside the file (a password file, a held database) may be right
# by now though the file is the same.
AGAIN_EVERY_S = 30.0

Notify = Callable[[], None]


class Reload:
    """Watches the settings file and what it names; one a process."""

    def __init__(
        self, current: Current, *, every_s: float = LOOK_EVERY_S, again_s: float = AGAIN_EVERY_S
    ) -> None:
        self._current = current
        self._file = current.settings.file
        self._files = WatchedFiles(self._watched)
        self._every_s, self._again_s = every_s, again_s
        self._asked = asyncio.Event()
        self._judged_at = 0.0
        # Files that changed since what is in force was read.
        self._changed: frozenset[Path] = frozenset()

    def ask(self) -> None:
        """Look now instead of soon (SIGHUP)."""
        self._asked.set()

    async def run(self, began: Notify = lambda: None, ended: Notify = lambda: None) -> None:
        """Watch until cancelled; `began` and `ended` are called around what was asked for."""
        while True:
            is_asked = await self._next_look()
            if is_asked:
                began()
            try:
                await self._look(is_asked=is_asked)
            finally:
                if is_asked:
                    ended()

    async def _next_look(self) -> bool:
        try:
            async with asyncio.timeout(self._every_s):
                await self._asked.wait()
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    async def _look(self, *, is_asked: bool) -> None:
        found = await asyncio.to_thread(self._files.changed, at_once=is_asked)
        is_due = time.monotonic() - self._judged_at >= self._again_s
        if found or is_asked or (self._current.refused is not None and is_due):
            await self._judge(found)

    async def _judge(self, files: frozenset[Path]) -> None:
        self._judged_at = time.monotonic()
        try:
            await self._take_over(files)
        except Exception as error:
            # Ours say what is wrong with the file; the database's may be right the next time.
            if not hasattr(error, "template") and not isinstance(error, SQLAlchemyError):
                raise
            self._refuse(error)

    async def _take_over(self, files: frozenset[Path]) -> None:
        current = self._current
        self._changed |= files
        new = await asyncio.to_thread(_loaded, self._file)
        # Before anybody reads what they hold, so that no later change of theirs goes unseen.
        await asyncio.to_thread(self._files.adopt, list(_named_files(new)))
        found = changes(current.settings, new, self._changed - {self._file})
        if found:
            await current.change(found)
        self._changed = frozenset()
        if current.refused is not None or found:
            said = {*found.sections, *(file.name for file in found.files)}
            log.info("settings in force; changed: %s", ", ".join(sorted(said)) or "nothing")
        current.refused = None
        self._wait(found.waiting)

    def _refuse(self, error: Exception) -> None:
        before, refused = self._current.refused, SettingsRefused(error)
        self._current.refused = refused
        if str(before) != str(refused):
            log.error("%s", refused, extra={"code": refused.code})

    def _wait(self, keys: tuple[str, ...]) -> None:
        if keys != self._current.waiting and keys:
            told = SettingsNeedRestart(keys=", ".join(keys))
            log.warning("%s", told, extra={"code": told.code})
        self._current.waiting = keys

    def _watched(self) -> Iterator[Path]:
        settings = self._current.settings
        if self._file is not None:
            yield self._file
        yield from sorted(settings.path(OWN_PROFILES).glob("*.toml"))
        yield from _named_files(settings)


def _named_files(settings: Settings) -> Iterator[Path]:
    return (file for key, file in named(settings) if key not in AT_START)


def _loaded(file: Path | None) -> Settings:
    # A writer empties a file before it fills it, and an editor that found the disk full leaves it
    # so. What was read is judged: read a second time, it may be whole already.
    return load(file, may_be_empty=False)
