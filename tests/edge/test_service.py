"""The real commands in processes of their own: they start, stop in order, or say why not."""

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import Session, select

from edge import service
from edge.changes import changes
from edge.clock import SystemClock
from edge.collector import Collector
from edge.current import Current
from edge.errors import SignInMissing
from edge.settings_file import parse
from edge.store import open_store
from edge.webserver import WebServer, is_loopback
from tests.edge.conftest import until
from tests.edge.processes import run, start
from tests.edge.stores import open_new
from tests.fakes.mosquitto import free_port
from tests.fakes.webhooks import Webhooks
from traceability import database, notifications
from traceability.models import Placement
from traceability.sqlite.lease import lease_of

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Start]:
    processes: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        processes.append(start(*arguments, log=tmp_path / "log"))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.wait()


def settings(folder: Path, *, web_port: int, host: str = "127.0.0.1") -> Path:
    file = folder / "minori.toml"
    file.write_text(
        f"[web]\nhost = '{host}'\nport = {web_port}\n[mqtt]\nport = {free_port()}\n"
        "[[zones]]\ncode = 'A'\n[[devices]]\nname = 'probe'\nzone = 'A'\n"
    )
    return file


async def test_everything_starts_serves_its_numbers_and_stops_in_order(
    tmp_path: Path, started: Start
) -> None:
    port = free_port()
    process = started("run", "--config", str(settings(tmp_path, web_port=port)))
    log = tmp_path / "log"
    await until(
        lambda: b"connected to MQTT" in log.read_bytes() and b"open http" in log.read_bytes()
    )

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        numbers = answer.read().decode()
    process.terminate()

    assert process.wait(30) == 0
    assert "minori_mqtt_connected 1\n" in numbers
    # One line an event, and readable by a machine where nobody looks on.
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()][-1] == "stopping"


async def test_pages_alone_tell_people_what_is_recorded_there(
    tmp_path: Path, started: Start
) -> None:
    """A hub has no agent, and a recall is made there: nobody would hear of it."""
    async with Webhooks() as hooks:
        file = settings(tmp_path, web_port=free_port())
        file.write_text(f"{file.read_text()}[[contacts]]\nname = 'Sato'\nurls = ['{hooks.url}']\n")
        started("web", "--config", str(file))
        await until(lambda: b"open http" in (tmp_path / "log").read_bytes())
        engine = database.connect(f"sqlite:///{tmp_path / 'minori.db'}")
        with database.writing_session(engine) as session:
            notifications.tell(session, "k", "test", at=SystemClock().now(), severity="warning")
        engine.dispose()

        await until(lambda: hooks.posted)

    assert len(hooks.posted) == 1


async def test_a_hangup_reads_the_settings_again_and_pages_tell_what_is_refused(
    tmp_path: Path, started: Start
) -> None:
    port = free_port()
    file = settings(tmp_path, web_port=port)
    right = file.read_text()
    process = started("run", "--config", str(file))
    await until(lambda: b"open http" in (tmp_path / "log").read_bytes())
    await until(lambda: "minori_settings_refused 0\n" in _get(port, "/metrics"))

    file.write_text("[web]\nport = 'eight'\n")
    process.send_signal(signal.SIGHUP)
    await until(lambda: "minori_settings_refused 1\n" in _get(port, "/metrics"))
    page = _get(port, "/", language="ja")
    file.write_text(right)
    process.send_signal(signal.SIGHUP)
    await until(lambda: "minori_settings_refused 0\n" in _get(port, "/metrics"))

    assert "設定の変更は受け付けられませんでした" in page
    assert "web.port" in page
    assert "設定の変更" not in _get(port, "/", language="ja")
    process.terminate()
    assert process.wait(30) == 0


def _get(port: int, path: str, *, language: str = "en") -> str:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"accept-language": language}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.read().decode()


async def test_the_public_address_follows_the_settings(tmp_path: Path) -> None:
    old = parse({"web": {"port": free_port()}}).inside(tmp_path)
    new = parse({"web": {"port": old.web.port, "public_url": "https://x.example/"}})
    current, engine = Current(old), open_store(old, create=True)
    server = WebServer(old, engine, SystemClock(), current=current)

    await current.change(changes(old, new.inside(tmp_path)))

    assert server._web.settings.public_url == "https://x.example"
    server._socket.close()
    engine.dispose()


async def test_the_agent_carries_no_web_framework_and_no_forecaster(tmp_path: Path) -> None:
    """Everything the agent loads, it loads before its first reading: a board has little memory."""
    file = settings(tmp_path, web_port=free_port())
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from edge import cli, service, broker\n"
        "from edge.commands import agent\n"
        "from edge.collector import Collector\n"
        "from edge.clock import SystemClock\n"
        "from edge.settings_file import load\n"
        "from edge.store import open_store\n"
        f"settings = load(Path({str(file)!r}))\n"
        "async def main():\n"
        "    collector = Collector(settings, open_store(settings, create=True), SystemClock())\n"
        "    task = asyncio.create_task(collector.run())\n"
        "    await collector.bus.wait_connected()\n"
        "    task.cancel()\n"
        "    await asyncio.gather(task, return_exceptions=True)\n"
        "asyncio.run(main())\n"
        "heavy = {'pandas', 'prophet', 'numpy', 'fastapi', 'uvicorn', 'starlette', 'jinja2', 'httpx'}\n"
        "heavy |= {'apprise', 'requests', 'babel'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )

    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_beyond_this_machine_it_refuses_until_somebody_can_sign_in(tmp_path: Path) -> None:
    file = settings(tmp_path, web_port=free_port(), host="0.0.0.0")
    refused = run("web", "--config", str(file))
    assert refused.returncode == 2
    assert "minori: sign_in_missing: will not listen on 0.0.0.0" in refused.stderr

    short = run("user", "add", "anna", "--admin", "--config", str(file), stdin="short\n")
    added = run("user", "add", "anna", "--admin", "--config", str(file), stdin="a long sentence\n")
    again = run("user", "add", "anna", "--config", str(file), stdin="a long sentence\n")
    listed = run("user", "list", "--config", str(file))

    assert (short.returncode, added.returncode, again.returncode) == (2, 0, 2)
    assert "that name is taken" in again.stderr
    assert listed.stdout == "anna\tadmin\n"


def test_with_a_user_it_listens_everywhere(tmp_path: Path) -> None:
    chosen = parse({"web": {"host": "0.0.0.0", "port": free_port()}}).inside(tmp_path)
    engine = open_store(chosen, create=True)
    with pytest.raises(SignInMissing):
        WebServer(chosen, engine, SystemClock())
    run_ = run("user", "add", "b", "--config", _file(tmp_path), stdin="a long sentence\n")
    assert run_.returncode == 0, run_.stderr

    server = WebServer(chosen, engine, SystemClock())

    assert server.url.startswith("http://0.0.0.0:")
    server._socket.close()
    assert (tmp_path / "minori.secret").stat().st_mode & 0o777 == 0o600
    engine.dispose()


def _file(folder: Path) -> str:
    (folder / "minori.toml").write_text("")
    return str(folder / "minori.toml")


@pytest.mark.parametrize(("command", "said"), [("web", "the web server"), ("agent", "MQTT broker")])
def test_a_taken_port_is_one_sentence(tmp_path: Path, command: str, said: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        file = tmp_path / "minori.toml"
        file.write_text(f"[web]\nport = {port}\n[mqtt]\nport = {port}\n")
        done = run(command, "--config", str(file))

    assert done.returncode == 2
    assert said in done.stderr
    assert "minori: address_taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    file = settings(tmp_path, web_port=free_port())
    assert run("db", "upgrade", "--config", str(file)).returncode == 0
    assert run("db", "check", "--config", str(file)).stdout.startswith("right")
    with closing(sqlite3.connect(tmp_path / "minori.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    for command in (["agent"], ["web"], ["db", "check"], ["db", "upgrade"]):
        done = run(*command, "--config", str(file))
        assert (done.returncode, "database_too_new" in done.stderr) == (2, True), command


async def test_a_device_that_moves_is_recorded_as_a_move(tmp_path: Path) -> None:
    base = {"zones": [{"code": "A"}, {"code": "B"}]}
    engine = open_store(parse({}).inside(tmp_path), create=True)
    for zone in ("A", "A", "B"):
        chosen = parse({**base, "devices": [{"name": "p", "zone": zone}]}).inside(tmp_path)
        Collector(chosen, engine, SystemClock())

    with Session(engine) as session:
        ends = [p.end for p in session.exec(select(Placement).order_by(Placement.start))]
    assert len(ends) == 2
    assert ends[0] is not None
    assert ends[1] is None
    engine.dispose()


async def test_a_look_up_that_outlasts_the_service_does_not_open_the_store_again(
    tmp_path: Path,
) -> None:
    """The next start would take it for a power cut, and look at every page."""
    settings = parse({}).inside(tmp_path)
    engine, goes_on = open_new(settings), threading.Event()

    def look_up() -> None:
        goes_on.wait()
        with engine.connect():
            pass

    looking = asyncio.create_task(asyncio.to_thread(look_up))
    await asyncio.sleep(0)  # it is in its thread
    asyncio.get_running_loop().call_later(0.02, goes_on.set)
    await service.close(engine)
    await looking

    assert lease_of(tmp_path / "minori.db").read_text() == ""
    engine.dispose()


def test_only_addresses_of_this_machine_count_as_such() -> None:
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "127.3.2.1")] == [True] * 4
    assert [is_loopback(h) for h in ("0.0.0.0", "::", "192.168.1.5", "farm.local")] == [False] * 4
