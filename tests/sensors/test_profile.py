"""A wrong profile says which line, and what would be right."""

from pathlib import Path

import pytest

from sensors.errors import BadProfile
from sensors.profile import WIRES, available, dialogue_of, load, parse

GOOD = (Path(__file__).parents[2] / "sensors/models/xy_md02.toml").read_text("utf-8")


def _line_with(text: str, word: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if word in line)


@pytest.mark.parametrize(
    ("was", "becomes", "problem", "right"),
    [
        ('wire = "modbus"', 'wire = "modbuss"', "unknown wire 'modbuss'", "modbus"),
        ('quantity = "air_temperature"', 'quantity = "air_temp"', "'air_temp'", "air_temperature"),
        ('unit = "°C"', 'unit = "deg"', "unknown unit of air_temperature 'deg'", "°C"),
        ('type = "i16"', 'type = "int16"', "`type` is 'int16'", "i16"),
        ("register = 1", "regster = 1", "unknown key `regster`", "register"),
        ("register = 1", "register = true", "`register` is True", "counted from 0"),
        ("register = 1", "register = 70000", "`register` is 70000", "counted from 0"),
        ('parity = "N"', 'parity = "none"', "`parity` is 'none'", "N, E or O"),
        ("baud = 9600", "baud = 9.6", "`baud` is 9.6", "9600"),
        ("low = -40", "low = 90", "`low` is above `high`", "swap"),
        (
            "answers_within_s = 0.15",
            "answers_within_s = -1",
            "`answers_within_s` is -1",
            "0 or more",
        ),
        ('quantity = "relative_humidity"', 'quantity = "air_temperature"', "unknown unit", "°C"),
        (
            '"01 04 00 01 00 02 20 0B", "01 04 04 01',
            '"01 04 00 01 00 02 20 0B", "zz',
            "unreadable",
            "hex",
        ),
        (
            "gives = { air_temperature = 30.5",
            "gives = { co2 = 30.5",
            "no value 'co2'",
            "relative_humidity",
        ),
        ("ask_no_faster_than_s = 1", "ask_no_faster_than_s = ", "nvalid value", "TOML"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_cure(was, becomes, problem, right) -> None:
    assert was in GOOD
    text = GOOD.replace(was, becomes, 1)

    with pytest.raises(BadProfile) as wrong:
        parse(text, "mine.toml")

    facts = wrong.value.facts
    assert problem in facts["problem"]
    assert right in facts["right"]
    assert facts["file"] == "mine.toml"
    expected = _line_with(text, becomes.partition(" {")[0].split('"01')[0] or "exchanges")
    if problem != "unknown unit":  # the unit below the changed quantity is what no longer fits
        assert facts["line"] == expected or was.startswith('"01')


def test_a_missing_key_is_said_at_its_table() -> None:
    text = GOOD.replace('unit = "°C"\n', "", 1)

    with pytest.raises(BadProfile, match="`unit` is missing") as wrong:
        parse(text, "mine.toml")

    assert wrong.value.facts["line"] == _line_with(text, "[[value]]")


def test_two_values_of_one_quantity_need_channels() -> None:
    value = GOOD[GOOD.index("[[value]]") : GOOD.index("[[value]]", GOOD.index("[[value]]") + 1)]

    with pytest.raises(BadProfile, match="two values are called air_temperature"):
        parse(GOOD.replace(value, value + value), "mine.toml")


def test_a_model_without_frames_is_not_accepted() -> None:
    with pytest.raises(BadProfile, match="`example` is missing"):
        parse(GOOD[: GOOD.index("[[example]]")], "mine.toml")


def test_an_unknown_model_names_its_neighbours() -> None:
    with pytest.raises(BadProfile, match="senseair_s8"):
        load("senseair-s8")


def test_the_operators_own_file_wins_over_the_packages(tmp_path: Path) -> None:
    (tmp_path / "xy_md02.toml").write_text(GOOD.replace("XY-MD02", "Our own"), "utf-8")

    assert load("xy_md02", tmp_path).name.startswith("Our own")
    assert available(tmp_path)["senseair_s8"] != tmp_path


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadProfile, match="UTF-8"):
        load("odd", tmp_path)


@pytest.mark.parametrize("wire", WIRES)
def test_every_wire_offers_what_a_dialogue_must(wire: str) -> None:
    dialogue = dialogue_of(wire)

    assert dialogue.FRAMES in ("hex", "text")
    assert dialogue.LINE.baud > 0
    assert callable(dialogue.read)
    assert callable(dialogue.prepare)
    assert not set(dialogue.PROFILE_KEYS) & {"name", "wire", "value", "line"}
