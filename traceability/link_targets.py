"""Whether an address may be what a code leads to: http or https, whole, and nothing hidden in it.

A redirect is what a shopper's phone follows without looking, so an address that browsers and
people read differently is refused when it is said, not when it is followed.
"""

import re
from urllib.parse import quote, urlsplit

from traceability.errors import BadValue, Phrase

LONGEST = 2000
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_KEPT = "-._~:/?#[]@!$&'()*+,;=%"


def checked_target(text: str) -> str:
    """Return the address in ASCII, its own escapes kept.

    Raises:
        BadValue: no http(s) address, a name or password before its host, blanks or backslashes.
    """
    address = text.strip()
    if len(address) > LONGEST:
        raise _bad(
            f"one of {len(address)} characters",
            next_step=Phrase("use one of at most {longest}", longest=LONGEST),
        )
    if any(ord(char) <= ord(" ") or ord(char) == 127 or char == "\\" for char in address):
        raise _bad(repr(address), next_step="leave out blanks and backslashes")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise _bad(
            f"{address!r} ({error})", next_step="copy it from the browser's address line"
        ) from error
    if parts.scheme not in ("http", "https") or not host:
        raise _bad(repr(address), next_step="begin with https:// and the host's name")
    if "@" in parts.netloc:
        raise _bad("one with a name before its host", next_step="leave out everything up to the @")
    if not _HOST.fullmatch(f"[{host}]" if ":" in host else host):
        raise _bad(f"the host {host!r}", next_step="write a name with other letters as xn--…")
    return quote(address, safe=_KEPT)


def _bad(got: str, *, next_step: str) -> BadValue:
    return BadValue(
        field="target",
        expected="an http or https address anybody can open",
        got=got,
        next_step=next_step,
    )
