"""SHDLC: stuffing, checksum, and only the answer to the question asked."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import DamagedFrame, DeviceRefused
from sensors.wires import shdlc
from tests.sensors.wires import hostile

BYTE = st.integers(0, 255)
GOOD = shdlc.Answer(0, 0xD1, 0, bytes([0x7E, 0x7D, 0x11, 0x13, 0x66])).to_bytes()


def test_the_datasheets_frame_is_built():
    """SPS30 datasheet, section 5.3.1: start measurement, big-endian floats."""
    assert shdlc.Request(0, 0, b"\x01\x03").to_bytes().hex() == "7e0000020103f97e"


@given(st.builds(shdlc.Request, BYTE, BYTE, st.binary(max_size=255)))
def test_requests_survive_the_wire(request):
    assert shdlc.Request.from_bytes(request.to_bytes()) == request


@given(st.builds(shdlc.Answer, BYTE, BYTE, BYTE, st.binary(max_size=255)))
def test_answers_survive_the_wire(answer):
    assert shdlc.Answer.from_bytes(answer.to_bytes()) == answer


@given(st.binary(max_size=40))
def test_arbitrary_bytes_raise_only_the_typed_error(content):
    for frame in (content, b"\x7e" + content + b"\x7e"):
        with contextlib.suppress(DamagedFrame):
            shdlc.Answer.from_bytes(frame)


@pytest.mark.parametrize("name", hostile.deliveries(GOOD))
def test_the_next_good_frame_is_found(name):
    found = []
    for frame in hostile.frames(shdlc.Frames().feed, hostile.deliveries(GOOD)[name]):
        try:
            found.append(shdlc.Answer.from_bytes(frame))
        except DamagedFrame:
            continue

    assert shdlc.Answer.from_bytes(GOOD) in found


def test_a_foreign_answer_and_a_refusal_are_told_apart():
    request = shdlc.Request(0, 0xD1)

    with pytest.raises(DamagedFrame, match="foreign"):
        shdlc.Answer(0, 0xD0, 0).of(request)
    with pytest.raises(DeviceRefused, match="0x02"):
        shdlc.Answer(0, 0xD1, 2).of(request)


def test_sht4x_words():
    assert shdlc.crc8(b"\xbe\xef") == 0x92
    words = bytes.fromhex("6666"), bytes.fromhex("8000")
    temperature, humidity = shdlc.sht4x(b"".join(w + bytes([shdlc.crc8(w)]) for w in words))

    assert temperature == pytest.approx(25.0, abs=0.01)
    assert humidity == pytest.approx(56.5, abs=0.01)
    with pytest.raises(DamagedFrame, match="crc"):
        shdlc.sht4x(bytes(6))
