"""The settings file: right, its models known, its secrets for the service alone."""

import pwd
from collections.abc import Iterator
from pathlib import Path

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.errors import EdgeError, SettingsHidden, SettingsMissing
from edge.secret_files import named
from edge.settings import Settings
from edge.wiring import OWN_PROFILES
from sensors import SensorError
from sensors import profile as profiles

# Made by us where it is missing, or by `minori enrol`; a certificate is no secret.
_MADE = ("web.secret_file", "hub.credential_file")
_OPEN = ("ca_file",)


def check(case: Case) -> Iterator[Finding]:
    if case.settings is None:
        yield fail("{problem}", _cure_of(case.problem), problem=case.problem)
        return
    settings = case.settings
    yield ok(
        _("{file}: {zones} zones, {ports} ports, {devices} devices"),
        file=settings.file,
        zones=len(settings.zones),
        ports=len(settings.ports),
        devices=len(settings.devices),
    )
    if settings.file is not None and not settings.file.read_bytes().strip():
        cure = _("put it back from a copy (minori restore --help), or write one: minori init")
        yield warn(_("{file} is empty: nothing is set"), cure, file=settings.file)
    yield from _models(settings)
    for key, file in named(settings):
        yield from _secret(key, file, case.user)


def _cure_of(problem: EdgeError | None) -> str:
    if isinstance(problem, SettingsMissing):
        return _("write one: minori init; one that lies elsewhere is named by --config FILE")
    if isinstance(problem, SettingsHidden):
        return "sudo minori doctor"
    return _("mend that line; a running service keeps the settings it had")


def _models(settings: Settings) -> Iterator[Finding]:
    for model in sorted({device.model for device in settings.devices if device.port}):
        try:
            profiles.load(model, settings.path(OWN_PROFILES))
        except SensorError as error:
            cure = _("mend the profile, or choose a model of: minori devices models")
            yield fail("{problem}", cure, problem=error)


def _secret(key: str, file: Path, user: str) -> Iterator[Finding]:
    try:
        stat = file.stat()
    except OSError as error:
        if key not in _MADE:
            cure = _("write it, or correct {key} in the settings")
            text = _("{key}: {file} cannot be read ({cause})")
            yield fail(text, cure, key=key, file=file, cause=error.strerror)
        return
    uid, gid = _account(user)
    # A file of root's that only the service's own group may read is as private.
    open_to = 0o007 if stat.st_gid == gid else 0o077
    if key.rpartition(".")[2] not in _OPEN and stat.st_mode & open_to:
        text = _("{key}: others on this machine may read {file}")
        private = (
            "chmod 640 {file}" if stat.st_gid == gid and stat.st_uid != uid else "chmod 600 {file}"
        )
        yield warn(text, private, key=key, file=file)
    is_ours = stat.st_uid == uid or (stat.st_gid == gid and stat.st_mode & 0o040)
    if uid and not is_ours and not stat.st_mode & 0o004:
        text = _("{key}: {file} belongs to another account than the service's")
        yield warn(text, "sudo chown {user} {file}", key=key, file=file, user=user)


def _account(user: str) -> tuple[int, int]:
    try:
        return pwd.getpwnam(user)[2:4]
    except KeyError:
        return -1, -1
