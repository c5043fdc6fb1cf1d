"""The pages: their port, who may sign in, and the address that goes onto labels."""

import ipaddress
import socket
from collections.abc import Iterator
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from sqlmodel import select

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.doctor.numbers import of_pages
from edge.settings import Settings
from edge.webserver import is_loopback
from traceability.models import User

_LIMIT_S = 5.0


def check(case: Case) -> Iterator[Finding]:
    if case.settings is None:
        return
    yield from _port(case.settings)
    yield from _users(case)
    yield from _public(case.settings.web.public_url)


def _port(settings: Settings) -> Iterator[Finding]:
    host, port = settings.web.host, settings.web.port
    near = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 compared
    said = _answer(f"http://{near}:{port}/healthz")
    facts = {"host": host, "port": port}
    if said is None and _listens(near, port):
        text = _("another program listens on {host}:{port}")
        yield fail(text, _("stop it, or change [web] port"), **facts)
    elif said == 503:
        text = _("pages on {host}:{port} answer, but cannot read the record")
        yield fail(text, _("see the findings on database and disk"), **facts)
    elif said == 200 and (other := _other_site(settings)):
        text = _("another Minori listens on {host}:{port}, by {file}")
        yield fail(text, _("stop it, or change [web] port"), file=other, **facts)
    elif said == 200:
        yield ok(_("pages on {host}:{port}"), **facts)
    else:
        yield ok(_("no pages on {host}:{port} just now; the port is free"), **facts)


def _other_site(settings: Settings) -> str:
    """Return the settings file of a Minori on our port that is another site's; else nothing."""
    found = of_pages(settings)
    return found.settings_file if found is not None and not found.is_of(settings) else ""


def _users(case: Case) -> Iterator[Finding]:
    assert case.settings is not None
    if is_loopback(case.settings.web.host):
        return
    with case.record() as session:
        if session is not None and session.exec(select(User.id).limit(1)).first() is None:
            text = _("pages for the whole network, and nobody can sign in: they do not start")
            yield fail(text, "minori user add NAME --admin")


def _public(url: str) -> Iterator[Finding]:
    if not url:
        text = _("[web] public_url is empty: no label can be printed")
        yield ok(text)
        return
    parts = urlsplit(url)
    if parts.scheme != "https":
        text = _("{url} is not https: phones warn of it, and labels cannot be called back")
        yield warn(text, _("put a TLS proxy in front, and write https://"), url=url)
    if _is_local(parts.hostname or ""):
        text = _("{url} leads nowhere from outside this network")
        yield warn(text, _("labels need an address that shoppers reach"), url=url)
        return
    said = _answer(f"{url.rstrip('/')}/healthz")
    if said == 200:
        yield ok(_("{url} answers"), url=url)
        return
    text = _("{url} does not answer from here")
    cure = _("scan a label with a phone that is not in this network; check name server and proxy")
    yield warn(text, cure, url=url)


def _answer(url: str) -> int | None:
    """Return the status of /healthz if a Minori answers there; None if none does."""
    try:
        with urlopen(url, timeout=_LIMIT_S) as answer:  # noqa: S310 an http(s) address of ours
            return int(answer.status) if b'"status"' in answer.read(200) else None
    except URLError as error:
        return 503 if getattr(error, "code", 0) == 503 else None
    except (OSError, ValueError):
        return None


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=_LIMIT_S).close()
    except OSError:
        return False
    return True


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".local", ".lan", ".home.arpa")) or "." not in host:
        return ":" not in host
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
