"""Agents beside the collecting itself: each is made from some sections of the settings, and made
anew when one of those changes.

An agent that would forget something by that (an alarm's delay) reads `Current` in its rounds
instead, and names no section here.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from edge.changes import Changes
from edge.settings import Settings

# What an agent does until cancelled; None where the settings do not ask for it.
Work = Coroutine[Any, Any, None] | None


@dataclass(frozen=True, slots=True)
class Part:
    """One agent: its name in logs, the sections it is made from, how it is made."""

    name: str
    sections: frozenset[str]
    make: Callable[[Settings], Work]


class Parts:
    """Runs parts as tasks of one group."""

    def __init__(self, tasks: asyncio.TaskGroup, parts: Sequence[Part]) -> None:
        self._tasks = tasks
        self._parts = parts
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, settings: Settings) -> None:
        for part in self._parts:
            self._start(part, settings)

    async def change(self, changes: Changes) -> None:
        """End every part that is made from a section that changed, and make it anew."""
        touched = [part for part in self._parts if changes.touches(part.sections)]
        ending = [self._running.pop(part.name) for part in touched if part.name in self._running]
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending)
        for part in touched:
            self._start(part, changes.new)

    def _start(self, part: Part, settings: Settings) -> None:
        work = part.make(settings)
        if work is not None:
            self._running[part.name] = self._tasks.create_task(work, name=part.name)
