"""A copy of a site, made while it runs, and believed only after it was restored.

In this order: the record as it is at one moment, the settings, the manifest; then all of it on
disk; then, in one step, its name.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import make_url

from edge.backup import manifest
from edge.backup.manifest import Manifest
from edge.backup.shelf import Shelf
from edge.secret_files import named
from edge.settings import Settings
from edge.wiring import OWN_PROFILES
from traceability.backup import copies
from traceability.backup.copies import Progress, Taken
from traceability.database import revision_of, sqlite_file
from traceability.errors import BackupFailed, DatabaseUnusable

SETTINGS = "minori.toml"
SECRETS = "secrets"
# A copy and its proof beside it, and as much again as the settings and a growing log may need.
_MARGIN = 32 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """A copy that was made and proved, and those that went for it."""

    copy: Path
    manifest: Manifest
    bytes: int
    gone: list[Path]


def make(
    settings: Settings,
    shelf: Shelf,
    *,
    at: datetime,
    keep: int | None = None,
    secrets: bool = False,
    progress: Progress = lambda words, share: None,  # noqa: ARG005
) -> Made:
    """Make a copy and prove it by restoring it; then remove all but the newest `keep`.

    Args:
        at: Now, aware UTC; what the copy is named by.
        keep: How many copies stay, this one among them; None: all of them.
        secrets: Copy passwords and keys, too; readable by us alone.

    Raises:
        BackupFailed: it could not be made; nothing with a copy's name was left, and none removed.
        BackupDamaged: what was restored from it was not what was copied; the same.
        BackupRunning: another one is being made.
        DatabaseUnusable, DatabaseTooNew: there is nothing to copy, or it is not ours to read.
    """
    url = settings.database_url
    if revision_of(url) is None:
        raise DatabaseUnusable(
            url=make_url(url).render_as_string(),
            cause="there is nothing to copy yet",
            next_step="check [database] url in minori.toml",
        )
    with shelf.new(at) as (part, copy):
        _see_room(url, part)
        with _said_by_disk(part):
            record = copies.take(url, part, progress=progress)
            with copies.restored(record, part, url, place=part, progress=progress):
                pass
            _copy_settings(settings, part, secrets=secrets)
            said = _manifest(settings, part, record, at=at, secrets=secrets)
            said.write(part)
    gone = shelf.keep(keep, copy) if keep else []
    return Made(copy, said, sum(file.bytes for file in said.files.values()), gone)


def _see_room(url: str, part: Path) -> None:
    """Refuse before an hour of copying what will not fit."""
    file = sqlite_file(url)
    if file is None or not file.exists():
        return
    needed, free = 2 * file.stat().st_size + _MARGIN, shutil.disk_usage(part).free
    if free < needed:
        raise BackupFailed(
            what=f"a copy in {part.parent}",
            cause=f"{free >> 20} MB are free, {needed >> 20} MB are needed to make and prove it",
            next_step="remove older copies (--keep), or name another folder",
        )


def _copy_settings(settings: Settings, part: Path, *, secrets: bool) -> None:
    if settings.file is not None:
        shutil.copyfile(settings.file, part / SETTINGS)
    own = sorted(settings.path(OWN_PROFILES).glob("*.toml"))
    if own:
        (part / OWN_PROFILES).mkdir()
        for profile in own:
            shutil.copyfile(profile, part / OWN_PROFILES / profile.name)
    if secrets:
        _copy_secrets(settings, part / SECRETS)


def _copy_secrets(settings: Settings, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for key, file in named(settings):
        if file.is_file():
            # For us alone from its first moment.
            target = os.open(folder / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(target, "wb") as copied:
                copied.write(file.read_bytes())


def _manifest(
    settings: Settings, part: Path, record: Taken, *, at: datetime, secrets: bool
) -> Manifest:
    files = {
        path.relative_to(part).as_posix(): manifest.describe(path)
        for path in sorted(part.rglob("*"))
        if path.is_file()
    }
    site = settings.site
    return Manifest(
        at, version("minori"), site.organisation, site.code, record, files, secrets=secrets
    )


@contextmanager
def _said_by_disk(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupFailed(
            what=f"a copy in {part.parent}",
            cause=error.strerror or str(error),
            next_step="make room there, or name another folder",
        ) from error
