"""Files that settings point at: passwords, tokens, keys. Settings themselves hold none."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from edge.errors import SettingsInvalid
from edge.settings import Settings
from traceability.errors import Phrase

KEY_BYTES = 32


def read(settings: Settings, key: str, name: str) -> str:
    """Return the text of the file that `key` names; empty where it names none.

    Raises:
        SettingsInvalid: it cannot be read.
    """
    if not name:
        return ""
    file = settings.path(name)
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(key, file, error) from error


def named(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield (key, file) of every password, token and certificate that settings name."""
    for section in Settings.model_fields:
        found = getattr(settings, section)
        tables = found if isinstance(found, list) else [found]
        for number, table in enumerate(tables, start=1):
            where = f"{section}.{number}" if found is tables else section
            for key in type(table).model_fields:
                name = getattr(table, key) if key.endswith("_file") else ""
                if name:
                    yield f"{where}.{key}", settings.path(name)


def signing_key(settings: Settings) -> bytes:
    """Return the key that signs sessions, made at the first start and readable by us alone.

    Raises:
        SettingsInvalid: it cannot be made or read, or is too short to sign anything.
    """
    name = settings.web.secret_file
    file = settings.path(name)
    if not file.exists():
        _make(file)
    key = read(settings, "web.secret_file", name).encode()
    if len(key) < KEY_BYTES:
        got = ValueError(f"only {len(key)} bytes; delete it, and a new one is made")
        raise unreadable("web.secret_file", file, got)
    return key


def unreadable(
    key: str,
    file: Path,
    error: Exception,
    next_step: str = "check the path, and that the service may read it",
) -> SettingsInvalid:
    """Return the error for a file that settings name and that is of no use."""
    return SettingsInvalid(
        file="settings",
        line="",
        key=key,
        expected=Phrase("a usable file {file}", file=file),
        got=str(error),
        next_step=next_step,
    )


def _make(file: Path) -> None:
    try:
        # For us alone from its first moment: a key that could be read once is no secret.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as target:
            target.write(secrets.token_hex(KEY_BYTES))
    except FileExistsError:
        return  # another process was first; its key is as good
    except OSError as error:
        raise unreadable("web.secret_file", file, error) from error
