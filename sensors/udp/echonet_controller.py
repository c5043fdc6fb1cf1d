"""An ECHONET Lite controller: asks one question at a time per device, hears notifications.

Answers come to port 3610, not to the port a question left from, so one socket on 3610 does both.
A meter answers in seconds and sometimes not at all; a late answer to an earlier question is known
by its transaction number and dropped.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from sensors.errors import DamagedFrame, NoAnswer
from sensors.udp.datagrams import PRIVATE, Address, Datagrams, listen
from sensors.wires import echonet
from sensors.wires.echonet import Frame, Service

Notified = Callable[[Frame, str], None]
Refused = Callable[[bytes, DamagedFrame], None]


@dataclass(slots=True)
class EchonetController:
    """`notified(frame, sender)` gets INF and INFC frames; INFC is confirmed."""

    notified: Notified
    refused: Refused
    peer_port: int = echonet.PORT
    _socket: Datagrams | None = None
    _tid: int = 0
    _waiting: dict[tuple[str, int], tuple[Frame, asyncio.Future[Frame]]] = field(
        default_factory=dict
    )
    _turns: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    async def open(
        self,
        *,
        port: int = echonet.PORT,
        host: str = "0.0.0.0",  # noqa: S104 - multicasts are heard on no other address
        group: str = echonet.MULTICAST,
        trusted: Sequence[IPv4Network] = PRIVATE,
    ) -> None:
        """Start listening.

        Raises:
            PortLost: the port cannot be had.
        """
        self._socket = await listen(port, self._take, host=host, group=group, trusted=trusted)

    @property
    def port(self) -> int:
        assert self._socket is not None
        return self._socket.port

    async def get(self, host: str, eoj: int, epcs: tuple[int, ...], *, limit_s: float) -> Frame:
        """Ask one object for properties; a partial answer (Get_SNA) is an answer.

        Raises:
            NoAnswer: nothing fitting came within `limit_s`.
            PortLost: the controller is closed.
        """
        assert self._socket is not None
        async with self._turns[host]:
            self._tid = self._tid % 0xFFFF + 1
            question = echonet.get(self._tid, eoj, epcs)
            answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
            self._waiting[host, question.tid] = (question, answer)
            try:
                self._socket.send(question.to_bytes(), (host, self.peer_port))
                return await asyncio.wait_for(answer, limit_s)
            except TimeoutError as error:
                device = f"ECHONET object {eoj:06X} at {host}"
                raise NoAnswer(device=device, limit_ms=round(limit_s * 1000)) from error
            finally:
                del self._waiting[host, question.tid]

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    def _take(self, datagram: bytes, sender: Address) -> None:
        try:
            frame = Frame.from_bytes(datagram)
        except DamagedFrame as error:
            self.refused(datagram, error)
            return
        if frame.service in (Service.INF, Service.INFC):
            self._notify(frame, sender)
            return
        question, answer = self._waiting.get((sender[0], frame.tid), (None, None))
        if question and answer and frame.answers(question) and not answer.done():
            answer.set_result(frame)

    def _notify(self, frame: Frame, sender: Address) -> None:
        if frame.service is Service.INFC and self._socket is not None:
            self._socket.send(echonet.confirmation(frame).to_bytes(), (sender[0], self.peer_port))
        self.notified(frame, sender[0])
