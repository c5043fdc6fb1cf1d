"""The collecting part: ports and broker to the one recorder, as tasks of one group."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Engine

from edge.agents.doubts import Doubts
from edge.agents.homeassistant import Showroom
from edge.agents.ingest import Ingest
from edge.agents.intake import Intake
from edge.agents.periodic import every
from edge.agents.poll import poll
from edge.agents.record import record
from edge.bus import Broker, Bus
from edge.clock import Clock
from edge.registry import register
from edge.secret_files import read, unreadable
from edge.settings import Settings
from edge.status import Status
from edge.topics import TopicTable
from edge.wiring import wire
from traceability.readings import Recorder

log = logging.getLogger(__name__)

SUMMARY_EVERY_S = 300.0


class Collector:
    """Everything between the wires and the store. Made once, run once."""

    def __init__(self, settings: Settings, engine: Engine, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self.intake = Intake()
        self.bus = Bus(broker_of(settings))
        self.status = Status(self.intake, self.bus)
        self._wired = wire(settings, now=clock.now)
        site_id = register(engine, settings, since=clock.now())
        self._engine = engine
        recorder = Recorder(engine, site_id)
        self._doubts = Doubts(recorder.append, engine, settings, now=clock.now)

    async def run(self) -> None:
        """Collect until cancelled; then store what still waits.

        Raises:
            AddressTaken: the broker inside cannot listen.
            StoreFailed: the store gave up; nothing it did not store was acknowledged.
        """
        status, clock = self.status, self._clock
        ingest = Ingest(self.bus, TopicTable(self._settings), self.intake, status.refusals, clock)
        async with self._broker_inside(), asyncio.TaskGroup() as tasks:
            append = self._doubts.append
            tasks.create_task(record(self.intake, append, status.recorded), name="record")
            tasks.create_task(ingest.run(), name="ingest")
            tasks.create_task(every(SUMMARY_EVERY_S, self._summarise, clock), name="summary")
            if self._settings.mqtt.homeassistant:
                showroom = Showroom(self.bus, self._engine, self._settings, clock)
                tasks.create_task(showroom.run(), name="home assistant")
            if self._settings.uecs.send:
                # Imported late: few houses have UECS.
                from edge.agents.uecs_send import UecsSender  # noqa: PLC0415

                sender = UecsSender(self._engine, self._settings, clock)
                tasks.create_task(sender.run(), name="uecs send")
            for port in self._wired:
                task = poll(port, self.intake, clock, status.devices)
                tasks.create_task(task, name=f"poll {port.name}")

    @asynccontextmanager
    async def _broker_inside(self) -> AsyncIterator[None]:
        if self._settings.mqtt.host:
            yield
            return
        # Imported late: who names a broker needs neither its code nor its memory.
        from edge.broker import serving  # noqa: PLC0415

        async with serving(self._settings.mqtt.port):
            yield

    def _summarise(self) -> None:
        log.info("%s", self.status.summary())


def broker_of(settings: Settings) -> Broker:
    """Return the broker of the settings, and how we present ourselves there."""
    mqtt = settings.mqtt
    is_inside = not mqtt.host
    return Broker(
        mqtt.host or "127.0.0.1",
        mqtt.port,
        mqtt.client_id or f"minori-{settings.site.organisation}-{settings.site.code}",
        # The broker inside speaks nothing newer.
        version="3.1.1" if is_inside else mqtt.version,
        username=mqtt.username,
        password=read(settings, "mqtt.password_file", mqtt.password_file),
        tls=_tls(settings) if mqtt.tls else None,
        receive_maximum=mqtt.receive_maximum,
    )


def _tls(settings: Settings) -> ssl.SSLContext:
    name = settings.mqtt.ca_file
    try:
        return ssl.create_default_context(cafile=settings.path(name) if name else None)
    except OSError as error:
        raise unreadable("mqtt.ca_file", settings.path(name), error) from error
