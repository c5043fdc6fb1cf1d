"""The MQTT broker: it answers, knows us, and lets us listen to what we ask for."""

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from sqlmodel import col, select

from edge import bus
from edge.collector import broker_of
from edge.demo.folders import is_of_demo
from edge.doctor import certificate
from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.errors import BrokerLost, BrokerRefused, EdgeError
from edge.settings import Settings
from edge.topics import TopicTable
from traceability import readings
from traceability.models import Device, Site

_CONNECT_S = 3.0
_LATELY = timedelta(days=1)
# Enough to know which probes are meant.
_NAMED = 3


def check(case: Case) -> Iterator[Finding]:
    if case.settings is None:
        return
    if not case.settings.mqtt.host:
        yield from _inside(case)
        yield from _trusted_by_probes(case, case.settings)
        return
    try:
        broker = broker_of(case.settings)
    except EdgeError as error:
        yield fail("{problem}", _("correct [mqtt] in the settings"), problem=error)
        return
    yield from _certificate(case.settings, broker)
    yield from _asked(case, broker)


def _inside(case: Case) -> Iterator[Finding]:
    port = case.settings.mqtt.port if case.settings else 0
    if case.is_running:
        yield ok(_("a broker inside, on port {port}; a farm installs Mosquitto"), port=port)
        return
    try:
        socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_S).close()
    except OSError:
        yield ok(_("a broker inside, on port {port}; a farm installs Mosquitto"), port=port)
        return
    text = _("another program listens on port {port}, where the broker inside is to be")
    cure = _('if that is a broker, write [mqtt] host = "127.0.0.1"')
    yield fail(text, cure, port=port)


def _trusted_by_probes(case: Case, settings: Settings) -> Iterator[Finding]:
    names = _networked(case, settings)
    if not names or is_of_demo(case.folder):
        return
    text = _(
        "networked probes ({devices}) rely on the broker inside, which acknowledges what is on no "
        "disk yet and forgets it in a power cut"
    )
    cure = _(
        'install Mosquitto: write [mqtt] host = "127.0.0.1" and restart the service, so that the '
        "port is free; sudo deploy/install.sh --with-mosquitto; then the account in [mqtt], see "
        "deploy/README.md"
    )
    more = ", …" if len(names) > _NAMED else ""
    yield warn(text, cure, devices=", ".join(names[:_NAMED]) + more)


def _networked(case: Case, settings: Settings) -> list[str]:
    """Return the probes that speak MQTT: those of the settings, and unlisted ones lately heard."""
    names = {device.name for device in settings.devices if not device.port}
    listed = {device.name for device in settings.devices}
    with case.record() as session:
        if session is not None:
            here = col(Site.code) == settings.site.code
            query = select(Device.code).join(Site, col(Site.id) == col(Device.site_id)).where(here)
            unlisted = set(session.exec(query)) - listed
            heard = readings.last_heard(session, unlisted)
            names |= {name for name, at in heard.items() if at >= case.now - _LATELY}
    return sorted(names)


def _asked(case: Case, broker: bus.Broker) -> Iterator[Finding]:
    assert case.settings is not None
    # A name of its own: with the service's, the broker would throw the service out.
    ours = replace(broker, client_id=f"{broker.client_id}-doctor-{os.getpid()}")
    filters = TopicTable(case.settings).filters
    try:
        refused = asyncio.run(bus.try_out(ours, filters, service=broker.client_id))
    except BrokerRefused as error:
        cure = _(
            "write the password that the broker has for {user} into [mqtt] password_file; a new "
            "one, shown once: sudo minori-add-device --new-password {user}"
        )
        facts = {"user": ours.username or "minori"}
        yield fail("{problem}", cure, problem=error, **facts)
        return
    except BrokerLost as error:
        cure = _("is it running: systemctl status mosquitto; then its address, port and [mqtt] tls")
        yield fail("{problem}", cure, problem=error)
        return
    for denied in refused:
        cure = _("allow it in the broker's access list, then: systemctl reload mosquitto")
        yield fail("{problem}", cure, problem=denied)
    if not refused:
        text = _("{broker} lets us in and listen to {count} topics")
        yield ok(text, broker=broker, count=len(filters))
    if case.numbers is not None and case.numbers.value("minori_mqtt_connected") == 0:
        text = _("the service is not connected to it, though it answers")
        cure = _("it tries again by itself within a minute; see journalctl -u minori -g MQTT")
        yield warn(text, cure)
    for labels, value in case.numbers.samples("minori_mqtt_denied") if case.numbers else []:
        if value and labels["code"] == "publish_refused" and not refused:
            text = _("the broker does not let the service publish what it has to")
            yield warn(text, _("its log names the topic: journalctl -u minori -g publish"))
    deaf = case.numbers.value("minori_mqtt_deaf_total") if case.numbers else None
    if deaf:
        text = _("the connection was up and deaf {count} times since the service started")
        cure = _("it is remade by itself; look at the network between, and the broker's log")
        yield warn(text, cure, count=round(deaf))


def _certificate(settings: Settings, broker: bus.Broker) -> Iterator[Finding]:
    if broker.tls is None:
        return
    yield from certificate.findings(settings.mqtt.host, settings.mqtt.port, broker.tls)
