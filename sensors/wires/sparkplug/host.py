"""A Sparkplug host's memory: births, aliases, sequence, and who is still alive.

Delivery is QoS 0, so messages get lost: the host watches `seq` and asks for a rebirth. Historical
values are stored with their own time and never move the live value. A death counts only when its
bdSeq is that of the last birth, else it is the will of a connection long replaced.

Source: Eclipse Sparkplug 3.0, sections 5 and 6.4.
"""

import json
from dataclasses import dataclass, field

from sensors.errors import BadPayload
from sensors.wires.sparkplug.metric import (
    BAD,
    GOOD,
    SKIPPED,
    STALE,
    DataType,
    Metric,
    Payload,
    Value,
)

NAMESPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
_KINDS = ("NBIRTH", "NDATA", "NDEATH", "NCMD", "DBIRTH", "DDATA", "DDEATH", "DCMD")
# A node with more metrics than this is broken or hostile.
_MAX_ALIASES = 100_000


# alias or name -> (name, data type)
Births = dict[int | str, tuple[str, int | None]]


@dataclass(frozen=True, slots=True)
class Topic:
    """Who speaks: `device` is empty for messages of the node itself."""

    group: str
    kind: str
    node: str
    device: str = ""

    @classmethod
    def parse(cls, topic: str) -> "Topic":
        """Read `spBv1.0/group/NDATA/node[/device]`; `spBv1.0/STATE/host` has kind STATE.

        Raises:
            BadPayload: fault `topic`.
        """
        levels = topic.split("/")
        if levels[:2] == [NAMESPACE, "STATE"] and len(levels) == 3 and levels[2]:
            return cls("", "STATE", levels[2])
        known = len(levels) in (4, 5) and levels[0] == NAMESPACE and levels[2] in _KINDS
        if not known or (levels[2][0] == "D") != (len(levels) == 5) or not all(levels):
            raise _bad("topic", f"{NAMESPACE}/group/kind/node[/device]", topic)
        return cls(levels[1], levels[2], levels[3], levels[4] if len(levels) == 5 else "")

    def __str__(self) -> str:
        parts = [NAMESPACE, self.group, self.kind, self.node, self.device]
        return "/".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Named:
    """One metric with its name found; `quality` is good, bad or stale."""

    name: str
    value: Value
    timestamp: int | None
    is_historical: bool = False
    quality: str = "good"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message came to.

    `wants_rebirth`: a message before this one was lost; publish `rebirth_command`.
    `died`: names of metrics that are stale from now on.
    """

    topic: Topic
    metrics: tuple[Named, ...] = ()
    wants_rebirth: bool = False
    died: tuple[str, ...] = ()
    online: bool | None = None


@dataclass(slots=True)
class _Node:
    alive: bool = False
    seq: int | None = None
    bd_seq: int | None = None
    # By device; "" is the node itself.
    births: dict[str, Births] = field(default_factory=dict)
    live: dict[tuple[str, str], Named] = field(default_factory=dict)


class Host:
    """Listens to one namespace; give it every message in the order it came."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[str, str], _Node] = {}

    def hear(self, topic: str, message: bytes) -> Heard:
        """Take one message.

        Raises:
            BadPayload: fault `topic`, `truncated`, `protobuf`, `unknown_alias`, `no_name`,
                `no_seq`, ...; a refused message moves the sequence on and changes nothing else.
        """
        who = Topic.parse(topic)
        if who.kind == "STATE":
            return Heard(who, online=_host_state(message))
        payload = Payload.from_bytes(message)
        node = self._nodes.setdefault((who.group, who.node), _Node())
        if who.kind == "NDEATH":
            return _death(node, who, payload)
        if who.kind in ("NBIRTH", "DBIRTH"):
            return _birth(node, who, payload)
        if who.kind in ("NCMD", "DCMD"):
            # Somebody else's order to a node: shown, never obeyed, not part of its sequence.
            return Heard(who, _names(node, who, payload))
        return _data(node, who, payload)

    def live(self, group: str, node: str, name: str, device: str = "") -> Named | None:
        """Return the last value that is not historical, None where none was heard."""
        known = self._nodes.get((group, node))
        return known.live.get((device, name)) if known else None

    def is_born(self, group: str, node: str) -> bool:
        """Whether the node's last birth still counts."""
        known = self._nodes.get((group, node))
        return known is not None and known.alive


def rebirth_command(timestamp: int) -> Payload:
    """Build the NCMD that asks a node to publish its births again."""
    metric = Metric(REBIRTH, timestamp=timestamp, datatype=DataType.BOOLEAN, raw=(14, 1))
    return Payload(timestamp, (metric,))


def _birth(node: _Node, who: Topic, payload: Payload) -> Heard:
    if payload.seq is None:
        raise _bad("no_seq", "a birth with seq", str(who))
    if len(payload.metrics) > _MAX_ALIASES:
        raise _bad("too_large", f"at most {_MAX_ALIASES} metrics", str(len(payload.metrics)))
    table: Births = {}
    for metric in payload.metrics:
        if metric.name is None:
            raise _bad("no_name", "names in a birth", str(metric.alias))
        table[metric.name] = (metric.name, metric.datatype)
        if metric.alias is not None:
            table[metric.alias] = (metric.name, metric.datatype)
    named = tuple(_named(metric, table, payload) for metric in payload.metrics)
    gap = False
    if who.kind == "NBIRTH":
        node.births, node.live, node.alive = {}, {}, True
        node.bd_seq = _bd_seq(named)
        node.seq = payload.seq
    else:
        gap = _step(node, payload)
    node.births[who.device] = table
    return _kept(node, who, named, gap=gap)


def _data(node: _Node, who: Topic, payload: Payload) -> Heard:
    gap = _step(node, payload)
    if who.kind == "DDEATH":
        node.births.pop(who.device, None)
        return Heard(who, wants_rebirth=gap, died=_stale(node, who.device))
    named = _names(node, who, payload)
    return _kept(node, who, named, gap=gap or not node.alive)


def _death(node: _Node, who: Topic, payload: Payload) -> Heard:
    named = _names(node, who, payload)
    if not node.alive or node.bd_seq != _bd_seq(named):
        return Heard(who, named)
    node.alive, node.seq, node.births = False, None, {}
    died = [name for device in {key[0] for key in node.live} for name in _stale(node, device)]
    return Heard(who, named, died=tuple(died))


def _kept(node: _Node, who: Topic, named: tuple[Named, ...], *, gap: bool) -> Heard:
    for metric in named:
        if not metric.is_historical:
            node.live[who.device, metric.name] = metric
    return Heard(who, named, wants_rebirth=gap)


def _names(node: _Node, who: Topic, payload: Payload) -> tuple[Named, ...]:
    own = node.births.get(who.device, {})
    return tuple(
        _named(metric, own if _key(metric) in own else _others(node, metric), payload)
        for metric in payload.metrics
    )


def _others(node: _Node, metric: Metric) -> Births:
    """Aliases are unique across a node and all its devices; names within one device only."""
    if metric.name is None:
        for births in node.births.values():
            if metric.alias in births:
                return births
    return {}


def _key(metric: Metric) -> int | str:
    key = metric.name if metric.name is not None else metric.alias
    if key is None:
        raise _bad("no_name", "a name or an alias", repr(metric))
    return key


def _named(metric: Metric, table: Births, payload: Payload) -> Named:
    key = _key(metric)
    if metric.name is None and key not in table:
        raise _bad("unknown_alias", "an alias of the last birth; ask for a rebirth", str(key))
    name, datatype = table.get(key, (str(key), None))
    value = metric.value_as(datatype)
    timestamp = metric.timestamp if metric.timestamp is not None else payload.timestamp
    return Named(name, value, timestamp, metric.is_historical, _quality(metric))


def _quality(metric: Metric) -> str:
    if metric.quality is None:
        return "good"
    # Other numbers are not in the specification; a value that somebody marked is not simply good.
    return {GOOD: "good", BAD: "bad", STALE: "stale"}.get(metric.quality, "uncertain")


def _step(node: _Node, payload: Payload) -> bool:
    """Move the sequence on; True where a message is missing."""
    if payload.seq is None:
        raise _bad("no_seq", "seq 0 to 255", str(payload.timestamp))
    expected = None if node.seq is None else (node.seq + 1) % 256
    node.seq = payload.seq
    return expected is not None and payload.seq != expected


def _stale(node: _Node, device: str) -> tuple[str, ...]:
    names = []
    for (owner, name), metric in node.live.items():
        if owner == device:
            names.append(name)
            node.live[owner, name] = Named(
                name, metric.value, metric.timestamp, metric.is_historical, "stale"
            )
    return tuple(names)


def _bd_seq(named: tuple[Named, ...]) -> int | None:
    found = next((metric.value for metric in named if metric.name == "bdSeq"), None)
    return found if isinstance(found, int) else None


def _host_state(message: bytes) -> bool:
    try:
        return bool(json.loads(message)["online"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _bad("state", '{"online": true, "timestamp": …}', repr(message[:40])) from error


def _bad(fault: str, expected: str, got: str) -> BadPayload:
    return BadPayload(
        source="sparkplug", problem=fault, fault=fault, expected=expected, got=got[:80]
    )


def is_plain(metric: Named) -> bool:
    """Whether the metric has one plain value; a template or a data set has not."""
    return metric.value is not SKIPPED
