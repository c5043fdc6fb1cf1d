"""Webhooks, signed so that the receiver knows who sent them, when, and that nobody changed them.

The signature is HMAC-SHA256 over id, time and body, as libraries for "Standard Webhooks" check it;
a receiver refuses what is older than some minutes, and forgets an id it has seen. No redirect is
followed: it could lead anywhere.

Source: Standard Webhooks 1.0 (headers webhook-id, webhook-timestamp, webhook-signature).
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from edge.delivery import guard
from edge.delivery.addresses import Address
from edge.delivery.guard import Place
from edge.delivery.message import Message
from edge.errors import NotDelivered

if TYPE_CHECKING:
    import httpx

CONNECT_S, LIMIT_S = 10.0, 30.0
_PREFIX = "whsec_"


async def send(message: Message, address: Address, *, now: Callable[[], float] = time.time) -> None:
    """Post a message as JSON.

    Raises:
        Undeliverable: the address is none we may ask.
        NotDelivered: nobody answered, or not with 2xx.
    """
    # Imported late: who has no webhook needs none of it.
    import httpx  # noqa: PLC0415

    place = await guard.checked(address)
    body = message.as_json()
    headers = _headers(message.id, body, address.secret, int(now())) | {"host": _host(place)}
    limits = httpx.Timeout(LIMIT_S, connect=CONNECT_S)
    try:
        async with httpx.AsyncClient(timeout=limits, trust_env=False) as client:
            status = await _posted(client, address, place, body, headers)
    except httpx.HTTPError as error:
        cause = f"it cannot be reached ({type(error).__name__})"
        raise NotDelivered(address=address.label, cause=cause) from error
    if not 200 <= status < 300:
        said = "it redirects, which is not followed" if 300 <= status < 400 else "it refused"
        raise NotDelivered(address=address.label, cause=f"{said} (status {status})")


async def _posted(
    client: "httpx.AsyncClient",
    address: Address,
    place: Place,
    body: bytes,
    headers: Mapping[str, str],
) -> int:
    """Post to the first of the checked numbers that answers; return the status."""
    import httpx  # noqa: PLC0415

    for number, ip in enumerate(place.ips, start=1):
        request = client.build_request(
            "POST",
            httpx.URL(address.url).copy_with(host=ip),
            content=body,
            headers=headers,
            # The certificate must be the host's, whatever the number we connect to.
            extensions={"sni_hostname": place.host},
        )
        try:
            # The answer's body is nobody's business: it is not read.
            answer = await client.send(request, stream=True, follow_redirects=False)
        except httpx.ConnectError:
            if number == len(place.ips):
                raise
            continue
        await answer.aclose()
        return answer.status_code
    raise AssertionError  # a name that resolved has an address


def signature(message_id: str, timestamp: int, body: bytes, secret: str) -> str:
    """Return the value of the header webhook-signature."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _headers(message_id: str, body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "minori",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
    }
    if secret:
        headers["webhook-signature"] = signature(message_id, timestamp, body, secret)
    return headers


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass  # a key that only begins so
    return secret.encode()


def _host(place: Place) -> str:
    usual = {"http": 80, "https": 443}[place.scheme]
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == usual else f"{host}:{place.port}"
