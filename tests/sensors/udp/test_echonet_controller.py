"""An ECHONET controller on real sockets: answers matched, notifications confirmed."""

import asyncio

import pytest

from sensors.errors import NoAnswer
from sensors.udp import EchonetController, listen
from sensors.wires import echonet
from sensors.wires.echonet import Frame, Property, Service

LOOPBACK = "127.0.0.1"
METER = 0x028801


@pytest.fixture
async def controller():
    made = EchonetController(
        notified=lambda frame, sender: heard.append(frame),
        refused=lambda datagram, error: refused.append(error.facts["fault"]),
    )
    heard, refused = [], []
    await made.open(port=0, host=LOOPBACK, group="")
    yield made, heard, refused
    await made.close()


@pytest.fixture
async def meter(controller):
    """A device that answers each question with what `script` makes of it, to the asker's port."""
    ours, _, _ = controller
    scripts, got = [], []

    def receive(datagram, sender):
        got.append(datagram)
        if scripts:
            for answer in scripts.pop(0)(Frame.from_bytes(datagram)):
                device.send(answer, (LOOPBACK, ours.port))

    device = await listen(0, receive, host=LOOPBACK)
    ours.peer_port = device.port
    yield device, scripts, got
    await device.close()


def answer(question, watts, service=Service.GET_RES, tid=None):
    frame = Frame(
        question.tid if tid is None else tid,
        question.deoj,
        question.seoj,
        service,
        (Property(0xE7, watts.to_bytes(4, "big")), Property(0xE8)),
    )
    return frame.to_bytes()


async def test_a_partial_answer_is_an_answer(controller, meter):
    ours, _, _ = controller
    meter[1].append(lambda question: [answer(question, 928, Service.GET_SNA)])

    frame = await ours.get(LOOPBACK, METER, (0xE7, 0xE8), limit_s=20)

    assert frame.properties[0].edt.hex() == "000003a0"


async def test_a_late_answer_to_an_earlier_question_is_not_taken(controller, meter):
    ours, _, refused = controller
    meter[1].append(lambda q: [answer(q, 1, tid=q.tid + 7), b"\x10\x81", answer(q, 2)])

    frame = await ours.get(LOOPBACK, METER, (0xE7,), limit_s=20)

    assert frame.properties[0].edt[-1] == 2
    assert refused == ["truncated"]


async def test_silence_costs_one_limit_and_the_next_question_is_asked(controller, meter):
    ours, _, _ = controller
    meter[1].append(lambda question: [])
    with pytest.raises(NoAnswer, match="028801"):
        await ours.get(LOOPBACK, METER, (0xE7,), limit_s=0.05)
    meter[1].append(lambda question: [answer(question, 3)])

    frame = await ours.get(LOOPBACK, METER, (0xE7,), limit_s=20)

    assert frame.properties[0].edt[-1] == 3


async def test_one_question_at_a_time_is_in_flight(controller, meter):
    """A meter that is asked twice at once answers neither."""
    ours, _, _ = controller
    meter[1].extend([lambda q: [answer(q, 1)], lambda q: [answer(q, 2)]])

    both = await asyncio.gather(
        ours.get(LOOPBACK, METER, (0xE7,), limit_s=20),
        ours.get(LOOPBACK, METER, (0xE7,), limit_s=20),
    )

    assert [frame.properties[0].edt[-1] for frame in both] == [1, 2]


async def test_a_notification_is_heard_and_confirmed(controller, meter, wait):
    ours, heard, _ = controller
    device, _, got = meter
    inform = Frame(9, METER, echonet.CONTROLLER, Service.INFC, (Property(0xE7, bytes(4)),))

    device.send(inform.to_bytes(), (LOOPBACK, ours.port))

    await wait(lambda: got and heard)
    assert heard == [inform]
    assert Frame.from_bytes(got[0]).service is Service.INFC_RES
