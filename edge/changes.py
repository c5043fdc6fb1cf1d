"""What differs between two settings: which sections, which ports, what has to wait for a start.

Pure: two `Settings` in, a description out. Who acts on it is `edge.reload`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edge.settings import Device, Port, Settings
from edge.wiring import OWN_PROFILES

# Everything already recorded, opened or printed hangs on these: they change with a new process.
AT_START = (
    "site.organisation",
    "site.code",
    "database.url",
    "web.host",
    "web.port",
    "web.secret_file",
    "metrics.file",
)
# Which broker runs inside is decided when it is started.
_BROKER_INSIDE = ("mqtt.host", "mqtt.port")


@dataclass(frozen=True, slots=True)
class Changes:
    """From the settings in force to those that follow them.

    Attributes:
        new: What is in force from now on; what waits for a start has its old value in it.
        sections: Sections of the file that differ, such as `zones`.
        files: Files beside the settings that changed: profiles, passwords.
        waiting: Keys whose new value takes effect at the next start.
    """

    old: Settings
    new: Settings
    sections: frozenset[str] = frozenset()
    files: frozenset[Path] = frozenset()
    waiting: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sections or self.files)

    def touches(self, sections: Iterable[str]) -> bool:
        """Whether one of these sections is another than before."""
        return not self.sections.isdisjoint(sections)

    @property
    def ports(self) -> frozenset[str]:
        """Ports that were added or removed, or are asked otherwise than before."""
        before, after = _ports(self.old), _ports(self.new)
        names = before.keys() | after.keys()
        changed = {name for name in names if before.get(name) != after.get(name)}
        models = {file.stem for file in self.files if file.parent.name == OWN_PROFILES}
        return frozenset(
            changed | {d.port for d in self.new.devices if d.port and d.model in models}
        )

    @property
    def is_other_broker(self) -> bool:
        """Whether the MQTT session must be made anew: another address, name or password."""
        about_the_session = set(type(self.new.mqtt).model_fields) - _ABOUT_MESSAGES
        if any(getattr(self.old.mqtt, k) != getattr(self.new.mqtt, k) for k in about_the_session):
            return True
        named = (self.new.mqtt.password_file, self.new.mqtt.ca_file)
        return any(self.new.path(name) in self.files for name in named if name)


# Settings of [mqtt] that say what messages mean, not where they come from.
_ABOUT_MESSAGES = {"topics", "accept_unlisted", "homeassistant"}


def changes(old: Settings, new: Settings, files: Iterable[Path] = ()) -> Changes:
    """Return what follows when the file says `new` while `old` is in force."""
    waiting = _waiting(old, new)
    kept = _keeping(old, new, waiting)
    sections = {name for name in Settings.model_fields if getattr(old, name) != getattr(kept, name)}
    return Changes(old, kept, frozenset(sections), frozenset(files), waiting)


def _ports(settings: Settings) -> dict[str, tuple[Port, list[Device]]]:
    """Return every port that is asked, with all that says how."""
    found = {}
    for port in settings.ports:
        # How often to calibrate is no business of the line.
        devices = [
            device.model_copy(update={"calibrate_every_days": None})
            for device in settings.devices
            if device.port == port.name
        ]
        if devices:
            found[port.name] = (port, devices)
    return found


def _waiting(old: Settings, new: Settings) -> tuple[str, ...]:
    keys = [*AT_START]
    if not (old.mqtt.host and new.mqtt.host):
        keys += _BROKER_INSIDE
    return tuple(key for key in keys if _value(old, key) != _value(new, key))


def _keeping(old: Settings, new: Settings, keys: Iterable[str]) -> Settings:
    """Return `new` with the values of `old` under these keys."""
    for key in keys:
        section, _, name = key.partition(".")
        table = getattr(new, section).model_copy(update={name: _value(old, key)})
        new = new.model_copy(update={section: table})
    return new


def _value(settings: Settings, key: str) -> object:
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)
