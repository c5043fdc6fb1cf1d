"""One ECHONET Lite frame: `10 81 TID SEOJ DEOJ ESV OPC {EPC PDC EDT}…`, big-endian, a datagram.

Answers go to UDP port 3610, not to the port the question came from. Get_SNA is a partial answer:
what came in it counts, what has no data was not available.

Source: ECHONET Lite Specification 1.13, part 2, chapter 3.
"""

from dataclasses import dataclass
from enum import IntEnum

from sensors.errors import DamagedFrame
from sensors.wires.faults import damaged

PORT = 3610
MULTICAST = "224.0.23.0"
CONTROLLER = 0x05FF01
NODE_PROFILE = 0x0EF001
_HEAD = bytes.fromhex("1081")
_ARBITRARY = 0x82
# A smart meter's longest answer, a day's history, has 214 bytes; UDP carries no more than this.
MAX_BYTES = 65_507


class Service(IntEnum):
    """ESV: what a frame is for."""

    SETI_SNA = 0x50
    SETC_SNA = 0x51
    GET_SNA = 0x52
    INF_SNA = 0x53
    SETGET_SNA = 0x5E
    SETI = 0x60
    SETC = 0x61
    GET = 0x62
    INF_REQ = 0x63
    SETGET = 0x6E
    SET_RES = 0x71
    GET_RES = 0x72
    INF = 0x73
    INFC = 0x74
    INFC_RES = 0x7A
    SETGET_RES = 0x7E

    @property
    def label(self) -> str:
        """The name as the specification writes it: Get_Res, INF_REQ, SetC_SNA."""
        return _LABELS[self]

    @property
    def carries_two_lists(self) -> bool:
        return self in (Service.SETGET, Service.SETGET_RES, Service.SETGET_SNA)

    @property
    def is_report(self) -> bool:
        """Whether the properties are values of the sender: answers and notifications."""
        return self in (
            Service.GET_RES,
            Service.GET_SNA,
            Service.INF,
            Service.INFC,
            Service.SETGET_RES,
            Service.SETGET_SNA,
        )


_SERVICES = {int(service): service for service in Service}
_LABELS = {
    Service.SETI_SNA: "SetI_SNA",
    Service.SETC_SNA: "SetC_SNA",
    Service.GET_SNA: "Get_SNA",
    Service.INF_SNA: "INF_SNA",
    Service.SETGET_SNA: "SetGet_SNA",
    Service.SETI: "SetI",
    Service.SETC: "SetC",
    Service.GET: "Get",
    Service.INF_REQ: "INF_REQ",
    Service.SETGET: "SetGet",
    Service.SET_RES: "Set_Res",
    Service.GET_RES: "Get_Res",
    Service.INF: "INF",
    Service.INFC: "INFC",
    Service.INFC_RES: "INFC_Res",
    Service.SETGET_RES: "SetGet_Res",
}


@dataclass(frozen=True, slots=True)
class Property:
    """EPC and EDT; no data in a request means "tell me", in an answer "not available"."""

    epc: int
    edt: bytes = b""

    def to_bytes(self) -> bytes:
        return bytes([self.epc, len(self.edt)]) + self.edt


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; objects are class group, class and instance in one number (0x028801).

    `got` is the second list, which only SetGet frames have.
    """

    tid: int
    seoj: int
    deoj: int
    service: Service
    properties: tuple[Property, ...]
    got: tuple[Property, ...] = ()

    @classmethod
    def from_bytes(cls, datagram: bytes) -> "Frame":
        """Read one datagram.

        Raises:
            DamagedFrame: fault `truncated`, `unsupported_format`, `unsupported_esv`, `trailing`.
        """
        _check_head(datagram)
        service = _SERVICES.get(datagram[10])
        if service is None:
            raise _damaged("unsupported_esv", "a service of the specification", datagram)
        properties, end = _properties(datagram, 11)
        got: tuple[Property, ...] = ()
        if service.carries_two_lists:
            got, end = _properties(datagram, end)
        if end != len(datagram):
            raise _damaged("trailing", f"{end} bytes", datagram)
        return cls(
            int.from_bytes(datagram[2:4], "big"),
            int.from_bytes(datagram[4:7], "big"),
            int.from_bytes(datagram[7:10], "big"),
            service,
            properties,
            got,
        )

    def to_bytes(self) -> bytes:
        head = _HEAD + self.tid.to_bytes(2, "big")
        head += self.seoj.to_bytes(3, "big") + self.deoj.to_bytes(3, "big")
        body = bytes([self.service]) + _list(self.properties)
        return head + body + (_list(self.got) if self.service.carries_two_lists else b"")

    @property
    def all_properties(self) -> tuple[Property, ...]:
        return self.properties + self.got

    def answers(self, request: "Frame") -> bool:
        """Whether this is the answer to `request`: same transaction, from whom it asked."""
        same = (self.tid, self.seoj, self.deoj) == (request.tid, request.deoj, request.seoj)
        return same and self.service.is_report


def get(tid: int, target: int, epcs: tuple[int, ...]) -> Frame:
    """Build a question of the controller to one object."""
    return Frame(tid, CONTROLLER, target, Service.GET, tuple(Property(epc) for epc in epcs))


def confirmation(frame: Frame) -> Frame:
    """Build the answer that an INFC asks for."""
    properties = tuple(Property(prop.epc) for prop in frame.properties)
    return Frame(frame.tid, frame.deoj, frame.seoj, Service.INFC_RES, properties)


def _check_head(datagram: bytes) -> None:
    if datagram[:1] and datagram[0] != _HEAD[0]:
        raise _damaged("unsupported_format", "10 81 first", datagram)
    if len(datagram) > 1 and datagram[1] == _ARBITRARY:
        raise _damaged("unsupported_format", "format 1 (81), not arbitrary (82)", datagram)
    if len(datagram) > 1 and datagram[1] != _HEAD[1]:
        raise _damaged("unsupported_format", "10 81 first", datagram)
    if len(datagram) < 12:
        raise _damaged("truncated", "at least 12 bytes", datagram)


def _properties(datagram: bytes, start: int) -> tuple[tuple[Property, ...], int]:
    """Return the list whose count is at `start`, and where it ends."""
    if start >= len(datagram):
        raise _damaged("truncated", "a property count", datagram)
    found: list[Property] = []
    position = start + 1
    for _ in range(datagram[start]):
        if position + 2 > len(datagram):
            raise _damaged("truncated", f"{datagram[start]} properties", datagram)
        end = position + 2 + datagram[position + 1]
        if end > len(datagram):
            raise _damaged("truncated", f"{datagram[position + 1]} bytes of data", datagram)
        found.append(Property(datagram[position], datagram[position + 2 : end]))
        position = end
    return tuple(found), position


def _list(properties: tuple[Property, ...]) -> bytes:
    return bytes([len(properties)]) + b"".join(prop.to_bytes() for prop in properties)


def _damaged(fault: str, expected: str, got: bytes) -> DamagedFrame:
    return damaged("echonet", fault, expected=expected, got=got)
