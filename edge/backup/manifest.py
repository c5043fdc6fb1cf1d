"""What a copy consists of, and what it must hold: `manifest.json`, written last.

A folder without a manifest is no copy; one whose files have other digests is a damaged one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.errors import NoBackup
from traceability.backup.copies import Newest, Taken
from traceability.backup.digests import Table
from traceability.errors import BackupDamaged

NAME = "manifest.json"
FORMAT = 1
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class File:
    """One file of a copy."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything a restore has to know before it touches anything.

    Attributes:
        minori: Version of Minori that made the copy.
        organisation, site: Whose record it is.
        files: By name within the copy; the manifest itself is not among them.
        secrets: Whether passwords and keys are among them.
    """

    made_at: datetime
    minori: str
    organisation: str
    site: str
    record: Taken
    files: Mapping[str, File]
    secrets: bool

    def write(self, folder: Path) -> Path:
        said = {
            "format": FORMAT,
            "made_at": _said(self.made_at),
            "minori": self.minori,
            "organisation": self.organisation,
            "site": self.site,
            "secrets": self.secrets,
            "schema": self.record.schema,
            "database": self.record.file,
            "newest_reading": _said(self.record.newest.reading),
            "newest_act": _said(self.record.newest.act),
            "files": {name: asdict(file) for name, file in self.files.items()},
            "tables": {name: asdict(table) for name, table in self.record.tables.items()},
        }
        target = folder / NAME
        text = json.dumps(said, ensure_ascii=False, indent=1)
        target.write_text(text + "\n", encoding="utf-8")
        return target


def read(folder: Path) -> Manifest:
    """Return the manifest of a copy.

    Raises:
        NoBackup: the folder is none, or a newer Minori made it.
        BackupDamaged: its manifest cannot be read.
    """
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise NoBackup(folder=folder, problem=f"{NAME}: {error.strerror}") from error
    try:
        said = json.loads(text)
        if said["format"] != FORMAT:
            raise NoBackup(folder=folder, problem=f"format {said['format']}, known is {FORMAT}")
        return _manifest(said)
    except (ValueError, LookupError, TypeError) as error:
        raise BackupDamaged(backup=folder, problem=f"{NAME} cannot be read") from error


def verify_files(folder: Path, manifest: Manifest) -> None:
    """See that every file is there and as it was written.

    Raises:
        BackupDamaged: one is not; says which.
    """
    for name, said in manifest.files.items():
        try:
            found = describe(folder / name)
        except OSError as error:
            raise BackupDamaged(backup=folder, problem=f"{name}: {error.strerror}") from error
        if found != said:
            raise BackupDamaged(backup=folder, problem=f"{name} has another SHA-256")


def describe(file: Path) -> File:
    """Return the length and digest of a file."""
    found, length = hashlib.sha256(), 0
    with file.open("rb") as source:
        while piece := source.read(_PIECE):
            found.update(piece)
            length += len(piece)
    return File(length, found.hexdigest())


def _manifest(said: Mapping[str, Any]) -> Manifest:
    newest = Newest(_time(said["newest_reading"]), _time(said["newest_act"]))
    tables = {name: Table(**table) for name, table in said["tables"].items()}
    made_at = _time(said["made_at"])
    if made_at is None:
        raise ValueError(said["made_at"])
    return Manifest(
        made_at,
        str(said["minori"]),
        str(said["organisation"]),
        str(said["site"]),
        Taken(str(said["database"]), str(said["schema"]), tables, newest),
        {name: File(**file) for name, file in said["files"].items()},
        bool(said["secrets"]),
    )


def _said(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)
