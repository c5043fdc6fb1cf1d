"""The board itself: memory, temperature, and on a Raspberry Pi whether its power is enough."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn

_MEMINFO = Path("/proc/meminfo")
_THERMAL = Path("/sys/class/thermal")
_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_LITTLE = 0.10
# A Raspberry Pi slows itself down at 80 and more from 85.
_HOT_C = 80
_LIMIT_S = 3.0
# Bits of get_throttled: now, and since the start. Source: Raspberry Pi documentation, vcgencmd.
_UNDER_VOLTAGE, _HAS_BEEN = 1 << 0, 1 << 16


def check(case: Case) -> Iterator[Finding]:  # noqa: ARG001 every check has one
    yield from _memory()
    yield from _temperature()
    yield from _power()


def _memory() -> Iterator[Finding]:
    try:
        lines = [line.split() for line in _MEMINFO.read_text().splitlines()]
    except OSError:
        return
    found = {line[0].rstrip(":"): int(line[1]) for line in lines if len(line) > 1}
    whole, free = found.get("MemTotal", 0), found.get("MemAvailable", 0)
    facts = {"free": free >> 10, "of": whole >> 10}
    if whole and free < _LITTLE * whole:
        cure = _("see who takes it: ps aux --sort=-rss | head; forecasts may run elsewhere")
        yield warn(_("only {free} of {of} MB of memory are free"), cure, **facts)
    elif whole:
        yield ok(_("{free} of {of} MB of memory are free"), **facts)


def _temperature() -> Iterator[Finding]:
    found = []
    for file in _THERMAL.glob("thermal_zone*/temp"):
        try:
            found.append(int(file.read_text()) / 1000)
        except (OSError, ValueError):
            continue
    if not found:
        return
    hottest = round(max(found))
    if hottest >= _HOT_C:
        cure = _("give it air, shade or a heat sink: it slows itself down")
        yield warn(_("{celsius} °C inside"), cure, celsius=hottest)
    else:
        yield ok(_("{celsius} °C inside"), celsius=hottest)


def _power() -> Iterator[Finding]:
    bits = _throttled()
    if bits is None:
        return
    cure = _("use the power supply made for it, and a short cable: low voltage damages cards")
    if bits & _UNDER_VOLTAGE:
        yield fail(_("the supply voltage is too low right now"), cure)
    elif bits & _HAS_BEEN:
        yield warn(_("the supply voltage was too low since the start"), cure)
    else:
        yield ok(_("the supply voltage is enough"))


def _throttled() -> int | None:
    try:
        return int(_THROTTLED.read_text().strip(), 16)
    except (OSError, ValueError):
        pass
    program = shutil.which("vcgencmd")
    if program is None:
        return None
    try:
        said = subprocess.run(
            [program, "get_throttled"],
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=True,
        ).stdout
        return int(said.strip().partition("=")[2], 16)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
