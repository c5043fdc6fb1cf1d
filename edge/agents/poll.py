"""Probes to intake: one task a port asks its probes in turn, each at its own pace.

A silent probe costs its own time limit now and then (`sensors.schedule` backs off), a port that
was unplugged is tried again each second, and neither touches any other port.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from edge import states
from edge.agents.intake import Intake, Waiting
from edge.clock import Clock
from edge.wiring import Polled, WiredPort
from sensors import DeviceRefused, PortLost, SensorError
from sensors.schedule import Schedule
from traceability.readings import Delivery

log = logging.getLogger(__name__)

# A cable pushed back in should show at once; opening a port that is not there costs nothing.
REOPEN_S = 1.0


@dataclass(slots=True)
class DeviceHealth:
    """How one polled device fares, for /metrics and for whoever looks for a loose cable."""

    answers: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    last_answer_at: datetime | None = None
    last_fault: str = ""


Health = dict[str, DeviceHealth]


class Leave:
    """Ends a poll between two questions: what a probe is just answering is still stored."""

    def __init__(self) -> None:
        self.is_wanted = False
        self._resting: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """End it now, if it rests, else after the answer it waits for."""
        self.is_wanted = True
        if self._resting is not None:
            self._resting.cancel()

    async def rest(self, clock: Clock, seconds: float) -> None:
        """Sleep, unless somebody wants to leave."""
        self._resting = asyncio.current_task()
        try:
            await clock.sleep(seconds)
        finally:
            self._resting = None


async def poll(
    wired: WiredPort, intake: Intake, clock: Clock, health: Health, leave: Leave | None = None
) -> None:
    """Ask the probes of one port until cancelled, or until `leave` is asked."""
    leave = leave or Leave()
    schedule = Schedule()
    by_name = {polled.probe.device: polled for polled in wired.polled}
    for name, polled in by_name.items():
        health.setdefault(name, DeviceHealth())
        schedule.add(
            name,
            every_s=polled.interval_s,
            now=clock.monotonic(),
            no_faster_than_s=polled.probe.profile.ask_no_faster_than_s,
        )
    is_lost = False
    try:
        while not leave.is_wanted:
            due = schedule.due(clock.monotonic())
            if due is None:
                await leave.rest(clock, schedule.wait_s(clock.monotonic()))
                continue
            error = await ask(by_name[due], intake, health[due])
            if isinstance(error, PortLost):
                _say_lost(error, is_lost=is_lost)
                is_lost = True
                await leave.rest(clock, REOPEN_S)
                continue
            if is_lost:
                is_lost = False
                log.info("port %s is back", wired.name)
                schedule.wake(clock.monotonic())
            _reschedule(schedule, due, error, clock.monotonic())
    finally:
        await wired.port.close()


async def ask(polled: Polled, intake: Intake, health: DeviceHealth) -> SensorError | None:
    """Take one reading and hand it on; return what went wrong instead, if something did."""
    probe = polled.probe
    try:
        readings = await probe.read(temperature_c=polled.thermometer.celsius(probe.now()))
    except SensorError as error:
        # One dead probe must not blind the room. Anything else is our bug: end the group.
        health.faults[error.code] += 1
        health.last_fault = str(error)
        return error
    polled.thermometer.note(readings)
    health.answers += 1
    health.last_answer_at = readings[0].at
    await intake.put(Waiting(Delivery(states.named(readings, polled.state_of))))
    return None


def _reschedule(schedule: Schedule, name: str, error: SensorError | None, now: float) -> None:
    failures = schedule.failures(name)
    # A device that refuses is alive, and keeps its pace.
    if error is None or isinstance(error, DeviceRefused):
        schedule.answered(name, now)
        if failures:
            log.info("%s answers again", name)
        if error is not None:
            log.warning("%s", error, extra={"code": error.code})
        return
    again_s = schedule.failed(name, now)
    if failures == 0:
        log.warning("%s; asked again in %.0f s", error, again_s, extra={"code": error.code})


def _say_lost(error: PortLost, *, is_lost: bool) -> None:
    if not is_lost:
        log.warning("%s", error, extra={"code": error.code})
