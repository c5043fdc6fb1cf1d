"""UECS 1.00-E10 messages: CCM data on UDP 16520, node and CCM scans on 16529.

By the rule a datagram carries one DATA; in the field there are several, with attributes of the
scan. The maker's name is spelt VENDER. A type may end in a suffix after a dot (`.mIC`).

Source: UECS Consortium, "UECS practical communication protocol 1.00-E10" (outline page);
behaviour of the public UARDECS library (MIT).
"""

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from sensors.errors import BadPayload
from sensors.wires.payload.scalars import number
from sensors.wires.uecs.xml import Element, fault, parse

DATA_PORT = 16520
SEARCH_PORT = 16521
SCAN_PORT = 16529
VERSION = "1.00-E10"
_HEAD = f'<?xml version="1.0"?><UECS ver="{VERSION}">'
_MAX_TYPE = 19
_WHOLE = re.compile(r"\s*(\d{1,6})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Room (0 to 127), region (0 to 127) and order (0 to 30000); 0 stands for any."""

    room: int = 0
    region: int = 0
    order: int = 0

    def matches(self, other: "Place") -> bool:
        pairs = zip(self._numbers(), other._numbers(), strict=True)  # noqa: SLF001
        return all(mine in (0, theirs) or theirs == 0 for mine, theirs in pairs)

    @property
    def width(self) -> int:
        """How many of the three stand for any: the nearer place has the smaller number."""
        return self._numbers().count(0)

    def to_xml(self) -> str:
        return f'room="{self.room}" region="{self.region}" order="{self.order}"'

    def _numbers(self) -> tuple[int, int, int]:
        return self.room, self.region, self.order


class _Typed:
    """A CCM type in its two parts: `InAirTemp.mIC` is type InAirTemp, suffix mIC."""

    __slots__ = ()
    full_type: str

    @property
    def type(self) -> str:
        return _split(self.full_type)[0]

    @property
    def suffix(self) -> str | None:
        return _split(self.full_type)[1]


@dataclass(frozen=True, slots=True)
class Data(_Typed):
    """One value as broadcast; `full_type` has the suffix, `ip` is None where it is not written."""

    full_type: str
    place: Place
    priority: int
    value: float
    ip: str | None = None
    level: str | None = None

    def to_xml(self, decimals: int) -> str:
        value = f"{self.value:.{decimals}f}"
        head = f"<DATA type={_quoted(self.full_type)} {self.place.to_xml()}"
        return f'{head} priority="{self.priority}">{value}</DATA>'


@dataclass(frozen=True, slots=True)
class Node:
    """Who a node is, its answer to a NODESCAN."""

    name: str
    vender: str
    uecsid: str
    ip: str
    mac: str

    def to_xml(self) -> str:
        fields = zip(
            _NODE_FIELDS, (self.name, self.vender, self.uecsid, self.ip, self.mac), strict=True
        )
        inside = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in fields)
        return f"<NODE>{inside}</NODE>"


@dataclass(frozen=True, slots=True)
class Ccm(_Typed):
    """One line of a node's CCM list: what it sends (S) or listens to (R), and how often."""

    number: int
    full_type: str
    place: Place
    priority: int
    cast: int
    unit: str
    direction: str
    level: str

    def to_xml(self) -> str:
        head = f'<CCM No="{self.number}" {self.place.to_xml()} priority="{self.priority}"'
        # Nodes in the field write the level with underscores.
        level = _quoted(self.level.replace("-", "_"))
        rest = f"unit={_quoted(self.unit)} SR={_quoted(self.direction)} LV={level}"
        return f'{head} cast="{self.cast}" {rest}>{escape(self.full_type)}</CCM>'


@dataclass(frozen=True, slots=True)
class Values:
    """Data of one sender: usually one, several in the field."""

    data: tuple[Data, ...]
    kind: str = "DATA"

    def to_bytes(self, decimals: int = 1) -> bytes:
        ip = next((data.ip for data in self.data if data.ip), None)
        inside = "".join(data.to_xml(decimals) for data in self.data)
        return _wrap(inside + (f"<IP>{escape(ip)}</IP>" if ip else ""))


@dataclass(frozen=True, slots=True)
class NodeScan:
    """The question: who is there?"""

    kind: str = "NODESCAN"

    def to_bytes(self) -> bytes:
        return _wrap("<NODESCAN/>")


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    node: Node
    kind: str = "NODE"

    def to_bytes(self) -> bytes:
        return _wrap(self.node.to_xml())


@dataclass(frozen=True, slots=True)
class CcmScan:
    """The question: what do you send and listen to? One page at a time, from 1."""

    page: int = 1
    kind: str = "CCMSCAN"

    def to_bytes(self) -> bytes:
        return _wrap(f'<CCMSCAN page="{self.page}"/>')


@dataclass(frozen=True, slots=True)
class CcmList:
    """One page of the answer."""

    page: int
    total: int
    ccms: tuple[Ccm, ...]
    kind: str = "CCM"

    def to_bytes(self) -> bytes:
        head = f'<CCMNUM page="{self.page}" total="{self.total}">{len(self.ccms)}</CCMNUM>'
        return _wrap(head + "".join(ccm.to_xml() for ccm in self.ccms))


Message = Values | NodeScan | NodeAnswer | CcmScan | CcmList


def from_bytes(datagram: bytes) -> Message:
    """Read one datagram of any UECS port.

    Raises:
        DamagedFrame: fault `xml`, `dtd_forbidden`, `too_large`, `root`, `unknown_element`,
            `attribute`, `value`, `type`.
    """
    root = parse(datagram)
    if root.name != "UECS":
        raise fault("root", "<UECS>", datagram)
    names = {child.name: child for child in root.children}
    if "DATA" in names:
        return _values(root, datagram)
    if "NODESCAN" in names:
        return NodeScan()
    if "CCMSCAN" in names:
        return CcmScan(_whole(names["CCMSCAN"], "page", datagram, default=1) or 1)
    if "NODE" in names:
        texts = (names["NODE"].child_text(tag) or "" for tag in _NODE_FIELDS)
        return NodeAnswer(Node(*texts))
    if "CCMNUM" in names:
        return _list(root, names["CCMNUM"], datagram)
    raise fault("unknown_element", "DATA, NODESCAN, NODE, CCMSCAN or CCMNUM", datagram)


def answer_scan(request: Message, node: Node, ccms: tuple[Ccm, ...]) -> bytes | None:
    """Build our answer to a scan, one CCM a page; None where nothing was asked of us."""
    if isinstance(request, NodeScan):
        return NodeAnswer(node).to_bytes()
    if isinstance(request, CcmScan) and 1 <= request.page <= len(ccms):
        page = ccms[request.page - 1 : request.page]
        return CcmList(request.page, len(ccms), page).to_bytes()
    return None


def next_page(answer: CcmList) -> CcmScan | None:
    """The question that follows one page of a node's list; None after the last."""
    return CcmScan(answer.page + 1) if answer.page < answer.total else None


_NODE_FIELDS = ("NAME", "VENDER", "UECSID", "IP", "MAC")


def _values(root: Element, datagram: bytes) -> Values:
    ip = root.child_text("IP") or None
    found = [child for child in root.children if child.name == "DATA"]
    return Values(tuple(_data(element, ip, datagram) for element in found))


def _data(element: Element, ip: str | None, datagram: bytes) -> Data:
    try:
        value = number("uecs", element.text)
    except BadPayload as error:
        raise fault(_value_fault(error), "a number", datagram) from error
    level = element.attributes.get("lv") or element.attributes.get("LV")
    return Data(
        _type(element.attributes.get("type", ""), datagram),
        _place(element, datagram),
        _whole(element, "priority", datagram),
        value,
        ip,
        _level(level) if level else None,
    )


def _list(root: Element, head: Element, datagram: bytes) -> CcmList:
    found = tuple(_ccm(child, datagram) for child in root.children if child.name == "CCM")
    page = _whole(head, "page", datagram, default=1)
    return CcmList(page, _whole(head, "total", datagram, default=1), found)


def _ccm(element: Element, datagram: bytes) -> Ccm:
    return Ccm(
        _whole(element, "No", datagram),
        _type(element.text, datagram),
        _place(element, datagram),
        _whole(element, "priority", datagram),
        _whole(element, "cast", datagram, default=0),
        element.attributes.get("unit", ""),
        element.attributes.get("SR", ""),
        _level(element.attributes.get("LV", "")),
    )


def _place(element: Element, datagram: bytes) -> Place:
    return Place(*(_whole(element, name, datagram) for name in ("room", "region", "order")))


def _whole(element: Element, name: str, datagram: bytes, *, default: int | None = None) -> int:
    text = element.attributes.get(name, "")
    if not text and default is not None:
        return default
    match = _WHOLE.fullmatch(text)
    if match is None:
        raise fault("attribute", f"{element.name} with a whole {name}", datagram)
    return int(match[1])


def _type(text: str, datagram: bytes) -> str:
    full = text.strip()
    if not 0 < len(_split(full)[0]) <= _MAX_TYPE:
        raise fault("type", f"a type of 1 to {_MAX_TYPE} characters", datagram)
    return full


def _split(full_type: str) -> tuple[str, str | None]:
    base, dot, suffix = full_type.rpartition(".")
    return (base, suffix) if dot else (full_type, None)


def _level(text: str) -> str:
    return text.strip().replace("_", "-")


def _value_fault(error: BadPayload) -> str:
    word = str(error.facts["fault"])
    return word if word == "not_finite" else "value"


def _quoted(text: str) -> str:
    # Nodes understand no other quotes than these.
    return '"' + escape(text, {'"': "&quot;"}) + '"'


def _wrap(inside: str) -> bytes:
    return f"{_HEAD}{inside}</UECS>".encode()
