"""The running service: what it says of itself; whether the last one ended well."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, fail, ok, warn
from edge.doctor.numbers import Numbers
from traceability import edges

# Installed by deploy/install.sh; without it somebody tries Minori out in a folder.
_UNIT = Path("/etc/systemd/system/minori.service")
_TROUBLES = {
    "held": _("the database is held by another program; readings wait"),
    "full": _("the disk is full; readings wait, and nothing is acknowledged"),
    "doubt": _("the disk failed; nothing is acknowledged until the file was verified"),
}


def check(case: Case) -> Iterator[Finding]:
    numbers = case.numbers
    if numbers is None and (senders := _senders(case)):
        yield ok(
            _("a hub: nothing is collected here; sites that send to it: {count}"), count=senders
        )
        return
    if numbers is None:
        cure = _("start it: sudo systemctl start minori (its log: journalctl -u minori -n 50)")
        if not _UNIT.exists():
            cure = _("start it: minori run")
        yield warn(_("no collecting service answers on this machine"), cure)
        return
    began = numbers.value("process_start_time_seconds")
    stored = numbers.value("minori_readings_stored_total") or 0
    yield ok(
        _("running since {since}, {stored} readings stored since then"),
        since=case.local(datetime.fromtimestamp(began or 0, UTC)),
        stored=round(stored),
    )
    yield from _settings(numbers)
    yield from _trouble(numbers)


def _senders(case: Case) -> int:
    """How many sites send here, where nothing is to be collected."""
    if case.settings is None or case.settings.ports or case.settings.devices:
        return 0
    with case.record() as session:
        return len(edges.listed(session)) if session is not None else 0


def _settings(numbers: Numbers) -> Iterator[Finding]:
    if numbers.value("minori_settings_refused"):
        text = _("it refuses the settings file as it is now, and goes on with those before")
        yield fail(text, _("mend the file: minori settings check"))
    if numbers.value("minori_settings_waiting"):
        text = _("settings were changed that take effect at the next start")
        yield warn(text, _("when it suits: sudo systemctl restart minori"))


def _trouble(numbers: Numbers) -> Iterator[Finding]:
    stuck_s = numbers.value("minori_stuck_seconds")
    if stuck_s:
        text = _("readings wait and the store has not answered for {seconds} s")
        cure = _("the watchdog starts it anew; look at the disk: dmesg | tail")
        yield fail(text, cure, seconds=round(stuck_s))
    for labels, value in numbers.samples("minori_store_trouble"):
        if value and labels.get("trouble") in _TROUBLES:
            text = _TROUBLES[labels["trouble"]]
            yield fail(text, _("it goes on by itself; see the findings on disk and database"))
