"""The B-route as a port, on a scripted stick that speaks the command reference's lines."""

import pytest

from sensors.errors import DeviceRefused, NoAnswer, PortLost
from sensors.line import Line
from sensors.port import open_port
from sensors.probe import probe_for
from sensors.profile import load
from sensors.udp.wisun_port import WisunPort
from sensors.wires.echonet import Frame, Property, Service
from sensors.wires.skstack import Received
from tests.sensors.wires.test_skstack import ADDRESS, Stick


class StickPort:
    """The stick's serial port; `answers` says what comes for each question, as lines."""

    name, line, tcp, echo = "stick", Line(115_200), False, False

    def __init__(self, stick, answers):
        self.stick, self.answers, self.waiting, self.asked = stick, answers, [], []

    async def exchange(self, request, *, is_complete, limit_s, fresh=False):
        if request.startswith(b"SKSENDTO"):
            question = Frame.from_bytes(request[request.index(b"\x10\x81") :])
            self.asked.append(question)
            self.waiting += [f"EVENT 21 {ADDRESS} 00", "OK", *self.answers.pop(0)(question)]
        elif request:
            self.waiting += self.stick.lines(request.decode().strip())
        if not self.waiting:
            raise NoAnswer(device="stick", limit_ms=1)
        # Two lines and a half at once, as a serial line cuts them.
        text = "\r\n".join([*self.waiting, ""]).encode()
        self.waiting.clear()
        assert is_complete(text)
        return text

    async def close(self):
        pass


def power(question, watts=928, tid=None):
    properties = tuple(
        Property(p.epc, watts.to_bytes(4, "big") if p.epc == 0xE7 else b"")
        for p in question.properties
    )
    frame = Frame(
        question.tid if tid is None else tid,
        question.deoj,
        question.seoj,
        Service.GET_SNA,
        properties,
    )
    return Received(ADDRESS, 0x0E1A, 0x0E1A, frame.to_bytes()).to_line()


def made(*answers, stick=None):
    serial = StickPort(stick or Stick(), list(answers))
    port = WisunPort(serial, lambda: ("0" * 32, "S3CRET"))
    meter = probe_for(load("echonet_smart_meter"), device="m", port=port, address="0.0.0.0/028801")
    return serial, meter


async def test_the_meter_is_joined_once_and_read():
    def late(q):
        return [power(q, 1, tid=q.tid + 9), "ERXUDP broken", power(q)]

    serial, meter = made(late, lambda q: [power(q, 930)])

    first, second = await meter.read(), await meter.read()

    assert [readings[0].value for readings in (first, second)] == [928, 930]
    assert serial.stick.sent.count("ROPT") == 1
    assert [question.tid for question in serial.asked] == [1, 2]


async def test_a_session_that_ended_is_opened_again():
    serial, meter = made(lambda q: [f"EVENT 29 {ADDRESS}"], lambda q: [power(q)])
    with pytest.raises(PortLost, match="ended the session"):
        await meter.read()

    assert (await meter.read())[0].value == 928
    assert serial.stick.sent.count("ROPT") == 2


async def test_a_silent_meter_is_no_answer():
    _, meter = made(lambda q: [])

    with pytest.raises(NoAnswer):
        await meter.read()


async def test_a_wrong_password_is_refused_and_not_shown():
    _, meter = made(stick=Stick(refuses="SKSETPWD"))

    with pytest.raises(DeviceRefused) as caught:
        await meter.read()

    assert "S3CRET" not in str(caught.value)


async def test_settings_name_the_stick_and_a_file_of_credentials(tmp_path):
    port = open_port(f"wisun:///dev/null?credentials={tmp_path / 'none'}&sided=1")

    with pytest.raises(PortLost, match="two lines"):
        await port.exchange(
            b"0.0.0.0\0" + bytes.fromhex("1081000005ff010288016201e700"),
            is_complete=bool,
            limit_s=1,
        )
    await port.close()
