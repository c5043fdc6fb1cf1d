"""The machine's clock: set by a time server, and not behind what was recorded already."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.timekeeping import NEVER_BEFORE, is_clock_set
from traceability import held
from traceability.backup.copies import newest

_RTC = Path("/dev/rtc0")
_LIMIT_S = 3.0
# Probes with a clock of their own are ahead by a little.
_AHEAD = timedelta(minutes=10)


def check(case: Case) -> Iterator[Finding]:
    yield _set(case)
    if case.settings is not None and case.settings.site.trust_clock and not _RTC.exists():
        text = _("[site] trust_clock is true, but this machine has no battery clock")
        cure = _("set it to false: times after a power cut would be wrong and unmarked")
        yield warn(text, cure)
    yield from _held(case)
    if case.numbers is not None and (jumps := case.numbers.value("minori_clock_jumps_total")):
        text = _("the clock has jumped {count} times since the service started")
        cure = _("one jump after the start is a time server heard late; more: replace its battery")
        yield warn(text, cure, count=round(jumps))
    last = _last_reading(case)
    if last is not None and last > case.now + _AHEAD:
        text = _("the newest reading is of {at}, which has not been yet")
        cure = _("the clock was ahead once, or is behind now: compare it with another clock")
        yield warn(text, cure, at=case.local(last))


def _held(case: Case) -> Iterator[Finding]:
    """Readings of earlier boots wait for somebody who knows when the machine was started."""
    with case.record() as session:
        boots = held.waiting(session.connection()) if session is not None else []
    count = sum(one.readings for one in boots)
    if count:
        text = _("{count} readings have no time yet: taken before the clock was set")
        cure = _("those of this boot get it by themselves; for others: minori db held")
        yield warn(text, cure, count=count)


def _set(case: Case) -> Finding:
    cure = _("sudo timedatectl set-ntp true; without a network set it by hand")
    if case.now < NEVER_BEFORE:
        return fail(_("the clock says {now}"), cure, now=case.local(case.now))
    if not is_clock_set(case.now) or _is_synchronised() is False:
        return warn(_("no time server was heard since the machine started"), cure)
    is_known = _is_synchronised() is not None
    text = _("{now}, as a time server says") if is_known else _("{now}; not known who sets it")
    return ok(text, now=case.local(case.now))


def _is_synchronised() -> bool | None:
    """Return what the system says of its clock; None where it says nothing."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        said = subprocess.run(
            [program, "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(said)


def _last_reading(case: Case) -> datetime | None:
    with case.record() as session:
        last = newest(session.connection()).reading if session is not None else None
    return last.astimezone(UTC) if last else None
