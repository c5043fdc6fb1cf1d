"""The one settings file, `minori.toml`, and `MINORI_*` in the environment, which wins.

Every field says what it is and what breaks if it is wrong; `docs/settings.md` is generated from
that, so the two cannot disagree. Values are made right here, once: inside, nobody re-checks.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url

from traceability.models.places import ZONE_KINDS

ENV_PREFIX = "MINORI_"
ENV_CONFIG = "MINORI_CONFIG"
# What may stand in a code: it goes into addresses, file names and commands unquoted.
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


@dataclass(frozen=True, slots=True)
class Says:
    """A field's documentation: what it is, and what breaks if it is wrong."""

    what: str
    wrong: str


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        msg = f"an IANA time zone such as Asia/Tokyo, not {name!r}"
        raise ValueError(msg)
    return name


def _known_kind(kind: str) -> str:
    if kind not in ZONE_KINDS:
        msg = f"one of {', '.join(ZONE_KINDS)}"
        raise ValueError(msg)
    return kind


def _as_text(value: object) -> object:
    # `version = 5` and `address = 1` are natural to write; TOML makes them numbers.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


TimeZone = Annotated[str, AfterValidator(_known_zone)]
Code = Annotated[str, Field(pattern=CODE_PATTERN)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]


class Table(BaseModel):
    """A section of the file; a key it does not know is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(Table):
    """Whose readings these are, and where its local day begins."""

    organisation: Annotated[
        Code,
        Says(
            "Code of the farm that owns everything recorded here.",
            "Lots and readings are filed under another owner; on a hub, farms would mix.",
        ),
    ] = "farm"
    organisation_name: Annotated[
        str,
        Says("The farm's name as people read it.", "A wrong name on every public page."),
    ] = ""
    code: Annotated[
        Code,
        Says(
            "Code of this site. Choose once: readings are filed under it.",
            "After a change the old readings belong to a site nobody measures any more.",
        ),
    ] = "site"
    name: Annotated[
        str, Says("The site's name as people read it.", "A wrong name on pages and labels.")
    ] = ""
    name_ja: Annotated[
        str, Says("The same in Japanese.", "Japanese pages show the other name instead.")
    ] = ""
    time_zone: Annotated[
        TimeZone,
        Says(
            "IANA time zone of the site.",
            "Daily light sums, weeks and best-before dates break at the wrong hour.",
        ),
    ] = "Asia/Tokyo"
    origin: Annotated[
        str,
        Says(
            "Place of origin as a label says it, such as the prefecture.",
            "Labels carry a false or empty origin, which food labelling law forbids.",
        ),
    ] = ""
    origin_ja: Annotated[
        str, Says("The same in Japanese.", "Japanese labels lack their place of origin.")
    ] = ""

    trust_clock: Annotated[
        bool,
        Says(
            "The machine's clock is right without a network (it has a battery).",
            "true on a board without one: readings after a power cut get a wrong time, unmarked.",
        ),
    ] = False


class Database(Table):
    """Where readings and lots are kept."""

    url: Annotated[
        str,
        Says(
            "SQLite file (relative to the settings file) or a PostgreSQL address.",
            "Another file means an empty history; the old one is still where it was.",
        ),
    ] = "sqlite:///minori.db"


class Web(Table):
    """The pages and the HTTP interface."""

    host: Annotated[
        str,
        Says(
            "Address to listen on; 127.0.0.1 is this machine only, 0.0.0.0 is every network.",
            "Beyond this machine it refuses to start until somebody can sign in.",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        PortNumber, Says("Port to listen on.", "Taken by another program: it does not start.")
    ] = 8000
    public_url: Annotated[
        str,
        Field(pattern=r"^(https?://[^/\s?#]+(/[^\s?#]*)?)?$"),
        Says(
            "Address under which shoppers and partners reach this service; goes onto labels.",
            "Printed codes lead nowhere, and labels cannot be called back. Empty: none printed.",
        ),
    ] = ""
    secret_file: Annotated[
        str,
        Says(
            "File of the key that signs session cookies; made at the first start.",
            "If it changes or is lost, everybody has to sign in again.",
        ),
    ] = "minori.secret"  # noqa: S105 a file name
    metrics_token_file: Annotated[
        str,
        Says(
            "File of the token a collector shows to read /metrics from another machine.",
            "Empty or unreadable: /metrics answers this machine only.",
        ),
    ] = ""


class TopicField(Table):
    """Where one quantity lies in a JSON message of your own shape (`shape = "mapped"`)."""

    path: Annotated[
        str,
        Says("Path of the value, `climate.air[0].temp`; `$` is a bare value.", "Nothing is read."),
    ]
    quantity: Annotated[
        str,
        Says("Name in Minori's vocabulary (docs/glossary.md).", "Refused when the file is read."),
    ]
    scale: Annotated[
        float,
        Says(
            "The value times this is the quantity in its own unit.",
            "Every value is wrong by that factor.",
        ),
    ] = 1.0
    channel: Annotated[
        str,
        Says(
            "Tells apart several values of one quantity from one device.",
            "Two places share one series and only the first is kept.",
        ),
    ] = ""


class Topic(Table):
    """One family of MQTT topics and the shape of its messages."""

    topic: Annotated[
        str,
        Says(
            "Topic template; each {field} is one level, {device} may be several.",
            "Its messages are never received, or counted as unknown topics.",
        ),
    ]
    shape: Annotated[
        Literal[
            "",
            "zigbee2mqtt",
            "tasmota",
            "things_stack",
            "chirpstack",
            "sparkplug",
            "plain",
            "mapped",
        ],
        Says(
            "How messages are written; empty: recognised by the topic. Sparkplug B: "
            'topic = "spBv1.0/{device}".',
            "Messages are refused and counted; a sample of each is kept.",
        ),
    ] = ""
    time_zone: Annotated[
        TimeZone | Literal[""],
        Says(
            "Zone of a device's own clock, where its messages leave it out; empty: the site's.",
            "Its readings are hours off, and lots seem to have lived another night.",
        ),
    ] = ""
    quantity: Annotated[
        str,
        Says(
            "What a bare number on this topic means (shape plain).",
            "A temperature is filed as something else; empty: bare numbers are refused.",
        ),
    ] = ""
    fields: Annotated[
        list[TopicField],
        Says("Where the quantities lie (shape mapped).", "What is not listed is not read."),
    ] = []
    time: Annotated[
        str,
        Says(
            "Path of the message's own time, with its zone (shape mapped).",
            "Empty: the arrival counts as the time of measuring.",
        ),
    ] = ""


class UecsSend(Table):
    """One value of ours as a CCM, so that UECS controllers in the house see it."""

    type: Annotated[
        str,
        Field(min_length=1, max_length=19),
        Says("CCM type with its suffix, as receivers expect it.", "Nobody listens to it."),
    ]
    device: Annotated[str, Says("Name of the device.", "Nothing is sent.")]
    quantity: Annotated[str, Says("Quantity, in its own unit.", "Nothing is sent.")]
    channel: Annotated[str, Says("Channel, where the device has several.", "Nothing is sent.")] = ""
    room: Annotated[
        int, Field(ge=0, le=127), Says("Room; 0 is the whole site.", "Another room's value.")
    ] = 1
    region: Annotated[
        int, Field(ge=0, le=127), Says("Region of the room; 0 is any.", "Another place's value.")
    ] = 1
    order: Annotated[
        int,
        Field(ge=0, le=30_000),
        Says("Order within the region; 0 is any.", "Another place's value."),
    ] = 1
    priority: Annotated[
        int,
        Field(ge=0, le=30),
        Says(
            "The lower number wins.",
            "Our value replaces another node's, or is replaced by it.",
        ),
    ] = 29


class Uecs(Table):
    """Values we send to the UECS network; hearing it is a port (`uecs://0.0.0.0`)."""

    send_to: Annotated[
        str,
        Says("Broadcast address of the greenhouse network.", "Receivers hear nothing of ours."),
    ] = "255.255.255.255"
    own_ip: Annotated[
        str,
        Says(
            "Our own address there; receivers decide by it between equal senders.",
            "At equal priority another node's value wins, or never does.",
        ),
    ] = "0.0.0.0"  # noqa: S104 - says "unknown", nothing is bound to it
    send: Annotated[
        list[UecsSend],
        Says("What is sent, each ten seconds while fresh and good.", "Nothing is sent."),
    ] = []


class Mqtt(Table):
    """Networked probes: a broker of yours, or the one inside."""

    host: Annotated[
        str,
        Says(
            "Your broker; empty: a small one inside this process, for this machine only.",
            "Networked probes are silent; polled probes are not affected.",
        ),
    ] = ""
    port: Annotated[
        PortNumber,
        Says("The broker's port; 8883 is usual with TLS.", "Networked probes are silent."),
    ] = 1883
    username: Annotated[
        str, Says("Account at the broker; empty: none.", "The broker refuses; it is logged.")
    ] = ""
    password_file: Annotated[
        str,
        Says(
            "File that holds the password and nothing else; a password never stands here.",
            "The broker refuses the connection.",
        ),
    ] = ""
    tls: Annotated[
        bool,
        Says(
            "Encrypt, and check the broker's certificate.",
            "false on a network you share: anybody may read and forge readings.",
        ),
    ] = False
    ca_file: Annotated[
        str,
        Says(
            "Certificate authority of a broker with its own; empty: the system's.",
            "The certificate is not trusted, and no connection is made.",
        ),
    ] = ""
    version: Annotated[
        Literal["5", "3.1.1"],
        BeforeValidator(_as_text),
        Says(
            "MQTT version. 5 bounds what is on its way; 3.1.1 for older brokers.",
            "The broker refuses. The broker inside speaks 3.1.1 whatever stands here.",
        ),
    ] = "5"
    client_id: Annotated[
        str,
        Says(
            "Name of our session at the broker; empty: made from organisation and site.",
            "Two agents of one name throw each other out, over and over.",
        ),
    ] = ""
    receive_maximum: Annotated[
        int,
        Field(ge=1, le=65535),
        Says(
            "How many messages may be on their way, stored but not yet acknowledged or waiting.",
            "Small: slow. Large: more memory, and more arrives twice after a crash (harmless).",
        ),
    ] = 1000
    accept_unlisted: Annotated[
        bool,
        Says(
            "Store probes that speak on a known topic but are not listed under [[devices]].",
            "false: a new probe stays unseen. true: whoever may publish may add devices.",
        ),
    ] = True
    homeassistant: Annotated[
        bool,
        Says(
            "Show every zone in Home Assistant (MQTT discovery on this broker).",
            "false: Home Assistant sees nothing of ours.",
        ),
    ] = False
    topics: Annotated[
        list[Topic],
        Says(
            "What to listen to; without any, Zigbee2MQTT, Tasmota, The Things Stack, ChirpStack.",
            "Messages on other topics are not received.",
        ),
    ] = [
        Topic(topic="zigbee2mqtt/{device}", shape="zigbee2mqtt"),
        Topic(topic="tele/{device}", shape="tasmota"),
        Topic(topic="v3/{application}/devices/{id}/up", shape="things_stack"),
        Topic(topic="application/{application}/device/{id}/event/{event}", shape="chirpstack"),
    ]


class Port(Table):
    """One serial line (or a serial server on the network) and how its bytes are framed."""

    name: Annotated[Code, Says("Name that devices refer to.", "Devices on it are refused.")]
    device: Annotated[
        str,
        Says(
            "Path from /dev/serial/by-id/ (or by-path), never ttyUSB0; or tcp://host:502 for "
            "Modbus TCP, serial://host:4001 for a serial server, uecs://0.0.0.0 or "
            "echonet://0.0.0.0 for the site's network, wisun:///dev/…?credentials=FILE for the "
            "smart meter's B-route.",
            "After unplugging, ttyUSB0 is another cable: probes fall silent or swap places.",
        ),
    ]
    baud: Annotated[
        Annotated[int, Field(ge=50, le=4_000_000)] | None,
        Says(
            "Bits a second, as the probes are set; left out: as their model usually is.",
            "Damaged frames, or silence.",
        ),
    ] = None
    bytesize: Annotated[
        Literal[7, 8] | None,
        Says("Data bits; left out: as the model usually has.", "Damaged frames, or silence."),
    ] = None
    parity: Annotated[
        Literal["N", "E", "O"] | None,
        Says("None, even or odd; left out: as the model usually has.", "Damaged frames."),
    ] = None
    stopbits: Annotated[
        Literal[1, 2] | None,
        Says("Stop bits; left out: as the model usually has.", "Now and then a damaged frame."),
    ] = None
    echo: Annotated[
        bool,
        Says("The adapter hears itself and sends our bytes back.", "Every frame looks damaged."),
    ] = False


class Device(Table):
    """One probe: on a port, or on MQTT (no port)."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=64),
        Says(
            "Name its readings are filed under. Choose once.",
            "After a change its history ends and a new device begins.",
        ),
    ]
    model: Annotated[
        str,
        Says(
            "Profile: one of `minori devices`, or a file of yours in `profiles/` beside this file.",
            "Registers are misread: refused where that can be seen, wrong values where not.",
        ),
    ] = ""
    port: Annotated[str, Says("Name of its port; empty: it speaks MQTT.", "It is not polled.")] = ""
    address: Annotated[
        str,
        BeforeValidator(_as_text),
        Says(
            "Its address on a shared line; left out: as it leaves the factory.",
            "No answer, or another probe's values as its own.",
        ),
    ] = ""
    identity: Annotated[
        str,
        Says(
            "What an MQTT device calls itself, if not by `name`.",
            "Its readings are filed under its own name and have no place.",
        ),
    ] = ""
    interval_s: Annotated[
        float,
        Field(ge=0.1, le=86_400),
        Says(
            "How often it is asked. [s]",
            "Below what the line can carry, every device on it falls behind its time.",
        ),
    ] = 10.0
    zone: Annotated[
        str,
        Says(
            "Code of the zone it measures. A change is recorded as a move, from now on.",
            "Its readings count for the wrong room's lots; empty: for none.",
        ),
    ] = ""
    calibrate_every_days: Annotated[
        Annotated[int, Field(ge=1, le=3650)] | None,
        Says(
            "How often it has to be calibrated (`minori devices calibrate`); left out: never.",
            "Drifted values look right; or good ones are marked in doubt.",
        ),
    ] = None


class Zone(Table):
    """A room, bay or store with one climate: where lots stand and probes measure."""

    code: Annotated[Code, Says("Code of the zone. Choose once.", "Lots seem to be elsewhere.")]
    name: Annotated[str, Says("Name as people read it.", "Pages show a wrong name.")] = ""
    name_ja: Annotated[str, Says("The same in Japanese.", "Japanese pages show the other.")] = ""
    kind: Annotated[
        str,
        AfterValidator(_known_kind),
        Says(
            f"One of {', '.join(ZONE_KINDS)}.",
            "The public page tells shoppers of a place that is none.",
        ),
    ] = "growing_room"


class Settings(BaseSettings):
    """Everything `minori.toml` may say."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )
    site: Site = Site()
    database: Database = Database()
    web: Web = Web()
    mqtt: Mqtt = Mqtt()
    uecs: Uecs = Uecs()
    zones: list[Zone] = []
    ports: list[Port] = []
    devices: list[Device] = []
    _folder: Path = PrivateAttr(default_factory=Path.cwd)

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

    def inside(self, folder: Path) -> "Settings":
        """Return the same settings, their relative names counted from `folder`."""
        self._folder = folder.resolve()
        return self
