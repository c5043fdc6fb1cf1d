"""One port, one owner: bytes out, bytes in, one exchange at a time, for serial lines and TCP.

A `SerialPort` owns its file in one thread of its own (measured: the cheapest of six ways), which
never waits longer than the limit it was given. It is opened when first needed and again after
every loss, always by name, so a `/dev/serial/by-id` link that returns under a new tty number is
simply followed. Who asked for an exchange gets bytes or a typed error:

    NoAnswer   nothing came within the limit
    PortLost   the port is not there, is used by another program, or went away meanwhile

What came but is no answer is returned as it is: the wire's codec says what is wrong with it.
"""

import asyncio
import os
import select
import socket
import termios
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import serial

from sensors.errors import NoAnswer, PortLost
from sensors.line import Line

IsComplete = Callable[[bytes], bool]
# The longest frame of any wire we speak is a few hundred bytes; what grows beyond this is noise.
MAX_ARRIVED = 4096
MODBUS_TCP_PORT = 502
CONNECT_LIMIT_S = 3.0
# A line that never falls silent (a talker, noise) may delay a question only so long.
MAX_SILENCE_WAIT_S = 0.1
# Adapters of this maker have no serial number: two of them share one by-id name.
_WITHOUT_SERIAL_NUMBER = "usb-1a86_"


class Port(Protocol):
    """What a probe needs of a port. `tcp` says that the wire's TCP framing is expected."""

    name: str
    line: Line
    tcp: bool
    echo: bool

    async def exchange(
        self, request: bytes, *, is_complete: IsComplete, limit_s: float, fresh: bool = False
    ) -> bytes:
        """Send `request` (empty: only listen) and return what came back.

        Returns as soon as `is_complete` says so of all that arrived, else at the limit with
        what there is. What had arrived before is thrown away, but when only listening that
        happens only where `fresh` asks for it.

        Raises:
            NoAnswer: nothing came within `limit_s`.
            PortLost: the port is not there; the next call tries again.
        """

    async def close(self) -> None:
        """Let the port go; an exchange under way ends at once."""


def open_port(name: str, line: Line | None = None, *, echo: bool = False) -> Port:
    """Return the port that a settings file names; nothing is opened before the first exchange.

    Args:
        name: `/dev/serial/by-id/…`, `tcp://host:502` (Modbus TCP), `serial://host:4001` for
            a serial server that passes plain bytes, or a network that is heard as a whole:
            `echonet://0.0.0.0`, `uecs://0.0.0.0`, `wisun:///dev/serial/by-id/…?credentials=…`.
        echo: The adapter sends our own bytes back.
    """
    url = urlsplit(name)
    if url.scheme in ("tcp", "serial") and url.hostname:
        number = url.port or MODBUS_TCP_PORT
        framed = url.scheme == "tcp"
        return TcpPort(url.hostname, number, line=line or Line(), framed=framed, echo=echo)
    if url.scheme in ("echonet", "uecs") and url.hostname:
        # Imported late: who has no such network needs none of its code.
        from sensors.udp import ports  # noqa: PLC0415

        if url.scheme == "uecs":
            return ports.UecsPort(url.hostname)
        return ports.EchonetPort(url.hostname)
    if url.scheme == "wisun":
        from sensors.udp.wisun_port import open_wisun  # noqa: PLC0415

        return open_wisun(name, SerialPort)
    return SerialPort(name, line or Line(), echo=echo)


class SerialPort:
    """A serial port or pseudo-terminal in one owner thread, locked against other programs."""

    tcp = False

    def __init__(self, path: str | Path, line: Line | None = None, *, echo: bool = False) -> None:
        self.name = str(path)
        self.line = line or Line()
        self.echo = echo
        self._serial: serial.Serial | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"port {self.name}")
        self._turn = asyncio.Lock()
        self._wake_out, self._wake_in = os.pipe()
        self._closed = False

    async def exchange(
        self, request: bytes, *, is_complete: IsComplete, limit_s: float, fresh: bool = False
    ) -> bytes:
        async with self._turn:
            if self._closed:
                raise PortLost(port=self.name, cause="closed by us")
            stop = threading.Event()
            loop = asyncio.get_running_loop()
            flush = fresh or bool(request)
            work = loop.run_in_executor(
                self._thread, self._exchange, request, is_complete, limit_s, flush, stop
            )
            try:
                return await work
            except asyncio.CancelledError:
                # The owner thread may sit in a read: end it, the next exchange is waiting.
                stop.set()
                os.write(self._wake_in, b"\0")
                raise

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        os.write(self._wake_in, b"\0")
        async with self._turn:
            await asyncio.to_thread(self._thread.shutdown)
        self._drop()
        os.close(self._wake_in)
        os.close(self._wake_out)

    def _exchange(
        self,
        request: bytes,
        is_complete: IsComplete,
        limit_s: float,
        flush: bool,
        stop: threading.Event,
    ) -> bytes:
        if stop.is_set():
            return b""
        try:
            port = self._opened()
            if flush:
                self._wait_for_silence(port)
            if request:
                port.write(request)
            arrived = self._collected(port, is_complete, time.monotonic() + limit_s, stop)
        except (OSError, termios.error) as error:  # SerialException is an OSError
            self._drop()
            raise PortLost(port=self.name, cause=_cause(error)) from error
        if self._closed:
            raise PortLost(port=self.name, cause="closed by us")
        if not arrived and not stop.is_set():
            raise NoAnswer(device=self.name, limit_ms=round(limit_s * 1000))
        return arrived

    def _opened(self) -> serial.Serial:
        if self._serial is not None and self._is_same():
            return self._serial
        self._drop()
        self._serial = serial.Serial(
            self.name,
            self.line.baud,
            bytesize=self.line.data_bits,
            parity=self.line.parity,
            stopbits=self.line.stop_bits,
            timeout=0,
            write_timeout=1.0,
            exclusive=True,
        )
        return self._serial

    def _is_same(self) -> bool:
        """Whether the name still leads to what we hold: links move without telling."""
        assert self._serial is not None
        try:
            return Path(self.name).stat().st_rdev == os.fstat(self._serial.fileno()).st_rdev
        except FileNotFoundError:
            return False

    def _wait_for_silence(self, port: serial.Serial) -> None:
        """Throw away what nobody waits for, until the line was silent as long as frames demand."""
        give_up = time.monotonic() + MAX_SILENCE_WAIT_S
        while select.select([port.fileno()], [], [], self.line.silence_s)[0]:
            _read_some(port.fileno())
            if time.monotonic() > give_up:
                return

    def _collected(
        self, port: serial.Serial, is_complete: IsComplete, until: float, stop: threading.Event
    ) -> bytes:
        arrived = bytearray()
        while not stop.is_set() and len(arrived) < MAX_ARRIVED:
            left_s = until - time.monotonic()
            ready = select.select([port.fileno(), self._wake_out], [], [], max(left_s, 0))[0]
            if self._wake_out in ready:
                os.read(self._wake_out, 64)
                if self._closed:
                    break
            elif not ready:
                break
            if port.fileno() in ready:
                arrived += _read_some(port.fileno())
                if is_complete(bytes(arrived)):
                    break
        return bytes(arrived)

    def _drop(self) -> None:
        if self._serial is not None:
            held, self._serial = self._serial, None
            held.close()


class TcpPort:
    """A device or a serial server behind a socket; connects when needed and after every loss."""

    def __init__(
        self,
        host: str,
        port: int = MODBUS_TCP_PORT,
        *,
        line: Line | None = None,
        framed: bool = True,
        echo: bool = False,
    ) -> None:
        self.name = f"{'tcp' if framed else 'serial'}://{host}:{port}"
        self.line = line or Line()
        self.tcp = framed
        self.echo = echo
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._turn = asyncio.Lock()

    async def exchange(
        self, request: bytes, *, is_complete: IsComplete, limit_s: float, fresh: bool = False
    ) -> bytes:
        async with self._turn:
            try:
                return await self._exchange(request, is_complete, limit_s, fresh or bool(request))
            except OSError as error:  # a TimeoutError of connecting among them
                self._drop()
                raise PortLost(port=self.name, cause=_cause(error)) from error
            except asyncio.CancelledError:
                # Half an answer may be on its way; a fresh connection knows nothing of it.
                self._drop()
                raise

    async def close(self) -> None:
        self._drop()

    async def _exchange(
        self, request: bytes, is_complete: IsComplete, limit_s: float, flush: bool
    ) -> bytes:
        loop = asyncio.get_running_loop()
        connection = await self._connected()
        if flush:
            _flush(connection)
        if request:
            await loop.sock_sendall(connection, request)
        arrived = b""
        try:
            async with asyncio.timeout(limit_s):
                while not is_complete(arrived) and len(arrived) < MAX_ARRIVED:
                    piece = await loop.sock_recv(connection, 4096)
                    if not piece:
                        raise ConnectionResetError("the other side closed the connection")
                    arrived += piece
        except TimeoutError:
            if not arrived:
                limit_ms = round(limit_s * 1000)
                raise NoAnswer(device=self.name, limit_ms=limit_ms) from None
        return arrived

    async def _connected(self) -> socket.socket:
        if self._socket is None:
            loop = asyncio.get_running_loop()
            host, port = self._address
            async with asyncio.timeout(CONNECT_LIMIT_S):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                family, kind, protocol, _, address = found[0]
                connection = socket.socket(family, kind, protocol)
                connection.setblocking(False)
                self._socket = connection  # held at once, so that a failed connect closes it
                await loop.sock_connect(connection, address)
        return self._socket

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def stable_name(path: str | Path, *, root: Path = Path("/dev/serial")) -> str:
    """Return the name under which an adapter comes back after unplugging, else `path` itself.

    `/dev/serial/by-id` names the adapter, `by-path` the socket it is plugged into; the latter for
    adapters without a serial number, two of which would share one name.
    """
    target = Path(path).resolve()
    by_id = [p for p in _links(root / "by-id") if not p.name.startswith(_WITHOUT_SERIAL_NUMBER)]
    for link in (*by_id, *_links(root / "by-path")):
        if link.resolve() == target:
            return str(link)
    return str(path)


def known_ports(*, root: Path = Path("/dev/serial")) -> list[str]:
    """Return the serial adapters plugged in now, by the names that stay."""
    targets = {p.resolve() for folder in ("by-id", "by-path") for p in _links(root / folder)}
    return sorted(stable_name(target, root=root) for target in targets)


def _links(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _read_some(descriptor: int) -> bytes:
    data = os.read(descriptor, 4096)
    if not data:
        # Readable and empty is how a device that was pulled out looks.
        raise OSError("unplugged")
    return data


def _flush(connection: socket.socket) -> None:
    """Throw away late answers."""
    try:
        while piece := connection.recv(4096):
            del piece
    except BlockingIOError:
        return
    raise ConnectionResetError("the other side closed the connection")


def _cause(error: Exception) -> str:
    if "exclusively lock" in str(error):
        return "another program uses it"
    return str(error) or type(error).__name__
