"""From a settings file to `Settings`, or one typed error that says which line and what to do."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from edge.errors import SettingsInvalid, SettingsMissing
from edge.settings import ENV_CONFIG, ENV_PREFIX, Settings
from sensors import QUANTITIES, BadPayload
from sensors.toml_lines import line_numbers, line_of
from sensors.wires.payload import Path as JsonPath
from sensors.wires.payload import Template

Location = tuple[str | int, ...]
SEARCHED = (Path("minori.toml"), Path("/etc/minori/minori.toml"))


def find(path: Path | None = None) -> Path:
    """Return the settings file: asked for, named by MINORI_CONFIG, here, or in /etc/minori.

    Raises:
        SettingsMissing: it is not there; says where it was looked for.
    """
    named = path or (Path(os.environ[ENV_CONFIG]) if os.environ.get(ENV_CONFIG) else None)
    candidates = (named,) if named else SEARCHED
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise SettingsMissing(looked_at=" or ".join(str(c) for c in candidates))


def load(path: Path | None = None) -> Settings:
    """Read and check the settings file; relative names in it are counted from its folder.

    Raises:
        SettingsMissing: no file.
        SettingsInvalid: the first thing that is wrong in it or in MINORI_*.
    """
    file = find(path)
    text = _read(file)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(
            file=file,
            line="",
            key="TOML",
            expected="a readable file",
            got=str(error),
            next_step="mend that line; texts stand in quotes",
        ) from error
    return _checked(content, file=file, text=text).inside(file.parent)


def parse(content: Mapping[str, Any]) -> Settings:
    """Check settings made in a program (demo, tests); errors as from a file."""
    return _checked(content, file=Path("settings"), text="")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(
            file=file,
            line="",
            key="file",
            expected="readable UTF-8",
            got=str(error),
            next_step="check its permissions and encoding",
        ) from error


def _checked(content: Mapping[str, Any], *, file: Path, text: str) -> Settings:
    _refuse_unknown_variables()
    try:
        settings = Settings(**content)
    except ValidationError as error:
        raise _first(error, file, text) from error
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
        raise SettingsInvalid(
            **_where(location, file, text),
            expected=expected,
            got=repr(got),
            next_step="docs/settings.md lists every key",
        )
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


def _first(error: ValidationError, file: Path, text: str) -> SettingsInvalid:
    fault = error.errors(include_url=False)[0]
    location = fault["loc"]
    if fault["type"] == "extra_forbidden":
        known = _keys_at(location[:-1])
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        return SettingsInvalid(
            **_where(location, file, text),
            expected=f"one of {', '.join(known)}",
            got=f"unknown key {str(location[-1])!r}",
            next_step=f"did you mean {close[0]!r}?" if close else "remove it",
        )
    expected = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    missing = fault["type"] == "missing"
    return SettingsInvalid(
        **_where(location, file, text),
        expected="a value" if missing else expected,
        got="nothing" if missing else repr(fault["input"])[:80],
        next_step="docs/settings.md says what it is for",
    )


def _where(location: Location, file: Path, text: str) -> dict[str, object]:
    names = [part for part in location if isinstance(part, (str, int))]
    for length in range(len(names), 0, -1):
        variable = ENV_PREFIX + "__".join(str(part) for part in names[:length]).upper()
        if variable in {name.upper() for name in os.environ}:
            return {"file": "environment", "line": "", "key": variable}
    line = line_of(line_numbers(text), tuple(names)) if text else None
    key = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in names).lstrip(".")
    return {"file": file, "line": f", line {line}" if line else "", "key": key}


def _keys_at(location: Location) -> list[str]:
    model: type[BaseModel] = Settings
    for name in location:
        if not isinstance(name, str) or name not in model.model_fields:
            continue
        kind = model.model_fields[name].annotation
        model = next((k for k in (kind, *get_args(kind)) if _is_model(k)), model)
    return list(model.model_fields)


def _is_model(kind: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


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
    yield from _topic_faults(settings)


def _repeats(settings: Settings) -> Iterator[tuple[Location, str, object]]:
    tables = (
        ("zones", "code", [zone.code for zone in settings.zones]),
        ("ports", "name", [port.name for port in settings.ports]),
        ("devices", "name", [device.name for device in settings.devices]),
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
