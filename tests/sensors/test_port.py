"""Ports on real pseudo-terminals and sockets: limits, unplugging, and who may use them."""

import asyncio
import os
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

import pytest

from sensors.errors import NoAnswer, PortLost
from sensors.line import Line
from sensors.port import SerialPort, TcpPort, known_ports, open_port, stable_name
from sensors.simulator import SimulatedBus
from sensors.wires import modbus
from sensors.wires.modbus import Function, Read

CO2 = Read(254, Function.READ_INPUT, 3, 1)


def _whole(length: int) -> Callable[[bytes], bool]:
    return lambda arrived: len(arrived) >= length


async def _ask(port: SerialPort | TcpPort, limit_s: float = 5.0) -> int:
    arrived = await port.exchange(
        CO2.to_bytes(), is_complete=lambda b: modbus.is_complete(CO2, b), limit_s=limit_s
    )
    return modbus.answer_to(CO2, arrived).values[0]


async def _eventually(act, error: type[Exception], limit_s: float = 10.0):
    """Repeat until it works; a port that was lost is opened anew by the next try."""
    give_up = time.monotonic() + limit_s
    while True:
        try:
            return await act()
        except error:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.01)


async def test_an_exchange_returns_as_soon_as_the_answer_is_whole(bus: SimulatedBus) -> None:
    port = SerialPort(bus.name)

    assert await _ask(port, limit_s=60) == 904

    await port.close()


async def test_silence_is_no_answer_after_its_own_limit(bus: SimulatedBus) -> None:
    port = SerialPort(bus.name)
    bus.silence(254)

    with pytest.raises(NoAnswer, match="50 ms"):
        await _ask(port, limit_s=0.05)

    bus.restore(254)
    assert await _ask(port) == 904
    await port.close()


async def test_exchanges_of_many_callers_take_turns(bus: SimulatedBus) -> None:
    port = SerialPort(bus.name)

    assert await asyncio.gather(*(_ask(port) for _ in range(10))) == [904] * 10

    await port.close()


async def test_a_port_that_is_not_there_is_lost_and_found_when_it_comes(
    bus: SimulatedBus,
) -> None:
    bus.unplug()
    port = SerialPort(bus.name)
    with pytest.raises(PortLost, match="No such file"):
        await _ask(port)

    bus.plug()

    assert await _ask(port) == 904
    await port.close()


async def test_after_unplugging_it_is_followed_to_another_tty(bus: SimulatedBus) -> None:
    """ttyUSB0 comes back as ttyUSB1: the name behind by-id is what stays."""
    port = SerialPort(bus.name)
    await _ask(port)
    before = Path(bus.name).readlink()

    bus.unplug()
    bus.plug()

    assert await _eventually(lambda: _ask(port), PortLost) == 904
    assert Path(bus.name).readlink() != before
    await port.close()


async def test_a_link_that_moves_without_an_error_is_followed(tmp_path: Path) -> None:
    """The old tty is still there, but it is not our adapter any more."""
    old, old_end = os.openpty()
    new, new_end = os.openpty()
    for end in (old_end, new_end):
        tty.setraw(end)
    link = tmp_path / "adapter"
    link.symlink_to(os.ttyname(old_end))
    port = SerialPort(link)
    with pytest.raises(NoAnswer):
        await port.exchange(b"1", is_complete=_whole(1), limit_s=0.01)
    link.unlink()
    link.symlink_to(os.ttyname(new_end))

    with pytest.raises(NoAnswer):
        await port.exchange(b"2", is_complete=_whole(1), limit_s=0.01)

    assert os.read(new, 10) == b"2"
    assert os.read(old, 10) == b"1"
    await port.close()
    for descriptor in (old, old_end, new, new_end):
        os.close(descriptor)


async def test_unplugging_ends_a_read_that_waits(bus: SimulatedBus) -> None:
    port = SerialPort(bus.name)
    await _ask(port)
    bus.silence(254)
    waiting = asyncio.create_task(_ask(port, limit_s=60))
    await asyncio.sleep(0.02)

    bus.unplug()

    with pytest.raises(PortLost):
        await asyncio.wait_for(waiting, 10)
    await port.close()


async def test_a_cancelled_exchange_frees_the_port_at_once(bus: SimulatedBus) -> None:
    port = SerialPort(bus.name)
    bus.silence(254)
    waiting = asyncio.create_task(_ask(port, limit_s=60))
    await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    bus.restore(254)

    assert await asyncio.wait_for(_ask(port), 10) == 904

    await port.close()


async def test_closing_ends_a_read_that_waits(bus: SimulatedBus) -> None:
    port = SerialPort(bus.name)
    bus.silence(254)
    waiting = asyncio.create_task(_ask(port, limit_s=60))
    await asyncio.sleep(0.02)

    await asyncio.wait_for(port.close(), 10)

    with pytest.raises(PortLost, match="closed by us"):
        await waiting
    await port.close()


async def test_a_second_program_is_told_that_the_port_is_taken(bus: SimulatedBus) -> None:
    first, second = SerialPort(bus.name), SerialPort(bus.name)
    await _ask(first)

    with pytest.raises(PortLost, match="another program uses it"):
        await _ask(second)

    await first.close()
    assert await _ask(second) == 904
    await second.close()


async def test_what_arrives_too_late_is_not_the_next_answer(tmp_path: Path) -> None:
    """A late answer lies in the input when the next question goes out."""
    master, slave = os.openpty()
    tty.setraw(slave)
    port = SerialPort(os.ttyname(slave))
    with pytest.raises(NoAnswer):
        await port.exchange(b"A", is_complete=_whole(1), limit_s=0.01)
    os.write(master, b"late")
    reader = threading.Thread(
        target=lambda: (os.read(master, 1), os.read(master, 1), os.write(master, b"now"))
    )
    reader.start()

    assert await port.exchange(b"B", is_complete=_whole(3), limit_s=10) == b"now"

    reader.join()
    await port.close()
    os.close(master)
    os.close(slave)


async def test_noise_without_end_fills_no_memory(tmp_path: Path) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    port = SerialPort(os.ttyname(slave))
    stop = threading.Event()

    def babble() -> None:
        os.set_blocking(master, False)
        while not stop.is_set():
            try:
                os.write(master, b"\xaa" * 512)
            except BlockingIOError:
                time.sleep(0.001)

    babbler = threading.Thread(target=babble)
    babbler.start()

    arrived = await port.exchange(b"?", is_complete=lambda _: False, limit_s=30)

    assert 4096 <= len(arrived) < 3 * 4096
    stop.set()
    babbler.join()
    await port.close()
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("line", "bits"),
    [
        (Line(9600), 10),
        (Line(19200, "E"), 11),
        (Line(9600, "N", 2), 11),
        (Line(1200, "E", 1, 7), 10),
    ],
)
def test_parity_and_stop_bits_count_as_time(line: Line, bits: int) -> None:
    """8E1 cannot be set on a pseudo-terminal, so the setting itself is tested."""
    assert line.bits == bits
    assert line.time_s(100) == pytest.approx(100 * bits / line.baud)


def test_a_serial_port_is_opened_with_every_setting_of_its_line(monkeypatch) -> None:
    seen = {}
    monkeypatch.setattr("sensors.port.serial.Serial", lambda *a, **k: seen.update(k, baud=a[1]))
    port = SerialPort("/dev/none", Line(19200, "E", 2, 7))

    port._opened()

    assert (seen["baud"], seen["parity"], seen["stopbits"], seen["bytesize"]) == (19200, "E", 2, 7)
    assert seen["exclusive"]


def test_names_in_a_settings_file_choose_the_port() -> None:
    modbus_tcp, server = open_port("tcp://10.0.0.5"), open_port("serial://10.0.0.5:4001")

    assert isinstance(modbus_tcp, TcpPort)
    assert (modbus_tcp.name, modbus_tcp.tcp) == ("tcp://10.0.0.5:502", True)
    assert (server.name, server.tcp) == ("serial://10.0.0.5:4001", False)
    assert isinstance(open_port("/dev/serial/by-id/usb-x", Line(4800)), SerialPort)


def test_an_adapter_without_serial_number_is_named_by_its_socket(tmp_path: Path) -> None:
    """Two CH340 adapters share one by-id name; FTDI and CP210x do not."""
    for folder in ("by-id", "by-path"):
        (tmp_path / folder).mkdir()
    for tty_name, by_id, by_path in (
        ("ttyUSB0", "usb-1a86_USB_Serial", "pci-1"),
        ("ttyUSB1", "usb-FTDI_A50285BI", "pci-2"),
    ):
        (tmp_path / tty_name).touch()
        (tmp_path / "by-id" / by_id).symlink_to(tmp_path / tty_name)
        (tmp_path / "by-path" / by_path).symlink_to(tmp_path / tty_name)

    names = [stable_name(tmp_path / f"ttyUSB{n}", root=tmp_path) for n in (0, 1)]

    assert names == [str(tmp_path / "by-path/pci-1"), str(tmp_path / "by-id/usb-FTDI_A50285BI")]
    assert known_ports(root=tmp_path) == sorted(names)
    assert stable_name("/dev/null", root=tmp_path) == "/dev/null"


class _TcpDevice:
    """A Modbus TCP device that can be slow by one answer, or hang up."""

    def __init__(self) -> None:
        self.hang_up = False
        self.hold: list[bytes] = []
        self.silent = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.read(64):
                if self.hang_up:
                    break
                answer = request[:2] + b"\0\0\0\5" + request[6:8] + b"\x02\x03\x88"
                if self.silent:
                    self.hold.append(answer)
                    continue
                writer.write(b"".join([*self.hold, answer]))
                self.hold.clear()
                await writer.drain()
        finally:
            writer.close()


async def _ask_tcp(port: TcpPort, transaction: int, limit_s: float = 10) -> int:
    arrived = await port.exchange(
        CO2.to_tcp(transaction),
        is_complete=lambda b: modbus.is_complete_tcp(CO2, b, transaction=transaction),
        limit_s=limit_s,
    )
    return modbus.answer_to_tcp(CO2, arrived, transaction=transaction).values[0]


async def test_modbus_tcp_asks_skips_late_answers_and_connects_again() -> None:
    device = _TcpDevice()
    server = await asyncio.start_server(device.serve, "127.0.0.1", 0)
    port = TcpPort("127.0.0.1", server.sockets[0].getsockname()[1])
    assert await _ask_tcp(port, 1) == 904

    device.silent = True
    with pytest.raises(NoAnswer):
        await _ask_tcp(port, 2, limit_s=0.05)
    device.silent = False
    assert await _ask_tcp(port, 3) == 904

    device.hang_up = True
    with pytest.raises(PortLost):
        await _ask_tcp(port, 4)
    device.hang_up = False
    assert await _ask_tcp(port, 5) == 904

    await port.close()
    server.close()
    await server.wait_closed()


async def test_a_tcp_device_that_is_not_there_is_a_lost_port() -> None:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    with pytest.raises(PortLost, match="re-opened when it returns"):
        await _ask_tcp(TcpPort("127.0.0.1", number), 1)


async def test_what_a_talker_said_before_is_thrown_away_only_where_asked(tmp_path: Path) -> None:
    """A full input keeps the oldest lines of a scale; a service request must not be lost."""
    master, slave = os.openpty()
    tty.setraw(slave)
    port = SerialPort(os.ttyname(slave))
    with pytest.raises(NoAnswer):
        await port.exchange(b"", is_complete=_whole(1), limit_s=0.01)
    os.write(master, b"old")

    assert await port.exchange(b"", is_complete=_whole(3), limit_s=10) == b"old"

    os.write(master, b"old")
    with pytest.raises(NoAnswer):
        await port.exchange(b"", is_complete=_whole(1), limit_s=0.05, fresh=True)
    await port.close()
    os.close(master)
    os.close(slave)
