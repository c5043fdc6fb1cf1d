"""From a settings file to `Settings`, or one typed error that says which line and what to do."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from edge.errors import SettingsHidden, SettingsInvalid, SettingsMissing
from edge.settings import ENV_CONFIG, ENV_PREFIX, Settings, alarms, retention
from edge.settings import contacts as people
from edge.states import channels_of
from edge.toml_file import Location, Refusal, TomlFile, fault_of
from sensors import QUANTITIES, BadPayload
from sensors.quantities import STATES
from sensors.wires.payload import Path as JsonPath
from sensors.wires.payload import Template
from traceability.errors import Phrase

SEARCHED = (Path("minori.toml"), Path("/etc/minori/minori.toml"))
DOCS = "docs/settings.md"


def find(path: Path | None = None) -> Path:
    """Return the settings file: asked for, named by MINORI_CONFIG, here, or in /etc/minori.

    Raises:
        SettingsMissing: it is not there; says where it was looked for.
        SettingsHidden: whether it is there is not for this user to know.
    """
    named = path or (Path(os.environ[ENV_CONFIG]) if os.environ.get(ENV_CONFIG) else None)
    candidates = (named,) if named else SEARCHED
    hidden = None
    for candidate in candidates:
        try:
            if candidate.is_file():
                return candidate
        except PermissionError:
            hidden = candidate
    if hidden is not None:
        raise SettingsHidden(file=hidden)
    raise SettingsMissing(looked_at=" or ".join(str(c) for c in candidates))


def load(path: Path | None = None, *, may_be_empty: bool = True) -> Settings:
    """Read and check the settings file; relative names in it are counted from its folder.

    Args:
        may_be_empty: A file without a word is a farm with the defaults.

    Raises:
        SettingsMissing: no file.
        SettingsInvalid: the first thing that is wrong in it or in MINORI_*.
    """
    file = find(path)
    source = TomlFile.read(file, refuse=SettingsInvalid, docs=DOCS)
    if not may_be_empty and not source.text.strip():
        raise SettingsInvalid(
            file=file,
            line="",
            key="file",
            expected="settings",
            got="an empty file",
            next_step="write it again; who wants no settings restarts the service",
        )
    read = _checked(source)
    return read.inside(file.parent, file=file.absolute())


def parse(content: Mapping[str, Any]) -> Settings:
    """Check settings made in a program (demo, tests); errors as from a file."""
    return _checked(TomlFile(Path("settings"), "", content, SettingsInvalid, DOCS))


def _checked(source: TomlFile) -> Settings:
    _refuse_unknown_variables()
    try:
        settings = Settings(**source.content)
    except ValidationError as error:
        raise _refusal(source, *fault_of(error, Settings)) from error
    except SettingsError as error:
        raise SettingsInvalid(
            file="environment",
            line="",
            key=f"{ENV_PREFIX}*",
            expected="JSON for a list or a section",
            got=str(error),
            next_step="write one value as MINORI_SECTION__KEY",
        ) from error
    for location, expected, got in _contradictions(settings):
        raise _refusal(source, location, expected, repr(got), "")
    return settings


def _refuse_unknown_variables() -> None:
    known = [f"{ENV_PREFIX}{name}".upper() for name in Settings.model_fields]
    for variable in sorted(os.environ):
        section = variable.upper().split("__")[0]
        if not section.startswith(ENV_PREFIX) or section in (*known, ENV_CONFIG):
            continue
        raise SettingsInvalid(
            file="environment",
            line="",
            key=variable,
            expected=f"one of {', '.join(f'{name}__KEY' for name in known)}",
            got=variable,
            next_step="two underscores part section and key: MINORI_DATABASE__URL",
        )


def _refusal(
    source: TomlFile, location: Location, expected: str, got: str, next_step: str
) -> Refusal:
    """Say where a wrong value came from: the environment, if it was given there, or the file."""
    given = {name.upper() for name in os.environ}
    for length in range(len(location), 0, -1):
        variable = ENV_PREFIX + "__".join(str(part) for part in location[:length]).upper()
        if variable in given:
            return SettingsInvalid(
                file="environment",
                line="",
                key=variable,
                expected=expected,
                got=got,
                next_step=next_step or Phrase("{docs} says what it is for", docs=DOCS),
            )
    return source.refusal(location, expected, got, next_step)


def _contradictions(settings: Settings) -> Iterator[tuple[Location, str, object]]:
    """Yield what is wrong between values that are each right alone."""
    yield from _repeats(settings)
    ports = [port.name for port in settings.ports]
    zones = [zone.code for zone in settings.zones]
    for index, device in enumerate(settings.devices):
        if device.port and device.port not in ports:
            known = ", ".join(ports) or "none"
            yield ("devices", index, "port"), f"a port of [[ports]] ({known})", device.port
        if device.port and not device.model:
            yield ("devices", index, "model"), "the model of a device on a port", device.model
        if device.zone and device.zone not in zones:
            known = ", ".join(zones) or "none"
            yield ("devices", index, "zone"), f"a zone of [[zones]] ({known})", device.zone
        for channel, quantity in channels_of(device.state_of).items():
            if quantity not in STATES:
                at: Location = ("devices", index, "state_of")
                yield (*at, channel) if channel else at, f"one of {', '.join(STATES)}", quantity
    yield from _topic_faults(settings)
    contacts = [contact.name for contact in settings.contacts]
    for index, key, expected, got in alarms.faults(settings.alarms, zones, contacts):
        yield ("alarms", index, key), expected, got
    for key, expected, got in retention.faults(settings.retention):
        yield ("retention", key), expected, got
    for index, key, expected, got in people.faults(settings.contacts, settings.smtp):
        yield ("contacts", index, key), expected, got


def _repeats(settings: Settings) -> Iterator[tuple[Location, str, object]]:
    tables = (
        ("zones", "code", [zone.code for zone in settings.zones]),
        ("ports", "name", [port.name for port in settings.ports]),
        ("devices", "name", [device.name for device in settings.devices]),
        ("alarms", "name", [rule.name for rule in settings.alarms]),
        ("contacts", "name", [contact.name for contact in settings.contacts]),
    )
    for table, key, names in tables:
        for index, name in enumerate(names):
            if name in names[:index]:
                yield (table, index, key), f"a {key} used once", name


def _topic_faults(settings: Settings) -> Iterator[tuple[Location, str, object]]:
    for index, topic in enumerate(settings.mqtt.topics):
        at = ("mqtt", "topics", index)
        try:
            Template.parse(topic.topic)
            for path in [topic.time, *(field.path for field in topic.fields)]:
                JsonPath.parse(path)
        except BadPayload as error:
            yield (*at, "topic"), str(error.facts["expected"]), error.facts["got"]
        if (topic.shape == "mapped") != bool(topic.fields):
            yield (*at, "fields"), "fields with shape mapped, and only there", topic.shape
        names = [topic.quantity] if topic.quantity else []
        for name in [*names, *(field.quantity for field in topic.fields)]:
            if name not in QUANTITIES:
                yield (*at, "quantity"), f"one of {', '.join(QUANTITIES)}", name
