"""MH-Z19: nine bytes, a checksum that is checked, a warm-up that is not believed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import DamagedFrame
from sensors.wires import mhz19
from tests.sensors.wires import hostile

GOOD = bytes.fromhex("ff 86 02 60 3c 00 00 00 dc")


def test_the_published_commands_are_built():
    assert mhz19.READ.hex() == "ff0186000000000079"
    assert mhz19.ABC_OFF.hex() == "ff0179000000000086"
    assert mhz19.ABC_ON.hex() == "ff0179a0000000" + "00e6"
    assert mhz19.set_range(2000).hex() == "ff0199000000" + "07d08f"


@given(
    st.builds(
        mhz19.Answer, st.integers(0, 0xFFFF), st.integers(-40, 215), *[st.integers(0, 255)] * 2
    )
)
def test_every_answer_survives_the_wire(answer):
    assert mhz19.Answer.from_bytes(answer.to_bytes()) == answer


@pytest.mark.parametrize("position", range(9))
def test_one_flipped_bit_anywhere_is_noticed(position):
    damaged = bytearray(GOOD)
    damaged[position] ^= 0x10

    with pytest.raises(DamagedFrame):
        mhz19.Answer.from_bytes(bytes(damaged))


@given(st.binary(max_size=30))
def test_arbitrary_bytes_raise_only_the_typed_error(received):
    with contextlib.suppress(DamagedFrame):
        mhz19.first_answer(received)


@pytest.mark.parametrize("name", hostile.deliveries(GOOD))
def test_the_next_good_frame_is_found(name):
    frames = hostile.frames(mhz19.Frames().feed, hostile.deliveries(GOOD)[name])

    assert GOOD in frames


def test_a_stray_byte_before_the_frame_is_skipped():
    assert mhz19.first_answer(b"\x00\xff" + GOOD) == GOOD


def test_warm_up_numbers_are_doubted_until_the_probe_is_warm():
    placeholder = mhz19.Answer(410, 21)

    assert placeholder.is_placeholder()
    assert placeholder.is_placeholder(powered_s=30)
    assert not placeholder.is_placeholder(powered_s=181)
    assert mhz19.Answer(512, 21, marker=15_000).is_placeholder(powered_s=500)
    assert not mhz19.Answer(608, 20).is_placeholder()
