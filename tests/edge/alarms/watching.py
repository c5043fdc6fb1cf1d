"""A small farm that an alarm agent watches, in a time the test owns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import select

from edge.agents.alarms import LONGEST_LOOK_S, AlarmAgent
from edge.alarms import system
from edge.clock import ReplayClock
from edge.errors import EdgeError
from edge.registry import register
from edge.settings import Settings
from edge.settings_file import parse
from edge.store_metrics import lost_in
from sensors import Reading
from tests.edge.stores import open_new
from traceability import alarms
from traceability.boots import boot_id
from traceability.database import reading_session, writing_session
from traceability.models import Alarm, Notification
from traceability.readings import Delivery, Held, Recorder

# Half the looks of a real agent, and still within what it believes to have seen.
STEP_S = 20.0
assert STEP_S <= LONGEST_LOOK_S
NOON = datetime(2026, 11, 1, 3, tzinfo=UTC)
HOT = {
    "name": "too-hot",
    "kind": "threshold",
    "quantity": "air_temperature",
    "zone": "A",
    "high": 30.0,
    "hysteresis": 2.0,
    "delay_min": 5,
}
SATO = {"name": "Sato", "urls": ["mqtt:minori/told"]}


def settings(folder: Path, **changed: Any) -> Settings:
    base: dict[str, Any] = {
        "zones": [{"code": "A", "name": "Room A", "name_ja": "A室"}, {"code": "B"}],
        "ports": [{"name": "uart", "device": "/dev/null"}],
        "devices": [
            {"name": f"p{i}", "port": "uart", "model": "senseair_s8", "zone": "A", "address": i}
            for i in (1, 2, 3)
        ]
        + [{"name": "radio", "zone": "B"}],
    }
    return parse(base | changed).inside(folder)


class SteadyClock(ReplayClock):
    """A wall clock that may jump while the monotonic one goes on."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.passed_s = 0.0
        self.jumped = timedelta(0)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed_s) + self.jumped

    def monotonic(self) -> float:
        return self.passed_s


@dataclass
class Watch:
    """The agent, and what the probes say while time passes."""

    folder: Path
    settings: Settings
    clock: SteadyClock = field(default_factory=SteadyClock)
    is_clock_set: bool = True
    is_broker_connected: bool = True
    denied: EdgeError | None = None
    way_to_hub: system.State | None = None
    disk: system.State | None = None
    doubt_s: float = 0.0
    engine: Engine = field(init=False)
    agent: AlarmAgent = field(init=False)
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.engine = open_new(self.settings)
        self.restart()

    def restart(self, settings: Settings | None = None) -> None:
        """Start the agent anew, as after a crash; what it knew is what it stored."""
        self.settings = settings or self.settings
        site_id = register(self.engine, self.settings, since=self.clock.now())
        self.recorder = Recorder(self.engine, site_id)
        self.agent = AlarmAgent(
            self.engine,
            site_id,
            lambda: self.settings,
            self.clock,
            sources=[self._parts],
        )

    def _parts(self) -> list[system.State]:
        return [
            system.of_clock(is_set=self.is_clock_set),
            system.of_broker("127.0.0.1:1883", is_connected=self.is_broker_connected),
            system.of_access("127.0.0.1:1883", self.denied),
            *filter(None, (self.way_to_hub, self.disk)),
            *system.of_database(self.doubt_s, lost_in(self.engine)),
        ]

    def passes(
        self,
        minutes: float,
        values: Mapping[str, float | None] | None = None,
        quantity: str = "air_temperature",
    ) -> None:
        """Let time pass, a look each `STEP_S`, the probes saying the same all the time."""
        steps = round(minutes * 60 / STEP_S)
        at = [self.clock.now() + timedelta(seconds=STEP_S * i) for i in range(1, steps + 1)]
        # All in one commit; a look sees no reading of a time still to come.
        said = [Reading(name, quantity, v, t) for t in at for name, v in (values or {}).items()]
        if said and self.is_clock_set:
            self.recorder.append([Delivery(said)])
        elif said:
            began = self.clock.now() - timedelta(seconds=self.clock.passed_s)
            waits = [Held(r, boot_id(), (r.at - began) // timedelta(milliseconds=1)) for r in said]
            self.recorder.append([Delivery([], held=waits)])
        for _ in range(steps):
            self.clock.passed_s += STEP_S
            self.agent.look()

    @property
    def alarms(self) -> Sequence[Alarm]:
        """Every alarm there ever was, oldest first."""
        with reading_session(self.engine) as session:
            return list(reversed(alarms.history(session)))

    @property
    def open(self) -> list[str]:
        return [alarm.rule for alarm in self.alarms if alarm.is_open]

    @property
    def told(self) -> list[tuple[str, list[str]]]:
        """What was to be told, and to whom, oldest first."""
        with reading_session(self.engine) as session:
            query = select(Notification).order_by(Notification.created_at, Notification.id)
            return [(row.kind, row.audience) for row in session.exec(query)]

    def events(self, alarm: Alarm) -> list[str]:
        with reading_session(self.engine) as session:
            return [event.kind for event in alarms.events(session, alarm)]

    def do(self, verb: Any, alarm: Alarm, **facts: Any) -> None:
        """Acknowledge or snooze, as somebody on a page would."""
        with writing_session(self.engine) as session:
            row = session.get_one(Alarm, alarm.id)
            verb(session, row, by="Sato", at=self.clock.now(), **facts)


__all__ = ["HOT", "NOON", "SATO", "STEP_S", "Watch", "settings"]
