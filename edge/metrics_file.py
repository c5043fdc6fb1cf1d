"""Our numbers as a file: for node_exporter on a machine whose agent serves no pages, and for
`minori doctor`, which asks a running service without talking to it.

Source: node_exporter, "Textfile Collector": *.prom, put in place in one step.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

from edge.settings import Settings

log = logging.getLogger(__name__)

EVERY_S = 15.0


class MetricsFile:
    """Writes the numbers now and then; taken away when the service ends well."""

    def __init__(self, file: Path, text: Callable[[], str]) -> None:
        self._file = file
        self._text = text
        self._failed = ""

    async def run(self) -> None:
        try:
            while True:
                self._write()
                await asyncio.sleep(EVERY_S)
        finally:
            self._file.unlink(missing_ok=True)

    def _write(self) -> None:
        beside = self._file.with_name(f".{self._file.name}.new")
        try:
            beside.write_text(self._text(), encoding="utf-8")
            # A collector is another user, and a service's umask is for what it keeps.
            beside.chmod(0o644)
            beside.replace(self._file)
            self._failed = ""
        except OSError as error:
            # Numbers are not worth a stop; the next round tries again.
            if str(error) != self._failed:
                log.warning("numbers not written: %s", error, extra={"code": "metrics_file"})
            self._failed = str(error)


def file_of(settings: Settings, role: str) -> Path | None:
    """Return where a process of this role writes its numbers; None: nowhere.

    Args:
        role: `agent`, `web` or `run`: two processes on one machine write two files, and the one
            that is named is that of the collecting part.
    """
    if settings.metrics.file and role != "web":
        return settings.path(settings.metrics.file)
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) / f"{role}.prom" if folder else None
