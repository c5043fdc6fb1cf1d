"""Rules about values: beyond a limit or a recipe's range, too fast, always the same.

Several probes of one quantity in one zone are one cause: a hot room with four thermometers is one
alarm, and the probe furthest out speaks for it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.alarms import judging
from edge.alarms.engine import Side
from edge.alarms.finding import Finding, Series
from edge.alarms.rules import delay_s, hysteresis_of, is_meant, stuck_after_s
from edge.alarms.wishes import Wishes
from edge.settings import AlarmRule
from traceability.newest import Newest

# What is remembered of a raised cause: the probe that raised it.
RAISED_BY = "raised_by"


@dataclass(frozen=True, slots=True)
class Judged:
    """One series under one rule; `far` says how far out it is, to find the worst."""

    one: Newest
    side: Side
    far: float = 0.0
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What a series did before: looked up only where a rule asks.

    Attributes:
        change: (number of the series, hours back) -> by how much it has changed since, over how
            many hours; None: too little was heard.
        is_same: (series, seconds back) -> whether it has been exactly the same; None: too little.
    """

    change: Callable[[Newest, float], tuple[float, float] | None]
    is_same: Callable[[Newest, float], bool | None]


def found(
    rules: Sequence[AlarmRule],
    newest: Sequence[Newest],
    *,
    is_fresh: Callable[[Newest], bool],
    raised_by: Mapping[str, str],
    past: Past,
    wishes: Wishes,
) -> Iterator[Finding]:
    """Yield a finding for each rule, zone and quantity that applies now.

    Args:
        is_fresh: Whether the newest value of a series still says how things are.
        raised_by: Key of a raised cause -> the series that raised it.
    """
    for rule in rules:
        for key, members in _grouped(rule, newest, wishes).items():
            judged = [
                _judged(rule, one, past, wishes) if is_fresh(one) else Judged(one, Side.UNKNOWN)
                for one in members
            ]
            yield _finding(rule, key, judged, raised_by.get(key))


def name_of(one: Newest) -> str:
    return f"{one.device}/{one.quantity}/{one.channel}"


def series_of(members: Sequence[Newest]) -> list[Series]:
    """Return the measured series behind values, each once."""
    by_number = {
        number: Series(number, one.device, one.quantity, one.channel)
        for one in members
        # What is computed has no readings of its own.
        if len(one.series) == 1
        for number in one.series
    }
    return list(by_number.values())


def _grouped(
    rule: AlarmRule, newest: Sequence[Newest], wishes: Wishes
) -> Mapping[str, list[Newest]]:
    groups: dict[str, list[Newest]] = defaultdict(list)
    for one in newest:
        if is_meant(rule, one) and _applies(rule, one, wishes):
            groups[f"{rule.name}/{one.zone or ''}/{one.quantity}"].append(one)
    return groups


def _applies(rule: AlarmRule, one: Newest, wishes: Wishes) -> bool:
    if rule.kind == "recipe":
        return wishes.target(one.zone, one.quantity) is not None
    if rule.kind == "threshold":
        return not rule.stage or wishes.is_in(one.zone, rule.stage)
    # What is computed has no past of its own.
    return len(one.series) == 1


def _finding(rule: AlarmRule, key: str, judged: Sequence[Judged], raised_by: str | None) -> Finding:
    sides = {name_of(each.one): each.side for each in judged}
    worst = max(judged, key=lambda each: (each.side is Side.OUT, each.far))
    # A rate is over when it has been slow for as long as it is measured.
    clear_s = max(delay_s(rule), rule.over_min * 60 if rule.kind == "rate" else 60.0)
    members = [worst.one, *(each.one for each in judged if each is not worst)]
    return Finding(
        key=key,
        rule=rule,
        side=judging.together(sides, raised_by=raised_by),
        raise_after_s=delay_s(rule),
        clear_after_s=clear_s,
        zone_id=worst.one.zone_id,
        device=worst.one.device,
        quantity=worst.one.quantity,
        channel=worst.one.channel,
        value=worst.one.value,
        facts=worst.facts or {},
        series=series_of(members),
        remember={RAISED_BY: raised_by or name_of(worst.one)},
    )


def _judged(rule: AlarmRule, one: Newest, past: Past, wishes: Wishes) -> Judged:
    if one.value is None:
        return Judged(one, Side.UNKNOWN)
    if rule.kind == "rate":
        return _rate(rule, one, past)
    if rule.kind == "stuck":
        return _stuck(rule, one, past)
    target = wishes.target(one.zone, one.quantity) if rule.kind == "recipe" else None
    facts: dict[str, Any]
    if target is None:
        facts = {"low": rule.low, "high": rule.high}
        return _against(one, one.value, rule.low, rule.high, rule.hysteresis, facts)
    facts = {"low": target.low, "high": target.high, "stage": target.stage, "part": target.part}
    return _against(one, one.value, target.low, target.high, rule.hysteresis, facts)


def _against(
    one: Newest,
    value: float,
    low: float | None,
    high: float | None,
    hysteresis: float | None,
    facts: Mapping[str, Any],
) -> Judged:
    inner = hysteresis_of(one.quantity, low, high, hysteresis)
    side = judging.threshold(value, low, high, inner)
    beyond = [low - value if low is not None else 0.0, value - high if high is not None else 0.0]
    return Judged(one, side, max(beyond), facts)


def _rate(rule: AlarmRule, one: Newest, past: Past) -> Judged:
    assert rule.per_hour is not None
    moved = past.change(one, rule.over_min / 60)
    if moved is None:
        return Judged(one, Side.UNKNOWN)
    change, hours = moved
    side = judging.rate(change, hours, rule.per_hour)
    facts = {"change": change, "over_min": round(hours * 60), "per_hour": rule.per_hour}
    return Judged(one, side, abs(change) / hours, facts)


def _stuck(rule: AlarmRule, one: Newest, past: Past) -> Judged:
    is_same = past.is_same(one, stuck_after_s(rule))
    facts = {"after_min": round(stuck_after_s(rule) / 60)}
    if is_same is None:
        return Judged(one, Side.BETWEEN, facts=facts)
    return Judged(one, Side.OUT if is_same else Side.BACK, facts=facts)
