"""Time zones: the site's, by which days begin, and the machine's, by which its timers go."""

import os
from collections.abc import Iterator
from pathlib import Path

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, ok, warn

_LOCALTIME = Path("/etc/localtime")
_ZONES = "zoneinfo/"


def check(case: Case) -> Iterator[Finding]:
    if case.settings is None:
        return
    site, machine = case.settings.site.time_zone, of_machine()
    if machine in ("", site):
        yield ok("{zone}", zone=site)
        return
    text = _("the site's is {site}, this machine's is {machine}")
    cure = _("readings are right all the same; for timers and logs: sudo timedatectl set-timezone")
    if machine in ("UTC", "Etc/UTC"):
        yield ok(text, site=site, machine=machine)
    else:
        yield warn(text, cure, site=site, machine=machine)


def of_machine() -> str:
    """Return the machine's IANA zone; empty where it does not say."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named:
        return named
    _before, found, name = os.path.realpath(_LOCALTIME).partition(_ZONES)
    return name if found else ""
