"""SKSTACK: from power-up to a session, and nothing secret in an error."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import DamagedFrame, DeviceRefused, NoAnswer, SensorError
from sensors.wires import skstack
from sensors.wires.lines import LineBuffer
from sensors.wires.skstack import Event, Received
from tests.sensors.wires import hostile

ADDRESS = "FE80:0000:0000:0000:021D:1290:1234:5678"
EPANDESC = [
    "EVENT 20 " + ADDRESS,
    "EPANDESC",
    "  Channel:21",
    "  Channel Page:09",
    "  Pan ID:8888",
    "  Addr:001D129012345678",
    "  LQI:E1",
    "  PairID:AABBCCDD",
]
SCAN_DONE = f"EVENT 22 {ADDRESS}"


class Stick:
    """Answers as a stick does; `found` says at which scan the meter is in reach."""

    def __init__(self, found=1, join=0x25, option="OK 01", refuses=""):
        self.found, self.join, self.option, self.refuses = found, join, option, refuses
        self.sent, self.scans = [], 0

    def lines(self, command):
        self.sent.append(command)
        word = command.split()[0]
        if self.refuses and command.startswith(self.refuses):
            return ["FAIL ER06"]
        if word == "ROPT":
            return [self.option]
        if word == "SKLL64":
            return [command, ADDRESS]
        if word == "SKSCAN":
            self.scans += 1
            return ["OK", *(EPANDESC if self.scans >= self.found else []), SCAN_DONE]
        if word == "SKJOIN":
            return ["OK", f"EVENT 21 {ADDRESS} 00", f"EVENT {self.join:02X} {ADDRESS}"]
        return [command, "OK"]


def joined(stick, **options):
    dialogue = skstack.join("0" * 32, "S3CRETPASSWD", **options)
    waiting, command = [], next(dialogue)
    while True:
        if command:
            waiting += stick.lines(command.decode().strip())
        try:
            command = dialogue.send(waiting.pop(0))
        except StopIteration as end:
            return end.value


def test_a_session_is_opened_step_by_step():
    stick = Stick()

    session = joined(stick)

    assert (session.address, session.meter.channel, session.meter.lqi) == (ADDRESS, "21", 0xE1)
    assert [command.split()[0] for command in stick.sent] == [
        "ROPT",
        "SKSETPWD",
        "SKSETRBID",
        "SKSCAN",
        "SKSREG",
        "SKSREG",
        "SKLL64",
        "SKJOIN",
    ]


def test_a_meter_behind_concrete_is_found_by_a_longer_scan():
    stick = Stick(found=3)

    joined(stick, sided=True)

    scans = [command for command in stick.sent if command.startswith("SKSCAN")]
    assert scans == [f"SKSCAN 2 FFFFFFFF {duration} 0" for duration in (4, 5, 6)]


def test_a_stick_that_shows_raw_data_is_set_to_hex_once():
    stick = Stick(option="OK 00")

    joined(stick)

    assert stick.sent[1] == "WOPT 01"


def test_no_meter_is_no_answer():
    with pytest.raises(NoAnswer):
        joined(Stick(found=99))


@pytest.mark.parametrize("stick", [Stick(join=0x24), Stick(refuses="SKSETPWD")])
def test_a_refusal_never_shows_the_password(stick):
    with pytest.raises(DeviceRefused) as caught:
        joined(stick)

    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize("sided", [False, True])
@given(data=st.binary(max_size=40))
def test_datagrams_survive_both_kinds_of_stick(sided, data):
    if not data:
        return
    received = Received(ADDRESS, 0x0E1A, 0x0E1A, data)

    assert skstack.understand(received.to_line(sided=sided)) == received


def test_a_question_is_sent_raw_behind_its_length():
    command = skstack.send(ADDRESS, b"\x10\x81\r\n")

    assert command == f"SKSENDTO 1 {ADDRESS} 0E1A 1 0004 ".encode() + b"\x10\x81\r\n"
    assert b" 1 0 0004 " in skstack.send(ADDRESS, b"abcd", sided=True)


def test_events_are_read():
    assert skstack.understand(f"EVENT 29 {ADDRESS}") == Event(0x29, ADDRESS)
    assert 0x29 in skstack.SESSION_ENDED
    assert skstack.understand("OK") is None


@given(st.text(max_size=60), st.sampled_from(["", "EVENT ", "ERXUDP ", "ERXUDP 1 2 3 4 5 6 "]))
def test_arbitrary_lines_raise_only_the_typed_error(text, head):
    with contextlib.suppress(DamagedFrame):
        skstack.understand(head + text)


@given(st.lists(st.text(max_size=20), max_size=30))
def test_a_stick_that_talks_nonsense_raises_only_typed_errors(lines):
    dialogue = skstack.join("id", "password")
    next(dialogue)
    with contextlib.suppress(SensorError):
        for line in lines:
            dialogue.send(line)


GOOD = Received(ADDRESS, 0x0E1A, 0x0E1A, bytes.fromhex("1081000102880105ff017201e704000003a0"))


@pytest.mark.parametrize("name", hostile.deliveries(b""))
def test_the_next_good_datagram_is_found(name):
    good = GOOD.to_line().encode() + b"\r\n"
    found = []
    for line in hostile.frames(LineBuffer(b"\r\n").feed, [*hostile.deliveries(good)[name], good]):
        with contextlib.suppress(DamagedFrame):
            found.append(skstack.understand(line.decode("latin-1")))

    assert GOOD in found
