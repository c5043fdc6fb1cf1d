"""The hub: it answers, its certificate is trusted, it knows us, and how much waits for it."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from edge import enrolment
from edge.doctor import certificate
from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.enrolment import Enrolment
from edge.errors import EdgeError
from edge.settings import Settings
from traceability import uplink
from traceability.models import StoreFact
from traceability.store_id import KEY

# An outage of a night is seen in the morning.
_LATE = timedelta(hours=12)


def check(case: Case) -> Iterator[Finding]:
    if case.settings is None:
        return
    with case.record() as session:
        if not enrolment.is_wanted(case.settings, session):
            return
    try:
        enrolled = enrolment.load(case.settings)
    except EdgeError as error:
        cure = _(
            "with a code made at the hub: minori enrol CODE --hub ADDRESS; to send to none any "
            "more: minori enrol --leave"
        )
        yield fail("{problem}", cure, problem=error)
        return
    yield from _certificate(case.settings, enrolled.hub)
    yield _answer(case, case.settings, enrolled)
    yield from _waiting(case)


def _certificate(settings: Settings, hub: str) -> Iterator[Finding]:
    parts = urlsplit(hub)
    if parts.scheme != "https" or not parts.hostname:
        return
    name = settings.hub.ca_file
    try:
        trusted = ssl.create_default_context(cafile=settings.path(name) if name else None)
    except OSError:
        return  # the answer says it
    yield from certificate.findings(parts.hostname, parts.port or 443, trusted)


def _answer(case: Case, settings: Settings, enrolled: Enrolment) -> Finding:
    with case.record() as session:
        fact = session.get(StoreFact, KEY) if session is not None else None
    try:
        asyncio.run(_state(settings, enrolled, fact.value if fact else "doctor"))
    except EdgeError as error:
        cure = _("what is collected waits here, and is sent once this is mended")
        return fail("{problem}", cure, problem=error)
    return ok(_("{hub} answers and knows this site"), hub=enrolled.hub)


async def _state(settings: Settings, enrolled: Enrolment, store: str) -> None:
    # Imported late: a site without a hub carries no HTTP client.
    from edge.hub_client import HubClient  # noqa: PLC0415

    async with HubClient(settings, enrolled.hub, enrolled.credential) as hub:
        await hub.state(store)


def _waiting(case: Case) -> Iterator[Finding]:
    with case.record() as session:
        if session is None:
            return
        level = uplink.level(session)
    oldest = min(filter(None, (level.oldest_record_at, level.oldest_reading_at)), default=None)
    if level.refused:
        text = _("the hub does not take {count} records")
        yield warn(text, _("see why: minori hub refused"), count=level.refused)
    if oldest is not None and case.now - oldest > _LATE:
        text = _("what was recorded since {at} waits for the hub")
        yield warn(text, _("nothing is lost; see: minori hub status"), at=case.local(oldest))
    else:
        yield ok(_("{count} records wait"), count=level.records_waiting)
