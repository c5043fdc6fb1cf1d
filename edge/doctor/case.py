"""What every check may look at: the settings, the account the service runs as, what it says."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session

from edge.doctor.numbers import Numbers, of_running
from edge.errors import EdgeError
from edge.settings import Settings
from edge.settings_file import load
from traceability import database
from traceability.database import sqlite_file
from traceability.errors import TraceabilityError


@dataclass(frozen=True, slots=True)
class Case:
    """A site under examination.

    Attributes:
        settings: None where the file is wrong; `problem` says how.
        numbers: What the running service says of itself; None where none answers.
        user: Name of the account the service runs as.
    """

    settings: Settings | None
    problem: EdgeError | None
    numbers: Numbers | None
    user: str
    now: datetime

    def local(self, moment: datetime) -> str:
        """Return a time as the site writes it."""
        zone = self.settings.zone_info if self.settings else UTC
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")

    @property
    def is_running(self) -> bool:
        return self.numbers is not None

    @contextmanager
    def record(self) -> Iterator[Session | None]:
        """Give a session for look-ups; None where the record cannot be read, which another check
        says."""
        if self.settings is None or (self.file is not None and not self.file.exists()):
            yield None
            return
        try:
            engine = database.open_database(self.settings.database_url)
        except TraceabilityError:
            yield None
            return
        try:
            with database.reading_session(engine) as session:
                yield session
        finally:
            engine.dispose()

    @property
    def folder(self) -> Path:
        """Where the record lies; without a file of its own, where we are."""
        file = self.file
        return file.parent if file is not None else Path.cwd()

    @property
    def file(self) -> Path | None:
        """The database's file; None for a server, or without settings."""
        return sqlite_file(self.settings.database_url) if self.settings else None


def of_site(config: Path | None) -> Case:
    """Return the case of the site of this settings file, wrong or right."""
    try:
        settings, problem = load(config), None
    except EdgeError as error:
        settings, problem = None, error
    numbers = of_running(settings)
    return Case(settings, problem, numbers, _user(settings), datetime.now(UTC))


def _user(settings: Settings | None) -> str:
    """Return who the service is: who owns the record, where root asks; else whoever asks."""
    uid = os.geteuid()
    if uid == 0 and settings is not None:
        file = sqlite_file(settings.database_url)
        if file is not None and file.exists():
            uid = file.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
