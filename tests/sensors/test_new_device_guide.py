"""The guide for new devices keeps its word: its profile is a profile, its mistakes are caught."""

import re
from pathlib import Path

import pytest

from sensors.errors import BadProfile
from sensors.profile import parse
from sensors.rehearsal import complaints

GUIDE = (Path(__file__).parents[2] / "docs/new-device.md").read_text("utf-8")
PROFILE = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[0]


def test_the_profile_in_the_guide_works_as_printed() -> None:
    profile = parse(PROFILE, "my_soil_probe.toml")

    assert complaints(profile) == []
    assert profile.model == "my_soil_probe"


def test_the_guides_word_on_ec_in_ppm_is_true() -> None:
    with pytest.raises(BadProfile, match="unknown unit of soil_ec 'ppm'"):
        parse(PROFILE.replace('unit = "µS/cm"', 'unit = "ppm"'), "my_soil_probe.toml")


def test_every_key_the_guide_explains_exists() -> None:
    from sensors import profile
    from sensors.dialogues import modbus

    known = {*profile._PROFILE_KEYS, *profile._VALUE_KEYS, *modbus.PROFILE_KEYS, *modbus.VALUE_KEYS}
    table = GUIDE[GUIDE.index("| key | meaning") : GUIDE.index("Keys of the other wires")]
    first_cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    named = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}

    assert len(named) > 10
    assert named <= known
