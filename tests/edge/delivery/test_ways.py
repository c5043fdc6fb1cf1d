"""Each way a message takes, to real servers on this machine."""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.bus import Broker, Bus
from edge.delivery import guard, mail, services, webhook
from edge.delivery.addresses import Address, addresses_of
from edge.delivery.message import Message
from edge.delivery.sending import Sender
from edge.errors import NotDelivered, SettingsInvalid, Undeliverable
from edge.settings import Smtp
from edge.settings_file import parse
from tests.fakes.mailbox import Mailbox
from tests.fakes.mosquitto import Mosquitto
from tests.fakes.webhooks import Webhooks

AT = datetime(2026, 11, 1, 3, tzinfo=UTC)
MESSAGE = Message(
    id="0197aaaa-0000-7000-8000-00000000abcd",
    kind="alarm_raised",
    severity="critical",
    language="ja",
    title="警報(緊急): A室 気温 34.2 °C",
    text="12分前から\nhttps://farm.example/alarms/1",
    at=AT,
    facts={"alarm": {"zone": "A"}},
)
SECRET = "s3cret-token-of-the-service"


def smtp(box: Mailbox, **changed) -> Smtp:
    return Smtp(**({"host": "127.0.0.1", "port": box.port, "security": "none"} | changed))


def mail_to(address: str = "mailto:sato@farm.example") -> Address:
    return Address("mailto 1", address)


async def test_a_mail_arrives_in_japanese_under_its_own_id() -> None:
    async with Mailbox() as box:
        await mail.send(MESSAGE, mail_to(), smtp(box, sender="minori@farm.example"), "")

    (got,) = box.mails
    assert box.recipients == ["sato@farm.example"]
    assert got["Subject"] == MESSAGE.title
    assert MESSAGE.text.splitlines()[0] in got.get_content()
    assert got["Message-ID"] == f"<{MESSAGE.id}@farm.example>"
    assert got["Auto-Submitted"] == "auto-generated"


async def test_a_mail_server_that_asks_is_signed_in_to() -> None:
    login = base64.b64encode(b"\0minori\0pass").decode()
    async with Mailbox(login=login) as box:
        await mail.send(MESSAGE, mail_to(), smtp(box, username="minori"), "pass")
        with pytest.raises(NotDelivered, match="535 wrong password") as refused:
            await mail.send(MESSAGE, mail_to(), smtp(box, username="minori"), SECRET)

    assert len(box.mails) == 1
    assert SECRET not in str(refused.value)


async def test_a_certificate_nobody_vouches_for_gets_no_password(tmp_path: Path) -> None:
    async with Mailbox(tls=_own_certificate(tmp_path)) as box:
        with pytest.raises(NotDelivered, match="cannot be reached"):
            await mail.send(MESSAGE, mail_to(), smtp(box, security="starttls"), "")

    assert box.mails == []


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        ({"RCPT": "550 no such person"}, "refused the recipient .550 no such person"),
        ({"DATA": "452 full"}, "452 full"),
        ({"EHLO": "500 what", "HELO": "500 what"}, "500 what"),
    ],
)
async def test_what_a_mail_server_refuses_is_said_in_its_words(refuse, said: str) -> None:
    async with Mailbox(refuse=refuse) as box:
        with pytest.raises(NotDelivered, match=said):
            await mail.send(MESSAGE, mail_to(), smtp(box), "")


async def test_a_mail_server_that_is_away_is_tried_again() -> None:
    async with Mailbox() as box:
        port = box.port

    with pytest.raises(NotDelivered, match="cannot be reached"):
        await mail.send(MESSAGE, mail_to(), Smtp(host="127.0.0.1", port=port, security="none"), "")


@pytest.mark.parametrize(
    "address",
    ["mailto:", "mailto:nobody", "mailto:a@b\r\nBcc: x@y", "mailto:a@b,c@d", "mailto:a%0a@b"],
)
async def test_what_is_no_mail_address_is_given_up(address: str) -> None:
    async with Mailbox() as box:
        with pytest.raises(Undeliverable, match="no mail address"):
            await mail.send(MESSAGE, mail_to(address), smtp(box), "")


async def test_a_title_of_two_lines_adds_no_header() -> None:
    said = Message("1", "test", "info", "en", "a\r\nBcc: x@y.example", "text", AT)

    assert mail.compose(said, "a@b.example", "m@b.example")["Bcc"] is None


async def test_a_webhook_is_signed_over_id_time_and_body() -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    async with Webhooks() as hooks:
        address = Address("http 1", hooks.url + "/hook?x=1", secret)
        await webhook.send(MESSAGE, address, now=lambda: 1_790_000_000.7)

    (got,) = hooks.posted
    assert got.path == "/hook?x=1"
    assert json.loads(got.body) == MESSAGE.as_dict()
    assert got.headers["webhook-id"] == MESSAGE.id
    signed = f"{MESSAGE.id}.1790000000.".encode() + got.body
    right = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{right}"


@pytest.mark.parametrize("tampered", ["id", "time", "body", "key"])
def test_a_changed_webhook_has_another_signature(tampered: str) -> None:
    """So a receiver notices a replay under a new time as well as another body."""
    right = {"message_id": "1", "timestamp": 5, "body": b"{}", "secret": "key"}
    wrong = {"id": {"message_id": "2"}, "time": {"timestamp": 6}, "body": {"body": b"[]"}}
    changed = right | wrong.get(tampered, {"secret": "kez"})

    assert webhook.signature(**right) != webhook.signature(**changed)


async def test_without_a_key_nothing_pretends_to_be_signed() -> None:
    async with Webhooks() as hooks:
        await webhook.send(MESSAGE, Address("http 1", hooks.url))

    assert "webhook-signature" not in hooks.posted[0].headers


async def test_a_redirect_is_not_followed() -> None:
    """It could lead into the farm's own network."""
    async with (
        Webhooks() as canary,
        Webhooks(answers=["302 Found"], headers=f"location: {canary.url}/inside\r\n") as hooks,
    ):
        with pytest.raises(NotDelivered, match="redirects"):
            await webhook.send(MESSAGE, Address("http 1", hooks.url))

    assert canary.posted == []


@pytest.mark.parametrize("answer", ["500 Oops", "404 Not Found", "401 Unauthorized"])
async def test_what_a_receiver_refuses_is_tried_again(answer: str) -> None:
    async with Webhooks(answers=[answer]) as hooks:
        with pytest.raises(NotDelivered, match=answer[:3]):
            await webhook.send(MESSAGE, Address("http 1", hooks.url))


async def test_a_receiver_that_never_answers_costs_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook, "LIMIT_S", 0.2)
    async with Webhooks(hangs=True) as hooks:
        with pytest.raises(NotDelivered, match="ReadTimeout"):
            await webhook.send(MESSAGE, Address("http 1", hooks.url))


OWN_PLACES = [
    "https://127.0.0.1/",
    "https://localhost/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://0.0.0.0/",
    "https://10.0.0.7/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    "https://198.18.0.1/",
    "https://255.255.255.255/",
]


@pytest.mark.parametrize("url", OWN_PLACES)
async def test_a_strangers_address_never_leads_to_a_place_of_ours(url: str) -> None:
    with pytest.raises((Undeliverable, NotDelivered)) as refused:
        await webhook.send(MESSAGE, Address("https 1", url, is_trusted=False))

    assert isinstance(refused.value, Undeliverable) or "not known" in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "https://93.184.216.34:22/",
        "https://93.184.216.34:99999/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "https:///x",
    ],
)
async def test_a_strangers_address_is_https_on_a_usual_port(url: str) -> None:
    with pytest.raises(Undeliverable):
        await guard.checked(Address("x 1", url, is_trusted=False))


async def test_a_name_is_looked_up_once_and_the_checked_number_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that resolves to a public place first and to the router next gains nothing."""
    answers = ["127.0.0.1", "10.0.0.1"]

    async def resolve(_loop, host, port, **_):
        return [(0, 0, 0, "", (answers.pop(0), port))]

    async with Webhooks() as hooks:
        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
        url = f"http://rebinding.example:{hooks.port}/"
        await webhook.send(MESSAGE, Address("http 1", url))

    assert hooks.posted[0].headers["host"] == f"rebinding.example:{hooks.port}"
    assert answers == ["10.0.0.1"]


async def test_one_private_number_among_public_ones_is_one_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolve(_loop, host, port, **_):
        return [(0, 0, 0, "", (ip, port)) for ip in ("93.184.216.34", "192.168.0.1")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)

    with pytest.raises(Undeliverable, match="not public"):
        await guard.checked(Address("https 1", "https://both.example/", is_trusted=False))


async def test_a_message_on_mqtt_is_what_a_webhook_gets(mosquitto: Mosquitto) -> None:
    bus = Bus(Broker("127.0.0.1", mosquitto.port, "minori"))
    got: asyncio.Queue[bytes] = asyncio.Queue()

    def receive(burst) -> None:
        for message in burst:
            got.put_nowait(message.payload)
            message.acknowledge()

    ear = Bus(Broker("127.0.0.1", mosquitto.port, "ear"))
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(bus.run()),
            tasks.create_task(ear.run(("farm/alarms",), receive)),
        ]
        await ear.wait_connected()
        await Sender(lambda: parse({}), bus).send(MESSAGE, Address("mqtt 1", "mqtt:farm/alarms"))
        said = json.loads(await got.get())
        for task in running:
            task.cancel()

    assert said == MESSAGE.as_dict()


@pytest.mark.parametrize("topic", ["", "farm/#", "farm/+/x"])
async def test_what_is_no_topic_is_given_up(topic: str) -> None:
    sender = Sender(lambda: parse({}), None)

    with pytest.raises(Undeliverable, match="no topic"):
        await sender.send(MESSAGE, Address("mqtt 1", f"mqtt:{topic}"))


async def test_apprise_sends_where_its_address_leads() -> None:
    async with Webhooks() as hooks:
        url = f"json://user:{SECRET}@127.0.0.1:{hooks.port}/"
        await services.send(MESSAGE, Address("json 1", url))

    (got,) = hooks.posted
    said = json.loads(got.body)
    assert (said["title"], said["message"]) == (MESSAGE.title, MESSAGE.text)


async def test_apprise_follows_no_redirect_either() -> None:
    async with (
        Webhooks() as canary,
        Webhooks(answers=["302 Found"], headers=f"location: {canary.url}/inside\r\n") as hooks,
    ):
        with pytest.raises(NotDelivered):
            await services.send(MESSAGE, Address("json 1", f"json://127.0.0.1:{hooks.port}/"))

    assert canary.posted == []


async def test_why_apprise_failed_is_said_without_the_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An address of apprise is a password; neither the error nor our log may hold it."""
    caplog.set_level(logging.INFO)  # as the service logs
    async with Webhooks(answers=["403 Forbidden"]) as hooks:
        url = f"json://user:{SECRET}@127.0.0.1:{hooks.port}/{SECRET}/"
        with pytest.raises(NotDelivered, match="403") as refused:
            await services.send(MESSAGE, Address("json 1", url))

    assert SECRET not in str(refused.value)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("url", ["line://", "nosuch://x", "json://", "slack://a"])
async def test_what_apprise_does_not_know_is_given_up(url: str) -> None:
    with pytest.raises(Undeliverable) as refused:
        await services.send(MESSAGE, Address("x 1", url))

    assert "compare it with" in str(refused.value)


async def test_a_strangers_address_names_a_known_service_only() -> None:
    async with Webhooks() as canary:
        for scheme in ("json", "xml", "form", "apprise", "mailto", "mqtt", "syslog", "gotify"):
            address = Address("x 1", f"{scheme}://127.0.0.1:{canary.port}/x", is_trusted=False)
            with pytest.raises(Undeliverable, match="settings only"):
                await services.send(MESSAGE, address)

    assert canary.posted == []


def test_addresses_are_labelled_without_their_secrets(tmp_path: Path) -> None:
    file = tmp_path / "sato.urls"
    file.write_text(f"# LINE\nline://{SECRET}/U1\n\nline://{SECRET}/U2\n")
    file.chmod(0o600)
    said = {"name": "Sato", "urls": [f"https://h.example/{SECRET}"], "urls_file": "sato.urls"}
    chosen = parse({"contacts": [said]}).inside(tmp_path)

    found = addresses_of(chosen, chosen.contacts[0])

    assert [one.label for one in found] == ["https 1", "line 1", "line 2"]
    assert found[2].url == f"line://{SECRET}/U2"
    assert SECRET not in repr(found) + repr(chosen)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_of_addresses_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "sato.urls"
    file.write_text(f"line://{SECRET}/U1\n")
    file.chmod(mode)
    said = {"name": "Sato", "urls_file": "sato.urls"}
    chosen = parse({"contacts": [said]}).inside(tmp_path)

    with pytest.raises(SettingsInvalid, match="chmod 600") as refused:
        addresses_of(chosen, chosen.contacts[0])

    assert SECRET not in str(refused.value)


def _own_certificate(folder: Path) -> ssl.SSLContext:
    import subprocess

    key, certificate = folder / "key.pem", folder / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
