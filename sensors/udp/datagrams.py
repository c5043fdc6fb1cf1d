"""One UDP socket: datagrams in from the networks we trust, datagrams out.

UECS and ECHONET Lite have no security; the least one can do is to hear only the greenhouse's own
network. What comes from elsewhere is counted, never answered.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import cast

from sensors.errors import PortLost

log = logging.getLogger(__name__)

Address = tuple[str, int]
# Networks that no router passes on: loopback and the private ranges of RFC 1918, and link-local.
PRIVATE = tuple(
    IPv4Network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
)


@dataclass(slots=True)
class Counts:
    """What a socket heard; `foreign` came from outside the trusted networks."""

    heard: int = 0
    foreign: int = 0


@dataclass(slots=True)
class Datagrams(asyncio.DatagramProtocol):
    """Hands each datagram from a trusted network to `receive(datagram, sender)`."""

    receive: Callable[[bytes, Address], None]
    trusted: Sequence[IPv4Network] = PRIVATE
    counts: Counts = field(default_factory=Counts)
    transport: asyncio.DatagramTransport | None = None
    _lost: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The selector loop's transport is one in deed, not by inheritance.
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if not any(IPv4Address(addr[0]) in network for network in self.trusted):
            self.counts.foreign += 1
            return
        self.counts.heard += 1
        self.receive(data, addr)

    def error_received(self, exc: Exception) -> None:
        # An ICMP "unreachable" of one device must not end the socket for all others.
        log.info("a datagram was not delivered: %s", exc)

    @property
    def port(self) -> int:
        """The port it is bound to."""
        assert self.transport is not None
        number: int = self.transport.get_extra_info("sockname")[1]
        return number

    def send(self, datagram: bytes, to: Address) -> None:
        """Send one datagram; delivery is nobody's promise.

        Raises:
            PortLost: the socket is closed.
        """
        if self.transport is None or self.transport.is_closing():
            raise PortLost(port=f"udp to {to[0]}:{to[1]}", cause="closed")
        self.transport.sendto(datagram, to)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._lost.set()

    async def close(self) -> None:
        """Let the socket go, and wait until it is gone."""
        if self.transport is not None:
            self.transport.close()
            await self._lost.wait()


async def listen(
    port: int,
    receive: Callable[[bytes, Address], None],
    *,
    host: str = "0.0.0.0",  # noqa: S104 - broadcasts are heard on no other address
    group: str = "",
    trusted: Sequence[IPv4Network] = PRIVATE,
) -> Datagrams:
    """Open a socket that may share its port with other programs, and may broadcast.

    Args:
        port: 0 takes a free one.
        group: A multicast group to join, such as 224.0.23.0; empty: none.

    Raises:
        PortLost: the port cannot be had.
    """
    loop = asyncio.get_running_loop()
    try:
        opened = _socket(host, port)
        if group:
            _join(opened, host, group)
        _, protocol = await loop.create_datagram_endpoint(
            lambda: Datagrams(receive, trusted), sock=opened
        )
    except OSError as error:
        raise PortLost(port=f"udp {host}:{port}", cause=str(error)) from error
    return protocol


def _socket(host: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        opened.setblocking(False)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def _join(opened: socket.socket, host: str, group: str) -> None:
    member = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(host))
    try:
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    except OSError as error:
        # Without a network at boot there is nothing to join; broadcasts and questions still work.
        log.warning("not joined to %s: %s; its multicasts are not heard", group, error)
