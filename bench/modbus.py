"""Modbus beside pymodbus: CPU to decode an answer, and what one dead device costs the others.

Eight XY-MD02 on one pseudo-terminal at the pace of 9,600 baud. Ours is schedule, probe and port as
the agent uses them; pymodbus is asked in turn with its own time limits and retries. What counts is
how often each healthy device is polled, as a share of what it gets while all are alive.
"""

import asyncio
import itertools
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu.decoders import DecodePDU

from bench.report import Row
from sensors.errors import SensorError
from sensors.port import SerialPort
from sensors.probe import probe_for
from sensors.profile import load
from sensors.schedule import Schedule
from sensors.simulator import SimulatedBus, simulated
from sensors.wires import modbus
from sensors.wires.modbus import Answer, Function, Read

TITLE = "Modbus: decoding, and a bus with dead devices"

DEVICES = range(1, 9)
EVERY_S = 0.5
RUN_S = 15.0
REQUEST = Read(1, Function.READ_INPUT, 1, 10)
ANSWER = Answer(REQUEST, tuple(range(10))).to_bytes()


def rows() -> Iterator[Row]:
    # It reports each silent device at length, which is what is being measured.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    judge = FramerRTU(DecodePDU(is_server=False))
    ours = _cpu_us(lambda: modbus.answer_to(REQUEST, ANSWER))
    theirs = _cpu_us(lambda: judge.handleFrame(ANSWER, 1, 0))
    yield Row("decode 10 registers", ours, "pymodbus", theirs, "µs CPU", "below 1")
    whole = _ours(dead=0)
    for dead in (1, 4):
        polls = _ours(dead=dead)
        aim = "at least 0.95" if dead == 1 else ""
        what = f"polls of the worst healthy device, {dead} dead of 8"
        yield Row(what, polls, "none dead", whole, f"in {RUN_S:.0f} s", aim)
    yield Row("the same, 1 dead", _ours(dead=1), "pymodbus", _pymodbus(dead=1), "polls")


def _cpu_us(act: Callable[[], object], times: int = 20_000) -> float:
    began = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - began) / times * 1e6


def _ours(*, dead: int) -> float:
    with _bus(dead) as bus:
        return asyncio.run(_poll_ours(bus, dead))


def _pymodbus(*, dead: int) -> float:
    with _bus(dead) as bus:
        return asyncio.run(_poll_pymodbus(bus, dead))


def _bus(dead: int) -> SimulatedBus:
    profile = load("xy_md02")
    bus = SimulatedBus(Path(tempfile.mkdtemp()) / "bus")
    values = {"air_temperature": 21.4, "relative_humidity": 68.2}
    bus.add(*(simulated(profile, values=lambda: values, address=n) for n in DEVICES))
    for address in range(1, dead + 1):
        bus.silence(address)
    return bus


async def _poll_ours(bus: SimulatedBus, dead: int) -> float:
    profile, port, schedule = load("xy_md02"), SerialPort(bus.name, bus.line), Schedule()
    probes = {f"{n}": probe_for(profile, device=f"{n}", port=port, address=n) for n in DEVICES}
    polls: Counter[str] = Counter()
    end = time.monotonic() + RUN_S
    for device in probes:
        schedule.add(device, every_s=EVERY_S, now=time.monotonic())
    while (now := time.monotonic()) < end:
        device = schedule.due(now)
        if device is None:
            await asyncio.sleep(schedule.wait_s(now))
            continue
        try:
            await probes[device].read()
        except SensorError:
            schedule.failed(device, time.monotonic())
            continue
        polls[device] += 1
        schedule.answered(device, time.monotonic())
    await port.close()
    return float(min(polls[f"{n}"] for n in DEVICES if n > dead))


async def _poll_pymodbus(bus: SimulatedBus, dead: int) -> float:
    client = AsyncModbusSerialClient(bus.name, baudrate=bus.line.baud)
    await client.connect()
    polls: Counter[int] = Counter()
    end = time.monotonic() + RUN_S
    for address in itertools.cycle(DEVICES):
        if time.monotonic() >= end:
            break
        try:
            await client.read_input_registers(1, count=2, device_id=address)
        except ModbusException:
            continue
        polls[address] += 1
    client.close()
    return float(min(polls[n] for n in DEVICES if n > dead))
