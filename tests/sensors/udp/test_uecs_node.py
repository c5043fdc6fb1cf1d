"""A UECS node on real sockets: values in, scans both ways, strangers unheard."""

from ipaddress import IPv4Network

import pytest

from sensors.errors import PortLost
from sensors.udp import UecsNode, listen
from sensors.wires.uecs import Ccm, CcmList, Data, Node, NodeAnswer, Place

LOOPBACK = "127.0.0.1"
WHO = Node("env1", "demo", "010000000001", LOOPBACK, "02A2730B0002")
CCMS = tuple(
    Ccm(number, kind, Place(1, 1, 1), 29, 1, "C", "S", "A-10S-0")
    for number, kind in enumerate(["InAirTemp.mIC", "InAirHumid.mIC", "InAirCO2.mIC"], start=1)
)


@pytest.fixture
async def nodes():
    """Two nodes, each with what it heard and what it refused."""
    made = []
    for ccms in ((), CCMS):
        heard, refused = [], []
        node = UecsNode.of(
            WHO,
            ccms,
            heard=lambda data, sender, heard=heard: heard.append((data, sender)),
            refused=lambda datagram, error, refused=refused: refused.append(error.facts["fault"]),
        )
        await node.open(data_port=0, scan_port=0, host=LOOPBACK, group="")
        made.append((node, heard, refused))
    yield made
    for node, _, _ in made:
        await node.close()


async def test_a_value_is_heard_with_its_sender(nodes, wait):
    (us, heard, _), (other, _, _) = nodes
    sent = Data("InAirTemp", Place(1, 1, 1), 29, 23.5, LOOPBACK)

    other.send([sent], (LOOPBACK, us.ports[0]))

    await wait(lambda: heard)
    assert heard == [(sent, LOOPBACK)]


async def test_a_scan_collects_the_node_and_every_page_of_its_list(nodes, wait):
    (us, _, _), (other, _, _) = nodes

    us.scan((LOOPBACK, other.ports[1]))

    await wait(lambda: len(us.answers.get(LOOPBACK, [])) == 4)
    node, *pages = us.answers[LOOPBACK]
    assert node == NodeAnswer(WHO)
    assert [page.ccms[0] for page in pages if isinstance(page, CcmList)] == list(CCMS)


async def test_garbage_is_counted_and_the_next_value_heard(nodes, wait):
    (us, heard, refused), (other, _, _) = nodes
    other._data.send(b"<!DOCTYPE x><UECS/>", (LOOPBACK, us.ports[0]))

    other.send([Data("InAirTemp", Place(), 29, 1.0, None)], (LOOPBACK, us.ports[0]))

    await wait(lambda: heard)
    assert refused == ["dtd_forbidden"]


async def test_strangers_are_not_heard(wait):
    received = []
    ours = await listen(
        0, lambda *got: received.append(got), host=LOOPBACK, trusted=[IPv4Network("10.0.0.0/8")]
    )
    sender = await listen(0, lambda *got: None, host=LOOPBACK)

    sender.send(b"x", (LOOPBACK, ours.port))

    await wait(lambda: ours.counts.foreign)
    assert received == []
    await ours.close()
    await sender.close()


async def test_a_closed_socket_says_so():
    ours = await listen(0, lambda *got: None, host=LOOPBACK)
    await ours.close()

    with pytest.raises(PortLost):
        ours.send(b"x", (LOOPBACK, 9))
    with pytest.raises(PortLost):
        await listen(0, lambda *got: None, host="203.0.113.1")


async def test_a_group_that_cannot_be_joined_does_not_deafen_the_node(caplog):
    ours = await listen(0, lambda *got: None, host=LOOPBACK, group="192.0.2.1")

    assert "not joined" in caplog.text
    await ours.close()
