"""Nothing is said to a hub that is not the one: the certificate decides, and there is no switch."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import enrolment
from edge.errors import (
    HubAddressWrong,
    HubDenied,
    HubError,
    HubFailed,
    HubSpeaksNoTls,
    HubUnreachable,
    HubUnsafe,
    HubUntrusted,
    NotEnrolled,
    SettingsInvalid,
)
from edge.hub_client import HubClient
from edge.settings import Settings
from edge.settings_file import parse
from tests.edge import certificates
from tests.edge.certificates import Certificates
from tests.edge.conftest import until
from tests.edge.hubs import Hub, new_farm, running_hub
from tests.edge.test_uplink import T0, is_level
from tests.fakes.mosquitto import free_port
from traceability.wire import Enrolment


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def hub(tmp_path: Path, files: Certificates) -> Iterator[Hub]:
    with running_hub(f"sqlite:///{tmp_path / 'hub.db'}", **files.served) as hub:
        yield hub


def settings(folder: Path, **hub: str) -> Settings:
    return parse({"hub": hub}).inside(folder)


async def asked(settings: Settings, address: str, credential: str = "x.y") -> object:
    async with HubClient(settings, address, credential) as client:
        return await client.state("s")


async def test_records_go_over_tls_to_a_hub_of_an_own_authority(
    hub: Hub, files: Certificates, tmp_path: Path
) -> None:
    farm = new_farm(tmp_path / "edge", ca_file=str(files.authority))
    farm.enrol(hub)
    farm.record(("probe", T0, 800.0))

    async with farm.sending():
        await until(lambda: hub.count("reading") == 1 and is_level(farm))

    farm.engine.dispose()


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    hub: Hub, tmp_path: Path
) -> None:
    with pytest.raises(HubUntrusted, match="ca_file"):
        await asked(settings(tmp_path), hub.address)


async def test_nor_is_one_of_another_authority(hub: Hub, tmp_path: Path) -> None:
    other = certificates.make(tmp_path / "other")

    with pytest.raises(HubUntrusted):
        await asked(settings(tmp_path, ca_file=str(other.authority)), hub.address)


@pytest.mark.parametrize(
    ("made", "said"),
    [({"name": "hub.example"}, "hub's address as its certificate"), ({"days": -1}, "clock")],
)
async def test_nor_one_for_another_name_or_time(
    tmp_path: Path, made: dict[str, object], said: str
) -> None:
    """A board without a clock sees every certificate as not valid yet, and must say which it is."""
    files = certificates.make(tmp_path / "ca", **made)  # type: ignore[arg-type]
    chosen = settings(tmp_path, ca_file=str(files.authority))

    with (
        running_hub(f"sqlite:///{tmp_path / 'hub.db'}", **files.served) as hub,
        pytest.raises(HubUntrusted, match=said),
    ):
        await asked(chosen, hub.address)


@pytest.mark.parametrize("address", ["http://hub.example", "ftp://hub.example"])
async def test_an_address_that_anybody_could_listen_to_is_refused(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(HubUnsafe):
        await asked(settings(tmp_path), address)


@pytest.mark.parametrize(
    "address",
    [
        "hub.example",
        "localhost:8443",
        "https://",
        "https://hub.example:port",
        "https://hub.example:0",
        "https://[fe80",
        "https://my hub",
        "https://hub.example/?site=1",
        "https://-農-",
        "https://農場\u2009",
    ],
)
async def test_what_is_no_address_is_said_to_be_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(HubAddressWrong, match="no address of a hub"):
        await asked(settings(tmp_path), address)


async def test_a_credential_nobody_knows_is_named(tmp_path: Path) -> None:
    with (
        running_hub(f"sqlite:///{tmp_path / 'hub.db'}") as hub,
        pytest.raises(HubDenied, match="minori enrol") as denied,
    ):
        await asked(settings(tmp_path), hub.address)

    assert denied.value.code == "edge_unknown"


async def test_a_code_that_is_wrong_says_so(tmp_path: Path) -> None:
    with running_hub(f"sqlite:///{tmp_path / 'hub.db'}") as hub:
        async with HubClient(settings(tmp_path), hub.address) as client:
            with pytest.raises(HubDenied, match="hub enrol") as denied:
                await client.enrol(Enrolment("AAAA-AAAA-AAAA", "aizu", "main"))

    assert denied.value.code == "enrolment_refused"


async def test_plain_http_spoken_to_as_https_is_told_by_its_port(tmp_path: Path) -> None:
    with (
        running_hub(f"sqlite:///{tmp_path / 'hub.db'}") as hub,
        pytest.raises(HubSpeaksNoTls, match="check the port") as error,
    ):
        await asked(settings(tmp_path), hub.address.replace("http:", "https:"))

    assert "ssl" not in str(error.value).lower()


async def test_a_page_for_people_is_no_address_of_a_hub(tmp_path: Path) -> None:
    with (
        running_hub(f"sqlite:///{tmp_path / 'hub.db'}") as hub,
        pytest.raises(HubFailed, match="sites do not send to that address"),
    ):
        await asked(settings(tmp_path), f"{hub.address}/lots")


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(HubUnreachable, match=r"\(connection refused\).* is safe here"):
        await asked(settings(tmp_path), f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf",
        b"",
        b"\x00\x01\x02",
    ],
)
async def test_what_is_no_hub_is_told_apart_and_never_believed(
    tmp_path: Path, answer: bytes
) -> None:
    """A captive portal at the hotspot answers 200 to everything."""

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(HubError) as error:
            await asked(settings(tmp_path), f"http://127.0.0.1:{port}")

    assert isinstance(error.value, (HubFailed, HubUnreachable))


def test_a_credential_is_written_for_us_alone(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    for secret in ("first", "second"):
        file = enrolment.save(chosen, enrolment.Enrolment("https://hub.example", secret))

    assert file.stat().st_mode & 0o777 == 0o600
    assert enrolment.load(chosen).credential == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["hub.credential"]


@pytest.mark.parametrize("name", ["folder", "missing/hub.credential"])
def test_a_file_that_cannot_be_written_is_named_before_the_hub_is_asked(
    tmp_path: Path, name: str
) -> None:
    """The code is good once: it must not be gone because of a folder's rights."""
    (tmp_path / "folder").mkdir()
    chosen = settings(tmp_path, credential_file=name)

    with pytest.raises(SettingsInvalid, match="nothing was asked"), enrolment.place(chosen):
        pytest.fail("the hub was asked")

    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_the_old_credential_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    old = enrolment.Enrolment("https://hub.example", "old")
    enrolment.save(chosen, old)

    with pytest.raises(HubUnreachable), enrolment.place(chosen):
        raise HubUnreachable(hub="https://hub.example", cause="it died")

    assert enrolment.load(chosen) == old
    assert [path.name for path in tmp_path.iterdir()] == ["hub.credential"]


def test_a_credential_is_not_shown_to_another_hub(tmp_path: Path) -> None:
    enrolment.save(settings(tmp_path), enrolment.Enrolment("https://hub.example", "secret"))

    with pytest.raises(NotEnrolled, match=r"other\.example"):
        enrolment.load(settings(tmp_path, url="https://other.example"))


@pytest.mark.parametrize("text", ["", "{}", "[]", "secret", json.dumps({"hub": "x"}), "\x00"])
def test_a_file_that_is_no_credential_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "hub.credential").write_text(text)

    with pytest.raises(SettingsInvalid, match=r"hub\.credential"):
        enrolment.load(settings(tmp_path))
