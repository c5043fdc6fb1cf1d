"""Our broker files, on the real Mosquitto: who may say what, who is heard, and who gets in at all.

The files are the ones that are installed; only ports and folders are other ones, so that a test
needs no root. MQTT 3.1.1 has no word for a refusal: so each is shown beside the same message from
whoever may send it.
"""

import asyncio
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from edge.bus import Broker, Bus, Message
from edge.collector import broker_of
from edge.errors import PublishRefused
from edge.settings_file import load
from tests.deploy.conftest import DEPLOY, tool
from tests.edge.conftest import until
from tests.fakes.mosquitto import free_port

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

FILES = DEPLOY / "mosquitto"
# As Debian's own /etc/mosquitto/mosquitto.conf has it, which includes ours.
DEBIAN_CONF = """\
persistence true
persistence_location {data}/
include_dir {conf_d}
"""


class Site:
    """A broker set up by our files and scripts in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "minori"
        self.loopback = self.tls = 0
        self.probe = self.rival = self.plug = ""
        self._process: subprocess.Popen[bytes] | None = None

    def set_up(self) -> None:
        self.script("make-certificates", "--host", "broker.lan")
        shutil.copy(FILES / "acl", self.keys / "acl")
        self.add_device("minori", "--password-file", str(self.folder / "mqtt.password"))
        for name in ("conf.d", "data"):
            (self.folder / name).mkdir()
        head = DEBIAN_CONF.format(data=self.folder / "data", conf_d=self.folder / "conf.d")
        (self.folder / "mosquitto.conf").write_text(head, encoding="utf-8")
        self._give_to_broker()

    def script(self, name: str, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [FILES / name, "--folder", str(self.keys), *words],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def add_device(self, *words: str) -> str:
        """Return the password of a new device."""
        said = self.script("add-device", *words)
        found = re.search(r"^password  (\S+)", said, re.MULTILINE)
        return found[1] if found else ""

    def start(self) -> None:
        """Start it, on ports of its own each time: it cannot have one again at once."""
        self.loopback, self.tls = free_port(), free_port()
        conf = (FILES / "minori.conf").read_text(encoding="utf-8")
        for ours, here in (
            ("listener 1883 127.0.0.1", f"listener {self.loopback} 127.0.0.1"),
            ("listener 8883", f"listener {self.tls} 127.0.0.1"),
            ("/etc/mosquitto/minori/", f"{self.keys}/"),
        ):
            assert ours in conf
            conf = conf.replace(ours, here)
        (self.folder / "conf.d" / "minori.conf").write_text(conf, encoding="utf-8")
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [tool("mosquitto"), "-c", str(self.folder / "mosquitto.conf")], stderr=log
            )
        limit = time.monotonic() + 20
        while time.monotonic() < limit and self._process.poll() is None:
            # Both at once: our files may not listen on one of them only.
            if all(_is_listening(port) for port in (self.loopback, self.tls)):
                return
            time.sleep(0.02)
        self.kill()
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8"))

    def tell(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def trust(self, authority: Path | None = None) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=authority or self.keys / "ca.crt")

    def device(self, name: str, password: str, **changed: object) -> Bus:
        """A device on the site's network: over TLS, knowing the CA."""
        facts = {"username": name, "password": password, "tls": self.trust()} | changed
        return Bus(Broker("localhost", self.tls, f"dev-{name}", **facts))

    def agent(self) -> Bus:
        """Minori's own session, from a minori.toml as the installation writes it."""
        file = self.folder / "minori.toml"
        file.write_text(
            f'[mqtt]\nhost = "127.0.0.1"\nport = {self.loopback}\nusername = "minori"\n'
            'password_file = "mqtt.password"\n'
        )
        return Bus(broker_of(load(file)))

    def _give_to_broker(self) -> None:
        """Started by root, the broker becomes the user `mosquitto`, as on a farm."""
        if os.getuid() == 0:
            self.folder.chmod(0o755)
            user = pwd.getpwnam("mosquitto")
            os.chown(self.folder / "data", user.pw_uid, user.pw_gid)


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def installed() -> Iterator[Site]:
    for name in ("mosquitto", "mosquitto_passwd", "openssl"):
        tool(name)
    # Not pytest's folders: those are closed to the user that the broker becomes.
    folder = Path(tempfile.mkdtemp(prefix="minori-broker-"))
    made = Site(folder)
    made.set_up()
    made.probe = made.add_device("probe-1")
    made.rival = made.add_device("probe-2")
    made.plug = made.add_device("plug-1", "--kind", "tasmota")
    yield made
    shutil.rmtree(folder)


@pytest.fixture
def site(installed: Site) -> Iterator[Site]:
    installed.start()
    yield installed
    installed.kill()


@asynccontextmanager
async def connected(
    bus: Bus, *filters: str, into: list[Message] | None = None
) -> AsyncIterator[Bus]:
    def receive(burst: list[Message]) -> None:
        if into is not None:
            into.extend(burst)
        for message in burst:
            message.acknowledge()

    task = asyncio.create_task(bus.run(filters, receive))
    try:
        await asyncio.wait_for(bus.wait_connected(), 20)
        yield bus
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def refusal(bus: Bus, caplog: pytest.LogCaptureFixture) -> tuple[str, str]:
    """Return why a connection was not made: code and sentence, as the agent's log says it."""
    caplog.clear()
    task = asyncio.create_task(bus.run())
    try:
        await until(lambda: coded(caplog) or bus.is_connected)
        assert not bus.is_connected
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    code, sentence = coded(caplog)[0]
    return code, sentence


def coded(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What we said ourselves; the client beneath has its say in the same log, and no code."""
    return [(one.code, one.getMessage()) for one in caplog.records if hasattr(one, "code")]


def said(messages: list[Message]) -> set[tuple[str, bytes]]:
    return {(message.topic, message.payload) for message in messages}


async def test_a_device_is_heard_under_its_own_name_and_no_other(site: Site) -> None:
    """One stolen probe must not be able to speak for the whole farm."""
    heard: list[Message] = []
    async with (
        connected(site.agent(), "#", into=heard),
        connected(site.device("probe-1", site.probe)) as probe,
        connected(site.device("plug-1", site.plug)) as plug,
    ):
        for device, topic in (
            (probe, "probes/probe-2/climate"),
            (probe, "tele/plug-1/SENSOR"),
            (probe, "homeassistant/sensor/x/config"),
            (plug, "tele/plug-2/SENSOR"),
        ):
            with pytest.raises(PublishRefused):
                await device.publish(topic, b"forged")
        await probe.publish("probes/probe-1/climate", b"true")
        await plug.publish("tele/plug-1/SENSOR", b"true")
        # Over one connection a message cannot overtake: what was sent before was refused.
        await until(lambda: len(heard) >= 2)

    assert said(heard) == {("probes/probe-1/climate", b"true"), ("tele/plug-1/SENSOR", b"true")}


async def test_no_device_hears_another(site: Site) -> None:
    """What a room measures is the farm's business, and not its neighbours' light bulbs'."""
    overheard: list[Message] = []
    heard: list[Message] = []
    async with (
        connected(site.agent(), "#", into=heard),
        connected(site.device("probe-2", site.rival), "#", into=overheard),
        connected(site.device("probe-1", site.probe)) as probe,
    ):
        await probe.publish("probes/probe-1/climate", b"21.4")
        await until(lambda: heard)
        # To itself it may listen: the broker passes both in the order they came.
        async with connected(site.device("plug-1", site.plug)):
            pass

    assert overheard == []


async def test_the_agent_may_show_zones_and_ask_for_a_rebirth(site: Site) -> None:
    heard: list[Message] = []
    async with connected(site.agent(), "#", into=heard) as agent:
        for topic in (
            "homeassistant/device/a/config",
            "spBv1.0/g/NCMD/n",
            "minori/farm/site/a/state",
        ):
            await agent.publish(topic, b"x")
        await until(lambda: len(heard) == 3)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_nobody_enters_without_a_name(
    site: Site, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    without = Broker("localhost", site.tls, "nobody", version=version, tls=site.trust())
    near = Broker("127.0.0.1", site.loopback, "nobody", version=version)
    for broker in (without, near):
        assert (await refusal(Bus(broker), caplog))[0] == "broker_refused"

    wrong = site.device("probe-1", "guessed", version=version)
    assert (await refusal(wrong, caplog))[0] == "broker_refused"


async def test_a_broker_that_shows_another_authority_s_certificate_is_not_believed(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A box in the ceiling that calls itself the broker gets no password."""
    other = Site(tmp_path)
    other.script("make-certificates")

    forged = site.device("probe-1", site.probe, tls=site.trust(other.keys / "ca.crt"))
    code, sentence = await refusal(forged, caplog)

    assert code == "broker_lost"
    assert "certificate verify failed" in sentence


def test_without_tls_nobody_is_heard_on_the_network(site: Site) -> None:
    connect = bytes.fromhex("10 0d 00 04 4d 51 54 54 04 02 00 3c 00 01 61")
    with socket.create_connection(("127.0.0.1", site.tls), timeout=20) as line:
        line.sendall(connect)
        try:
            answer = line.recv(100)
        except ConnectionResetError:
            answer = b""

    # A TLS alert or nothing; 20 would be MQTT's "come in".
    assert answer[:1] in (b"", b"\x15")


async def test_what_the_broker_kept_for_the_agent_outlives_its_own_kill(site: Site) -> None:
    """Mosquitto's defaults lost every acknowledged message on kill -9 (measured); with our settings
    at most the last one, which it acknowledges before it writes."""
    async with connected(site.agent(), "#"):
        pass
    async with connected(site.device("probe-1", site.probe)) as probe:
        for number in range(20):
            await probe.publish("probes/probe-1/n", b"%d" % number)
    site.kill()
    site.start()
    heard: list[Message] = []

    async with connected(site.agent(), "#", into=heard):
        await until(lambda: len(heard) >= 19)

    assert [m.payload for m in heard][:19] == [b"%d" % number for number in range(19)]


async def test_a_device_added_or_removed_while_the_broker_runs(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    password = site.add_device("late-1", "--topic", "farm/late-1/#")
    site.tell(signal.SIGHUP)
    heard: list[Message] = []
    # The broker reads its files anew when it gets to it; until then it refuses.
    async with (
        connected(site.agent(), "#", into=heard),
        connected(site.device("late-1", password)) as late,
    ):
        await late.publish("farm/late-1/climate", b"x")
        await until(lambda: heard)

    site.script("add-device", "--remove", "late-1")
    site.kill()
    site.start()
    assert (await refusal(site.device("late-1", password), caplog))[0] == "broker_refused"
    assert "late-1" not in (site.keys / "acl").read_text(encoding="utf-8")


async def test_a_renewed_certificate_is_shown_without_a_restart(site: Site) -> None:
    """825 days on, nobody remembers: the weekly timer renews it and the broker goes on."""
    before = ssl.get_server_certificate(("127.0.0.1", site.tls))
    assert "nothing to make" in site.script("make-certificates", "--renew")

    site.script("make-certificates", "--host", "another.lan", "--days", "30")
    site.script("make-certificates", "--renew")
    site.tell(signal.SIGHUP)

    await until(lambda: ssl.get_server_certificate(("127.0.0.1", site.tls)) != before)
    async with connected(site.device("probe-1", site.probe)):
        pass


@contextmanager
def unchanged(site: Site) -> Iterator[None]:
    files = [site.keys / "acl", site.keys / "passwords"]
    before = [file.read_bytes() for file in files]
    yield
    assert [file.read_bytes() for file in files] == before
    assert not list(site.keys.glob("*.new"))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("a/b",), "a name is letters, digits"),
        (("+",), "a name is letters, digits"),
        (("",), "which device"),
        (("minori",), "agent's own name"),
        (("probe-1",), "already"),
        (("new", "--kind", "zigbee"), "got 'zigbee'"),
        (("new", "--topic", "#"), "everybody's topics"),
        (("new", "--topic", "a b"), "no spaces"),
        (("one", "two"), "one name at a time"),
        (("--remove", "nobody"), "no device nobody"),
        (("--new-password", "nobody"), "no device nobody"),
        (("--kind",), "needs a value"),
        (("--nonsense",), "unknown option"),
    ],
)
def test_a_wrong_device_is_refused_and_nothing_is_written(
    installed: Site, words: tuple[str, ...], reason: str
) -> None:
    with unchanged(installed):
        assert reason in installed.script("add-device", *words, code=1)


def test_a_password_is_stored_hashed_and_readable_by_the_broker_alone(installed: Site) -> None:
    for name in ("passwords", "acl", "server.key"):
        assert (installed.keys / name).stat().st_mode & 0o077 == 0, name
    assert (installed.keys / "ca.key").stat().st_mode & 0o777 == 0o600
    assert installed.probe not in (installed.keys / "passwords").read_text(encoding="utf-8")
    assert "probe-1" in installed.script("add-device", "--list").splitlines()


def test_two_at_once_both_count(installed: Site) -> None:
    """Two technicians, two terminals."""
    names = [f"twin-{number}" for number in range(6)]
    script = [FILES / "add-device", "--folder", str(installed.keys), "--kind", "tasmota"]
    running = [subprocess.Popen([*script, name], stdout=subprocess.DEVNULL) for name in names]

    assert [process.wait(timeout=60) for process in running] == [0] * len(names)
    assert set(names) <= set(installed.script("add-device", "--list").splitlines())
    acl = (installed.keys / "acl").read_text(encoding="utf-8")
    assert all(f"user {name}\n" in acl for name in names)
