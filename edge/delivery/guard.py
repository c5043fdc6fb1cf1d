"""Where a request of ours may go: never to a place of our own, if a stranger named the address.

An address that came from a page could point at the router, at this machine, or at a cloud's own
metadata. So its name is resolved once, everything that is not plainly public is refused, and the
connection goes to the very address that was checked: a name that resolves anew to another place
gains nothing. What the settings file names is trusted; whoever writes it owns the machine.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from edge.delivery.addresses import Address
from edge.errors import NotDelivered, Undeliverable

# What a stranger's address may ask for.
PORTS = (443, 8443)
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
# Translators that carry an IPv4 address inside an IPv6 one. Source: RFC 6052, RFC 8215.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class Place:
    """A checked address: connect to one of `ips`, and speak to it as `host`."""

    scheme: str
    host: str
    ips: Sequence[str]
    port: int


async def checked(address: Address) -> Place:
    """Resolve the host of a web address, and refuse what may not be asked.

    Raises:
        Undeliverable: no web address, or one that leads to a place of our own.
        NotDelivered: the name does not resolve.
    """
    scheme, host, port = _parts(address)
    if not address.is_trusted and (scheme != "https" or port not in PORTS):
        raise _refused(address, f"only https on port {' or '.join(map(str, PORTS))} is asked")
    ips = await _resolved(address, host, port)
    if not address.is_trusted and not all(is_public(ip) for ip in ips):
        raise _refused(address, "it leads to a place that is not public")
    return Place(scheme, host, list(dict.fromkeys(map(str, ips))), port)


def is_public(ip: _Ip) -> bool:
    """Whether anybody on the internet could be there, by what the address itself says."""
    inner = _inner(ip)
    if inner is not None:
        return is_public(inner)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _inner(ip: _Ip) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv6 one, where a host or a router would take it out."""
    if not isinstance(ip, ipaddress.IPv6Address):
        return None
    if any(ip in network for network in _NAT64):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _parts(address: Address) -> tuple[str, str, int]:
    try:
        parts = urlsplit(address.url)
        port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    except ValueError as error:
        raise _refused(address, "that is no web address") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise _refused(address, "that is no web address")
    return parts.scheme.lower(), parts.hostname, port


async def _resolved(address: Address, host: str, port: int) -> list[_Ip]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDelivered(
            address=address.label, cause="the name of its host is not known"
        ) from error
    # A link-local IPv6 address carries its interface behind a %.
    return [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]


def _refused(address: Address, cause: str) -> Undeliverable:
    return Undeliverable(
        address=address.label, cause=cause, next_step="give it an address that is public"
    )
