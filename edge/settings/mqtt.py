"""The broker, and the topics and shapes of what networked probes say there."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from edge.settings.fields import PortNumber, Says, Table, TimeZone, as_text


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
    inverted: Annotated[
        bool,
        Says(
            "For a state: what is said as on (a closed contact) is off or closed.",
            "Doors seem open while they are closed, and closed while they are open.",
        ),
    ] = False


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
            "A temperature is filed as something else; empty: what {quantity} in the topic says; "
            "without that bare numbers are refused.",
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


class Mqtt(Table):
    """Networked probes: a broker of yours, or the one inside."""

    host: Annotated[
        str,
        Says(
            "Your broker; empty: a small one inside this process, for this machine only.",
            "Networked probes are silent. The one inside acknowledges before anything is on disk.",
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
        BeforeValidator(as_text),
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
        Topic(topic="stat/{device}", shape="tasmota"),
        Topic(topic="v3/{application}/devices/{id}/up", shape="things_stack"),
        Topic(topic="application/{application}/device/{id}/event/{event}", shape="chirpstack"),
    ]
