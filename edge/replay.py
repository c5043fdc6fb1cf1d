"""A recorded climate through the same wires: simulated probes say it, the real agent reads it.

The replay owns the clock. It sets a row, polls each probe once at the row's time, and advances;
so a week passes as fast as the wires carry it, and every stored reading has the row's own time.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from edge.agents.intake import Intake
from edge.agents.poll import DeviceHealth, ask
from edge.agents.record import Recorded, record
from edge.clock import ReplayClock
from edge.errors import TableInvalid
from edge.groups import plain_errors
from edge.history import place
from edge.settings import Settings
from edge.settings_file import parse
from edge.store import ensure_place
from edge.table import Faults, Row, rows
from edge.table_map import MappedDevice, TableMap
from edge.wiring import Polled, WiredPort, wire
from sensors.line import Line
from sensors.profile import load
from sensors.simulator import SimulatedBus, simulated
from traceability.database import writing_session
from traceability.readings import Recorder

# Faster than any real probe: the frames are the same, and a week need not take its line time.
LINE = Line(115_200)
# The probes answer at once; on a machine busy with other things, "at once" may take a while, and
# a replay must not have gaps that the recording does not have.
PATIENCE_S = 10.0


@dataclass(slots=True)
class Replayed:
    """What a replay did. `left_out` are columns whose device has no model to speak for it."""

    rows: int = 0
    polls: int = 0
    stored: int = 0
    left_out: list[str] = field(default_factory=list)
    devices: dict[str, DeviceHealth] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)


def replay(
    file: Path,
    table_map: TableMap,
    settings: Settings,
    engine: Engine,
    *,
    speed: float = 0.0,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Replayed:
    """Play a CSV file; 60 times real time at `speed` 60, as fast as the wires go at 0.

    Raises:
        TableInvalid: the file does not have what the map says, or no device has a model.
        BadProfile: a device's model is unknown.
    """
    done = Replayed()
    recording = list(rows(file, table_map, done.faults))
    if not recording:
        raise _nothing(file, "no row that could be read")
    playable = [device for device in table_map.devices if device.model]
    if not playable:
        raise _nothing(file, "no device of the map has a model")
    names = {device.name for device in playable}
    done.left_out = [c.column for c in table_map.columns if c.device not in names]
    with writing_session(engine) as session:
        site_id = ensure_place(session, settings).id
    stage = _Stage(table_map, playable, ReplayClock(recording[0].at))
    recorder = Recorder(engine, site_id)
    with plain_errors(), stage.wired() as ports:
        asyncio.run(_play(stage, ports, recording, recorder, done, speed, progress))
    place(engine, settings, table_map, since=recording[0].at)
    return done


class _Stage:
    """The probes of a recording, all saying what the present row says."""

    def __init__(
        self, table_map: TableMap, devices: Sequence[MappedDevice], clock: ReplayClock
    ) -> None:
        self.clock = clock
        self._map = table_map
        self._devices = devices
        self._now: dict[str, dict[str, float | None]] = {d.name: {} for d in devices}

    def set(self, row: Row) -> None:
        """Make every probe measure what the row says, at the row's time."""
        self.clock.set(row.at)
        for column in self._map.columns:
            if column.device in self._now:
                self._now[column.device][column.key] = row.values[column.column]

    @contextmanager
    def wired(self) -> Iterator[list[WiredPort]]:
        """Yield real ports, each with a simulated probe at its other end."""
        with TemporaryDirectory(prefix="minori-replay-") as folder, ExitStack() as buses:
            ports, devices = [], []
            for number, device in enumerate(self._devices):
                link = Path(folder) / f"port{number}"
                buses.enter_context(self._bus(link, device))
                ports.append(
                    {"name": link.name, "device": str(link), "baud": LINE.baud, "parity": "N"}
                )
                wired = {"name": device.name, "model": device.model, "port": link.name}
                devices.append(wired)
            settings = parse({"ports": ports, "devices": devices})
            wired_ports = wire(settings, now=self.clock.now)
            for port in wired_ports:
                for polled in port.polled:
                    patient = replace(polled.probe.profile, answers_within_s=PATIENCE_S)
                    polled.probe.profile = patient
            yield wired_ports

    def _bus(self, link: Path, device: MappedDevice) -> SimulatedBus:
        bus = SimulatedBus(link, LINE, pace=0)
        said = self._now[device.name]
        bus.add(simulated(load(device.model), values=lambda: said))
        return bus


async def _play(
    stage: _Stage,
    ports: Sequence[WiredPort],
    recording: Sequence[Row],
    recorder: Recorder,
    done: Replayed,
    speed: float,
    progress: Callable[[int], None],
) -> None:
    intake, recorded = Intake(), Recorded()
    polled = [polled for port in ports for polled in port.polled]
    done.devices = {each.probe.device: DeviceHealth() for each in polled}
    try:
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(record(intake, recorder.append, recorded), name="record")
            for row, after in pairwise([*recording, recording[-1]]):
                stage.set(row)
                await _poll_all(polled, intake, done)
                done.rows += 1
                progress(1)
                await asyncio.sleep((after.at - row.at).total_seconds() / speed if speed else 0)
            # Cancelled halfway through a batch it would write that again, and count it as known.
            answers = sum(health.answers for health in done.devices.values())
            while recorded.deliveries < answers:  # noqa: ASYNC110  it counts, and tells nobody
                await asyncio.sleep(0.005)
            writer.cancel()
    finally:
        for port in ports:
            await port.port.close()
    done.stored = recorded.rows


async def _poll_all(polled: Sequence[Polled], intake: Intake, done: Replayed) -> None:
    """Ask every probe once; each has a port of its own, so they answer side by side."""
    done.polls += len(polled)
    await asyncio.gather(*(ask(each, intake, done.devices[each.probe.device]) for each in polled))


def _nothing(file: Path, problem: str) -> TableInvalid:
    return TableInvalid(
        file=file,
        problem=problem,
        expected="rows, and a model for at least one device",
        got="nothing to play",
        next_step="see docs/maps/README.md",
    )
