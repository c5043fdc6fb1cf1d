"""What came, or would come, of a file: what is new, what changes, and every problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a row that cannot be: which column, what is wrong, what mends it."""

    row: int
    column: str
    problem: str


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is new (`before` is empty), or what of it changes: name -> (was, is)."""

    row: int
    code: str
    is_new: bool
    cells: Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
class Outcome:
    """`is_kept` once it is in the record: never where there is a problem, nor of a dry run."""

    kind: str
    rows: int = 0
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_kept: bool = False

    @property
    def new(self) -> Sequence[Change]:
        return [one for one in self.changes if one.is_new]

    @property
    def changed(self) -> Sequence[Change]:
        return [one for one in self.changes if not one.is_new]

    @property
    def same(self) -> int:
        """Rows that say what is so already."""
        wrong = {one.row for one in self.problems}
        return self.rows - len(self.changes) - len(wrong)
