"""The systemd units: systemd itself finds no fault, and what they promise a farm stands in them."""

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from edge.cli import COMMANDS
from tests.deploy.conftest import DEPLOY, tool

UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
LONG_RUNNING = [unit for unit in SERVICES if "Restart=" in unit.read_text(encoding="utf-8")]
OF_MINORI = [unit for unit in SERVICES if "/opt/minori/" in unit.read_text(encoding="utf-8")]
# systemd calls up to 2.0 safe, 5 and more exposed; nearly every service of a distribution is at 9.
EXPOSURE_LIMIT = 2.0
HEALTHY = {"minori", "minori-agent", "minori-web"}


class Unit(configparser.RawConfigParser):
    """A unit as a table; of a key said several times, the last."""

    def __init__(self, file: Path) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.read_string(file.read_text(encoding="utf-8"))

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def name(file: Path) -> str:
    return file.name


def test_the_units_are_those_we_think() -> None:
    assert {unit.stem for unit in LONG_RUNNING} == HEALTHY
    assert {"minori-backup.timer", "minori-certificates.timer"} <= {unit.name for unit in UNITS}


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    """Looked at in a root of its own, where the programs they start exist."""
    systemd_analyze = tool("systemd-analyze")
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS:
        (units / unit.name).write_bytes(unit.read_bytes())
    for command in re.findall(
        r"^Exec\w+=(/\S+)", "\n".join(u.read_text() for u in UNITS), re.MULTILINE
    ):
        program = tmp_path / command.lstrip("/")
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch(mode=0o755)
    (tmp_path / "usr").mkdir(exist_ok=True)
    for target in Path("/usr/lib/systemd/system").glob("*.target"):
        (units / target.name).write_bytes(target.read_bytes())

    done = subprocess.run(
        [systemd_analyze, "verify", f"--root={tmp_path}", *(unit.name for unit in UNITS)],
        capture_output=True,
        text=True,
    )

    # It also tells of targets in that root which lead to units we did not copy.
    said = [line for line in done.stderr.splitlines() if "minori" in line]
    assert said == []


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_a_service_can_reach_little_beyond_its_task(unit: Path) -> None:
    """A hole in a library we use must not become the farm's whole machine."""
    done = subprocess.run(
        [tool("systemd-analyze"), "security", "--offline=yes", str(unit)],
        capture_output=True,
        text=True,
    )

    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= EXPOSURE_LIMIT


@pytest.mark.parametrize("unit", LONG_RUNNING, ids=name)
def test_a_service_is_never_given_up_and_never_waits_for_a_network(unit: Path) -> None:
    read = Unit(unit)

    assert read["Service"]["Restart"] == "always"
    assert read["Unit"]["StartLimitIntervalSec"] == "0"
    assert read["Service"]["Type"] == "notify"
    assert int(read["Service"]["WatchdogSec"]) >= 60
    waited_for = " ".join(
        read["Unit"].get(key, "") for key in ("After", "Wants", "Requires", "BindsTo")
    )
    assert "network-online" not in waited_for
    # In Debian it waits for network-online.target itself.
    assert "mosquitto.service" not in waited_for
    assert "time-sync.target" not in waited_for


def test_two_owners_of_one_serial_line_cannot_run_at_once() -> None:
    one, collects, serves = (Unit(DEPLOY / "systemd" / f"{n}.service") for n in sorted(HEALTHY))

    assert set(one["Unit"]["Conflicts"].split()) == {"minori-agent.service", "minori-web.service"}
    for half in (collects, serves):
        assert half["Unit"]["Conflicts"] == "minori.service"
    assert "char-188" in collects["Service"]["DeviceAllow"] or collects["Service"]["DevicePolicy"]
    assert serves["Service"]["PrivateDevices"] == "yes"


@pytest.mark.parametrize("unit", OF_MINORI, ids=name)
def test_a_unit_starts_a_command_there_is_as_nobody_special(unit: Path) -> None:
    read = Unit(unit)
    command = re.search(r"/opt/minori/current/bin/minori ([a-z]+)", read["Service"]["ExecStart"])

    assert command
    assert command[1] in COMMANDS
    assert read["Service"]["User"] == "minori"
    assert read["Service"]["StateDirectory"] == "minori"


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".timer"], ids=name)
def test_a_timer_makes_up_for_a_machine_that_was_off(unit: Path) -> None:
    read = Unit(unit)

    assert read["Timer"]["Persistent"] == "true"
    assert unit.with_suffix(".service") in SERVICES
    done = subprocess.run(
        [tool("systemd-analyze"), "calendar", read["Timer"]["OnCalendar"]], capture_output=True
    )
    assert done.returncode == 0
