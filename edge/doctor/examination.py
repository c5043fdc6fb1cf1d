"""Every check, side by side, each with its time limit: one that hangs is a finding of its own."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from edge.doctor import (
    backups,
    board,
    broker,
    clock,
    database,
    disk,
    endings,
    hub,
    ports,
    probes,
    service,
    settings,
    web,
    zone,
)
from edge.doctor.case import Case
from edge.doctor.finding import Finding, Level, _, fail

Check = Callable[[Case], Iterable[Finding]]

# In the order they are told in: what the rest hangs on comes first.
CHECKS: Mapping[str, Check] = {
    "settings": settings.check,
    "service": service.check,
    "last ends": endings.check,
    "database": database.check,
    "copies": backups.check,
    "disk": disk.check,
    "clock": clock.check,
    "time zone": zone.check,
    "ports": ports.check,
    "probes": probes.check,
    "broker": broker.check,
    "hub": hub.check,
    "web": web.check,
    "board": board.check,
}
LIMIT_S = 15.0


def examine(case: Case, checks: Mapping[str, Check] = CHECKS) -> list[Finding]:
    """Run all checks; none takes longer than its limit, and none stops another."""
    found: dict[str, list[Finding]] = {}
    threads = [
        # Not waited for at the end: what hangs must not hang us.
        threading.Thread(target=_run, args=(case, name, check, found), name=name, daemon=True)
        for name, check in checks.items()
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + LIMIT_S
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return [finding for name in checks for finding in found.get(name, _took_too_long(name))]


def worst(findings: Sequence[Finding]) -> Level:
    return max((finding.level for finding in findings), default=Level.OK)


def _run(case: Case, name: str, check: Check, found: dict[str, list[Finding]]) -> None:
    try:
        findings = list(check(case))
    except Exception as error:  # noqa: BLE001 our bug in one check must not hide the others
        said = f"{type(error).__name__}: {error}"
        findings = [fail(_("this check itself failed: {error}"), _("please report it"), error=said)]
    found[name] = [replace(finding, check=name) for finding in findings]


def _took_too_long(name: str) -> list[Finding]:
    text = _("no answer within {limit} s")
    cure = _("something it asks hangs: a disk, a name server, a network file system")
    return [replace(fail(text, cure, limit=round(LIMIT_S)), check=name)]
