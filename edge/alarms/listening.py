"""Who should be heard: the probes of the settings, and networked ones that speak unasked.

A probe is one cause, however many quantities it says; a rule that names a quantity watches that
series alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from edge.alarms.finding import Finding
from edge.alarms.rules import is_meant, silent_after_s
from edge.alarms.silence import Member, Silence, listened
from edge.alarms.values import series_of
from edge.settings import AlarmRule, Device, Settings
from sensors import Quality, to_ms
from traceability.newest import Newest

# A networked probe that nobody listed and that said nothing for so long was taken away.
LET_GO = timedelta(days=7)
BROKER_LINE = "mqtt"


@dataclass(frozen=True, slots=True)
class Heard:
    """What is listened to, and the newest of it. `said` is its series; `device` its settings."""

    key: str
    name: str
    zone: str | None
    zone_id: str | None
    rule: AlarmRule
    device: Device | None
    said: Sequence[Newest]

    @property
    def newest_at(self) -> datetime | None:
        return max((one.at for one in self.said if one.at is not None), default=None)

    @property
    def limit_s(self) -> float:
        return silent_after_s(self.rule, self.device)

    @property
    def line(self) -> str:
        return self.device.port if self.device and self.device.port else BROKER_LINE


def heard_of(
    rules: Sequence[AlarmRule],
    settings: Settings,
    newest: Sequence[Newest],
    zone_ids: Mapping[str, str],
) -> Iterator[Heard]:
    """Yield what no-data rules listen to; of several rules for one probe the first holds.

    Args:
        zone_ids: Code of a zone -> its id: a probe that never spoke is known by the settings only.
    """
    by_device: dict[str, list[Newest]] = {device.name: [] for device in settings.devices}
    for one in newest:
        by_device.setdefault(one.device, []).append(one)
    listed = {device.name: device for device in settings.devices}
    for name, said in by_device.items():
        device = listed.get(name)
        first = said[0] if said else None
        place = first or _unheard(name, device, zone_ids)
        # A model means that it was listed once: it is not asked any more.
        if device is None and first is not None and first.model:
            continue
        for rule in rules:
            if not rule.quantity and is_meant(rule, _as_device(place)):
                yield _heard(name, rule, device, said, place)
                break
        yield from _single(rules, device, said)


def _single(
    rules: Sequence[AlarmRule], device: Device | None, said: Sequence[Newest]
) -> Iterator[Heard]:
    for one in said:
        rule = next((r for r in rules if r.quantity and is_meant(r, one)), None)
        if rule is not None:
            name = "/".join(filter(None, (one.device, one.quantity, one.channel)))
            yield _heard(name, rule, device, [one], one)


def listen(
    heard: Sequence[Heard],
    before: Mapping[str, Silence],
    *,
    elapsed_s: float,
    now: datetime,
    is_frozen: Callable[[Heard], bool],
) -> dict[str, Silence]:
    """Return for how long each has been silent by now.

    Args:
        is_frozen: Nobody could have heard it: its silence is not counted.
    """
    found = {}
    for one in heard:
        at = one.newest_at
        known = before.get(one.key)
        if known is None and _is_gone(one, at, now):
            continue
        passed_s = 0.0 if is_frozen(one) else elapsed_s
        newest_ms = None if at is None else to_ms(at)
        silence = listened(known, newest_ms, elapsed_s=passed_s, limit_s=one.limit_s)
        if one.device is not None or silence.silent_s < LET_GO.total_seconds():
            found[one.key] = silence
    return found


def found(heard: Sequence[Heard], silences: Mapping[str, Silence]) -> Iterator[Finding]:
    """Yield a finding for each that is listened to."""
    for one in heard:
        silence = silences.get(one.key)
        if silence is None:
            continue
        first = one.said[0] if len(one.said) == 1 and one.rule.quantity else None
        yield Finding(
            key=one.key,
            rule=one.rule,
            side=silence.side(one.limit_s),
            zone_id=one.zone_id,
            device=one.said[0].device if one.said else one.name,
            quantity=first.quantity if first else "",
            channel=first.channel if first else "",
            facts=_facts(one),
            series=series_of(one.said),
            until=one.newest_at,
            remember=_remembered(silence, one.limit_s),
            member=Member(one.name, one.zone, one.line, one.limit_s, silence),
        )


def fresh_for(
    heard: Sequence[Heard], settings: Settings, fallback: AlarmRule
) -> Callable[[Newest, datetime], bool]:
    """Return who says whether a value still tells how things are: no older than its probe may be
    silent. By the wall clock: after a jump nothing is fresh, and nothing is judged by it."""
    limits = {one.name: one.limit_s for one in heard if not one.rule.quantity}
    listed = {device.name: device for device in settings.devices}

    def is_fresh(one: Newest, now: datetime) -> bool:
        limit_s = limits.get(one.device) or silent_after_s(fallback, listed.get(one.device))
        return one.at is not None and now - one.at <= timedelta(seconds=limit_s)

    return is_fresh


def remembered(facts: Mapping[str, Any]) -> Silence | None:
    """Return what a restart finds of a silence that had begun."""
    if "silent_s" not in facts:
        return None
    return Silence(facts.get("newest_ms"), float(facts["silent_s"]), int(facts["heard"]))


def _remembered(silence: Silence, limit_s: float) -> dict[str, Any]:
    if not silence.is_suspect(limit_s) and silence.heard >= 2:
        return {}
    # By the minute: a card need not be written each ten seconds for a probe that died in spring.
    silent_s = silence.silent_s // 60 * 60 if silence.silent_s >= 60 else 0
    return {"newest_ms": silence.newest_ms, "silent_s": silent_s, "heard": silence.heard}


def _facts(one: Heard) -> dict[str, Any]:
    at = one.newest_at
    last_at = None if at is None else at.isoformat()
    return {"devices": [{"device": one.name, "zone": one.zone, "last_at": last_at}]}


def _heard(
    name: str, rule: AlarmRule, device: Device | None, said: Sequence[Newest], place: Newest
) -> Heard:
    return Heard(f"{rule.name}/{name}", name, place.zone, place.zone_id, rule, device, said)


def _is_gone(one: Heard, at: datetime | None, now: datetime) -> bool:
    return one.device is None and (at is None or now - at > LET_GO)


def _unheard(name: str, device: Device | None, zone_ids: Mapping[str, str]) -> Newest:
    zone = device.zone if device else ""
    return Newest(name, "", zone_ids.get(zone), zone or None, "", "", (), None, None, Quality.BAD)


def _as_device(one: Newest) -> Newest:
    return Newest(one.device, one.model, one.zone_id, one.zone, "", "", (), None, None, one.quality)
