"""Home Assistant's MQTT discovery: read it to configure ourselves, publish it to show our rooms.

A configuration is retained on `<prefix>/<component>/[<node>/]<object>/config`, or for a whole
device on `<prefix>/device/<id>/config`; an empty payload removes it. Keys have short forms, and
`~` stands for a common beginning of topics. Templates are programs; we read those that only point
at a value, and leave the others alone.

Source: home-assistant.io, "MQTT" (discovery, device discovery, abbreviations).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sensors.errors import BadPayload
from sensors.quantities import STATES
from sensors.wires.payload import Field, Mapping, Path
from sensors.wires.payload.scalars import load_object, number, refusal
from sensors.wires.payload.states import word_of

PREFIX = "homeassistant"
_LONG = {
    "avty": "availability",
    "avty_t": "availability_topic",
    "cmps": "components",
    "dev": "device",
    "dev_cla": "device_class",
    "exp_aft": "expire_after",
    "ids": "identifiers",
    "o": "origin",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "p": "platform",
    "stat_cla": "state_class",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "t": "topic",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
# `{{ value_json.climate.temperature | float | round(1) }}`: a path, and filters that keep it.
_TEMPLATE = re.compile(
    r"\{\{\s*value(?P<json>_json)?(?P<path>(?:\.\w+|\[\d+\]|\[(?:'[^']*'|\"[^\"]*\")\])*)"
    r"\s*(?:\|\s*(?:float|int|round)(?:\([^()]*\))?\s*)*\}\}"
)
# device class -> quantity; a class that could be several things (voltage) is the plain one.
QUANTITIES = {
    "temperature": "air_temperature",
    "humidity": "relative_humidity",
    "carbon_dioxide": "co2",
    "atmospheric_pressure": "air_pressure",
    "pressure": "air_pressure",
    "illuminance": "illuminance",
    "irradiance": "global_radiation",
    "moisture": "soil_moisture",
    "conductivity": "ec",
    "ph": "ph",
    "power": "power",
    "energy": "energy",
    "voltage": "voltage",
    "current": "current",
    "wind_speed": "wind_speed",
    "battery": "battery",
    "weight": "weight",
}
_CLASSES = {quantity: name for name, quantity in reversed(QUANTITIES.items())} | dict.fromkeys(
    ("soil_temperature", "water_temperature", "leaf_temperature", "dew_point"), "temperature"
)
# component -> what its state is of; a contact's device class says more than its platform.
_PLATFORMS = {"switch": "switch", "light": "lamp", "fan": "fan", "humidifier": "humidifier"} | {
    "valve": "water_valve",
    "cover": "curtain",
}
_CONTACTS = {"door": "door", "garage_door": "door", "opening": "door", "window": "vent"} | {
    "light": "lamp",
    "running": "pump",
    "power": "switch",
}
_SHOWN_AS = {"door": "door", "vent": "window", "lamp": "light", "raining": "moisture"} | (
    dict.fromkeys(("pump", "fan", "heater", "cooler", "humidifier", "dehumidifier"), "running")
)
_READ = ("sensor", "binary_sensor", *_PLATFORMS)
# What all components of a device have in common may stand beside them.
_SHARED: tuple[str, ...] = (
    "device",
    "availability",
    "availability_topic",
    "state_topic",
    "~",
)
_TOTALS = ("energy", "energy_returned", "rainfall", "water_volume")


@dataclass(frozen=True, slots=True)
class Entity:
    """One sensor that announced itself. `path` points into the JSON of `state_topic`."""

    unique_id: str
    state_topic: str
    path: Path
    name: str = ""
    unit: str = ""
    device_class: str = ""
    state_class: str = ""
    expire_after_s: float | None = None
    availability_topics: tuple[str, ...] = ()
    device: str = ""
    platform: str = "sensor"

    @property
    def quantity(self) -> str | None:
        if self.platform == "sensor":
            return QUANTITIES.get(self.device_class)
        if self.platform == "binary_sensor":
            return _CONTACTS.get(self.device_class)
        return _PLATFORMS.get(self.platform)

    def mapping(self, *, scale: float = 1.0) -> Mapping | None:
        """Return how to read the state topic; None where the class is no quantity of ours."""
        if self.quantity is None:
            return None
        return Mapping((Field(self.path, self.quantity, scale),))


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one discovery message says: entities to follow, or that one was removed."""

    topic: str
    entities: tuple[Entity, ...] = ()
    removed: bool = False
    # unique id (or object id) -> why an entity is not followed
    left_alone: tuple[tuple[str, str], ...] = ()


def is_discovery(topic: str, prefix: str = PREFIX) -> bool:
    """Whether a topic carries configurations."""
    return topic.startswith(f"{prefix}/") and topic.endswith("/config")


def is_birth(topic: str, payload: bytes, prefix: str = PREFIX) -> bool:
    """Whether Home Assistant just started and wants all configurations again."""
    return topic == f"{prefix}/status" and payload.strip() == b"online"


def read(topic: str, payload: bytes, prefix: str = PREFIX) -> Announcement:
    """Read one retained configuration.

    Raises:
        BadPayload: fault `topic`, `not_json`, `not_an_object`, `shape`.
    """
    levels = topic.removeprefix(f"{prefix}/").split("/")
    if not is_discovery(topic, prefix) or len(levels) not in (3, 4):
        raise refusal(
            topic,
            fault="topic",
            problem="discovery topic",
            expected=f"{prefix}/sensor/…/config",
            got=topic,
        )
    if not payload.strip():
        return Announcement(topic, removed=True)
    content = _expanded(load_object(topic, payload))
    if levels[0] == "device":
        return _announced(topic, _components(topic, content))
    return _announced(topic, iter([(levels[-2], levels[0], content)]))


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of ours that Home Assistant shall show.

    `expire_after_s` is when it should call the value unavailable; three polls are a good choice.
    """

    key: str
    name: str
    quantity: str
    unit: str
    state_topic: str
    expire_after_s: int


def publish(place: str, title: str, shown: list[Shown], *, version: str) -> tuple[str, bytes]:
    """Return topic and retained payload that show one room as one device.

    Args:
        place: Stable identifier of the room, `[a-zA-Z0-9_-]`.
        title: The room's name as people say it.
    """
    components = {item.key: _component(place, item) for item in shown}
    content = {
        "device": {"identifiers": [f"minori_{place}"], "name": title, "manufacturer": "Minori"},
        "origin": {"name": "minori", "sw_version": version},
        "components": components,
    }
    return f"{PREFIX}/device/minori_{place}/config", json.dumps(
        content, ensure_ascii=False
    ).encode()


def state(values: dict[str, float | None]) -> bytes:
    """Return the payload of a state topic; None shows as unknown, never as 0."""
    return json.dumps(values).encode()


def _component(place: str, item: Shown) -> dict[str, Any]:
    if item.quantity in STATES:
        return _contact(place, item)
    content: dict[str, Any] = {
        "platform": "sensor",
        "unique_id": f"minori_{place}_{item.key}",
        "name": item.name,
        "state_topic": item.state_topic,
        "value_template": "{{ value_json['%s'] }}" % item.key,  # noqa: UP031
        "state_class": "total_increasing" if item.quantity in _TOTALS else "measurement",
        "expire_after": item.expire_after_s,
    }
    if item.unit:
        content["unit_of_measurement"] = item.unit
    if item.quantity in _CLASSES:
        content["device_class"] = _CLASSES[item.quantity]
    return content


def _contact(place: str, item: Shown) -> dict[str, Any]:
    """What is on or off; between the two (a vent by half) it is on. None is sent as unknown."""
    path = f"value_json['{item.key}']"
    template = f"{{{{ 'None' if {path} is none else 'ON' if {path} > 0 else 'OFF' }}}}"
    content = {
        "platform": "binary_sensor",
        "unique_id": f"minori_{place}_{item.key}",
        "name": item.name,
        "state_topic": item.state_topic,
        "value_template": template,
        "expire_after": item.expire_after_s,
    }
    if item.quantity in _SHOWN_AS:
        content["device_class"] = _SHOWN_AS[item.quantity]
    return content


def _components(topic: str, content: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    components = content.get("components")
    if not isinstance(components, dict):
        raise refusal(
            topic, fault="shape", problem="components", expected="an object", got=components
        )
    shared = {name: content[name] for name in _SHARED if name in content}
    for key, component in components.items():
        if isinstance(component, dict):
            own = {**shared, **component}
            yield str(key), str(own.get("platform", "sensor")), own


def _announced(topic: str, components: Iterator[tuple[str, str, dict[str, Any]]]) -> Announcement:
    entities: list[Entity] = []
    left_alone: list[tuple[str, str]] = []
    for key, platform, content in components:
        try:
            entities.append(_entity(topic, key, platform, content))
        except BadPayload as error:
            left_alone.append((key, str(error.facts["fault"])))
    return Announcement(topic, tuple(entities), left_alone=tuple(left_alone))


def _entity(topic: str, key: str, platform: str, content: dict[str, Any]) -> Entity:
    if platform not in _READ:
        expected = f"one of {', '.join(_READ)}"
        raise refusal(
            topic,
            fault="platform",
            problem="neither value nor state",
            expected=expected,
            got=platform,
        )
    _refuse_other_words(topic, platform, content)
    base = str(content.get("~", ""))
    state_topic = _topic(content.get("state_topic"), base)
    if not state_topic:
        raise refusal(
            topic, fault="state_topic", problem="no state_topic", expected="a topic", got=key
        )
    expire = content.get("expire_after")
    return Entity(
        unique_id=str(content.get("unique_id", key)),
        state_topic=state_topic,
        path=_path(topic, content.get("value_template") or _template_of(platform, content)),
        name=str(content.get("name") or ""),
        unit=str(content.get("unit_of_measurement") or ""),
        device_class=str(content.get("device_class") or ""),
        state_class=str(content.get("state_class") or ""),
        expire_after_s=number(topic, expire) if expire is not None else None,
        availability_topics=tuple(_availability(content, base)),
        device=_device(content.get("device")),
        platform=platform,
    )


def _refuse_other_words(topic: str, platform: str, content: dict[str, Any]) -> None:
    """On and off have to be words we know; what is `lit` or `dunkel` nobody else can tell."""
    for name, meant in (("payload_on", 1.0), ("payload_off", 0.0), ("state_on", 1.0)):
        word = content.get(name)
        if platform != "sensor" and word is not None and word_of(str(word)) != meant:
            expected = "on or off, open or closed, true or false, 1 or 0"
            raise refusal(topic, fault="words", problem=name, expected=expected, got=word)


def _template_of(platform: str, content: dict[str, Any]) -> str | None:
    """A light of the JSON schema says its state in a field of that name, without a template."""
    is_json = platform == "light" and content.get("schema") == "json"
    return "{{ value_json.state }}" if is_json else None


def _path(topic: str, template: object) -> Path:
    if template is None:
        return Path.parse("$")
    match = _TEMPLATE.fullmatch(template.strip()) if isinstance(template, str) else None
    if match is None or (match["path"] and not match["json"]):
        expected = "{{ value_json.name }}"
        raise refusal(topic, fault="template", problem="a program", expected=expected, got=template)
    return Path.parse("$" + re.sub(r"'([^']*)'", r'"\1"', match["path"]))


def _availability(content: dict[str, Any], base: str) -> Iterator[str]:
    listed = content.get("availability")
    found = listed if isinstance(listed, list) else [listed]
    topics = [entry.get("topic") for entry in found if isinstance(entry, dict)]
    for each in (*topics, content.get("availability_topic")):
        topic = _topic(each, base)
        if topic:
            yield topic


def _topic(value: object, base: str) -> str:
    text = value if isinstance(value, str) else ""
    if text.startswith("~"):
        return base + text[1:]
    return text[:-1] + base if text.endswith("~") else text


def _device(value: object) -> str:
    identifiers = value.get("identifiers") if isinstance(value, dict) else None
    first = identifiers[0] if isinstance(identifiers, list) and identifiers else identifiers
    return str(first) if first else ""


def _expanded(node: Any, depth: int = 0) -> Any:
    """Write short keys out, in components, too; names of components are no keys."""
    if isinstance(node, list):
        return [_expanded(item, depth) for item in node]
    if not isinstance(node, dict) or depth > 4:
        return node
    expanded: dict[str, Any] = {}
    for key, value in node.items():
        name = _LONG.get(str(key), str(key))
        if name == "components" and isinstance(value, dict):
            expanded[name] = {own: _expanded(part, depth + 1) for own, part in value.items()}
        else:
            expanded[name] = _expanded(value, depth + 1)
    return expanded
