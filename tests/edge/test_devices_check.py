"""`minori devices check`: a profile of one's own is proven before the probe is plugged in."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.commands.devices import command
from sensors.errors import BadProfile
from sensors.profile import MODELS

RAIN = (MODELS / "sonbus_xm9505.toml").read_text("utf-8")


def _check(path: Path):
    return CliRunner().invoke(command, ["check", str(path)])


def test_a_right_profile_says_what_its_examples_show(tmp_path: Path) -> None:
    (tmp_path / "rain.toml").write_text(RAIN, "utf-8")

    result = _check(tmp_path / "rain.toml")

    assert result.exit_code == 0
    assert result.output == "rain.toml: 1 examples right, they show rainfall\n"


def test_a_wrong_scale_is_told_by_the_example(tmp_path: Path) -> None:
    (tmp_path / "rain.toml").write_text(RAIN.replace("scale = 0.1", "scale = 0.2"), "utf-8")

    result = _check(tmp_path / "rain.toml")

    assert result.exit_code == 1
    assert result.output == "rain.toml: example 1 (published): rainfall is 107.2, not 53.6\n"


@pytest.mark.parametrize("content", [RAIN.replace("register = 0", "regster = 0"), None])
def test_a_mistake_or_a_missing_file_is_one_typed_error(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "rain.toml").write_text(content, "utf-8")

    result = _check(tmp_path / "rain.toml")

    assert isinstance(result.exception, BadProfile)
