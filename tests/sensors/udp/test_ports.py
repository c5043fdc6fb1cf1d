"""Networks as ports: a probe on ECHONET Lite or UECS is polled like one on a cable."""

import asyncio
from dataclasses import replace

import pytest

from sensors.errors import BadProfile, DeviceRefused, NoAnswer
from sensors.port import open_port
from sensors.probe import probe_for
from sensors.profile import load
from sensors.udp import UecsNode, listen
from sensors.udp.ports import EchonetPort, UecsPort
from sensors.wires.echonet import Frame, Property, Service
from sensors.wires.uecs import Data, Node, Place

LOOPBACK = "127.0.0.1"


@pytest.fixture
async def home():
    """An ECHONET port, and a device whose answers `given` says (property number -> bytes)."""
    given, heard = {}, []

    def receive(datagram, sender):
        question = Frame.from_bytes(datagram)
        heard.append(question)
        props = tuple(Property(p.epc, given.get(p.epc, b"")) for p in question.properties)
        whole = all(prop.edt for prop in props)
        service = Service.GET_RES if whole else Service.GET_SNA
        answer = Frame(question.tid, question.deoj, question.seoj, service, props)
        device.send(answer.to_bytes(), sender)

    device = await listen(0, receive, host=LOOPBACK)
    port = EchonetPort(LOOPBACK, port=0, peer_port=device.port, group="")
    yield port, given, heard
    await port.close()
    await device.close()


async def test_a_smart_meter_is_read_in_one_question(home):
    port, given, heard = home
    given |= {
        0xE7: bytes.fromhex("000003a0"),
        0xE8: bytes.fromhex("00327ffe"),
        0xE0: bytes.fromhex("0001e240"),
        0xE1: b"\x01",
    }
    meter = probe_for(
        load("echonet_smart_meter"), device="m", port=port, address=f"{LOOPBACK}/028801"
    )

    readings = await meter.read()

    got = {(r.quantity, r.channel): r.value for r in readings}
    assert got == {
        ("power", ""): 928,
        ("current", "r"): 5.0,
        ("current", "t"): None,
        ("energy", ""): 12345.6,
        ("energy_returned", ""): None,
    }
    assert len(heard) == 1


async def test_each_question_has_its_own_number(home):
    port, given, heard = home
    given[0xE0] = b"\x00\xeb"
    probe = probe_for(
        load("echonet_temperature"), device="t", port=port, address=f"{LOOPBACK}/001101"
    )

    await probe.read()
    await probe.read()

    assert [frame.tid for frame in heard] == [1, 2]


async def test_an_object_without_the_properties_refuses(home):
    port, _, _ = home
    probe = probe_for(
        load("echonet_temperature"), device="t", port=port, address=f"{LOOPBACK}/001101"
    )

    with pytest.raises(DeviceRefused):
        await probe.read()


async def test_a_silent_host_costs_its_own_limit(home):
    port, given, _ = home
    given[0xE0] = b"\x00\xeb"
    profile = replace(load("echonet_temperature"), answers_within_s=0.05)
    silent = probe_for(profile, device="s", port=port, address="127.0.0.2/001101")

    with pytest.raises(NoAnswer):
        await silent.read()


@pytest.mark.parametrize("address", ["1", "host/028801", f"{LOOPBACK}/28801", LOOPBACK])
async def test_an_address_that_is_none_is_refused_before_anything_is_sent(home, address):
    port, _, heard = home
    probe = probe_for(load("echonet_co2"), device="x", port=port, address=address)

    with pytest.raises(BadProfile, match="028801"):
        await probe.read()
    assert heard == []


@pytest.fixture
async def greenhouse():
    """A UECS port with a clock of its own, and a node that sends to it."""
    now = [1000.0]
    port = UecsPort(LOOPBACK, data_port=0, scan_port=0, clock=lambda: now[0])
    await port.open()
    node = UecsNode.of(
        Node("n", "v", "010000000001", LOOPBACK, "0"),
        heard=lambda *_: None,
        refused=lambda *_: None,
    )
    await node.open(data_port=0, scan_port=0, host=LOOPBACK, group="")

    def say(full_type, value, **options):
        data = Data(full_type, Place(1, 1, 1), options.pop("priority", 29), value, **options)
        node.send([data], (LOOPBACK, port.ports[0]))

    yield port, say, now
    await node.close()
    await port.close()


def climate(port):
    return probe_for(load("uecs_climate"), device="bay", port=port, address="1/1/1")


async def test_a_room_is_read_from_what_its_nodes_say(greenhouse, wait):
    port, say, now = greenhouse
    say("InAirTemp.mIC", 23.5)
    say("InAirHumid.mIC", 65.2)
    say("InAirTemp.mIC", 30.0, ip="10.0.0.9", priority=15)
    await wait(lambda: len(port._heard) == 3)
    now[0] += 29.9

    readings = await climate(port).read()

    assert {r.quantity: r.value for r in readings} == {
        "air_temperature": 30.0,
        "relative_humidity": 65.2,
        "co2": None,
    }


async def test_a_value_nobody_repeats_is_not_read_again(greenhouse, wait):
    port, say, now = greenhouse
    say("InAirTemp.mIC", 23.5)
    await wait(lambda: port._heard)
    now[0] += 30.1

    with pytest.raises(NoAnswer, match="bay"):
        await climate(port).read()


async def test_a_port_just_opened_waits_for_the_first_word(greenhouse):
    port, say, _now = greenhouse
    ask = asyncio.create_task(
        port.exchange(b"InAirCO2.mIC 1/1/1 A-10S-0", is_complete=bool, limit_s=30)
    )
    while not port._news._waiters:
        await asyncio.sleep(0)

    say("InAirCO2.mIC", 612)

    assert b">612.000000<" in await ask


async def test_a_flood_of_senders_does_not_grow_the_memory(greenhouse):
    port, _, _now = greenhouse
    for number in range(5000):
        port._hear(Data("InAirTemp.mIC", Place(1, 1, 1), 29, 1.0, f"10.0.0.{number}"), LOOPBACK)

    assert len(port._heard) == 4096


def test_settings_name_networks_as_ports():
    assert isinstance(open_port("echonet://0.0.0.0"), EchonetPort)
    assert isinstance(open_port("uecs://0.0.0.0"), UecsPort)
