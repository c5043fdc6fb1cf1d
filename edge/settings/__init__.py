"""The one settings file, `minori.toml`, and `MINORI_*` in the environment, which wins.

Every field says what it is and what breaks if it is wrong; `docs/settings.md` is generated from
that, so the two cannot disagree. Values are made right here, once: inside, nobody re-checks.
A section of the file is a class in a module of its noun; this one puts them together.
"""

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import PrivateAttr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url

from edge.settings.alarms import AlarmRule
from edge.settings.backup import Backup
from edge.settings.contacts import Contact, Smtp
from edge.settings.disk import Disk
from edge.settings.fields import CODE_PATTERN, Code, Says, Table, TimeZone
from edge.settings.forecast import Forecast
from edge.settings.hub import Hub
from edge.settings.lots import Lots
from edge.settings.metrics import Metrics
from edge.settings.mqtt import Mqtt, Topic, TopicField
from edge.settings.retention import Retention
from edge.settings.site import Database, Site, Zone
from edge.settings.uecs import Uecs, UecsSend
from edge.settings.web import Web
from edge.settings.wires import Device, Port

__all__ = [
    "CODE_PATTERN",
    "ENV_CONFIG",
    "ENV_PREFIX",
    "AlarmRule",
    "Backup",
    "Code",
    "Contact",
    "Database",
    "Device",
    "Disk",
    "Forecast",
    "Hub",
    "Lots",
    "Metrics",
    "Mqtt",
    "Port",
    "Retention",
    "Says",
    "Settings",
    "Site",
    "Smtp",
    "Table",
    "TimeZone",
    "Topic",
    "TopicField",
    "Uecs",
    "UecsSend",
    "Web",
    "Zone",
]

ENV_PREFIX = "MINORI_"
ENV_CONFIG = "MINORI_CONFIG"


class Settings(BaseSettings):
    """Everything `minori.toml` may say."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )
    site: Site = Site()
    database: Database = Database()
    disk: Disk = Disk()
    retention: Retention = Retention()
    web: Web = Web()
    mqtt: Mqtt = Mqtt()
    hub: Hub = Hub()
    uecs: Uecs = Uecs()
    lots: Lots = Lots()
    forecast: Forecast = Forecast()
    metrics: Metrics = Metrics()
    backup: Backup = Backup()
    zones: list[Zone] = []
    ports: list[Port] = []
    devices: list[Device] = []
    alarms: list[AlarmRule] = []
    contacts: list[Contact] = []
    smtp: Smtp = Smtp()
    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _file: Path | None = PrivateAttr(default=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The file comes in as keywords; the environment is laid over it.
        return env_settings, init_settings

    def path(self, name: str) -> Path:
        """Return a file named in the settings; relative names are beside the settings file."""
        return self._folder / Path(name).expanduser()

    @property
    def database_url(self) -> str:
        """The database's address with a relative SQLite path made absolute."""
        url = make_url(self.database.url)
        if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
            return self.database.url
        return url.set(database=str(self.path(str(url.database)))).render_as_string(
            hide_password=False
        )

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.site.time_zone)

    @property
    def file(self) -> Path | None:
        """The file these settings were read from; None where a program made them."""
        return self._file

    def inside(self, folder: Path, *, file: Path | None = None) -> "Settings":
        """Return the same settings, their relative names counted from `folder`."""
        self._folder = folder.resolve()
        self._file = file
        return self
