"""The certificate of a server we speak to: how long it is still good."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from edge.doctor.finding import Finding, _, ok, warn

_CONNECT_S = 5.0
# Long enough to have a certificate made and carried to every site.
_SOON_DAYS = 21


def findings(host: str, port: int, trusted: ssl.SSLContext) -> Iterator[Finding]:
    """Yield how long it lasts; nothing where no connection is made, which others say."""
    try:
        with (
            socket.create_connection((host, port), timeout=_CONNECT_S) as plain,
            trusted.wrap_socket(plain, server_hostname=host) as secured,
        ):
            said = secured.getpeercert() or {}
    except OSError:
        return
    ends = str(said.get("notAfter", ""))
    if not ends:
        return
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    days = (until - datetime.now(UTC)).days
    if days < _SOON_DAYS:
        text = _("the certificate of {host} ends in {days} days")
        yield warn(text, _("have a new one made before that"), host=host, days=days)
    else:
        yield ok(_("the certificate of {host} is good for {days} days"), host=host, days=days)
