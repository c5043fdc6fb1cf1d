"""Quarters of several probes summed up for one stage: whole, by day, by night, against its targets.

Pure: no database. What stands in a range is judged only while that range is wanted; time whose
part of the day nobody knows is measured, but not judged against what differs by day and night.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from traceability.lived import Condition, Gap, Span
from traceability.quarters import QUARTER_MS, Heard, Told
from traceability.recipes.daynight import PartOf
from traceability.recipes.document import PARTS, Part, Wanted
from traceability.windows import best_by_span

# The order of the ranges that `quarters` is asked for.
BY_DAY, BY_NIGHT = 0, 1


@dataclass(slots=True)
class _Sum:
    readings: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    area: float = 0.0
    held: float = 0.0
    doubted: float = 0.0
    judged: float = 0.0
    inside: float = 0.0
    by_probe: dict[int, float] = field(default_factory=dict)  # held, by the place in `told`

    def add(self, place: int, heard: Heard, part: Part | None, wanted: Wanted | None) -> None:
        self.readings += heard.readings
        self.low, self.high = min(self.low, heard.low), max(self.high, heard.high)
        self.area += heard.area
        self.held += heard.held
        self.doubted += heard.doubted
        self.by_probe[place] = self.by_probe.get(place, 0.0) + heard.held
        if wanted is not None and wanted.at(part) is not None:
            self.judged += heard.held
            self.inside += heard.inside[BY_NIGHT if part == "night" else BY_DAY]


def conditions_of(
    told: Sequence[Told],
    wanted: Wanted | None,
    *,
    part_of: PartOf,
    lengths: dict[Part | None, float],
    gaps_of: Callable[[Told], Sequence[Gap]],
    by_part: bool,
) -> list[Condition]:
    """Return one quantity's condition over all, then by day and by night where `by_part`.

    Args:
        told: What each probe said of it; at least one value.
        lengths: How long the spans were in all (None) and in each part. [ms]
    """
    whole, parts = _Sum(), {part: _Sum() for part in PARTS}
    for place, one in enumerate(told):
        for heard in one.quarters:
            part = part_of(one.window.span, heard.quarter)
            whole.add(place, heard, part, wanted)
            if part is not None:
                parts[part].add(place, heard, part, wanted)
    sums: list[tuple[Part | None, _Sum]] = [(None, whole)]
    if by_part:
        sums += [(part, parts[part]) for part in PARTS]
    found = []
    for said, total in sums:
        if total.held:
            gaps = gaps_of_best(told, total, gaps_of) if said is None else ()
            found.append(_condition(told, said, total, wanted, lengths[said], gaps))
    return found


def gaps_of_best(
    told: Sequence[Told], total: _Sum, gaps_of: Callable[[Told], Sequence[Gap]]
) -> list[Gap]:
    """Of several probes in a zone, coverage and gaps are those of the best one."""
    return [gap for place in _best(told, total) for gap in gaps_of(told[place])]


def lengths_of(spans: Iterable[Span], part_of: PartOf) -> dict[Part | None, float]:
    """Return how long the spans last: in all, by day, by night. [ms]"""
    found: dict[Part | None, float] = {None: 0.0, "day": 0.0, "night": 0.0}
    for span, quarter, length in quarters_of(spans):
        found[None] += length
        part = part_of(span, quarter)
        if part is not None:
            found[part] += length
    return found


def quarters_of(spans: Iterable[Span]) -> Iterable[tuple[Span, int, float]]:
    """Give each quarter that a span touches, and for how long. [ms]"""
    for span in spans:
        start, end = span.start.timestamp() * 1000, span.end.timestamp() * 1000
        for quarter in range(int(start // QUARTER_MS), -int(-end // QUARTER_MS)):
            begin = quarter * QUARTER_MS
            length = min(end, begin + QUARTER_MS) - max(start, begin)
            yield span, quarter, length


def _condition(
    told: Sequence[Told],
    part: Part | None,
    total: _Sum,
    wanted: Wanted | None,
    length_ms: float,
    gaps: Sequence[Gap],
) -> Condition:
    target = None if wanted is None else wanted.at(part)
    covered = sum(total.by_probe[place] for place in _best(told, total))
    return Condition(
        quantity=told[0].quantity,
        mean=total.area / total.held,
        low=total.low,
        high=total.high,
        target=target,
        in_range=total.inside / total.judged if total.judged else None,
        covered=min(1.0, covered / length_ms) if length_ms else 0.0,
        uncertain=total.doubted / total.held,
        readings=total.readings,
        gaps=gaps,
        derived_from=told[0].derived_from,
        part=part,
        judged_s=total.judged / 1000,
    )


def _best(told: Sequence[Told], total: _Sum) -> list[int]:
    return best_by_span(
        list(total.by_probe),
        window=lambda place: told[place].window,
        held=lambda place: total.by_probe[place],
    )
