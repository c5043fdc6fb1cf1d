"""The numbers of the running service, from its file or its web port: nothing has to be asked of it
that it does not tell every collector."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from edge.errors import EdgeError
from edge.metrics import Sample
from edge.metrics_file import EVERY_S, file_of
from edge.secret_files import read
from edge.settings import Settings

# Where systemd makes the runtime folder of our units.
RUNTIME = Path("/run/minori")
_ROLES = ("agent", "run")
_FRESH_S = 4 * EVERY_S
_WEB_S = 3.0
_LINE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a collector would read."""

    text: str

    def samples(self, name: str) -> list[Sample]:
        """Return every line of one metric."""
        return [(labels, value) for found, labels, value in self._lines() if found == name]

    def value(self, name: str) -> float | None:
        """Return a metric that has no labels; None where it is not told."""
        return next((value for labels, value in self.samples(name) if not labels), None)

    @property
    def settings_file(self) -> str:
        return next((labels["file"] for labels, _ in self.samples("minori_settings_info")), "")

    def is_of(self, settings: Settings) -> bool:
        """Whether they are of a service that goes by these settings."""
        return self.settings_file == str(settings.file)

    def _lines(self) -> Iterator[tuple[str, dict[str, str], float]]:
        for line in self.text.splitlines():
            found = _LINE.match(line)
            if found:
                labels = {key: _plain(text) for key, text in _LABEL.findall(found[2] or "")}
                yield found[1], labels, float(found[3])


def of_running(settings: Settings | None) -> Numbers | None:
    """Return what the collecting service says of itself, or None where none is heard."""
    # Over the pages it is of this moment, in its file some seconds old.
    found = of_pages(settings) if settings is not None else None
    # The pages alone collect nothing, and another site's numbers are not ours.
    is_ours = found is not None and settings is not None and found.is_of(settings)
    if is_ours and found is not None and found.value("minori_readings_stored_total") is not None:
        return found
    for file in _files(settings):
        with suppress(OSError):
            # A file that grew old was left by one that was killed.
            if abs(time.time() - file.stat().st_mtime) < _FRESH_S:
                told = Numbers(file.read_text(encoding="utf-8"))
                if settings is None or told.is_of(settings):
                    return told
    return None


def of_pages(settings: Settings) -> Numbers | None:
    """Return what a Minori on the web port says of itself, whichever site's; None without one."""
    web = settings.web
    host = web.host if web.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 compared
    try:
        token = read(settings, "web.metrics_token_file", web.metrics_token_file)
        asked = Request(f"http://{host}:{web.port}/metrics")
        asked.add_header("Authorization", f"Bearer {token}")
        with urlopen(asked, timeout=_WEB_S) as answer:  # noqa: S310 our own address
            text = answer.read().decode()
    except (URLError, OSError, ValueError, EdgeError):
        return None
    return Numbers(text) if "minori_settings_info" in text else None


def _files(settings: Settings | None) -> Iterator[Path]:
    if settings is not None and (named := file_of(settings, "agent")) is not None:
        yield named
    yield from (RUNTIME / f"{role}.prom" for role in _ROLES)


def _plain(text: str) -> str:
    return text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
