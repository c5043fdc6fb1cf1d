"""Atlas EZO circuits: dialogues as the data sheets print them, and what must be refused."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.errors import DamagedFrame, DeviceRefused, SensorError
from sensors.wires import ezo


def _row(folder: Path, name: str) -> dict:
    rows = map(json.loads, (folder / "edge/atlas_ezo_uart.jsonl").read_text().splitlines())
    return next(row for row in rows if row["id"] == name)


@pytest.mark.parametrize("name", ["ezo-ph", "ezo-ph-comp", "ezo-ec-multi", "ezo-do"])
def test_shared_readings_give_their_numbers(shared_data: Path, name: str) -> None:
    row = _row(shared_data, name)
    numbers = [value for value in row["expect"].values() if isinstance(value, float)]

    assert list(ezo.values(row["rx"].encode())) == numbers


@pytest.mark.parametrize("name", ["ezo-err", "ezo-undervolt"])
def test_shared_refusals_are_refused_with_their_word(shared_data: Path, name: str) -> None:
    row = _row(shared_data, name)

    with pytest.raises(DeviceRefused) as refused:
        ezo.values(row["rx"].encode())

    assert refused.value.facts["fault"] == row["error"]


def test_shared_questions_about_the_circuit_are_answered(shared_data: Path) -> None:
    def rx(name: str) -> bytes:
        return _row(shared_data, name)["rx"].encode()

    assert ezo.info(rx("ezo-info")) == ("pH", "2.16")
    assert ezo.status(rx("ezo-status")) == ("P", 5.038)
    assert ezo.slope(rx("ezo-slope")) == ezo.Slope(99.7, 100.3, -0.89)


def test_commands_are_written_as_the_data_sheet_prints_them() -> None:
    assert ezo.read_at(21.34) == b"RT,21.3\r"
    assert ezo.set_temperature(25) == b"T,25.0\r"
    assert ezo.calibrate("mid", 7) == b"Cal,mid,7.00\r"
    assert ezo.calibrate("dry") == b"Cal,dry\r"


def test_a_line_of_continuous_mode_in_front_is_not_the_answer() -> None:
    assert ezo.values(b"5.100\r5.913\r*OK\r") == (5.913,)


def test_an_answer_ends_with_its_code_not_with_its_number() -> None:
    arrived = b"5.913\r*OK\r"

    assert [ezo.is_complete(arrived[:n]) for n in range(len(arrived))] == [False] * len(arrived)
    assert ezo.is_complete(arrived)


def test_a_worn_probe_is_told_by_its_slope() -> None:
    assert ezo.slope(b"?Slope,99.7,84.0\r*OK\r").worn
    assert not ezo.slope(b"?Slope,99.7,100.3,-0.89\r*OK\r").worn


def test_calibration_points_are_counted() -> None:
    assert ezo.calibration_points(b"?Cal,3\r*OK\r") == 3


@pytest.mark.parametrize(
    "arrived", [b"", b"5.9", b"5.913\r", b"5.9x\r*OK\r", b"*OK\r", b"\xff5.9\r*OK\r", b"nan\r*OK\r"]
)
def test_what_is_no_reading_is_refused(arrived: bytes) -> None:
    with pytest.raises(DamagedFrame):
        ezo.values(arrived)


@given(st.binary(max_size=80))
@settings(max_examples=150)
def test_arbitrary_bytes_give_only_typed_errors(noise: bytes) -> None:
    for attempt in (ezo.values, ezo.slope, ezo.status, ezo.info, ezo.calibration_points):
        for arrived in (noise, noise + b"\r*OK\r"):
            ezo.is_complete(arrived)
            with contextlib.suppress(SensorError):
                attempt(arrived)


LINES = st.lists(st.from_regex(r"[?A-Za-z0-9,.+-]{1,20}", fullmatch=True), max_size=4).map(tuple)


@given(LINES, st.sampled_from(["*OK", "*ER", "*UV"]))
@settings(max_examples=60)
def test_dialogues_survive_the_wire(lines: tuple[str, ...], code: str) -> None:
    said = ezo.Dialogue(lines, (code,))

    assert ezo.Dialogue.from_bytes(said.to_bytes()) == said
