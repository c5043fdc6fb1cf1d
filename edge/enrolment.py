"""Which hub this site is enrolled at, and what it shows there: one small file, for us alone."""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import HubUnsafe, NotEnrolled
from edge.secret_files import unreadable
from edge.settings import Settings

_KEY = "hub.credential_file"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`hub` is the address without a slash at its end; `credential` is a secret."""

    hub: str
    credential: str


def is_wanted(settings: Settings) -> bool:
    """Whether this site sends to a hub, or means to."""
    return bool(settings.hub.url) or settings.path(settings.hub.credential_file).exists()


def load(settings: Settings) -> Enrolment:
    """Return where and as whom to send.

    Raises:
        NotEnrolled: there is no credential yet, or it is another hub's than the settings say.
        SettingsInvalid: the file cannot be read, or is not one that `minori enrol` wrote.
    """
    file = settings.path(settings.hub.credential_file)
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        enrolment = Enrolment(str(said["hub"]), str(said["credential"]))
    except FileNotFoundError as error:
        raise NotEnrolled(because="this site is not enrolled at a hub yet") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unreadable(_KEY, file, error) from error
    wanted = settings.hub.url.rstrip("/")
    if wanted and wanted != enrolment.hub:
        because = f"[hub] url is {wanted}, but the credential here is of {enrolment.hub}"
        raise NotEnrolled(because=because)
    return enrolment


def save(settings: Settings, enrolment: Enrolment) -> Path:
    """Write the credential, readable by us alone from its first moment; all of it or nothing."""
    file = settings.path(settings.hub.credential_file)
    fresh = file.with_name(f"{file.name}.new")
    text = json.dumps({"hub": enrolment.hub, "credential": enrolment.credential}) + "\n"
    try:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            target.write(text)
            target.flush()
            os.fsync(target.fileno())
        fresh.replace(file)
    except OSError as error:
        raise unreadable(_KEY, file, error) from error
    return file


def safe_address(url: str) -> str:
    """Return a hub's address without a slash at its end.

    Raises:
        HubUnsafe: what is said to it could be read on the way.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    here = host in ("localhost", "::1") or host.startswith("127.")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise HubUnsafe(url=url)
    return url.rstrip("/")
