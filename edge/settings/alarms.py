"""Rules of alarms. Without any, probes that fall silent, the disk, the clock, the broker and the
way to the hub are watched all the same."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from edge.settings.fields import Code, Says, Table
from sensors import QUANTITIES

# What each kind of rule must have, and what it may have beside what all have.
_NEEDS = {"threshold": ("quantity",), "rate": ("quantity", "per_hour"), "stuck": ("quantity",)}
_PLACE = ("zone", "device", "quantity", "channel")
_MAY = {
    "threshold": (*_PLACE, "stage", "low", "high", "hysteresis"),
    "rate": (*_PLACE, "per_hour", "over_min"),
    "recipe": ("zone", "quantity", "hysteresis"),
    "stuck": (*_PLACE, "after_min"),
    "no_data": (*_PLACE, "after_min"),
}
_ALL_MAY = (
    "name",
    "kind",
    "enabled",
    "severity",
    "delay_min",
    "escalate_after_min",
    "contacts",
)
# Names of the rules that are there without any; see edge.alarms.rules.
BUILT_IN = {
    "no-data": "no_data",
    "clock": "clock",
    "broker": "broker",
    "disk": "disk",
    "outbox": "outbox",
    "database": "database",
    "forecast": "forecast",
}
# A week: longer than anything that is still an alarm.
_LONGEST_MIN = 7 * 24 * 60


class AlarmRule(Table):
    """When somebody is called. A rule named like a built-in one (no-data, disk, …) replaces it."""

    name: Annotated[
        Code,
        Says(
            "Name of the rule, in lists and messages. Built in: no-data, clock, broker, disk, "
            "outbox, database, forecast.",
            "Renamed: its open alarms end and are raised anew.",
        ),
    ]
    kind: Annotated[
        Literal[
            "threshold",
            "rate",
            "recipe",
            "stuck",
            "no_data",
            "clock",
            "broker",
            "disk",
            "outbox",
            "database",
            "forecast",
        ],
        Says(
            "threshold: beyond `low` or `high`. rate: faster than `per_hour`. recipe: outside the "
            "crop's targets. stuck: always the same. no_data: silent. forecast: what came left it. "
            "The rest: Minori itself.",
            "Another thing is watched than was meant.",
        ),
    ]
    enabled: Annotated[
        bool, Says("false: not watched; the way to switch a built-in rule off.", "Nobody is told.")
    ] = True
    severity: Annotated[
        Literal["info", "warning", "critical"],
        Says(
            "How grave. critical passes quiet hours and is escalated.",
            "Woken for nothing, or asleep while the crop dies.",
        ),
    ] = "warning"
    zone: Annotated[
        str, Says("Code of the zone; empty: every zone.", "The wrong room is watched.")
    ] = ""
    device: Annotated[
        str, Says("Name of the device; empty: every device.", "Nothing is watched.")
    ] = ""
    quantity: Annotated[
        str,
        Says(
            "Name in Minori's vocabulary, computed ones (vapour_pressure_deficit) among them.",
            "Refused when the file is read.",
        ),
    ] = ""
    channel: Annotated[
        str, Says("Channel, where a device has several; empty: all.", "Nothing is watched.")
    ] = ""
    stage: Annotated[
        str,
        Says(
            "Only while a lot of the zone is in this stage of its crop's recipe; empty: always.",
            "Seedlings are watched by the limits of full-grown plants.",
        ),
    ] = ""
    low: Annotated[
        float | None,
        Says("Below it is an alarm, in the quantity's unit. [unit]", "Too early, or never."),
    ] = None
    high: Annotated[
        float | None,
        Says("Above it is an alarm, in the quantity's unit. [unit]", "Too early, or never."),
    ] = None
    hysteresis: Annotated[
        Annotated[float, Field(ge=0)] | None,
        Says(
            "How far within the limit a value must be to count as back; left out: a twentieth of "
            "the range, or a hundredth of what the quantity can be.",
            "Small: alarms come and go with every breath of air. Large: they never end.",
        ),
    ] = None
    per_hour: Annotated[
        Annotated[float, Field(gt=0)] | None,
        Says("Fastest change, up or down. [unit/h]", "Every door is an alarm, or no leak is."),
    ] = None
    over_min: Annotated[
        float,
        Field(ge=1, le=1440),
        Says("Over how long the change is measured. [min]", "Noise looks like a fast change."),
    ] = 15.0
    after_min: Annotated[
        Annotated[float, Field(ge=0.5, le=_LONGEST_MIN)] | None,
        Says(
            "How long silent (no_data) or the same (stuck) is too long; left out: five intervals "
            "and at least 5 min for a polled probe, 30 min for others; stuck: 60 min. [min]",
            "A battery probe that speaks each hour is an alarm each hour.",
        ),
    ] = None
    delay_min: Annotated[
        Annotated[float, Field(ge=0, le=_LONGEST_MIN)] | None,
        Says(
            "How long it must be so before it is an alarm, and be over before it is over; left "
            "out: threshold 5, recipe 15, clock 10, broker 5, others 0. [min]",
            "Short: every open door calls. Long: the crop is lost first.",
        ),
    ] = None
    escalate_after_min: Annotated[
        Annotated[float, Field(ge=1, le=_LONGEST_MIN)] | None,
        Says(
            "Not acknowledged for so long: the contacts of the next order are told. Left out: 30 "
            "for critical, never for others. [min]",
            "Somebody on holiday is the only one who knows.",
        ),
    ] = None
    contacts: Annotated[
        list[str],
        Says(
            "Names of [[contacts]]; empty: everybody who wants this severity.",
            "The wrong people are told.",
        ),
    ] = []


def faults(
    rules: Sequence[AlarmRule], zones: Sequence[str], contacts: Sequence[str]
) -> Iterator[tuple[int, str, str, object]]:
    """Yield (which rule, key, expected, got) of what is wrong in rules."""
    for index, rule in enumerate(rules):
        for key, expected, got in (*_misplaced(rule), *_limits(rule), *_named(rule, zones)):
            yield index, key, expected, got
        for name in rule.contacts:
            if name not in contacts:
                known = ", ".join(contacts) or "none"
                yield index, "contacts", f"names of [[contacts]] ({known})", name


def _misplaced(rule: AlarmRule) -> Iterator[tuple[str, str, object]]:
    """What a rule of this kind cannot have, and what it must have."""
    if BUILT_IN.get(rule.name, rule.kind) != rule.kind:
        expected = f"{BUILT_IN[rule.name]}, as the built-in rule {rule.name}; or another name"
        yield "kind", expected, rule.kind
    allowed = {*_ALL_MAY, *_MAY.get(rule.kind, ())}
    for key in sorted(rule.model_fields_set - allowed):
        yield key, f"nothing: a rule of kind {rule.kind} has no {key}", getattr(rule, key)
    needed = (*_NEEDS.get(rule.kind, ()), *(("quantity",) if rule.channel else ()))
    for key in dict.fromkeys(needed):
        if not getattr(rule, key):
            yield key, f"a value, in a rule of kind {rule.kind}", getattr(rule, key)


def _limits(rule: AlarmRule) -> Iterator[tuple[str, str, object]]:
    if rule.kind == "threshold" and rule.low is None and rule.high is None:
        yield "high", "low, high or both, in a rule of kind threshold", "nothing"
    if rule.low is not None and rule.high is not None and rule.low >= rule.high:
        yield "high", f"more than low ({rule.low:g})", rule.high


def _named(rule: AlarmRule, zones: Sequence[str]) -> Iterator[tuple[str, str, object]]:
    if rule.quantity and rule.quantity not in QUANTITIES:
        yield "quantity", f"one of {', '.join(QUANTITIES)}", rule.quantity
    if rule.zone and rule.zone not in zones:
        yield "zone", f"a zone of [[zones]] ({', '.join(zones) or 'none'})", rule.zone
