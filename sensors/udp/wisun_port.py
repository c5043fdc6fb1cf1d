"""A smart meter's B-route as a port: a Wi-SUN stick on a serial line that carries datagrams.

The session is opened when first needed and again after it ended; that takes from seconds to a
minute and is its own limit, apart from the question's. Identity and password stand in a file of
two lines that only the service may read, never in the settings:

    [[ports]]
    name = "broute"
    device = "wisun:///dev/serial/by-id/usb-ROHM_BP35C2?credentials=/etc/minori/broute"

`&sided=1` for a stick with two stacks. A device's address is `0.0.0.0/028801`: there is one meter.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from sensors.errors import DamagedFrame, NoAnswer, PortLost, SensorError
from sensors.line import Line
from sensors.wires import skstack
from sensors.wires.echonet import Frame
from sensors.wires.lines import LineBuffer
from sensors.wires.skstack import SESSION_ENDED, Event, Received, Session

if TYPE_CHECKING:
    from sensors.port import Port

log = logging.getLogger(__name__)

STICK_LINE = Line(115_200)
# The longest scan takes some twenty seconds, and each try of a radio packet some more.
_STEP_S = 60.0


class WisunPort:
    """One stick, one meter, one question in flight."""

    tcp = False
    echo = False

    def __init__(
        self, stick: "Port", credentials: Callable[[], tuple[str, str]], *, sided: bool = False
    ) -> None:
        self.name = f"wisun:{stick.name}"
        self.line = stick.line
        self._stick = stick
        self._credentials = credentials
        self._sided = sided
        self._session: Session | None = None
        self._buffer = LineBuffer(skstack.LINE_END)
        self._lines: deque[str] = deque()
        self._tid = 0
        self._turn = asyncio.Lock()

    async def exchange(
        self,
        request: bytes,
        *,
        is_complete: Callable[[bytes], bool],
        limit_s: float,
        fresh: bool = False,
    ) -> bytes:
        """Ask `host NUL frame` (the host is not looked at); see `sensors.port.Port`.

        Raises:
            DeviceRefused: the stick or the meter refused the session.
        """
        del is_complete, fresh
        question = Frame.from_bytes(request.partition(b"\0")[2])
        async with self._turn:
            session = await self._joined()
            self._tid = self._tid % 0xFFFF + 1
            sent = replace(question, tid=self._tid)
            try:
                async with asyncio.timeout(limit_s):
                    answer = await self._asked(session, sent)
            except TimeoutError as error:
                raise NoAnswer(device=self.name, limit_ms=round(limit_s * 1000)) from error
            return replace(answer, tid=question.tid).to_bytes()

    async def close(self) -> None:
        self._session = None
        await self._stick.close()

    async def _joined(self) -> Session:
        if self._session is not None:
            return self._session
        dialogue = skstack.join(*self._credentials(), sided=self._sided)
        self._lines.clear()
        command = next(dialogue)
        while True:
            line = await self._said(command)
            try:
                command = dialogue.send(line)
            except StopIteration as end:
                self._session = end.value
                log.info("%s joined the meter on channel %s", self.name, end.value.meter.channel)
                return self._session

    async def _asked(self, session: Session, question: Frame) -> Frame:
        command = skstack.send(session.address, question.to_bytes(), sided=self._sided)
        line = await self._said(command)
        while True:
            answer = self._answer(line, question)
            if answer is not None:
                return answer
            line = await self._said(b"")

    def _answer(self, line: str, question: Frame) -> Frame | None:
        with suppress(DamagedFrame):
            said = skstack.understand(line)
            if isinstance(said, Event) and said.number in SESSION_ENDED:
                self._session = None
                raise PortLost(port=self.name, cause="the meter ended the session")
            if isinstance(said, Received) and said.local_port == skstack.ECHONET_PORT:
                frame = Frame.from_bytes(said.data)
                return frame if frame.answers(question) else None
        return None

    async def _said(self, command: bytes) -> str:
        """Send a command, if there is one, and return the stick's next line."""
        while command or not self._lines:
            try:
                came = await self._stick.exchange(
                    command, is_complete=lambda b: skstack.LINE_END in b, limit_s=_STEP_S
                )
            except SensorError:
                # Without power the stick forgets its session, and silence may mean just that.
                self._session = None
                raise
            command = b""
            self._lines += [line.decode("latin-1") for line in self._buffer.feed(came)]
        return self._lines.popleft()


def open_wisun(name: str, stick: Callable[[str, Line], "Port"]) -> WisunPort:
    """Return the port that `wisun:///dev/…?credentials=FILE[&sided=1]` names.

    Args:
        stick: Opens the serial port of the stick.
    """
    url = urlsplit(name)
    options = {key: values[-1] for key, values in parse_qs(url.query).items()}
    file = Path(options.get("credentials", ""))
    return WisunPort(
        stick(url.path, STICK_LINE),
        lambda: _read_credentials(name, file),
        sided=options.get("sided") == "1",
    )


def _read_credentials(name: str, file: Path) -> tuple[str, str]:
    try:
        identity, password = file.read_text("ascii").split()
    except (OSError, ValueError) as error:
        cause = f"{file} must hold two lines, identity and password ({type(error).__name__})"
        raise PortLost(port=name, cause=cause) from error
    return identity, password
