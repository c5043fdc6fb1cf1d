"""The rules in force: those of the settings, and the built-in ones that nobody replaced."""

from collections.abc import Sequence

from edge.settings import AlarmRule, Device, Settings
from sensors import QUANTITIES
from traceability.newest import Newest

BUILT_IN = (
    AlarmRule(name="no-data", kind="no_data"),
    # The time service may take minutes after a power cut; readings are marked meanwhile.
    AlarmRule(name="clock", kind="clock"),
    AlarmRule(name="broker", kind="broker", severity="critical"),
    AlarmRule(name="disk", kind="disk", severity="critical"),
    AlarmRule(name="outbox", kind="outbox"),
    AlarmRule(name="database", kind="database", severity="critical"),
    # Nobody has to be woken: the next sowing can wait for the morning.
    AlarmRule(name="forecast", kind="forecast"),
)
# How long it must be so, where the rule does not say. [min]
_DELAY_MIN = {"threshold": 5.0, "recipe": 15.0, "clock": 10.0, "broker": 5.0, "outbox": 5.0}
_ESCALATE_AFTER_MIN = 30.0
# A polled probe is silent after five of its intervals, a minute's hiccup of a busy bus aside.
_INTERVALS = 5
_LEAST_SILENCE_S = 300.0
# A radio probe on a battery speaks every 20 minutes.
_NETWORKED_SILENCE_S = 1800.0
_STUCK_MIN = 60.0


def rules_of(settings: Settings) -> list[AlarmRule]:
    """Return the enabled rules, those of the settings first: of several for one cause the first
    one holds."""
    own = {rule.name for rule in settings.alarms}
    rules = [*settings.alarms, *(rule for rule in BUILT_IN if rule.name not in own)]
    return [rule for rule in rules if rule.enabled]


def of_kind(rules: Sequence[AlarmRule], *kinds: str) -> list[AlarmRule]:
    return [rule for rule in rules if rule.kind in kinds]


def delay_s(rule: AlarmRule) -> float:
    """How long it must be so, or be over, before that is said. [s]"""
    minutes = _DELAY_MIN.get(rule.kind, 0.0) if rule.delay_min is None else rule.delay_min
    return minutes * 60


def escalate_after_s(rule: AlarmRule) -> float | None:
    """How long it may stay unacknowledged before the next contacts are told; None: for ever. [s]"""
    if rule.escalate_after_min is not None:
        return rule.escalate_after_min * 60
    return _ESCALATE_AFTER_MIN * 60 if rule.severity == "critical" else None


def silent_after_s(rule: AlarmRule, device: Device | None) -> float:
    """How long a probe may be silent; `device` None: it is not in the settings. [s]"""
    if rule.after_min is not None:
        return rule.after_min * 60
    if device is not None and device.port:
        return max(_LEAST_SILENCE_S, _INTERVALS * device.interval_s)
    return _NETWORKED_SILENCE_S


def stuck_after_s(rule: AlarmRule) -> float:
    """How long a value may stay exactly the same. [s]"""
    return (_STUCK_MIN if rule.after_min is None else rule.after_min) * 60


def hysteresis_of(
    quantity: str, low: float | None, high: float | None, said: float | None
) -> float:
    """Return how far within its limits a value is back, where the rule does not say."""
    if said is not None:
        return said
    if low is not None and high is not None:
        return (high - low) / 20
    known = QUANTITIES[quantity]
    usual, limit = (known.high - known.low) / 100, abs((high if low is None else low) or 0.0)
    # Of what can be very large (power, a tank's level) the limit itself says how fine is fine.
    return min(usual, limit / 20) if limit else usual


def is_meant(rule: AlarmRule, one: Newest) -> bool:
    """Whether a rule watches that series."""
    return (
        rule.zone in ("", one.zone)
        and rule.device in ("", one.device)
        and rule.quantity in ("", one.quantity)
        and rule.channel in ("", one.channel)
    )
