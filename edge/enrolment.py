"""Which hub this site is enrolled at, and what it shows there: one small file, for us alone."""

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlmodel import Session

from edge.errors import HubAddressWrong, HubUnsafe, NotEnrolled
from edge.secret_files import unreadable
from edge.settings import Settings
from traceability import uplink

_KEY = "hub.credential_file"
# An address and a credential have some 200 bytes.
_ROOM = 4096


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`hub` is the address without a slash at its end; `credential` is a secret."""

    hub: str
    credential: str


def is_wanted(settings: Settings, session: Session | None) -> bool:
    """Whether this site sends to a hub, or means to. One that did, and whose credential is gone,
    means to: it has to say so, rather than send nothing in silence."""
    if settings.hub.url or settings.path(settings.hub.credential_file).exists():
        return True
    return session is not None and uplink.is_enrolled(session)


def leave(settings: Settings, session: Session) -> None:
    """Send to no hub any more; the caller commits."""
    uplink.leave(session)
    settings.path(settings.hub.credential_file).unlink(missing_ok=True)


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
        raise NotEnrolled(because="this site has no credential of a hub") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unreadable(_KEY, file, error) from error
    wanted = settings.hub.url.rstrip("/")
    if wanted and wanted != enrolment.hub:
        because = f"[hub] url is {wanted}, but the credential here is of {enrolment.hub}"
        raise NotEnrolled(because=because)
    return enrolment


@contextlib.contextmanager
def place(settings: Settings) -> Iterator[Callable[[Enrolment], Path]]:
    """Make room for a credential on disk, and give what keeps it there.

    A one-time code is worth nothing once it was shown, so whatever can go wrong with the file goes
    wrong before. What was there stays until the new one is whole, readable by us alone.

    Raises:
        SettingsInvalid: it cannot be written there.
    """
    file = settings.path(settings.hub.credential_file)
    with _writable(file, "nothing was asked of the hub"):
        handle, name = _made(file)
    fresh = Path(name)

    def keep(enrolment: Enrolment) -> Path:
        said = json.dumps({"hub": enrolment.hub, "credential": enrolment.credential})
        with _writable(file, "the hub needs a new code"):
            # Over what was written there: a disk that is full by now does not come between.
            os.ftruncate(handle, os.pwrite(handle, f"{said}\n".encode(), 0))
            os.fsync(handle)
            fresh.replace(file)
            _sync(file.parent)
        return file

    try:
        yield keep
    finally:
        os.close(handle)
        fresh.unlink(missing_ok=True)


def save(settings: Settings, enrolment: Enrolment) -> Path:
    """Write a credential; all of it or nothing."""
    with place(settings) as keep:
        return keep(enrolment)


def _made(file: Path) -> tuple[int, str]:
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        os.write(handle, b" " * _ROOM)
        os.fsync(handle)
    except OSError:
        os.close(handle)
        Path(name).unlink()
        raise
    return handle, name


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _writable(file: Path, state: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        step = f"let this user write to {file.parent}, on a disk with room; {state}"
        raise unreadable(_KEY, file, error, step) from error


def safe_address(url: str) -> str:
    """Return a hub's address without a slash at its end.

    Raises:
        HubAddressWrong: it names no machine, or something beside it.
        HubUnsafe: what is said to it could be read on the way.
    """
    try:
        parts = urlsplit(url)
        whole = parts.port != 0 and not parts.query and not parts.fragment
    except ValueError as error:
        raise HubAddressWrong(url=url) from error
    host = parts.hostname or ""
    if not host or not whole or any(map(str.isspace, url)):
        raise HubAddressWrong(url=url)
    here = host in ("localhost", "::1") or host.startswith("127.")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise HubUnsafe(url=url)
    return url.rstrip("/")
