"""The broker: asked as the service would be, without throwing the service out."""

import asyncio
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from amqtt.broker import Broker as Amqtt

from edge.broker import _config
from edge.bus import Broker, Bus
from edge.doctor import broker
from edge.doctor.case import Case
from edge.store import ensure_place, open_store
from sensors import Reading
from tests.edge.conftest import until
from tests.edge.doctor.conftest import NOON, RUNNING, MakeCase, said, wrong
from tests.edge.test_bus import running
from tests.fakes.mosquitto import Mosquitto, free_port
from traceability import database
from traceability.readings import Delivery, Recorder


def mqtt(at: Mosquitto, **more: object) -> dict[str, object]:
    return {"mqtt": {"host": "127.0.0.1", "port": at.port, **more}}


def test_a_broker_that_lets_us_in_and_listen_is_right(case: MakeCase, mosquitto: Mosquitto) -> None:
    for version in ("5", "3.1.1"):
        found = list(broker.check(case(mqtt(mosquitto, version=version))))

        ((level, text),) = said(found)
        assert level == "ok"
        assert text.startswith(f"127.0.0.1:{mosquitto.port} lets us in and listen to")


async def test_the_service_keeps_its_session_meanwhile(
    case: MakeCase, mosquitto: Mosquitto
) -> None:
    """Under the service's own name the broker would hang up on the service, again and again."""
    examined = case(mqtt(mosquitto, client_id="me"))
    me = Bus(Broker("127.0.0.1", mosquitto.port, "me"))
    async with running(me, "t"):
        found = await asyncio.to_thread(lambda: list(broker.check(examined)))
        await until(lambda: me.is_connected)

        assert me.connections == 1
    assert not wrong(found)


def test_a_broker_that_is_not_there_says_how_to_look(case: MakeCase) -> None:
    settings = {"mqtt": {"host": "127.0.0.1", "port": free_port()}}
    (finding,) = wrong(list(broker.check(case(settings))))

    assert finding.level == 2
    assert "systemctl status mosquitto" in finding.cure


def test_a_wrong_password_is_told(case: MakeCase, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("")
    (tmp_path / "guess").write_text("guess")
    at = Mosquitto(tmp_path, extra=f"allow_anonymous false\npassword_file {tmp_path}/words")
    at.start()
    try:
        found = list(broker.check(case(mqtt(at, username="me", password_file="guess"))))
    finally:
        at.stop()

    (finding,) = wrong(found)
    assert "refused the connection" in said([finding])[0][1]
    assert "password that the broker has for {user}" in finding.cure


async def test_a_topic_that_is_not_granted_is_told_by_name(case: MakeCase) -> None:
    """Of four topics three may be heard: a farm that looks well and lacks a room."""
    port = free_port()
    config = _config(port)
    acl = {"acl": {"anonymous": ["zigbee2mqtt/#"]}}
    config.plugins["amqtt.plugins.topic_checking.TopicAccessControlListPlugin"] = acl
    at = Amqtt(config)
    await at.start()
    topics = [
        {"topic": "zigbee2mqtt/{device}", "shape": "zigbee2mqtt"},
        {"topic": "tele/{device}", "shape": "tasmota"},
    ]
    settings = {"host": "127.0.0.1", "port": port, "version": "3.1.1", "topics": topics}
    try:
        examined = case({"mqtt": settings})
        found = await asyncio.to_thread(lambda: list(broker.check(examined)))
    finally:
        await at.shutdown()

    (finding,) = wrong(found)
    assert "does not let us listen to tele/" in said([finding])[0][1]


def test_a_service_that_is_not_connected_though_the_broker_answers_is_told(
    case: MakeCase, mosquitto: Mosquitto
) -> None:
    numbers = RUNNING.replace("connected 1", "connected 0")

    (finding,) = wrong(list(broker.check(case(mqtt(mosquitto), numbers=numbers))))

    assert "not connected to it" in finding.text


def test_a_connection_that_was_deaf_is_told(case: MakeCase, mosquitto: Mosquitto) -> None:
    numbers = RUNNING + "minori_mqtt_deaf_total 3\n"

    (finding,) = wrong(list(broker.check(case(mqtt(mosquitto), numbers=numbers))))

    assert "up and deaf 3 times" in said([finding])[0][1]


def test_a_certificate_that_ends_soon_is_told(case: MakeCase, tmp_path: Path) -> None:
    _certificate(tmp_path, days=5)
    port = free_port()
    at = Mosquitto(
        tmp_path,
        extra=f"listener {port} 127.0.0.1\ncertfile {tmp_path}/cert.pem\n"
        f"keyfile {tmp_path}/key.pem\n",
    )
    at.start()
    try:
        settings = {"mqtt": {"host": "localhost", "port": port, "tls": True}}
        settings["mqtt"]["ca_file"] = str(tmp_path / "cert.pem")
        found = list(broker.check(case(settings)))
    finally:
        at.stop()

    (finding,) = wrong(found)
    assert said([finding]) == [("warn", "the certificate of localhost ends in 4 days")]


def _certificate(folder: Path, *, days: int) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days)),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )


def test_the_port_of_the_broker_inside_may_be_taken(case: MakeCase, mosquitto: Mosquitto) -> None:
    (finding,) = wrong(list(broker.check(case({"mqtt": {"port": mosquitto.port}}))))
    assert "another program listens on port" in finding.text

    taken_by_us = case({"mqtt": {"port": mosquitto.port}}, numbers=RUNNING)
    assert not wrong(list(broker.check(taken_by_us)))


def hear(examined: Case, device: str, at: datetime) -> None:
    settings = examined.settings
    assert settings is not None
    engine = open_store(settings)
    with database.writing_session(engine) as session:
        site = ensure_place(session, settings).id
    reading = Reading(device, "co2", 700.0, at=at)
    Recorder(engine, site).append([Delivery([reading])])
    engine.dispose()


@pytest.mark.parametrize("is_listed", [True, False])
def test_probes_that_count_are_not_left_to_the_broker_inside(
    case: MakeCase, is_listed: bool
) -> None:
    """It acknowledges before our commit, and a power cut takes what it holds."""
    devices = [{"name": "leaf-1"}] if is_listed else []
    examined = case({"mqtt": {"port": free_port()}, "devices": devices})
    if not is_listed:
        hear(examined, "leaf-1", NOON - timedelta(hours=2))

    (finding,) = wrong(list(broker.check(examined)))

    assert finding.level == 1
    assert "leaf-1" in said([finding])[0][1]
    assert "install.sh --with-mosquitto" in finding.cure


def test_polled_probes_and_those_gone_long_ago_do_not_need_mosquitto(case: MakeCase) -> None:
    ports = [{"name": "line-1", "device": "/dev/serial/by-id/x"}]
    polled = [{"name": "co2-1", "model": "senseair_s8", "port": "line-1", "address": 1}]
    examined = case({"mqtt": {"port": free_port()}, "ports": ports, "devices": polled})
    hear(examined, "co2-1", NOON)
    hear(examined, "tried-once", NOON - timedelta(days=3))

    assert not wrong(list(broker.check(examined)))
