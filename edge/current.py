"""The settings in force, for everybody: who reads them here each time follows every change.

An agent that looks at `current.settings` in each of its rounds needs nothing more. One that holds
something made from the settings (a connection, a task) takes part in changes:

    current.takes_part(self.prepare)

`prepare` is told the changes before they hold, does whatever may fail, and raises what it cannot
do: then nobody changes anything, and the old settings stay. It returns what makes the change.
"""

from collections.abc import Awaitable, Callable, Iterator

from edge.changes import Changes
from edge.errors import SettingsNeedRestart, SettingsRefused
from edge.metrics import Metric, counter, gauge
from edge.settings import Settings

Commit = Callable[[], Awaitable[None]]
Prepare = Callable[[Changes], Awaitable[Commit]]


class Current:
    """The settings in force, and what became of the newest that were written."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # What is wrong with the file as it is now; None while it is in force.
        self.refused: SettingsRefused | None = None
        # Keys that were changed and wait for a start.
        self.waiting: tuple[str, ...] = ()
        self.changed = 0
        self._prepares: list[Prepare] = []

    def takes_part(self, prepare: Prepare) -> None:
        """Have `prepare` asked before each change, in the order of asking."""
        self._prepares.append(prepare)

    async def change(self, changes: Changes) -> None:
        """Put new settings in force everywhere, or nowhere.

        Raises:
            Whatever a part raised that cannot do it; nothing was changed.
        """
        commits = [await prepare(changes) for prepare in self._prepares]
        self.settings = changes.new
        for commit in commits:
            await commit()
        self.changed += 1

    def notices(self) -> list[Exception]:
        """Return what whoever looks after the site should know: shown on the farm's pages."""
        found: list[Exception] = [] if self.refused is None else [self.refused]
        if self.waiting:
            found.append(SettingsNeedRestart(keys=", ".join(self.waiting)))
        return found

    def metrics(self) -> Iterator[Metric]:
        own = {"file": str(self.settings.file or "")}
        words = "1, with the settings file that this process goes by."
        yield Metric("minori_settings_info", "gauge", words, [(own, 1)])
        yield gauge(
            "minori_settings_refused",
            "1 while the settings file is wrong and the settings before it stay in force.",
            self.refused is not None,
        )
        yield gauge(
            "minori_settings_waiting",
            "Changed settings that take effect at the next start.",
            len(self.waiting),
        )
        yield counter(
            "minori_settings_changes_total", "Changes taken over since the start.", self.changed
        )
