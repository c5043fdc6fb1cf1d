"""The udev rules, applied by the real udev to adapters that exist only in a made-up /sys.

udev reads devices from sysfs. In a mount namespace /sys can be a folder of files, and `udevadm
test` says what it would do to a device in there. That takes root; without it the rules' grammar
is still read.
"""

import grp
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.conftest import DEPLOY, tool

RULES = DEPLOY / "udev" / "60-minori-serial.rules"
TTY = "/devices/platform/fe980000.usb/usb1/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0"
ADAPTER = "/devices/platform/fe980000.usb/usb1/1-1"
WIRE = "/devices/platform/fe980000.usb/usb1/1-1/1-1:1.0/ttyUSB0"
PATH_LINK = "/dev/serial/by-path/platform-fe980000.usb-usb-0:1:1.0-port0"

_MATCH = (
    r'(?:ATTRS?\{[^}]+\}|ENV\{[^}]+\}|TEST|KERNELS?|SUBSYSTEMS?|DRIVERS?|ACTION)(?:==|!=)"[^"]*"'
)
_TEST = r'TEST(?:==|!=)"[^"]*"'
_ASSIGN = (
    r'(?:ATTR\{[^}]+\}|ENV\{[^}]+\}|SYMLINK|GROUP|MODE|GOTO|LABEL|IMPORT\{builtin\})\+?="[^"]*"'
)
_WORD = re.compile(f"{_MATCH}|{_TEST}|{_ASSIGN}")


@dataclass(frozen=True)
class Plugged:
    """A serial adapter as the kernel shows it."""

    vendor: str
    product: str
    driver: str
    name: str
    serial: str = ""

    def script(self) -> str:
        """Return shell that lays it out in /sys, which must be writable."""
        files = {
            "/bus/platform/x": "",
            "/bus/usb/x": "",
            "/bus/usb-serial/x": "",
            "/class/tty/x": "",
            f"/bus/usb-serial/drivers/{self.driver}/x": "",
            "/devices/platform/fe980000.usb/uevent": "DRIVER=dwc2\n",
            "/devices/platform/fe980000.usb/usb1/uevent": "DEVTYPE=usb_device\n",
            f"{ADAPTER}/uevent": "DEVTYPE=usb_device\nBUSNUM=001\nDEVNUM=002\n",
            f"{ADAPTER}/idVendor": self.vendor,
            f"{ADAPTER}/idProduct": self.product,
            f"{ADAPTER}/product": self.name,
            f"{ADAPTER}/power/control": "--",
            f"{ADAPTER}/1-1:1.0/uevent": "DEVTYPE=usb_interface\n",
            f"{ADAPTER}/1-1:1.0/bInterfaceNumber": "00",
            f"{ADAPTER}/1-1:1.0/bInterfaceClass": "ff",
            f"{WIRE}/uevent": f"DRIVER={self.driver}\n",
            f"{WIRE}/port_number": "0",
            f"{WIRE}/latency_timer": "9",
            f"{TTY}/uevent": "MAJOR=188\nMINOR=0\nDEVNAME=ttyUSB0\n",
            f"{TTY}/dev": "188:0",
        }
        if self.serial:
            files[f"{ADAPTER}/serial"] = self.serial
        links = {
            "/devices/platform/fe980000.usb/subsystem": "/bus/platform",
            "/devices/platform/fe980000.usb/usb1/subsystem": "/bus/usb",
            f"{ADAPTER}/subsystem": "/bus/usb",
            f"{ADAPTER}/1-1:1.0/subsystem": "/bus/usb",
            f"{WIRE}/subsystem": "/bus/usb-serial",
            f"{WIRE}/driver": f"/bus/usb-serial/drivers/{self.driver}",
            f"{TTY}/subsystem": "/class/tty",
        }
        lines = ["set -e", "mount -t tmpfs none /sys", "mkdir -p /run/udev"]
        lines += ["mount -t tmpfs none /run/udev", "mkdir /run/udev/rules.d"]
        lines.append(f"cp {shlex.quote(str(RULES))} /run/udev/rules.d/")
        for path, text in files.items():
            lines.append(f"mkdir -p /sys{path.rpartition('/')[0]}")
            lines.append(f"printf %s {shlex.quote(text)} > /sys{path}")
        lines += [f"ln -s /sys{target} /sys{link}" for link, target in links.items()]
        return "\n".join(lines)


CH340 = Plugged("1a86", "7523", "ch341-uart", "USB Serial")
CP2102 = Plugged("10c4", "ea60", "cp210x", "CP2102 USB to UART", serial="0001")
FTDI = Plugged("0403", "6001", "ftdi_sio", "FT232R USB UART", serial="A50285BI")


def judged(plugged: Plugged, device: str) -> tuple[dict[str, str], str]:
    """Return what udev would know of a device, and what is in its sysfs files afterwards."""
    if os.getuid() != 0:
        pytest.skip("a /sys of our own takes root; the rules' grammar is read all the same")
    udevadm, unshare = tool("udevadm"), tool("unshare")
    if not Path("/usr/lib/udev/rules.d/60-serial.rules").exists():
        pytest.skip("udev is not installed here (.ci/system-packages installs it)")
    # As the kernel gives them, a value overwrites the whole file; here it overwrites what it covers.
    show = f"cat /sys{ADAPTER}/power/control; echo; cat /sys{WIRE}/latency_timer"
    script = f"{plugged.script()}\n{udevadm} test -a add {device}\necho ==\n{show}"
    done = subprocess.run(
        [unshare, "--mount", "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"},
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("this machine allows no mount namespace")
    assert done.returncode == 0, done.stderr
    properties, _, after = done.stdout.partition("==\n")
    found = dict(line.split("=", 1) for line in properties.splitlines() if "=" in line)
    return found | {"said": done.stderr}, after


@pytest.mark.parametrize("plugged", [CH340, CP2102, FTDI], ids=lambda p: p.driver)
def test_an_adapter_has_a_name_that_stays(plugged: Plugged) -> None:
    found, _ = judged(plugged, TTY)

    links = found["DEVLINKS"].split()
    assert PATH_LINK in links
    if plugged.serial:
        assert [link for link in links if "/by-id/" in link and plugged.serial in link]


@pytest.mark.parametrize("plugged", [CH340, CP2102, FTDI], ids=lambda p: p.driver)
def test_no_modem_program_speaks_into_a_probe_s_line(plugged: Plugged) -> None:
    assert judged(plugged, ADAPTER)[0]["ID_MM_DEVICE_IGNORE"] == "1"
    assert judged(plugged, TTY)[0]["ID_MM_PORT_IGNORE"] == "1"


def test_an_adapter_that_is_none_of_these_is_left_as_it_is() -> None:
    """A real modem on the same board must still be found by those who want it."""
    modem = Plugged("12d1", "1506", "option1", "Mobile")

    assert "ID_MM_DEVICE_IGNORE" not in judged(modem, ADAPTER)[0]


def test_a_user_of_dialout_may_open_it() -> None:
    found, _ = judged(CH340, TTY)

    assert f"GROUP {grp.getgrnam('dialout').gr_gid}\n" in found["said"]
    assert "MODE 0660" in found["said"]


def test_an_adapter_stays_awake_and_answers_at_once() -> None:
    """Asleep it loses the first bytes of a question; FTDI's own 16 ms halve the pace of a line."""
    assert judged(CP2102, ADAPTER)[1].splitlines()[0] == "on"
    assert judged(FTDI, WIRE)[1].splitlines()[1] == "1"


def test_udev_itself_finds_no_fault() -> None:
    udevadm = tool("udevadm")
    known = subprocess.run([udevadm, "--help"], capture_output=True, text=True).stdout
    if "verify" not in known:
        pytest.skip("this udev has no verify (254 and later do); the other tests run the rules")
    done = subprocess.run([udevadm, "verify", str(RULES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_line_is_made_of_words_udev_knows() -> None:
    """Where there is no udev, a typing mistake is found all the same."""
    labels, jumps = [], []
    for line in RULES.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        words = re.split(r",\s*(?=[A-Z])", line)
        assert all(_WORD.fullmatch(word) for word in words), line
        labels += re.findall(r'LABEL="(\w+)"', line)
        jumps += re.findall(r'GOTO="(\w+)"', line)

    assert set(jumps) == set(labels)
    assert len(labels) == len(set(labels))
