"""The addresses of a contact, each under a label without its secrets: "line 1".

They may hold tokens and passwords, so they are read when they are used, never logged, and a file of
them must be ours alone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import SettingsInvalid
from edge.secret_files import read, unreadable
from edge.settings import Contact, Settings

WEBHOOK, MAIL, MQTT = ("http", "https"), "mailto", "mqtt"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes.

    Attributes:
        label: What is shown and stored of it: its scheme, and which of several.
        url: All of it.
        secret: What signs a webhook.
        is_trusted: Written by whoever runs the service; else it may lead to no place of ours.
    """

    label: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    is_trusted: bool = True

    @property
    def scheme(self) -> str:
        return self.url.partition(":")[0].lower()

    @property
    def is_mail(self) -> bool:
        # mailto://… is apprise's own, with a server and its password in the address.
        return self.scheme == MAIL and not self.url.lower().startswith("mailto://")

    @property
    def is_mqtt(self) -> bool:
        # mqtt://… is apprise's own: another broker.
        return self.scheme == MQTT and not self.url.lower().startswith("mqtt://")


def addresses_of(settings: Settings, contact: Contact) -> list[Address]:
    """Return where a contact is told, in the order of the settings.

    Raises:
        SettingsInvalid: a file of addresses or of a key cannot be read, or others may read it.
    """
    key = f"contacts.{contact.name}"
    urls = [url.get_secret_value().strip() for url in contact.urls]
    if contact.urls_file:
        urls += _lines(settings, f"{key}.urls_file", contact.urls_file)
    secret = _secret(settings, f"{key}.secret_file", contact.secret_file)
    counts: Counter[str] = Counter()
    found = []
    for url in urls:
        scheme = url.partition(":")[0].lower()
        counts[scheme] += 1
        found.append(Address(f"{scheme} {counts[scheme]}", url, secret))
    return found


def _lines(settings: Settings, key: str, name: str) -> Sequence[str]:
    _refuse_open(settings.path(name), key)
    lines = (line.strip() for line in read(settings, key, name).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _secret(settings: Settings, key: str, name: str) -> str:
    if name:
        _refuse_open(settings.path(name), key)
    return read(settings, key, name)


def _refuse_open(file: Path, key: str) -> None:
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise unreadable(key, file, error) from error
    if mode & 0o077:
        raise SettingsInvalid(
            file="settings",
            line="",
            key=key,
            expected="a file that the service alone may read",
            got=f"{file} with mode {mode & 0o777:o}",
            next_step=f"run: chmod 600 {file}",
        )
