"""Probes: which of them the running service hears, and what it had to refuse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from edge.doctor.case import Case
from edge.doctor.finding import Finding, _, ok, warn
from edge.doctor.numbers import Numbers
from edge.settings import Device, Settings
from traceability import readings

# Three rounds of a slow probe, and never less than this.
_SILENT = timedelta(minutes=5)
# Radio probes speak when something changes, and each hour or so even if nothing does.
_RADIO_SILENT = timedelta(hours=3)


def check(case: Case) -> Iterator[Finding]:
    if case.settings is None:
        return
    yield from _networked(case, case.settings)
    if case.numbers is not None:
        yield from _polled(case, case.settings, case.numbers)
        yield from _refused(case.numbers)


def _networked(case: Case, settings: Settings) -> Iterator[Finding]:
    names = [device.name for device in settings.devices if not device.port]
    with case.record() as session:
        if session is None or not names:
            return
        heard = readings.last_heard(session, names)
    cure = _("look at its battery and range, then at the broker's access list for its topic")
    for name in names:
        at = heard.get(name)
        if at is None:
            yield warn(_("{device} (MQTT) was never heard"), cure, device=name)
        elif case.now - at > _RADIO_SILENT:
            text = _("{device} (MQTT) was last heard at {at}")
            yield warn(text, cure, device=name, at=case.local(at))


def _polled(case: Case, settings: Settings, numbers: Numbers) -> Iterator[Finding]:
    polled = [device for device in settings.devices if device.port]
    answered = {
        labels["device"]: datetime.fromtimestamp(value, UTC)
        for labels, value in numbers.samples("minori_device_last_answer_timestamp_seconds")
    }
    silent = 0
    for device in polled:
        at = answered.get(device.name)
        limit = max(_SILENT, timedelta(seconds=3 * device.interval_s))
        if at is None or case.now - at > limit:
            silent += 1
            yield _silent(device, case.local(at) if at else None, numbers)
    if polled and not silent:
        yield ok(_("all {count} polled probes answer"), count=len(polled))


def _silent(device: Device, at: str | None, numbers: Numbers) -> Finding:
    faults = numbers.samples("minori_device_faults_total")
    codes = [labels["code"] for labels, _n in faults if labels.get("device") == device.name]
    facts = {"device": device.name, "port": device.port, "codes": ", ".join(codes) or "-"}
    cure = _("look at its cable, power and address: minori devices scan (stop the service first)")
    if at is None:
        return warn(_("{device} on {port} never answered ({codes})"), cure, **facts)
    text = _("{device} on {port} has been silent since {at} ({codes})")
    return warn(text, cure, at=at, **facts)


def _refused(numbers: Numbers) -> Iterator[Finding]:
    found = {labels["code"]: value for labels, value in numbers.samples("minori_refused_total")}
    if found:
        said = ", ".join(f"{code}: {count:.0f}" for code, count in sorted(found.items()))
        text = _("messages were refused since the start: {said}")
        cure = _("the log has a sample of each: journalctl -u minori -g refused")
        yield warn(text, cure, said=said)
