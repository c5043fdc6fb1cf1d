"""What a bench says: ours beside a named rival or limit, measured in the same run, as a ratio."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `ratio` is ours / rival; `aim` says in words what it should be."""

    what: str
    ours: float
    rival: str
    theirs: float
    unit: str
    aim: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else float("nan")


def show(title: str, rows: Iterable[Row]) -> None:
    """Print one table; rows appear as they are measured."""
    print(f"\n## {title}\n")
    print("| what | ours | beside | theirs | unit | ratio | aim |")
    print("|---|---:|---|---:|---|---:|---|")
    for row in rows:
        numbers = f"{row.ours:,.4g} | {row.rival} | {row.theirs:,.4g} | {row.unit}"
        print(f"| {row.what} | {numbers} | {row.ratio:.2f} | {row.aim} |", flush=True)
