"""Networks as ports, so that what travels in datagrams is polled like everything else.

An ECHONET Lite question is `host NUL frame`, because one port reaches a whole network; the port
gives each question a transaction number of its own and gives the answer back under the asker's.
A UECS question names a CCM and a place (`InAirTemp.mIC 1/1/1 A-10S-0`): nothing is sent, the
answer is what the network's nodes say, as soon as and as long as it is valid.
"""

import asyncio
import logging
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from sensors.errors import DamagedFrame, NoAnswer
from sensors.line import Line
from sensors.udp.echonet_controller import EchonetController
from sensors.udp.uecs_node import UecsNode
from sensors.wires import echonet, uecs
from sensors.wires.echonet import Frame
from sensors.wires.uecs import Data, Listener, Node, Place, Values

log = logging.getLogger(__name__)

# Sender, type, place, priority: more than this is a flood.
_MAX_HEARD = 4096
_LONGEST_LIFE_S = 180.0
_ANY = "0.0.0.0"  # noqa: S104 - broadcasts are heard on no other address


class EchonetPort:
    """Every ECHONET Lite device of the network; several may be asked at once."""

    tcp = False
    echo = False

    def __init__(
        self,
        host: str = _ANY,
        *,
        port: int = echonet.PORT,
        peer_port: int = echonet.PORT,
        group: str = echonet.MULTICAST,
    ) -> None:
        self.name = f"echonet://{host}:{port}"
        self.line = Line()
        self._bind = (host, port, group)
        self._peer_port = peer_port
        self._controller: EchonetController | None = None
        self._turn = asyncio.Lock()

    async def exchange(
        self,
        request: bytes,
        *,
        is_complete: Callable[[bytes], bool],
        limit_s: float,
        fresh: bool = False,
    ) -> bytes:
        """Ask `host NUL frame`; see `sensors.port.Port`. An answer is always one whole frame."""
        del is_complete, fresh
        host, _, datagram = request.partition(b"\0")
        question = Frame.from_bytes(datagram)
        controller = await self._opened()
        epcs = tuple(prop.epc for prop in question.properties)
        answer = await controller.get(host.decode("ascii"), question.deoj, epcs, limit_s=limit_s)
        return replace(answer, tid=question.tid).to_bytes()

    async def close(self) -> None:
        if self._controller is not None:
            held, self._controller = self._controller, None
            await held.close()

    async def _opened(self) -> EchonetController:
        async with self._turn:
            if self._controller is None:
                made = EchonetController(_unasked, _refused, self._peer_port)
                host, port, group = self._bind
                await made.open(port=port, host=host, group=group)
                self._controller = made
            return self._controller


class UecsPort:
    """Every UECS node of the network; hears all the time, answers when asked."""

    tcp = False
    echo = False

    def __init__(
        self,
        host: str = _ANY,
        *,
        data_port: int = uecs.DATA_PORT,
        scan_port: int = uecs.SCAN_PORT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"uecs://{host}"
        self.line = Line()
        self._bind = (host, data_port, scan_port)
        self._clock = clock
        self._node: UecsNode | None = None
        self._opened_at = 0.0
        self._heard: dict[tuple[str, str, Place, int], tuple[float, Data]] = {}
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def ports(self) -> tuple[int, int]:
        """The ports for data and scans, once it is open."""
        assert self._node is not None
        return self._node.ports

    async def exchange(
        self,
        request: bytes,
        *,
        is_complete: Callable[[bytes], bool],
        limit_s: float,
        fresh: bool = False,
    ) -> bytes:
        """Answer `type room/region/order level` with the value that counts; see `Port`.

        Raises:
            NoAnswer: no node says it; at once where the port has listened long enough to know.
        """
        del is_complete, fresh
        full_type, place, level = _interest(request)
        await self.open()
        life_s = uecs.life_s(level)
        # A port that has listened for a whole life knows; waiting longer would only hold it up.
        patience_s = min(limit_s, self._opened_at + life_s - self._clock())
        try:
            async with asyncio.timeout(max(patience_s, 0)):
                while (data := self._current(full_type, place, life_s)) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            device = f"UECS {full_type} at {place.room}/{place.region}/{place.order}"
            raise NoAnswer(device=device, limit_ms=round(limit_s * 1000)) from error
        return Values((data,)).to_bytes(decimals=6)

    async def open(self) -> None:
        """Start listening, where that has not begun."""
        async with self._turn:
            if self._node is None:
                host, data_port, scan_port = self._bind
                made = UecsNode.of(_ourselves(host), heard=self._hear, refused=_refused)
                await made.open(data_port=data_port, scan_port=scan_port, host=host)
                self._node, self._opened_at = made, self._clock()

    async def close(self) -> None:
        if self._node is not None:
            held, self._node = self._node, None
            await held.close()

    def _hear(self, data: Data, sender: str) -> None:
        now = self._clock()
        key = (data.full_type, data.ip or sender, data.place, data.priority)
        if key not in self._heard and len(self._heard) >= _MAX_HEARD:
            self._forget(now)
            if len(self._heard) >= _MAX_HEARD:
                return
        self._heard[key] = (now, data if data.ip else replace(data, ip=sender))
        self._news.set()

    def _forget(self, now: float) -> None:
        silent = [key for key, (at, _) in self._heard.items() if now - at >= _LONGEST_LIFE_S]
        for key in silent:
            del self._heard[key]

    def _current(self, full_type: str, place: Place, life_s: float) -> Data | None:
        listener = Listener(full_type, place, life_s)
        for at, data in sorted(self._heard.values(), key=lambda heard: heard[0]):
            listener.hear(data, at=at)
        return listener.current(self._clock())


def _interest(request: bytes) -> tuple[str, Place, str]:
    full_type, place, level = request.decode("ascii").split(" ")
    room, region, order = (int(number) for number in place.split("/"))
    return full_type, Place(room, region, order), level


def _ourselves(host: str) -> Node:
    """Say who we are when a node scans: a listener, with no maker's number of its own."""
    own = _own_address() if host == _ANY else host
    return Node("minori", "minori", "010000000000", own, f"{uuid.getnode():012X}")


def _own_address() -> str:
    """Return the address that others see us under; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return _ANY
        address: str = probe.getsockname()[0]
        return address


def _unasked(frame: Frame, sender: str) -> None:
    log.debug("notification of %06X at %s", frame.seoj, sender)


def _refused(datagram: bytes, error: DamagedFrame) -> None:
    log.info("datagram of %d bytes refused: %s", len(datagram), error)
