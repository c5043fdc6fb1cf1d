"""A scanned code answered, beside a constant answer of Starlette on the same server and run.

One server process (uvicorn) serves both; the load comes from another process over raw sockets,
keeping connections open and asking for random lots. Requests a second of ours beside those of the
constant are the ratio; the server's CPU a request is measured beside it, because on a busy machine
that is the steadier figure.
"""

import multiprocessing
import random
import resource
import selectors
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from bench.report import Row

TITLE = "A scanned code, per second (one server process, 16 connections)"
LOTS = 2_000
WARM_S, MEASURED_S = 0.5, 3.0
CONNECTIONS = 16
CONSTANT = "/constant"
# Starlette with two SQLite selects and nothing else is 0.44 of its constant; 0.8 of that.
AIM = "0.35 or more"


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        paths = _farm(Path(name))
        spawn = multiprocessing.get_context("spawn")
        listener = socket.create_server(("127.0.0.1", 0))
        ours, theirs = spawn.Pipe()
        server = spawn.Process(target=_serve, args=(name, listener, theirs), daemon=True)
        server.start()
        try:
            yield from _compared(listener.getsockname()[1], paths, ours)
        finally:
            ours.send("stop")
            server.join(timeout=20)
            listener.close()


def _compared(port: int, paths: dict[str, Sequence[str]], pipe: Any) -> Iterator[Row]:
    # Constant before and after: the mean of both, so that a machine getting busier tells on both.
    before = _load(port, [CONSTANT], pipe)
    found = {name: _load(port, asked, pipe) for name, asked in paths.items()}
    after = _load(port, [CONSTANT], pipe)
    rate, cpu_us = ((a + b) / 2 for a, b in zip(before, after, strict=True))
    for name, (ours_rate, ours_us) in found.items():
        yield Row(name, ours_rate, "constant Starlette answer", rate, "requests/s", AIM)
        yield Row(f"{name}: CPU", ours_us, "constant Starlette answer", cpu_us, "µs/request")


def _farm(folder: Path) -> dict[str, Sequence[str]]:
    """Fill a database with packed lots; return what is asked for, by name."""
    from tests.factories import a_farm, on_day
    from traceability import acts, database, lots
    from traceability.amounts import Amount

    url = f"sqlite:///{folder / 'minori.db'}"
    database.upgrade(url)
    engine = database.open_database(url)
    ids, codes = [], []
    with database.writing_session(engine) as session:
        farm = a_farm(session)
        for i in range(LOTS):
            act = lots.receive(
                session,
                on_day(1),
                zone=farm.store,
                crop=farm.lettuce,
                code=f"L/{i}",
                amount=Amount(10, 800),
                from_party=farm.supplier,
                stage="packed",
                item=farm.bag,
            )
            ids.append(acts.made(session, act)[0].id)
            codes.append(f"L/{i}")
    engine.dispose()
    links = [f"/01/{farm.bag.gtin}/10/{quote(code, safe='')}" for code in codes]
    # As many pages as are kept: the page somebody else scanned this minute.
    return {"code to its lot (307)": links, "lot's page, kept": [f"/p/{one}" for one in ids[:50]]}


def _serve(folder: str, listener: socket.socket, pipe: Any) -> None:
    """Run the server; a message asks for the CPU seconds used so far, "stop" ends it."""
    import threading

    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    from api.app import create_app
    from api.settings import WebSettings
    from traceability import database

    async def constant(_request: object) -> Response:
        return Response(b"constant", media_type="text/plain")

    engine = database.open_database(f"sqlite:///{folder}/minori.db")
    ours = create_app(
        engine, settings=WebSettings(b"0" * 32), clock=lambda: datetime(2026, 7, 1, tzinfo=UTC)
    )
    plain = Starlette(routes=[Route(CONSTANT, constant)])

    async def both(scope: Any, receive: Any, send: Any) -> None:
        await (plain if scope["path"] == CONSTANT else ours)(scope, receive, send)

    config = uvicorn.Config(both, log_level="error", lifespan="off", ws="none", access_log=False)
    server = uvicorn.Server(config)
    threading.Thread(target=_answer, args=(pipe, server), daemon=True).start()
    server.run(sockets=[listener])


def _answer(pipe: Any, server: Any) -> None:
    while pipe.recv() != "stop":
        used = resource.getrusage(resource.RUSAGE_SELF)
        pipe.send(used.ru_utime + used.ru_stime)
    server.should_exit = True


def _cpu_s(pipe: Any) -> float:
    pipe.send("cpu")
    return float(pipe.recv())


def _load(port: int, paths: Sequence[str], pipe: Any) -> tuple[float, float]:
    """Return (requests a second, server CPU a request in µs) of asking for these paths."""
    dice = random.Random(1)
    requests = [_get(dice.choice(paths)) for _ in range(4096)]
    with _Clients(port) as clients:
        # Every address once, so that a kept page is kept before the clock runs.
        clients.ask([_get(path) for path in paths], 0, at_least=len(paths))
        clients.ask(requests, WARM_S)
        cpu_s = _cpu_s(pipe)
        count, took_s = clients.ask(requests, MEASURED_S)
        cpu_s = _cpu_s(pipe) - cpu_s
    return count / took_s, cpu_s / count * 1e6


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n".encode()


class _Clients:
    """Connections that each have one question on its way."""

    def __init__(self, port: int) -> None:
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        self.selector = selectors.DefaultSelector()
        for one in self.sockets:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(one, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.sockets:
            one.close()

    def ask(
        self, requests: Sequence[bytes], seconds: float, *, at_least: int = 0
    ) -> tuple[int, float]:
        """Return (answers, seconds they took)."""
        started, asked, answered = time.perf_counter(), 0, 0
        for one in self.sockets:
            one.sendall(requests[asked % len(requests)])
            asked += 1
        until = started + seconds
        while answered < asked:
            for key, _ in self.selector.select():
                one = key.fileobj
                assert isinstance(one, socket.socket)
                _read_answer(one)
                answered += 1
                if time.perf_counter() < until or asked < at_least:
                    one.sendall(requests[asked % len(requests)])
                    asked += 1
        return answered, time.perf_counter() - started


def _read_answer(one: socket.socket) -> None:
    data = one.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    if head[9:10] not in b"23":
        raise RuntimeError(head.partition(b"\r\n")[0].decode())
    _, _, rest = head.lower().partition(b"content-length:")
    missing = int(rest.split(b"\r\n")[0] or 0) - len(body)
    while missing > 0:
        missing -= len(one.recv(65536))
