"""The collecting part: ports and broker to the one recorder, as tasks of one group."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Container, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from edge import enrolment
from edge.agents.alarms import AlarmAgent, open_by_severity
from edge.agents.doubts import Doubts
from edge.agents.holding import Holding
from edge.agents.homeassistant import Showroom
from edge.agents.ingest import Ingest
from edge.agents.intake import Intake
from edge.agents.notify import NotifyAgent, by_state
from edge.agents.periodic import every
from edge.agents.record import record
from edge.alarms import system
from edge.alarms.forecasts import ForecastWatch
from edge.bus import Broker, Bus
from edge.changes import Changes
from edge.clock import Clock, SystemClock
from edge.current import Commit, Current
from edge.delivery.sending import Sender
from edge.disk import LOOK_EVERY_S, Disk
from edge.errors import SubscriptionRefused
from edge.flow import Flow
from edge.growth import days_left
from edge.lasting import outlasting_the_database
from edge.lines import Lines
from edge.metrics import Sources
from edge.parts import Part, Parts, Work
from edge.registry import register
from edge.secret_files import read, unreadable
from edge.settings import Settings
from edge.status import Status
from edge.store_metrics import lost_in
from edge.tally import Tally
from edge.thermometer import Thermometer
from edge.timekeeping import is_clock_set
from edge.topics import TopicTable
from edge.uplink_health import UplinkHealth
from edge.wiring import WiredPort, check_models, wire
from traceability import growth
from traceability.boots import boot_id
from traceability.database import reading_session, sqlite_file
from traceability.readings import Recorder
from traceability.sqlite.guard import guard_of

log = logging.getLogger(__name__)

SUMMARY_EVERY_S = 300.0
# `minori enrol` may be said while we run; somebody waits in front of it. [s]
ENROLLED_WITHIN_S = 5.0


class Collector:
    """Everything between the wires and the store. Made once, run once."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        *,
        current: Current | None = None,
        sources: Sources | None = None,
    ) -> None:
        """Make ready to collect.

        Args:
            current: Tells of changed settings while we run; without it they stay as they are.
            sources: Where our numbers go, beside those of other parts of this process.
        """
        self._settings = settings
        self.current = current or Current(settings)
        self._clock = clock
        self.intake = Intake()
        self.bus = Bus(broker_of(settings))
        self.status = Status(self.intake, self.bus, sources)
        self._thermometers: dict[str, Thermometer] = {}
        self._wired = self._wire(settings)
        site_id = register(engine, settings, since=clock.now())
        self._engine = engine
        tally = Tally(Recorder(engine, site_id).append)
        self.status.add(tally.metrics)
        self._holding = Holding(
            tally.append, engine, clock, boot=boot_id(), is_clock_set=self._is_clock_set
        )
        self.status.add(self._holding.metrics)
        self._doubts = Doubts(self._holding.append, engine, settings)
        self._disk = _disk_of(settings)
        append = self._doubts.append
        self._append = self._disk.guarded(append) if self._disk else append
        if self._disk:
            self.status.add(self._disk.metrics)
        self.flow = Flow(self.intake, self.status.recorded, is_verifying=self._is_verifying)
        self.status.add(self.flow.metrics)
        watched: list[system.Source] = [self._parts_now, ForecastWatch(engine, clock.now)]
        self._alarms = AlarmAgent(engine, site_id, self._in_force, clock, sources=watched)
        self.status.add(lambda: open_by_severity(engine))
        self._notify = NotifyAgent(engine, self._in_force, Sender(self._in_force, self.bus), clock)
        self.status.add(lambda: by_state(engine))
        topics = TopicTable(settings)
        refusals, keeping = self.status.refusals, self._holding.keeping
        self._ingest = Ingest(self.bus, topics, self.intake, refusals, clock, keeping=keeping)
        self._uplink_health = UplinkHealth()
        self.status.add(self._uplink_health.metrics)

    async def run(self) -> None:
        """Collect until cancelled; then store what still waits.

        Raises:
            AddressTaken: the broker inside cannot listen.
            StoreFailed: the store gave up; nothing it did not store was acknowledged.
        """
        status, clock = self.status, self._clock
        async with self._broker_inside(), asyncio.TaskGroup() as tasks:
            tasks.create_task(record(self.intake, self._append, status.recorded), name="record")
            if self._disk:
                tasks.create_task(every(LOOK_EVERY_S, self._disk.look, SystemClock()), name="disk")
            tasks.create_task(self._ingest.run(), name="ingest")
            tasks.create_task(every(SUMMARY_EVERY_S, self._summarise, clock), name="summary")
            tasks.create_task(self._alarms.run(), name="alarms")
            tasks.create_task(self._notify.run(), name="notify")
            self._lines = Lines(tasks, self.intake, clock, status.devices)
            self._lines.start(self._wired)
            self._parts = Parts(tasks, self._agents())
            self._parts.start(self._settings)
            self.current.takes_part(self._prepare)

    def _agents(self) -> Sequence[Part]:
        """Who works beside the collecting, and which sections each is made from."""
        return (
            Part("home assistant", frozenset({"site", "zones", "mqtt"}), self._showroom),
            Part("uecs send", frozenset({"uecs"}), self._uecs_sender),
            Part("uplink", frozenset({"site", "hub"}), self._send_to_hub),
        )

    def _is_clock_set(self, now: datetime) -> bool:
        return self.current.settings.site.trust_clock or is_clock_set(now)

    def _in_force(self) -> Settings:
        return self.current.settings

    def _parts_now(self) -> list[system.State]:
        """How we are ourselves, for the alarms."""
        is_set = self._is_clock_set(self._clock.now())
        broker = str(self.bus.broker)
        return [
            *([self._disk_now(self._disk)] if self._disk else []),
            system.of_clock(is_set=is_set),
            system.of_broker(broker, is_connected=self.bus.is_connected),
            system.of_access(broker, self.bus.denied),
            *self._uplink_now(),
            *self._of_database(),
        ]

    def _disk_now(self, disk: Disk) -> system.State:
        with reading_session(self._engine) as session:
            found = growth.of(session, self._clock.now())
        return system.of_disk(disk, days_left(disk, found))

    def _uplink_now(self) -> Iterator[system.State]:
        health = self._uplink_health
        if health.level is not None:
            yield system.of_uplink(health.level, health.code, health.fill.share, self._clock.now())

    def _of_database(self) -> list[system.State]:
        guard = guard_of(self._engine)
        return [] if guard is None else system.of_database(guard.doubt_s, lost_in(self._engine))

    def _showroom(self, settings: Settings) -> Work:
        if not settings.mqtt.homeassistant:
            return None
        return Showroom(self.bus, self._engine, settings, self._clock).run()

    def _uecs_sender(self, settings: Settings) -> Work:
        if not settings.uecs.send:
            return None
        # Imported late: few houses have UECS.
        from edge.agents.uecs_send import UecsSender  # noqa: PLC0415

        return UecsSender(self._engine, settings, self._clock).run()

    def _wire(self, settings: Settings, only: Container[str] | None = None) -> list[WiredPort]:
        now, known = self._clock.now, self._thermometers
        return wire(settings, now=now, only=only, thermometers=known)

    async def _prepare(self, changes: Changes) -> Commit:
        """Do what may fail of a change, the record of places last: it cannot be taken back."""
        new = changes.new
        check_models(new, changes.ports)
        broker = broker_of(new) if changes.is_other_broker else None
        if changes.touches(("site", "zones", "devices")):
            since = self._clock.now()
            await asyncio.to_thread(register, self._engine, new, since=since)
        return partial(self._change, changes, broker)

    async def _change(self, changes: Changes, broker: Broker | None) -> None:
        self._doubts.follow(changes.new)
        if self._disk:
            self._disk.follow(changes.new.disk)
        await self._lines.change(changes.ports, self._wire(changes.new, changes.ports))
        if broker is not None or changes.touches(("site", "mqtt", "devices")):
            try:
                await self._ingest.follow(changes.new, broker=broker)
            except SubscriptionRefused as error:
                log.warning("%s", error, extra={"code": error.code})
        await self._parts.change(changes)

    async def _send_to_hub(self, settings: Settings) -> None:
        while not await asyncio.to_thread(self._sends_to_hub, settings):
            # By the machine's own time: a person types it, whatever a replay plays.
            await SystemClock().sleep(ENROLLED_WITHIN_S)
        # Imported late: a site without a hub carries no HTTP client.
        from edge.agents.uplink import Uplink  # noqa: PLC0415

        await Uplink(self._engine, settings, self._clock, self._uplink_health).run()

    def _sends_to_hub(self, settings: Settings) -> bool:
        is_wanted = False
        with outlasting_the_database("records for the hub"), reading_session(self._engine) as look:
            is_wanted = enrolment.is_wanted(settings, look)
        return is_wanted

    @asynccontextmanager
    async def _broker_inside(self) -> AsyncIterator[None]:
        if self._settings.mqtt.host:
            yield
            return
        # Imported late: who names a broker needs neither its code nor its memory.
        from edge.broker import serving  # noqa: PLC0415

        async with serving(self._settings.mqtt.port):
            yield

    def _is_verifying(self) -> bool:
        guard = guard_of(self._engine)
        return guard is not None and bool(guard.doubt)

    def _summarise(self) -> None:
        log.info("%s", self.status.summary())


def _disk_of(settings: Settings) -> Disk | None:
    """Return the disk of a SQLite file; a database server looks after its own."""
    file = sqlite_file(settings.database_url)
    return None if file is None else Disk(file.parent, settings.disk)


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
