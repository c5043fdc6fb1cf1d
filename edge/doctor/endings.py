"""How services ended before: in order, or by a power cut, a kill, the watchdog."""

import shutil
import subprocess
from collections.abc import Iterator

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, warn
from traceability.sqlite import wal

_UNITS = ("minori", "minori-agent", "minori-web")
_LIMIT_S = 3.0


def check(case: Case) -> Iterator[Finding]:
    if not case.is_running:
        yield from _left_behind(case)
    for unit in _UNITS:
        restarts = _restarts(unit)
        if restarts:
            text = _("systemd has had to start {unit} anew {count} times")
            cure = _("see why: journalctl -u {unit} -p err")
            yield warn(text, cure, unit=unit, count=restarts)


def _left_behind(case: Case) -> Iterator[Finding]:
    """The last one who closes a database in order removes its log; whoever is killed cannot."""
    log = None if case.file is None else wal.beside(case.file)
    if log is not None and log.exists() and log.stat().st_size:
        text = _("the last service did not end in order: a power cut, or it was killed")
        cure = _(
            "nothing acknowledged is lost, the next start takes it over: journalctl -u minori -e"
        )
        yield warn(text, cure)


def _restarts(unit: str) -> int:
    program = shutil.which("systemctl")
    if program is None:
        return 0
    try:
        said = subprocess.run(
            [program, "show", unit, "--property=NRestarts", "--value"],
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return 0
    return int(said) if said.isdigit() else 0
