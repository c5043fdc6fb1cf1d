"""Settings, profiles and secrets of a copy written into a folder: a site on a new machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from edge.backup import manifest
from edge.backup.making import SECRETS, SETTINGS
from edge.errors import RestoreRefused
from edge.secret_files import named
from edge.settings import Settings
from edge.settings_file import load
from edge.wiring import OWN_PROFILES


def unpack(copy: Path, folder: Path) -> tuple[Settings, list[Path]]:
    """Write what stands beside the record in `copy` into `folder`; return it read, and the files.

    A file that is there already is left as it is if it is the same.

    Raises:
        NoBackup, BackupDamaged: the copy is none, or not what was written.
        RestoreRefused: another settings file or profile is there; nothing was written.
        SettingsInvalid: this version does not take these settings.
    """
    manifest.verify_files(copy, manifest.read(copy))
    wanted = [*_files(copy, folder)]
    for source, target in wanted:
        if target.exists() and target.read_bytes() != source.read_bytes():
            raise RestoreRefused(
                target=target,
                problem="is there already, and another",
                next_step="name an empty folder, or move it away",
            )
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in wanted:
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)
    settings = load(folder / SETTINGS)
    return settings, [target for _, target in wanted] + [*_secrets(copy, settings)]


def _files(copy: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    if not (copy / SETTINGS).exists():
        raise RestoreRefused(
            target=copy, problem="holds no settings", next_step="write them: minori init"
        )
    yield copy / SETTINGS, folder / SETTINGS
    for profile in sorted((copy / OWN_PROFILES).glob("*.toml")):
        yield profile, folder / OWN_PROFILES / profile.name


def _secrets(copy: Path, settings: Settings) -> Iterator[Path]:
    """Put each secret where the settings name it, readable by us alone; none is overwritten."""
    for key, file in named(settings):
        source = copy / SECRETS / key
        if source.exists() and not file.exists():
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as target:
                target.write(source.read_bytes())
            yield file
