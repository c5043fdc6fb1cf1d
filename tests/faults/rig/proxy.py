"""A TCP line that can be made bad: refused, cut, held without a word, slow, or served in crumbs.

It stands in front of a broker or a hub. What it does changes at once, also for lines that stand.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

# Of one connection: what passes towards the server and towards the client.
Tap = Callable[[bytes], None]
NO_LINGER = struct.pack("ii", 1, 0)


@dataclass
class Proxy:
    """Give clients `port`; `server_port` is asked anew for every connection.

    `taps` makes two listeners for a new connection, (towards the server, towards the client).
    """

    server_port: Callable[[], int]
    taps: Callable[[], tuple[Tap, Tap]] = lambda: (_ignore, _ignore)
    refuses: bool = False
    delay_s: float = 0.0
    largest_piece: int = 65_536
    port: int = 0
    served: int = 0  # connections it was asked for, refused ones too
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _down: asyncio.Event = field(default_factory=asyncio.Event)
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self.heal()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.heal()
        self.cut()
        while self._lines:
            await asyncio.sleep(0.005)

    def hold(self) -> None:
        """Pass nothing on and say nothing: a half-open line, as behind a switched-off router."""
        self._up.clear()
        self._down.clear()

    def hold_answers(self) -> None:
        """Pass nothing on towards the server; what it says still arrives."""
        self._up.clear()

    def heal(self) -> None:
        """Be a good line again."""
        self.refuses, self.delay_s, self.largest_piece = False, 0.0, 65_536
        self._up.set()
        self._down.set()

    def cut(self) -> None:
        """Reset every connection; what was on its way is gone."""
        for line in self._lines:
            _reset(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        self.served += 1
        try:
            if not self.refuses:
                await self._connect(reader, writer)
        except OSError:
            pass  # one side is away, so the other one's line ends
        finally:
            self._lines.discard(writer)
            _reset(writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.server_port())
        self._lines.add(far_writer)
        up, down = self.taps()
        pipes = [
            asyncio.create_task(self._pass_on(reader, far_writer, self._up, up)),
            asyncio.create_task(self._pass_on(far_reader, writer, self._down, down)),
        ]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)
            self._lines.discard(far_writer)
            _reset(far_writer)

    async def _pass_on(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        flowing: asyncio.Event,
        tap: Tap,
    ) -> None:
        while piece := await source.read(65_536):
            await flowing.wait()
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            for start in range(0, len(piece), self.largest_piece):
                part = piece[start : start + self.largest_piece]
                tap(part)
                sink.write(part)
                await sink.drain()


def _reset(line: asyncio.StreamWriter) -> None:
    """Hang up rudely: the other side gets ECONNRESET instead of an orderly end."""
    end = line.get_extra_info("socket")
    if end is not None and end.fileno() >= 0:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    line.transport.abort()


def _ignore(_: bytes) -> None:
    pass
