"""Which stage of its recipe a lot is in: told by its acts and by the days gone by.

A stage with `until` ends with that act, one with only `days` by itself. An act ends the stage that
waits for it and whatever came before it: who transplants early has shortened the germination. A
person can set the stage (an act of its own); from then on it goes on from there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from traceability.recipes.document import Document, Stage

# The act by which a person says which stage a lot is in.
SET = "stage"


class Mark(NamedTuple):
    """An act that may change the stage; `stage` is what it was set to, where a person did."""

    at: datetime
    kind: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A lot's time in one stage: start <= t < end.

    `began_with` is the kind of act it began with: "sow" (the start), "transplant", "stage" where
    a person set it; "days" where the stage before was over.
    """

    stage: Stage
    start: datetime
    end: datetime
    began_with: str

    @property
    def planned_end(self) -> datetime | None:
        """When it should be over; None where the recipe does not say."""
        return None if self.stage.plan is None else self.start + self.stage.plan


def phases(
    recipe: Document, *, begun: datetime, ended: datetime, marks: Sequence[Mark]
) -> list[Phase]:
    """Return the stages from `begun` to `ended`: in order, without a gap, without overlap."""
    found = _Walk(recipe, begun)
    for mark in sorted(marks):
        if mark.at >= ended:
            break
        found.let_pass(mark.at)
        found.heed(mark)
    found.let_pass(ended)
    return [*found.over, *found.current(ended)]


def clipped(found: Sequence[Phase], start: datetime, end: datetime) -> list[Phase]:
    """Return what of the phases lies in start <= t < end."""
    cut = [
        Phase(p.stage, max(p.start, start), min(p.end, end), p.began_with)
        for p in found
        if p.start < end and p.end > start
    ]
    return [phase for phase in cut if phase.start < phase.end]


class _Walk:
    """Walks a recipe along the acts of one lot."""

    def __init__(self, recipe: Document, begun: datetime) -> None:
        self.stages = recipe.stages
        self.index, self.since, self.why = 0, begun, "start"
        self.over: list[Phase] = []

    def let_pass(self, at: datetime) -> None:
        """Let days go by: stages that last so many days end by themselves."""
        while self.index + 1 < len(self.stages):
            lasts = self.stages[self.index].lasts
            if lasts is None or self.since + lasts > at:
                return
            self._go(self.index + 1, self.since + lasts, "days")

    def heed(self, mark: Mark) -> None:
        target = self._set_to(mark.stage) if mark.kind == SET else self._ended_by(mark.kind)
        if target is not None:
            self._go(target, mark.at, mark.kind)

    def current(self, until: datetime) -> Iterator[Phase]:
        if self.since < until:
            yield Phase(self.stages[self.index], self.since, until, self.why)

    def _set_to(self, code: str) -> int | None:
        places = (i for i, stage in enumerate(self.stages) if stage.code == code)
        # Set to where it is already: it began when it began.
        return next((i for i in places if i != self.index), None)

    def _ended_by(self, kind: str) -> int | None:
        waiting = range(self.index, len(self.stages) - 1)
        return next((i + 1 for i in waiting if self.stages[i].until == kind), None)

    def _go(self, index: int, at: datetime, why: str) -> None:
        self.over.extend(self.current(at))
        # A mark of before the start (an import that knows only the day) begins where the lot does.
        self.index, self.since, self.why = index, max(at, self.since), why
