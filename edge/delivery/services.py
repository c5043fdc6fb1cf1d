"""Everything `apprise` reaches: LINE, Slack, Telegram, Teams and some hundred more.

apprise says only whether it worked; why not stands in its log, which is read here and nowhere else
and cleaned of the address, for an address of apprise is a password.
"""

import io
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edge.delivery.addresses import Address
from edge.delivery.limited import within
from edge.delivery.message import Message
from edge.errors import EdgeError, NotDelivered, Undeliverable

LIMIT_S = 60.0
# What a page may name: services at an address of their own, not one that is part of the url.
FROM_PAGES = frozenset({"line", "slack", "tgram", "discord", "msteams", "pover", "chatwork"})
_TURN = threading.Lock()
_SECRET_PART = re.compile(r"[^/:@?&=,#]{6,}")


async def send(message: Message, address: Address) -> None:
    """Send a message by the service its address names.

    Raises:
        Undeliverable: apprise knows no such address.
        NotDelivered: the service is away, or refused it.
    """
    if not address.is_trusted and address.scheme not in FROM_PAGES:
        raise Undeliverable(
            address=address.label,
            cause=f"{address.scheme}: addresses are taken from the settings only",
            next_step="name it in minori.toml",
        )
    try:
        cause = await within(LIMIT_S, lambda: _send(message, address), name=address.scheme)
    except EdgeError:
        raise
    except TimeoutError as error:
        raise NotDelivered(address=address.label, cause="no answer in time") from error
    except Exception as error:
        # A hundred services by a hundred hands: one that fails otherwise must not end us.
        cause = f"the service's own code failed ({type(error).__name__})"
        raise NotDelivered(address=address.label, cause=cause) from error
    if cause:
        raise NotDelivered(address=address.label, cause=cause)


def _send(message: Message, address: Address) -> str:
    """Return why it was not sent; empty: it was."""
    # Imported late: it is a large library, and few boards use it.
    import apprise  # noqa: PLC0415

    asset = apprise.AppriseAsset(
        app_id="Minori",
        app_desc="Minori",
        http_redirects=False,
        storage_mode="memory",
        secure_logging=True,
        async_mode=False,
    )
    service = apprise.Apprise(asset=asset)
    # One at a time: of two, each would hear the other's words, and could not clean them.
    with _TURN, _overheard() as log:
        if not service.add(address.url):
            raise Undeliverable(
                address=address.label,
                cause=f"that is no {address.scheme} address",
                next_step="compare it with apprise's page about that service",
            )
        sent = service.notify(
            title=message.title,
            body=message.text or message.title,
            notify_type=_type(apprise, message.severity),
            body_format=apprise.NotifyFormat.TEXT,
        )
    return "" if sent else _cleaned(log.getvalue(), address.url)


def _type(apprise: Any, severity: str) -> Any:
    kinds = apprise.NotifyType
    return {"critical": kinds.FAILURE, "warning": kinds.WARNING}.get(severity, kinds.INFO)


@contextmanager
def _overheard() -> Iterator[io.StringIO]:
    """Keep apprise's words from our log while the block runs, and give them."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    log = logging.getLogger("apprise")
    log.propagate = False
    log.setLevel(logging.WARNING)
    log.addHandler(handler)
    try:
        yield said
    finally:
        log.removeHandler(handler)


def _cleaned(said: str, url: str) -> str:
    """Return the last of what was said, every part of the address taken out."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    cause = lines[-1] if lines else "the service did not take it"
    for part in sorted(set(_SECRET_PART.findall(url)), key=len, reverse=True):
        cause = cause.replace(part, "…")
    return cause[:200]
