"""The full form: a clean Debian is installed into, booted, upgraded, hurt and cleaned again.

Minutes each, so it runs with `make faults` (or `make deploy-check`), not with `make test`. The
machine has no network once it is booted, as a farm may have none.
"""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import clean_root
from tests.deploy.clean_root import Machine
from tests.deploy.conftest import DEPLOY

ROOT = DEPLOY.parent
# Debian 12 and Raspberry Pi OS bookworm; Debian 13.
SUITES = {"bookworm": "3.11", "trixie": "3.13"}
INSTALL = "/root/bundle/deploy/install.sh"
PYTHON = "/opt/minori/current/bin/python"

pytestmark = [
    pytest.mark.clean_root,
    pytest.mark.skipif(bool(clean_root.lacking()), reason=clean_root.lacking()),
]

# A probe on the site's network, as its maker's firmware would speak.
PUBLISH = """
import ssl, sys
from paho.mqtt import publish
publish.single(
    "tele/plug-1/SENSOR", '{"Time":"2026-01-01T00:00:00","AM2301":{"Temperature":21.4,"Humidity":60}}',
    qos=1, hostname="localhost", port=8883, client_id="plug-1",
    auth={"username": "plug-1", "password": sys.argv[1]},
    tls={"ca_certs": "/etc/mosquitto/minori/ca.crt"},
)
"""
LATEST = """
import json, urllib.request
rows = json.load(urllib.request.urlopen("http://127.0.0.1:8000/api/v1/readings/latest"))
print(sorted((row["device"], row["quantity"]) for row in rows))
"""


@pytest.fixture(scope="module", params=SUITES)
def machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A Debian into which Minori and its broker were installed, twice, and that was then booted."""
    suite = request.param
    folder = tmp_path_factory.mktemp(suite)
    made = Machine(suite, folder / "root")
    bundle = made.root / "root/bundle"
    _make_bundle(bundle, SUITES[suite])
    try:
        first = made.run(INSTALL, "--with-mosquitto")
        assert "is installed (" in first
        assert "nothing to change." in made.run(INSTALL)
        made.boot()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _make_bundle(folder: Path, python_version: str) -> None:
    # What is fetched is kept beside the tarballs: a second run asks no registry.
    kept = clean_root.CACHE / f"bundle-{python_version}"
    command = [DEPLOY / "make-bundle", kept, "--python-version", python_version]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    shutil.copytree(kept, folder)


def test_the_service_runs_and_says_so(machine: Machine) -> None:
    """READY comes when the ports are asked and the broker has confirmed."""
    for unit in (
        "minori.service",
        "mosquitto.service",
        "minori-backup.timer",
        "minori-certificates.timer",
    ):
        machine.until(lambda unit=unit: machine.is_active(unit))
    assert machine.run("systemctl", "--failed", "--no-legend", "--plain").strip() == ""
    assert machine.property_of("minori", "StatusText") != ""
    assert "connected to MQTT broker 127.0.0.1:1883" in machine.run(
        "journalctl", "-u", "minori", "-o", "cat"
    )


def test_once_booted_another_run_still_changes_nothing(machine: Machine) -> None:
    pid = machine.property_of("minori", "MainPID")

    assert "nothing to change." in machine.run(INSTALL)
    assert machine.property_of("minori", "MainPID") == pid


def test_the_commands_answer_root_and_refuse_a_stranger_in_a_sentence(machine: Machine) -> None:
    assert "right" in machine.run("minori", "settings", "check")
    assert "right: schema" in machine.run("minori", "db", "check")
    machine.run("minori", "lot", "list")
    stranger = machine.run(
        "setpriv",
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
        "minori",
        "lot",
        "list",
        code=2,
    )
    assert "sudo minori" in stranger
    # Root's commands leave nothing behind that the service could not open.
    assert machine.shell("find /var/lib/minori ! -user minori").strip() == ""


def test_the_files_are_closed_to_others(machine: Machine) -> None:
    assert machine.shell("find /etc/minori /var/lib/minori -maxdepth 0 -perm /007").strip() == ""
    open_keys = (
        "find /etc/mosquitto/minori -perm /077 ! -name 'ca.crt' ! -name 'server.crt' -type f"
    )
    assert machine.shell(open_keys).strip() in ("", "/etc/mosquitto/minori/hosts")


def test_a_probe_on_the_network_is_stored(machine: Machine) -> None:
    said = machine.run("minori-add-device", "plug-1", "--kind", "tasmota")
    password = next(line.split()[1] for line in said.splitlines() if line.startswith("password"))

    machine.run(PYTHON, "-c", PUBLISH, password)

    machine.until(lambda: "('plug-1', 'air_temperature')" in machine.run(PYTHON, "-c", LATEST))


def test_killed_it_comes_back_by_itself(machine: Machine) -> None:
    pid = machine.property_of("minori", "MainPID")
    machine.run("kill", "-9", pid)

    machine.until(
        lambda: (
            machine.is_active("minori")
            and machine.property_of("minori", "MainPID") not in (pid, "0")
        )
    )


def test_hung_it_is_ended_by_the_watchdog_and_comes_back(machine: Machine) -> None:
    machine.shell(
        "mkdir -p /run/systemd/system/minori.service.d && printf '[Service]\\nWatchdogSec=10\\n' "
        "> /run/systemd/system/minori.service.d/fast.conf && systemctl daemon-reload && "
        "systemctl restart minori"
    )
    pid = machine.property_of("minori", "MainPID")
    machine.run("kill", "-STOP", pid)

    machine.until(
        lambda: (
            machine.is_active("minori")
            and machine.property_of("minori", "MainPID") not in (pid, "0")
        ),
        limit_s=120,
    )
    machine.shell(
        "rm -r /run/systemd/system/minori.service.d && systemctl daemon-reload && systemctl restart minori"
    )


def test_the_nightly_copy_is_made_by_its_unit(machine: Machine) -> None:
    machine.run("systemctl", "start", "minori-backup.service")

    copies = machine.shell("ls /var/lib/minori/backups").split()
    assert copies


def test_the_weekly_look_at_the_certificate_ends_well(machine: Machine) -> None:
    machine.run("systemctl", "start", "minori-certificates.service")
    assert "nothing to make" in machine.run("journalctl", "-u", "minori-certificates", "-o", "cat")


def test_two_services_and_back(machine: Machine) -> None:
    machine.run(INSTALL, "--two-services")
    assert machine.is_active("minori-agent")
    assert machine.is_active("minori-web")
    assert not machine.is_active("minori")
    machine.until(
        lambda: machine.shell("stat -c %a /run/minori/agent.prom", code=None).strip() == "644"
    )
    # The pages die, the collection does not.
    collecting = machine.property_of("minori-agent", "MainPID")
    machine.run("kill", "-9", machine.property_of("minori-web", "MainPID"))
    machine.until(lambda: machine.is_active("minori-web"))
    assert machine.property_of("minori-agent", "MainPID") == collecting

    machine.run(INSTALL, "--one-service")
    assert machine.is_active("minori")
    assert not machine.is_active("minori-agent")


def test_a_release_that_does_not_come_up_is_taken_back_with_its_schema(machine: Machine) -> None:
    """The worst upgrade: the schema has grown already, and then the service does not start."""
    before = machine.run("readlink", "/opt/minori/current")
    schema = machine.run("minori", "db", "check").splitlines()[0]
    _break(machine.root / "root/bundle", machine.root / "root/broken")

    said = machine.run("/root/broken/deploy/install.sh", code=1)

    assert "works again, with its record" in said
    assert machine.run("readlink", "/opt/minori/current") == before
    assert machine.run("minori", "db", "check").splitlines()[0] == schema
    machine.until(lambda: machine.is_active("minori"))
    assert "('plug-1', 'air_temperature')" in machine.run(PYTHON, "-c", LATEST)


def _break(bundle: Path, target: Path) -> None:
    """Copy a bundle whose Minori brings a migration and then ends as soon as it is to serve."""
    shutil.copytree(bundle, target)
    wheel = next((target / "wheels").glob("minori-*.whl"))
    good = zipfile.ZipFile(wheel)
    versions = sorted(n for n in good.namelist() if "migrations/versions/0" in n)
    head = next(
        line.partition("=")[2].strip().strip("\"'")
        for line in good.read(versions[-1]).decode().splitlines()
        if line.startswith("revision")
    )
    migration = (
        f'revision = "9999"\ndown_revision = "{head}"\nbranch_labels = None\ndepends_on = None\n'
        "from alembic import op\n"
        'def upgrade():\n    op.execute("CREATE TABLE grown (n INTEGER)")\n'
        "def downgrade():\n    pass\n"
    )
    changed = {
        "edge/service.py": 'raise SystemExit("broken on purpose")\n',
        "traceability/migrations/versions/9999_grown.py": migration,
    }
    broken = wheel.with_suffix(".new")
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in good.namelist():
            if name.endswith("/RECORD"):
                lines = good.read(name).decode().splitlines()
                kept = [line for line in lines if line.partition(",")[0] not in changed]
                archive.writestr(name, "\n".join(kept) + "\n")
            elif name not in changed:
                archive.writestr(name, good.read(name))
        for name, text in changed.items():
            archive.writestr(name, text)
    broken.rename(wheel)


def test_udev_of_this_debian_finds_no_fault(machine: Machine) -> None:
    if "verify" not in machine.run("udevadm", "--help"):
        pytest.skip("this udev has no verify; 254 and later do")
    machine.run("udevadm", "verify", "/etc/udev/rules.d/60-minori-serial.rules")


def test_systemd_of_this_debian_finds_no_fault(machine: Machine) -> None:
    said = machine.shell("systemd-analyze verify /etc/systemd/system/minori*", code=None)
    assert [line for line in said.splitlines() if "minori" in line] == []


def test_at_last_it_is_taken_away(machine: Machine) -> None:
    """Kept first, then not; this comes last."""
    machine.run("/root/bundle/deploy/uninstall.sh")
    assert not machine.is_active("minori")
    assert machine.shell("ls /var/lib/minori/minori.db /etc/minori/minori.toml").split()
    assert machine.run("systemctl", "--failed", "--no-legend", "--plain").strip() == ""
    machine.run(INSTALL, "--with-mosquitto")
    machine.until(lambda: machine.is_active("minori"))
    assert "('plug-1', 'air_temperature')" in machine.run(PYTHON, "-c", LATEST)

    machine.shell("echo delete all readings | /root/bundle/deploy/uninstall.sh --purge")

    left = "find /etc /var/lib /opt /usr/local /run -name '*minori*' ! -path '*/systemd/*'"
    assert machine.shell(left).strip() == ""
    machine.run("getent", "passwd", "minori", code=2)
    assert machine.is_active("mosquitto")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-m", "clean_root", "-q", *sys.argv[1:]]))
