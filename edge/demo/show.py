"""The demo as a whole: a folder, a past in it, hardware in this process, Minori in another.

What runs is `minori run` with the folder's settings file, exactly as on a farm.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.demo import climate, farm, folders, past, plant
from edge.demo.live import hardware
from edge.errors import DemoFailed
from sensors.simulator import SimulatedBus
from traceability import database, forecasts
from traceability.forecast_subject import Subject

USUAL_PORT = 8000
# Below what the kernel gives to outgoing connections: one to a port that nobody listens on yet, of
# which it has the number itself, connects to itself, and the broker finds its port taken.
BROKER_PORTS = range(18_000, 19_000)
# A busy board needs some seconds to import a web server; beyond this something is wrong.
START_LIMIT_S = 40.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: where it is, and the hardware to pull plugs of."""

    folder: Path
    url: str
    config: Path
    database_url: str
    buses: Mapping[str, SimulatedBus]
    process: subprocess.Popen[bytes]

    def stop(self) -> int:
        """End the service in order and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@contextlib.contextmanager
def running(*, seed: int, end: date | None, web_port: int | None, say: Say) -> Iterator[Demo]:
    """Lay down the past, start the hardware and `minori run`; clean everything up afterwards.

    Raises:
        DemoFailed: the service did not come up; says what it last logged.
    """
    for left in folders.sweep():
        say(f"removed {left}, left by a demo that was killed")
    with folders.home() as home:
        folder = home.folder
        url = f"sqlite:///{folder / 'minori.db'}"
        weather = lay_down(url, seed=seed, end=end, say=say)
        # Chosen when they are about to be used: another demo may be choosing, too.
        port = web_port or _free_port([USUAL_PORT])
        mqtt_port = _free_port(random.sample(BROKER_PORTS, 20))
        config = _settings(folder, port, mqtt_port)
        say("starting the probes and minori run ...")
        with hardware(folder, weather, mqtt_port=mqtt_port) as buses:
            process = _start(folder, config)
            home.shared_with(process.pid)
            demo = Demo(folder, f"http://127.0.0.1:{port}", config, url, buses, process)
            try:
                _wait_until_up(demo)
                yield demo
            finally:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    demo.stop()
                process.kill()


def lay_down(url: str, *, seed: int, end: date | None, say: Say) -> climate.Climate:
    """Fill an empty database with the past up to `end` (today), and today so far.

    The same seed and end give the same past; what is after `end`'s midnight follows the clock.
    """
    zone = ZoneInfo(farm.TIME_ZONE)
    last_day = end or datetime.now(zone).date()
    midnight = datetime.combine(last_day, day_time(), zone).astimezone(UTC)
    start = midnight - timedelta(weeks=past.WEEKS + 1)
    now = datetime.now(UTC)
    database.upgrade(url)
    engine = database.open_database(url)
    try:
        say(f"a year and a half of lots up to {last_day} ...")
        with database.writing_session(engine) as session:
            place = farm.found(session)
            past.lay_down(session, place, seed=seed, end=last_day)
            for crop in place.crops.values():
                forecasts.request(session, Subject(crop), by="demo", at=now)
        say("a year and a half of climate, every quarter of an hour ...")
        weather = climate.lay_down(
            engine, place, seed=seed, start=start, end=max(now, midnight), outages_before=midnight
        )
    finally:
        engine.dispose()
    return weather


def log_tail(demo: Demo, lines: int = 12) -> str:
    """Return the last the service said."""
    text = (demo.folder / "minori.log").read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def _settings(folder: Path, web_port: int, mqtt_port: int) -> Path:
    config = folder / "minori.toml"
    text = plant.settings_text(folder, web_port=web_port, mqtt_port=mqtt_port)
    config.write_text(text, encoding="utf-8")
    return config


def _start(folder: Path, config: Path) -> subprocess.Popen[bytes]:
    run = [sys.executable, "-m", "edge", "run", "--config", str(config)]
    # A demo that is killed must not leave a service behind that holds its ports.
    setpriv = shutil.which("setpriv")
    with (folder / "minori.log").open("wb") as log:
        return subprocess.Popen(
            [setpriv, "--pdeathsig", "TERM", *run] if setpriv else run,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C belongs to the demo, which then stops the service in order.
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("MINORI_")},
        )


def _wait_until_up(demo: Demo) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        if demo.process.poll() is not None:
            break
        if _answers(f"{demo.url}/healthz"):
            return
        time.sleep(0.1)
    raise DemoFailed(what="minori run did not come up", said=log_tail(demo))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own service
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _free_port(wanted: Sequence[int]) -> int:
    """Return the first of the wanted ports that nobody has, else any free one."""
    for port in (*wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise DemoFailed(what="no free port on this machine", said="")
