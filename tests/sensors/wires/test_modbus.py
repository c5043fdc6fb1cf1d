"""Modbus: frames of real devices, what must be refused, and pymodbus as the judge."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu.decoders import DecodePDU

from sensors.errors import DamagedFrame, DeviceRefused, SensorError
from sensors.line import Line
from sensors.wires import modbus, registers
from sensors.wires.modbus import Answer, Function, Read, Write

S8_REQUEST = Read(0xFE, Function.READ_INPUT, 0, 4)
S8_ANSWER = bytes.fromhex("fe040800000000000002a417c1")
UNITS = st.integers(0, 255)
READS = st.builds(
    Read,
    UNITS,
    st.sampled_from([Function.READ_HOLDING, Function.READ_INPUT]),
    st.integers(0, 60_000),
    st.integers(1, 125),
) | st.builds(
    Read,
    UNITS,
    st.sampled_from([Function.READ_COILS, Function.READ_DISCRETE_INPUTS]),
    st.integers(0, 60_000),
    st.integers(1, 2000),
)
WRITES = (
    st.builds(
        Write,
        UNITS,
        st.just(Function.WRITE_COIL),
        st.integers(0, 65535),
        st.tuples(st.integers(0, 1)),
    )
    | st.builds(
        Write,
        UNITS,
        st.just(Function.WRITE_REGISTER),
        st.integers(0, 65535),
        st.tuples(st.integers(0, 65535)),
    )
    | st.builds(
        Write,
        UNITS,
        st.just(Function.WRITE_REGISTERS),
        st.integers(0, 60_000),
        st.lists(st.integers(0, 65535), min_size=1, max_size=123).map(tuple),
    )
)


def _rows(folder: Path) -> list[dict]:
    return [
        json.loads(line) for line in (folder / "edge/modbus_rtu.jsonl").read_text().splitlines()
    ]


def test_every_shared_frame_is_decoded_or_refused_as_written(shared_data: Path) -> None:
    faults = {"crc": "crc", "short": "short", "unit_mismatch": "unit_mismatch"}
    for row in _rows(shared_data):
        request = Read.from_bytes(bytes.fromhex(row["request"]))
        arrived = bytes.fromhex(row["response"])
        if "error" not in row:
            answer = modbus.answer_to(request, arrived, echo=row.get("local_echo", False))
            for field in row["decode"]:
                size = registers.NUMBERS[field["type"]][0]
                words = answer.values[field["offset"] : field["offset"] + size]
                got = registers.number(words, field["type"], field.get("order", "ABCD"))
                assert got * field.get("scale", 1) == pytest.approx(field["expect"]), row["id"]
        elif row["error"] == "exception":
            with pytest.raises(DeviceRefused) as refused:
                modbus.answer_to(request, arrived)
            assert refused.value.facts["exception"] == row["exception_code"]
        else:
            with pytest.raises(DamagedFrame) as damaged:
                modbus.answer_to(request, arrived)
            assert damaged.value.facts["fault"] == faults[row["error"]], row["id"]


@pytest.mark.parametrize("position", range(len(S8_ANSWER)))
def test_one_flipped_bit_anywhere_is_noticed(position: int) -> None:
    damaged = bytearray(S8_ANSWER)
    damaged[position] ^= 0x10

    with pytest.raises(DamagedFrame):
        modbus.answer_to(S8_REQUEST, bytes(damaged))


def test_an_answer_is_complete_with_its_last_byte_and_not_before() -> None:
    for length in range(len(S8_ANSWER)):
        assert not modbus.is_complete(S8_REQUEST, S8_ANSWER[:length])

    assert modbus.is_complete(S8_REQUEST, S8_ANSWER)


@pytest.mark.parametrize("noise", [b"\x00", b"\xff", b"\xfe\x04", b"\xfe\x04\x08", b"\x01\x83"])
def test_noise_around_an_answer_does_not_hide_it(noise: bytes) -> None:
    arrived = noise + S8_ANSWER + noise

    assert modbus.answer_to(S8_REQUEST, arrived).values[3] == 676


def test_a_doubled_answer_is_read_once() -> None:
    assert modbus.answer_to(S8_REQUEST, S8_ANSWER * 2).values == (0, 0, 0, 676)


def test_a_late_answer_of_another_unit_is_waited_out() -> None:
    late = Answer(Read(2, Function.READ_INPUT, 0, 4), (9, 9, 9, 9)).to_bytes()

    assert not modbus.is_complete(S8_REQUEST, late)
    assert modbus.answer_to(S8_REQUEST, late + S8_ANSWER).values[3] == 676


def test_an_answer_of_another_length_is_refused() -> None:
    """A merged read of 4 must not take the late answer to a read of 2."""
    late = Answer(Read(0xFE, Function.READ_INPUT, 3, 2), (1, 2)).to_bytes()

    with pytest.raises(DamagedFrame, match="another question"):
        modbus.answer_to(S8_REQUEST, late)


def test_busy_is_not_gone() -> None:
    with pytest.raises(DeviceRefused, match="busy"):
        modbus.answer_to(S8_REQUEST, modbus.refusal(S8_REQUEST, 6))


def test_the_echo_of_a_write_is_not_its_answer() -> None:
    write = Write(1, Function.WRITE_REGISTER, 31, (0,))
    frame = write.to_bytes()

    assert not modbus.is_complete(write, frame, echo=True)
    assert modbus.is_complete(write, frame + frame, echo=True)
    assert modbus.is_complete(write, frame)


def test_only_our_own_echo_says_so() -> None:
    with pytest.raises(DamagedFrame, match="only our own request"):
        modbus.answer_to(S8_REQUEST, S8_REQUEST.to_bytes())


@given(READS, st.integers(0, 0xFFFF))
@settings(max_examples=60)
def test_reads_and_their_answers_survive_the_wire(read: Read, seed: int) -> None:
    top = 1 if read.function <= Function.READ_DISCRETE_INPUTS else 0xFFFF
    values = tuple((seed * (place + 1) >> 3) & top for place in range(read.count))
    answer = Answer(read, values)

    assert Read.from_bytes(read.to_bytes()) == read
    assert modbus.answer_to(read, answer.to_bytes()) == answer
    stream = modbus.tcp(6, read.unit, answer.pdu) + modbus.tcp(7, read.unit, answer.pdu)
    assert modbus.answer_to_tcp(read, stream, transaction=7) == answer


@given(WRITES)
@settings(max_examples=60)
def test_writes_survive_the_wire(write: Write) -> None:
    assert Write.from_bytes(write.to_bytes()) == write
    assert modbus.answer_to(write, Answer(write, write.values).to_bytes()).values == write.values


@given(READS | WRITES, st.binary(max_size=64))
@settings(max_examples=150)
def test_arbitrary_bytes_give_only_typed_errors(request: Read | Write, noise: bytes) -> None:
    for attempt in (
        lambda: modbus.answer_to(request, noise),
        lambda: modbus.answer_to(request, noise, echo=True),
        lambda: modbus.answer_to_tcp(request, noise, transaction=1),
        lambda: Read.from_bytes(noise),
        lambda: Write.from_bytes(noise),
        lambda: Write.from_bytes(modbus.rtu(1, noise)),
    ):
        with contextlib.suppress(SensorError):
            attempt()


@given(READS.filter(lambda r: 0 < r.unit < 248) | WRITES.filter(lambda w: 0 < w.unit < 248))
@settings(max_examples=40)
def test_pymodbus_understands_our_requests(request: Read | Write) -> None:
    judge = FramerRTU(DecodePDU(is_server=True))

    used, pdu = judge.handleFrame(request.to_bytes(), 0, 0)

    assert used == len(request.to_bytes())
    assert (pdu.dev_id, pdu.function_code, pdu.address) == (
        request.unit,
        request.function,
        request.start,
    )


@given(READS.filter(lambda r: 0 < r.unit < 248 and r.function >= 3))
@settings(max_examples=40)
def test_pymodbus_reads_our_answers(read: Read) -> None:
    judge = FramerRTU(DecodePDU(is_server=False))
    values = tuple(range(read.count))

    _, pdu = judge.handleFrame(Answer(read, values).to_bytes(), read.unit, 0)

    assert tuple(pdu.registers) == values


@pytest.mark.parametrize("order", registers.ORDERS)
@given(value=st.floats(width=32, allow_nan=False))
@settings(max_examples=25)
def test_the_four_orders_of_32_bits_round_trip(order: str, value: float) -> None:
    words = registers.registers_of(value, "f32", order)

    assert registers.number(words, "f32", order) == value


def test_each_order_reads_the_same_number_from_its_own_layout() -> None:
    layouts = {
        "ABCD": (0x4366, 0x4000),
        "CDAB": (0x4000, 0x4366),
        "BADC": (0x6643, 0x0040),
        "DCBA": (0x0040, 0x6643),
    }

    assert {registers.number(words, "f32", order) for order, words in layouts.items()} == {230.25}


def test_neighbours_are_asked_once() -> None:
    reads = [Read(1, Function.READ_INPUT, start, 1) for start in (3, 1, 2, 9)]

    assert modbus.merge(reads) == [
        Read(1, Function.READ_INPUT, 1, 3),
        Read(1, Function.READ_INPUT, 9, 1),
    ]
    assert modbus.merge(reads, gap=5) == [Read(1, Function.READ_INPUT, 1, 9)]


def test_merging_stops_at_what_one_answer_can_hold() -> None:
    reads = [Read(1, Function.READ_HOLDING, 0, 125), Read(1, Function.READ_HOLDING, 125, 1)]

    assert modbus.merge(reads) == reads


def test_a_dead_device_on_a_slow_line_costs_line_time_and_its_own_time() -> None:
    request = Read(1, Function.READ_INPUT, 0, 2)

    assert modbus.limit_s(request, Line(9600), device_s=0.1) == pytest.approx(0.125, abs=0.003)
    assert Line(9600).silence_s == pytest.approx(0.00365, abs=1e-4)
    assert Line(115_200).silence_s == 0.00175


@pytest.mark.parametrize(
    "build",
    [
        lambda: Read(1, Function.READ_INPUT, 0, 126),
        lambda: Read(1, Function.WRITE_COIL, 0, 1),
        lambda: Read(1, Function.READ_INPUT, 65_535, 2),
        lambda: Write(1, Function.WRITE_COIL, 0, (2,)),
        lambda: Write(1, Function.WRITE_REGISTER, 0, (1, 2)),
        lambda: Write(256, Function.WRITE_REGISTER, 0, (1,)),
    ],
)
def test_a_request_no_frame_can_say_is_refused_before_it_is_sent(build) -> None:
    with pytest.raises(ValueError):
        build()
