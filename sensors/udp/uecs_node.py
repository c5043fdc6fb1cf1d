"""A UECS node: hears the greenhouse's values, answers scans, sends our own values.

It never acts on what it hears. Nodes broadcast or multicast; both reach a socket on 0.0.0.0 that
has joined the group.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from sensors.errors import DamagedFrame
from sensors.udp.datagrams import PRIVATE, Address, Datagrams, listen
from sensors.wires import uecs
from sensors.wires.uecs import Ccm, CcmList, Data, Message, Node, NodeAnswer, Values

log = logging.getLogger(__name__)

# Some bridges send to this group instead of the broadcast address.
GROUP = "224.0.0.1"

Heard = Callable[[Data, str], None]
Refused = Callable[[bytes, DamagedFrame], None]


@dataclass(slots=True)
class UecsNode:
    """Two sockets, data and scans. `heard(data, sender)` gets each value, `refused` the rest."""

    node: Node
    ccms: tuple[Ccm, ...]
    heard: Heard
    refused: Refused
    answers: dict[str, list[Message]]
    _data: Datagrams | None = None
    _scan: Datagrams | None = None

    @classmethod
    def of(
        cls, node: Node, ccms: Sequence[Ccm] = (), *, heard: Heard, refused: Refused
    ) -> "UecsNode":
        """Build a node that says `node` and `ccms` of itself when it is scanned."""
        return cls(node, tuple(ccms), heard, refused, {})

    async def open(
        self,
        *,
        data_port: int = uecs.DATA_PORT,
        scan_port: int = uecs.SCAN_PORT,
        host: str = "0.0.0.0",  # noqa: S104 - broadcasts are heard on no other address
        group: str = GROUP,
        trusted: Sequence[IPv4Network] = PRIVATE,
    ) -> None:
        """Start listening.

        Raises:
            PortLost: a port cannot be had.
        """
        self._data = await listen(
            data_port, self._take_data, host=host, group=group, trusted=trusted
        )
        try:
            self._scan = await listen(
                scan_port, self._take_scan, host=host, group=group, trusted=trusted
            )
        except BaseException:
            await self.close()
            raise

    @property
    def ports(self) -> tuple[int, int]:
        """The ports for data and scans."""
        assert self._data is not None
        assert self._scan is not None
        return self._data.port, self._scan.port

    def send(self, data: Sequence[Data], to: Address, *, decimals: int = 1) -> None:
        """Send values, a datagram each as the rule asks; `to` is usually the broadcast address."""
        assert self._data is not None
        for each in data:
            self._data.send(Values((each,)).to_bytes(decimals), to)

    def scan(self, to: Address) -> None:
        """Ask who is there; answers collect in `answers`, page after page of each node's CCMs."""
        assert self._scan is not None
        self._scan.send(uecs.NodeScan().to_bytes(), to)

    async def close(self) -> None:
        for opened in (self._data, self._scan):
            if opened is not None:
                await opened.close()

    def _take_data(self, datagram: bytes, sender: Address) -> None:
        message = self._understood(datagram)
        for data in message.data if isinstance(message, Values) else ():
            self.heard(data, sender[0])

    def _take_scan(self, datagram: bytes, sender: Address) -> None:
        message = self._understood(datagram)
        if message is None:
            return
        answer = uecs.answer_scan(message, self.node, self.ccms)
        if answer is not None:
            self._reply(answer, sender)
        elif isinstance(message, (NodeAnswer, CcmList)):
            self._collect(message, sender)

    def _collect(self, message: NodeAnswer | CcmList, sender: Address) -> None:
        known = self.answers.setdefault(sender[0], [])
        # A node that repeats itself, or counts its pages wrong, must not keep us asking.
        if message in known:
            return
        known.append(message)
        if isinstance(message, NodeAnswer):
            self._reply(uecs.CcmScan(1).to_bytes(), sender)
        elif (question := uecs.next_page(message)) is not None:
            self._reply(question.to_bytes(), sender)

    def _reply(self, datagram: bytes, to: Address) -> None:
        assert self._scan is not None
        self._scan.send(datagram, to)

    def _understood(self, datagram: bytes) -> Message | None:
        try:
            return uecs.from_bytes(datagram)
        except DamagedFrame as error:
            self.refused(datagram, error)
            return None
