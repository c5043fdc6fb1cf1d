"""SDI-12: values split on signs, CRC cut at three characters, nothing half-read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import DamagedFrame, NoAnswer, SensorError
from sensors.wires import sdi12
from sensors.wires.sdi12 import Command, Identity, Promise

ADDRESS = st.sampled_from("0123456789AZaz")


@pytest.mark.parametrize(
    ("content", "crc"), [(b"0+3.14", b"OqZ"), (b"0+3.14+2.718+1.414", b"Ipz"), (b"0+2.718", b"Gbc")]
)
def test_published_crcs(content, crc):
    assert sdi12.crc(content) == crc


def test_a_crc_that_holds_del_is_still_three_characters():
    """0x7F is a control character that strip() and terminals eat."""
    number = next(n for n in range(1, 100_000) if 0x7F in sdi12.crc(f"0+{n}".encode()))
    text = sdi12.values_to_text("0", [number], with_crc=True)

    (line,) = sdi12.lines(text.encode() + b"\r\n")

    assert sdi12.values(line, with_crc=True) == [number]


@given(
    ADDRESS,
    st.lists(st.integers(-999_999, 999_999).map(lambda n: n / 1000), max_size=9),
    st.booleans(),
)
def test_values_survive_the_wire(address, numbers, with_crc):
    text = sdi12.values_to_text(address, numbers, with_crc=with_crc)

    (line,) = sdi12.lines(text.encode() + b"\r\n")

    assert line[0] == address
    assert sdi12.values(line, with_crc=with_crc) == pytest.approx(numbers)


@given(ADDRESS, st.integers(0, 999), st.integers(0, 99), st.sampled_from([1, 2, 3]))
def test_promises_survive_the_wire(address, seconds, count, digits):
    promise = Promise(address, seconds, count % 10**digits)

    assert Promise.from_text(promise.to_text(digits)) == promise


def test_an_identity_survives_the_wire():
    identity = Identity("0", "1.3", "Apogee", "SQ-421", "001", " 12345")

    assert Identity.from_text(identity.to_text()) == identity


@pytest.mark.parametrize(
    ("text", "kind", "crc"),
    [
        (b"0M!", "measure", False),
        (b"0MC1!", "measure", True),
        (b"zCC!", "measure", True),
        (b"0V!", "measure", False),
        (b"0HA!", "measure", False),
        (b"0D0!", "values", False),
        (b"0R1!", "values", False),
        (b"0RC1!", "values", True),
        (b"0I!", "identity", False),
        (b"0IM!", "measure", False),
        (b"0IM_001!", "text", False),
        (b"0!", "address", False),
        (b"?!", "address", False),
        (b"0A1!", "address", False),
    ],
)
def test_a_command_knows_what_its_answer_looks_like(text, kind, crc):
    command = Command.from_bytes(text)

    assert (command.kind, command.wants_crc) == (kind, crc)
    assert command.to_bytes() == text


def test_after_an_address_change_the_new_address_answers():
    assert Command.from_bytes(b"0A3!").answered_by == "3"


def test_echo_and_break_noise_are_taken_off():
    command = Command.from_bytes(b"0D0!")

    assert sdi12.lines(b"\x00\x000D0!\r\n0+1.5\r\n", command) == ["0+1.5"]


def test_a_line_without_end_is_not_a_shorter_number():
    with pytest.raises(DamagedFrame, match="short"):
        sdi12.lines(b"0+21.")


def test_silence_is_no_answer():
    with pytest.raises(NoAnswer):
        sdi12.lines(b"\x00", Command.from_bytes(b"0M!"))


@pytest.mark.parametrize("text", ["0+3.1.4", "0+", "0 3.14", "0+3,14", "0+1e5", "0abc"])
def test_what_is_no_list_of_values_is_refused(text):
    with pytest.raises(DamagedFrame, match="values"):
        sdi12.values(text, with_crc=False)


@given(st.binary(max_size=40), st.booleans())
def test_arbitrary_bytes_raise_only_typed_errors(received, with_crc):
    for read in (
        Promise.from_text,
        Identity.from_text,
        lambda t: sdi12.values(t, with_crc=with_crc),
    ):
        try:
            for line in sdi12.lines(received):
                read(line)
        except SensorError:
            pass
    with contextlib.suppress(SensorError):
        Command.from_bytes(received)
